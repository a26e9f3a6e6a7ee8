//! Which stored records pass a test. A table may hold a million of them, so the test is put to each value that occurs in
//! a part of the table, not to each record.

use std::cell::RefCell;
use std::collections::HashMap;

use super::evaluate::{Subject, Test, field_value, passes};
use super::resolve::Path;
use crate::emulator::store::Part;
use crate::emulator::viewer::Viewer;
use crate::emulator::views::{Record, Stored};

/// The first records, in the order of ids, that pass and that the user sees; `most` at most.
pub(super) fn matching<'v>(
    viewer: &Viewer<'v>,
    stored: &Stored<'v>,
    test: Option<&Test>,
    most: usize,
) -> Vec<Record<'v>> {
    let scan = Scan::new(viewer, stored);
    let mut found = Vec::new();
    for part in stored.parts() {
        let passing = test.map(|test| scan.pass(part, test));
        for (place, record) in part.iter().enumerate() {
            let passes = passing
                .as_ref()
                .is_none_or(|passing| passing.get(place) == Some(&true));
            if found.len() >= most {
                return found;
            }
            if passes && stored.sees(record.0, record.1) {
                found.push(stored.record(record));
            }
        }
    }
    found
}

/// How many records pass and are seen.
pub(super) fn count<'v>(viewer: &Viewer<'v>, stored: &Stored<'v>, test: Option<&Test>) -> usize {
    match test {
        None if stored.sees_all() => stored.count(),
        Some(test) if stored.sees_all() => {
            let scan = Scan::new(viewer, stored);
            let passing = stored.parts().map(|part| scan.pass(part, test));
            passing
                .map(|part| part.iter().filter(|passes| **passes).count())
                .sum()
        }
        _ => matching(viewer, stored, test, usize::MAX).len(),
    }
}

/// One walk through a table.
struct Scan<'s, 'v> {
    viewer: &'s Viewer<'v>,
    stored: &'s Stored<'v>,
    /// What a test (by its address) said about a parent with this id: many records have the same one.
    of_parents: RefCell<HashMap<(usize, String), bool>>,
}

impl<'s, 'v> Scan<'s, 'v> {
    fn new(viewer: &'s Viewer<'v>, stored: &'s Stored<'v>) -> Scan<'s, 'v> {
        Scan {
            viewer,
            stored,
            of_parents: RefCell::default(),
        }
    }

    /// For each record of a part whether it passes.
    fn pass(&self, part: &'v Part, test: &Test) -> Vec<bool> {
        let all = |value: bool| vec![value; part.len()];
        match test {
            Test::All(tests) => tests.iter().fold(all(true), |mut passing, test| {
                if passing.contains(&true) {
                    let more = self.pass(part, test);
                    passing
                        .iter_mut()
                        .zip(more)
                        .for_each(|(one, other)| *one &= other);
                }
                passing
            }),
            Test::Any(tests) => tests.iter().fold(all(false), |mut passing, test| {
                let more = self.pass(part, test);
                passing
                    .iter_mut()
                    .zip(more)
                    .for_each(|(one, other)| *one |= other);
                passing
            }),
            Test::Not(test) => {
                let mut passing = self.pass(part, test);
                passing.iter_mut().for_each(|passes| *passes = !*passes);
                passing
            }
            Test::Compare(subject, ..)
            | Test::Like(subject, _)
            | Test::In(subject, ..)
            | Test::Includes(subject, ..) => self.pass_one(part, test, subject),
        }
    }

    /// The same for a test that is about one field.
    fn pass_one(&self, part: &'v Part, test: &Test, subject: &Subject) -> Vec<bool> {
        let record = |place: usize| part.get(place).map(|record| self.stored.record(record));
        let holds = |record: &Record<'v>| {
            passes(self.viewer, test, &|subject| {
                field_value(self.viewer, subject, record)
            })
        };
        match first_column(subject) {
            // Every record has an id of its own.
            (None | Some("Id"), _) => (0..part.len())
                .map(|place| record(place).is_some_and(|record| holds(&record)))
                .collect(),
            (Some(column), false) => part
                .column(column)
                .passing(|place| record(place).is_some_and(|record| holds(&record))),
            (Some(column), true) => part.column(column).passing(|place| {
                record(place).is_some_and(|record| {
                    let parent = record.value(self.viewer, column);
                    let key = (
                        std::ptr::from_ref(test).addr(),
                        parent.as_str().unwrap_or_default().to_owned(),
                    );
                    let known = self.of_parents.borrow().get(&key).copied();
                    known.unwrap_or_else(|| {
                        let verdict = holds(&record);
                        self.of_parents.borrow_mut().insert(key, verdict);
                        verdict
                    })
                })
            }),
        }
    }
}

/// The field of the record that decides what a test says, and whether it is the reference to the parent whose field is
/// tested.
fn first_column(subject: &Subject) -> (Option<&str>, bool) {
    match subject {
        Subject::Field(Path { steps, column, .. }) => match steps.first() {
            Some(step) => (Some(&step.column), true),
            None => (Some(column), false),
        },
        Subject::Aggregate(_) => (None, false),
    }
}
