//! Which of the kept records pass a test. There may be a million of them, so a test is put to each value that occurs in a
//! part of the table, not to each record; texts and ids that must be equal are looked up; and what is asked of parents is
//! asked of every parent once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Literal, Operator};
use super::compare;
use super::evaluate::{Subject, Test, key, passes};
use super::resolve::{Path, Step};
use crate::store::{IdKeys, Part, Places, Tallied, Tally, id_key, text_key};
use crate::viewer::Viewer;
use crate::views::{self, Hints, Record, Stored, Tabled};
use serde_json::Value;
use std::borrow::Cow;

/// More texts than this are not looked up one by one.
pub(super) const MOST_LOOKED_UP: usize = 64;

/// The first records of an object, in the order of ids, that pass and that the user sees; `most` at most. `None` where
/// the object's rows are made when they are asked for.
pub(super) fn matching<'v>(
    viewer: &Viewer<'v>,
    object: &str,
    test: Option<&Test>,
    most: usize,
) -> Option<Vec<Record<'v>>> {
    if object == "User" {
        let users = Stored::users(viewer.org);
        return Some(Scan::new(viewer, &users, 0).matching(test, most));
    }
    let stored = Stored::of(viewer, object)?;
    Some(Scan::new(viewer, &stored, 0).matching(test, most))
}

/// How many records of an object pass and are seen.
pub(super) fn count(viewer: &Viewer<'_>, object: &str, test: Option<&Test>) -> Option<usize> {
    if object == "User" {
        return Some(Scan::new(viewer, &Stored::users(viewer.org), 0).count(test));
    }
    let stored = Stored::of(viewer, object)?;
    Some(Scan::new(viewer, &stored, 0).count(test))
}

/// For each value of a field the first record that has it, passes and is seen, and how many do.
pub(super) fn tallied<'v>(
    viewer: &Viewer<'v>,
    object: &str,
    test: Option<&Test>,
    field: &str,
) -> Option<Vec<(Record<'v>, usize)>> {
    if object == "User" {
        let users = Stored::users(viewer.org);
        return Some(Scan::new(viewer, &users, 0).tallied(test, field));
    }
    let stored = Stored::of(viewer, object)?;
    Some(Scan::new(viewer, &stored, 0).tallied(test, field))
}

/// One walk through a table.
struct Scan<'s, 'v, T> {
    viewer: &'s Viewer<'v>,
    stored: &'s Stored<'v, T>,
    /// How many steps of every path lead to this table: it may be that of the parents.
    depth: usize,
    /// What a test (by its address) says about parents; `None` where it is put to each child.
    parents: RefCell<HashMap<usize, Rc<Option<Parents>>>>,
}

/// What a test says about parents.
struct Parents {
    /// What it says about most of them, and where there is no parent.
    usual: bool,
    /// The others.
    unusual: IdKeys,
}

impl Parents {
    fn pass(&self, id: Option<u128>) -> bool {
        id.is_some_and(|id| self.unusual.contains(&id)) != self.usual
    }
}

impl<'s, 'v, T: Tabled> Scan<'s, 'v, T> {
    fn new(viewer: &'s Viewer<'v>, stored: &'s Stored<'v, T>, depth: usize) -> Scan<'s, 'v, T> {
        Scan {
            viewer,
            stored,
            depth,
            parents: RefCell::default(),
        }
    }

