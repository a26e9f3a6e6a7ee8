//! Which stored records pass a test. A table may hold a million of them, so the test is put to each value that occurs in
//! a part of the table, not to each record.

use std::ops::ControlFlow;

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
    let mut found = Vec::new();
    // Where the limit ends the walk there is nothing more to say.
    let _ = walk(viewer, stored, test, |record| {
        if found.len() < most {
            found.push(record);
        }
        match found.len() < most {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    found
}

/// How many records pass and are seen.
pub(super) fn count<'v>(viewer: &Viewer<'v>, stored: &Stored<'v>, test: Option<&Test>) -> usize {
    match test {
        None if stored.sees_all() => stored.count(),
        Some(test) if stored.sees_all() => {
            let passing = stored.parts().map(|part| pass(viewer, stored, part, test));
            passing
                .map(|part| part.iter().filter(|passes| **passes).count())
                .sum()
        }
        _ => matching(viewer, stored, test, usize::MAX).len(),
    }
}

fn walk<'v>(
    viewer: &Viewer<'v>,
    stored: &Stored<'v>,
    test: Option<&Test>,
    mut take: impl FnMut(Record<'v>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for part in stored.parts() {
        let passing = test.map(|test| pass(viewer, stored, part, test));
        for (place, (id, row)) in part.iter().enumerate() {
            let passes = passing
                .as_ref()
                .is_none_or(|passing| passing.get(place) == Some(&true));
            if passes && stored.sees(id, row) {
                take(stored.record((id, row)))?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// For each record of a part whether it passes.
fn pass<'v>(viewer: &Viewer<'v>, stored: &Stored<'v>, part: &'v Part, test: &Test) -> Vec<bool> {
    match test {
        Test::All(tests) => tests
            .iter()
            .fold(vec![true; part.len()], |mut passing, test| {
                if passing.contains(&true) {
                    let more = pass(viewer, stored, part, test);
                    passing
                        .iter_mut()
                        .zip(more)
                        .for_each(|(one, other)| *one &= other);
                }
                passing
            }),
        Test::Any(tests) => tests
            .iter()
            .fold(vec![false; part.len()], |mut passing, test| {
                let more = pass(viewer, stored, part, test);
                passing
                    .iter_mut()
                    .zip(more)
                    .for_each(|(one, other)| *one |= other);
                passing
            }),
        Test::Not(test) => {
            let mut passing = pass(viewer, stored, part, test);
            passing.iter_mut().for_each(|passes| *passes = !*passes);
            passing
        }
        Test::Compare(subject, ..)
        | Test::Like(subject, _)
        | Test::In(subject, ..)
        | Test::Includes(subject, ..) => {
            let holds = |place: usize| {
                let record = part.get(place).map(|record| stored.record(record));
                record.is_some_and(|record| {
                    passes(viewer, test, &|subject| {
                        field_value(viewer, subject, &record)
                    })
                })
            };
            match first_column(subject) {
                // Every record has an id of its own.
                None | Some("Id") => (0..part.len()).map(holds).collect(),
                Some(column) => part.column(column).passing(holds),
            }
        }
    }
}

/// The field of the record that decides what a test says: its own, or the reference to the parent whose field it is.
fn first_column(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Field(Path { steps, column, .. }) => {
            Some(steps.first().map_or(column, |step| &step.column))
        }
        Subject::Aggregate(_) => None,
    }
}
