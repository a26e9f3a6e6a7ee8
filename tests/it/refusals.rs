//! Refusals in the words that real orgs said them in, one after the other: what names an entry of the clone leaves it
//! out, a lock is waited for, and what is final ends the run with the org's own words and a true state.
//!
//! The words are other people's and no part of the project: `ORGWRIGHT_FACTS` names a folder that has them. Without it
//! some of our own go the same way.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod org;
mod rows;

use std::collections::BTreeMap;

use org::{Expected, Refusal, Stage};
use rows::Row;

/// Rows that a usual run tries, of all that there are.
const USUAL: u32 = 30;

/// Each row ends as its kind says.
#[test]
fn each_ends_as_its_kind_says() {
    let rows = rows::all();
    let chosen = testing::chosen(&rows, USUAL);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in chosen {
        let Some((refusal, expected)) = row.played() else {
            *counts.entry("of what is never sent").or_default() += 1;
            continue;
        };
        *counts.entry(expected.name()).or_default() += 1;
        wrong.extend(tried(row, &refusal, expected));
    }
    assert!(wrong.is_empty(), "{counts:?}\n{}", wrong.join("\n\n"));
    assert!(counts.len() > 1, "{counts:?}");
}

/// All that other people met in a profile they had read and could not write, in the profile of one administrator.
#[test]
fn entries_that_are_read_and_refused() {
    let entries = rows::entries();
    assert!(entries.len() > 2);
    let xml: String = entries.iter().map(|entry| entry.xml.as_str()).collect();
    let stage = Stage::with(&xml, &[]);
    let refusals: Vec<Refusal> = entries.into_iter().map(|entry| entry.refusal).collect();
    stage.refuse(&refusals);
    let checked = stage.run(&["plan", "--check"]);
    assert_eq!(checked.code, 0, "{}", checked.words());
    let run = stage.apply();
    // Tabs that the org does not list are not even sent.
    assert!(stage.refusals_said() > 1);
    assert_eq!(run.code, 0, "{}", run.words());
    assert!(run.words().contains("Proved: "), "{}", run.words());
}

/// Each list of a profile, deployed with success and kept by nobody: an entry of it is named, and the run is no success.
#[test]
fn lists_that_are_deployed_without_effect() {
    let all = rows::names_of_entries();
    let mut wrong = Vec::new();
    for (list, name) in testing::chosen(&all, 5) {
        let switch = format!("ineffective=Profile/HubSpot.{list}");
        let run = Stage::with("", &[&switch]).apply();
        let named = run.words().contains(&format!("{list}.{name}"));
        if run.code != 3 || !run.words().contains("OW5010") || !named {
            wrong.push(format!(
                "{list}: exit {}\n{}\n{}",
                run.code, run.out, run.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not as it should be, in a sentence with all that was said.
fn tried(row: &Row, refusal: &Refusal, expected: Expected) -> Option<String> {
    let stage = Stage::new();
    stage.refuse(std::slice::from_ref(refusal));
    let run = stage.apply();
    let words = run.words();
    let said = words.contains(&org::squeezed(&refusal.problem));
    if stage.refusals_said() == 0 {
        return Some(format!(
            "row {}: {refusal:?} was never said\n{}",
            row.nr, run.err
        ));
    }
    let as_expected = match expected {
        Expected::LeftOut => run.code == 0 && words.contains("OW2024"),
        Expected::Waited => run.code == 0 && !words.contains("OW2024"),
        Expected::Final => {
            matches!(run.code, 1 | 4 | 65) && said && !words.contains("safe to run again")
        }
        Expected::Rights => run.code == 77 && said,
    };
    (!as_expected).then(|| {
        let name = expected.name();
        format!(
            "row {} ({name}), {refusal:?}: exit {}\n{words}",
            row.nr, run.code
        )
    })
}