    fn matching(&self, test: Option<&Test>, most: usize) -> Vec<Record<'v>> {
        let parts = self.stored.parts();
        let passing = parts.flat_map(|part| {
            let places = self.pass_whole(part, test);
            let records = (0..part.len()).filter(move |place| places.contains(*place));
            records.filter_map(|place| part.get(place))
        });
        let seen = passing.filter(|(id, held)| self.stored.sees(id, held));
        seen.take(most)
            .map(|record| self.stored.record(record))
            .collect()
    }

    fn count(&self, test: Option<&Test>) -> usize {
        if !self.stored.sees_all() {
            return self.matching(test, usize::MAX).len();
        }
        if test.is_none() {
            return self.stored.count();
        }
        let parts = self.stored.parts();
        parts.map(|part| self.pass_whole(part, test).count()).sum()
    }

    fn tallied(&self, test: Option<&Test>, field: &str) -> Vec<(Record<'v>, usize)> {
        let parts: Vec<&Part<T>> = self.stored.parts().collect();
        let record = |value: &Tallied| {
            let record = parts.get(value.part)?.get(value.place)?;
            Some((self.stored.record(record), value.count))
        };
        if test.is_none() && self.stored.sees_all() {
            return self.stored.tally(field).iter().filter_map(record).collect();
        }
        let mut tally = Tally::of(field);
        for (number, part) in parts.iter().enumerate() {
            let seen = |place| {
                let record = part.get(place);
                record.is_some_and(|(id, held)| self.stored.sees(id, held))
            };
            let passing = self.pass_whole(part, test);
            let among = match self.stored.sees_all() {
                true => passing,
                false => passing.keep(seen),
            };
            tally.add(number, part, &among);
        }
        tally.values().iter().filter_map(record).collect()
    }

    fn pass_whole(&self, part: &'v Part<T>, test: Option<&Test>) -> Places {
        match test {
            Some(test) => self.pass(part, test, part.places()),
            None => part.places(),
        }
    }

    /// Which of these records of a part pass.
    fn pass(&self, part: &'v Part<T>, test: &Test, among: Places) -> Places {
        match test {
            Test::All(tests) => {
                let quick_first = (0..=SLOWEST)
                    .flat_map(|pace| tests.iter().filter(move |test| self.pace(test) == pace));
                quick_first.fold(among, |left, test| match left.is_empty() {
                    true => left,
                    false => self.pass(part, test, left),
                })
            }
            Test::Any(tests) => tests.iter().fold(Places::NONE, |found, test| {
                found.or(&self.pass(part, test, among.without(&found)))
            }),
            Test::Not(test) => among.without(&self.pass(part, test, among)),
            Test::Compare(subject, ..)
            | Test::Like(subject, _)
            | Test::In(subject, ..)
            | Test::Includes(subject, ..) => self.pass_one(part, test, subject, among),
        }
    }

    /// How long a test takes, from 0 to [`SLOWEST`].
    fn pace(&self, test: &Test) -> usize {
        match test {
            Test::All(tests) | Test::Any(tests) => {
                let paces = tests.iter().map(|test| self.pace(test));
                paces.max().unwrap_or_default()
            }
            Test::Not(test) => self.pace(test),
            Test::Compare(Subject::Field(path), ..)
            | Test::Like(Subject::Field(path), _)
            | Test::In(Subject::Field(path), ..)
                if path.steps.len() > self.depth =>
            {
                SLOWEST
            }
            Test::Like(..) | Test::Includes(..) => 1,
            Test::Compare(..) | Test::In(..) => 0,
        }
    }

    /// The same for a test that is about one field.
    fn pass_one(&self, part: &'v Part<T>, test: &Test, subject: &Subject, among: Places) -> Places {
        let passes = |place: usize| {
            let record = part.get(place).map(|record| self.stored.record(record));
            record.is_some_and(|record| self.holds(test, &record))
        };
        let Subject::Field(path) = subject else {
            return among.keep(passes);
        };
        let step = path.steps.get(self.depth);
        let column = step.map_or(&path.column, |step| &step.column);
        if column == "Id" {
            // Every record has an id of its own.
            return among.keep(passes);
        }
        let field = part.field(column);
        if let Some(step) = step {
            return match self.parents(test, path, step).as_ref() {
                Some(parents) => field.referring(&among, |id| parents.pass(id), passes),
                None => field.passing(&among, passes),
            };
        }
        match Look::of(test, path) {
            Look::Matching(pattern) => {
                field.matching(&among, |text| pattern.matches_folded(text), passes)
            }
            Look::Equal(keys) => field.looked_up(&keys, passes).and(&among),
            Look::Unequal(keys) => among.without(&field.looked_up(&keys, |place| !passes(place))),
            Look::Among(ids, negated) => {
                let listed = |id: Option<u128>| id.is_some_and(|id| ids.contains(&id));
                field.referring(&among, |id| listed(id) != negated, passes)
            }
            Look::AtEach => field.passing(&among, passes),
        }
    }

    fn holds(&self, test: &Test, record: &Record<'_>) -> bool {
        holds(self.viewer, test, record, self.depth)
    }

    /// What a test says about the parents a reference may point at.
    fn parents(&self, test: &Test, path: &Path, step: &Step) -> Rc<Option<Parents>> {
        let address = std::ptr::from_ref(test).addr();
        if let Some(known) = self.parents.borrow().get(&address) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.find_parents(test, path, step));
        self.parents.borrow_mut().insert(address, Rc::clone(&found));
        found
    }

    fn find_parents(&self, test: &Test, path: &Path, step: &Step) -> Option<Parents> {
        let nothing = |_: &Subject| Cow::Owned(Value::Null);
        let mut parents = Parents {
            usual: passes(self.viewer, test, &nothing),
            unusual: IdKeys::default(),
        };
        let next = path.steps.get(self.depth + 1);
        let column = next.map_or(&path.column, |step| &step.column);
        for target in &step.targets {
            if views::has_column(self.viewer, target, column) {
                self.add_parents(test, target, &mut parents)?;
            }
        }
        Some(parents)
    }

    /// Adds what the test says about all parents of one object; `None` where there are too many to ask, or where they
    /// are not known by ids.
    fn add_parents(&self, test: &Test, target: &str, parents: &mut Parents) -> Option<()> {
        let viewer = self.viewer;
        if target == "User" {
            return self.add_stored(test, &Stored::users(viewer.org), parents);
        }
        if let Some(stored) = Stored::all_of(viewer.org, target) {
            return self.add_stored(test, &stored, parents);
        }
        if matches!(target, "EntityDefinition" | "UserRecordAccess") {
            return None;
        }
        let records = views::records(viewer, target, &Hints::new()).ok()?;
        for record in records {
            if holds(viewer, test, &record, self.depth + 1) != parents.usual {
                let id = record.value(viewer, "Id");
                parents.unusual.insert(id_key(id.as_str()?)?);
            }
        }
        Some(())
    }

    fn add_stored<P: Tabled>(
        &self,
        test: &Test,
        stored: &Stored<'v, P>,
        parents: &mut Parents,
    ) -> Option<()> {
        if stored.count() / PARENTS_FOR_A_CHILD > self.stored.count() {
            return None;
        }
        let scan = Scan::new(self.viewer, stored, self.depth + 1);
        for part in stored.parts() {
            let passing = scan.pass(part, test, part.places());
            let unusual = match parents.usual {
                true => part.places().without(&passing),
                false => passing,
            };
            for (id, _) in unusual.iter().filter_map(|place| part.get(place)) {
                parents.unusual.insert(id_key(id)?);
            }
        }
        Some(())
    }
}

/// Through parents.
const SLOWEST: usize = 2;

/// Where there are more parents than this for each child, the children are looked at one by one.
const PARENTS_FOR_A_CHILD: usize = 8;

/// Whether a test holds for a record to which so many steps of every path have led.
fn holds(viewer: &Viewer<'_>, test: &Test, record: &Record<'_>, depth: usize) -> bool {
    passes(viewer, test, &|subject| match subject {
        Subject::Field(path) => path.value_after(depth, viewer, record),
        Subject::Aggregate(_) => Cow::Owned(Value::Null),
    })
}

/// How the records that pass a test of one field are found.
enum Look<'t> {
    /// Their text has this shape.
    Matching(&'t compare::Pattern),
    /// Their text has one of these keys.
    Equal(Cow<'t, [u32]>),
    /// Their text has none of these keys.
    Unequal(Cow<'t, [u32]>),
    /// They refer to one of these, or to none of them.
    Among(&'t IdKeys, bool),
    /// The test is put to each value.
    AtEach,
}

impl<'t> Look<'t> {
    fn of(test: &'t Test, path: &Path) -> Look<'t> {
        if path.part.is_some() {
            return Look::AtEach;
        }
        match test {
            Test::Like(_, pattern) => Look::Matching(pattern),
            Test::Compare(_, operator, literal) => {
                let text = match literal {
                    Literal::Text(text, _) => text,
                    Literal::Null => "",
                    _ => return Look::AtEach,
                };
                let keys = Cow::Owned(vec![text_key(&key(text, path.kind))]);
                match operator {
                    Operator::Equal => Look::Equal(keys),
                    Operator::NotEqual => Look::Unequal(keys),
                    _ => Look::AtEach,
                }
            }
            Test::In(_, negated, set) => match (&set.keys, &set.ids, negated) {
                (Some(keys), _, false) => Look::Equal(Cow::Borrowed(keys)),
                (Some(keys), _, true) => Look::Unequal(Cow::Borrowed(keys)),
                (None, Some(ids), negated) => Look::Among(ids, *negated),
                (None, None, _) => Look::AtEach,
            },
            _ => Look::AtEach,
        }
    }
}

#[cfg(test)]
mod tests;
