//! What requires what, as the org says it: asked for what goes, then for what falls with that, page after page.
//!
//! `PermissionDependency` is thousands of rows whose cursor serves the same ones again, and it ignores `LIMIT`; so only
//! what requires something removed is asked, in the order of ids, each page from the last id on.

use crate::clone::{Removals, Requirements, Wishes};
use crate::live::{Dependency, Live, Need};
use std::collections::BTreeSet;

/// Rows of a full page: there may be more behind it (Tooling API, query).
const FULL_PAGE: usize = 2_000;
/// Names asked for in one query, so that it stays within the length of a request.
const MOST_NAMES: usize = 200;

/// How far the answers lead.
pub(super) struct Walk {
    /// What is known by now: the org's answers united with what is known of every org.
    pub(super) requirements: Requirements,
    /// Whether the org said anything at all.
    pub(super) told: bool,
    /// What to ask next; `None` where nothing is left to ask.
    pub(super) next: Option<Need>,
}

/// Follows what falls for these wishes as far as the org has answered.
pub(super) fn walk(wishes: &Wishes, live: &Live) -> Walk {
    let mut walk = Walk {
        requirements: Requirements::built_in(),
        told: false,
        next: None,
    };
    let mut asked = BTreeSet::new();
    loop {
        let removed = names(&walk.requirements.removals(wishes));
        let names: BTreeSet<String> = removed
            .difference(&asked)
            .take(MOST_NAMES)
            .cloned()
            .collect();
        if names.is_empty() {
            return walk;
        }
        walk.next = walk.learn(&names, live);
        if walk.next.is_some() {
            return walk;
        }
        asked.extend(names);
    }
}

impl Walk {
    /// Learns what requires these, page after page; returns the page that was not asked for yet.
    fn learn(&mut self, names: &BTreeSet<String>, live: &Live) -> Option<Need> {
        let mut last = None;
        loop {
            let page = Need::Dependencies(names.clone(), last.clone());
            if !live.was_asked(&page) {
                return Some(page);
            }
            // Refused, the built-in knowledge has to do.
            let dependencies = live.dependencies(&page).learnt().unwrap_or(&[]);
            self.requirements.learn(dependencies);
            self.told |= !dependencies.is_empty();
            let end = dependencies.iter().filter_map(id).max();
            if dependencies.len() < FULL_PAGE || end <= last {
                return None;
            }
            last = end;
        }
    }
}

fn id(dependency: &Dependency) -> Option<String> {
    dependency.id.clone()
}

fn names(removals: &Removals) -> BTreeSet<String> {
    let removed = removals.all.iter();
    removed
        .flat_map(|removal| removal.grant.spellings())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Answer;
    use crate::soql::Row;
    use serde_json::json;

    fn lead() -> Wishes {
        Wishes {
            selective: ["Lead".to_owned()].into(),
            ..Wishes::default()
        }
    }

    fn row(id: usize, permission: &str, required: &str) -> Row {
        Row::of(
            &json!({"Id": format!("{id:018}"), "Permission": permission, "RequiredPermission": required}),
        )
    }

    /// The names and the id of a page.
    fn page_of(need: &Need) -> (&BTreeSet<String>, &str) {
        match need {
            Need::Dependencies(names, after) => (names, after.as_deref().unwrap_or_default()),
            other => panic!("{other:?}"),
        }
    }

    /// Answers the walk's questions from these rows, as an org does, and returns what was asked and what goes.
    fn told(rows: &[Row], page: usize) -> (Vec<Need>, Vec<String>) {
        let mut live = Live::default();
        let mut asked = Vec::new();
        while let Some(need) = walk(&lead(), &live).next {
            let (names, after) = page_of(&need);
            let wanted = |row: &&Row| {
                let required = row.text("RequiredPermission").unwrap_or_default();
                names.contains(required) && row.text("Id") > Some(after)
            };
            let answer: Vec<Row> = rows.iter().filter(wanted).take(page).cloned().collect();
            live.tell(need.clone(), Answer::Rows(answer));
            asked.push(need);
            assert!(asked.len() < 10, "{asked:?}");
        }
        let removals = walk(&lead(), &live).requirements.removals(&lead());
        let gone = removals.user_permissions();
        (asked, gone.map(|(name, _)| name.to_owned()).collect())
    }

    #[test]
    fn only_what_requires_something_removed_is_asked() {
        let first = walk(&lead(), &Live::default()).next.expect("a need");
        let names: Vec<&str> = page_of(&first).0.iter().map(String::as_str).collect();
        let expected = [
            "CanApproveUninstalledApps",
            "CreatePackaging",
            "InstallPackaging",
            "Lead<modifyAllRecords>",
            "Lead<viewAllRecords>",
            "ModifyAllData",
            "PublishPackaging",
            "QueryAllFiles",
            "ViewAllData",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn what_is_known_already_is_not_asked_again() {
        let (asked, gone) = told(&[row(1, "InstallPackaging", "ModifyAllData")], FULL_PAGE);
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(gone.contains(&"InstallPackaging".to_owned()));
    }

    #[test]
    fn what_falls_with_what_falls_is_asked_for_in_turn() {
        let rows = [
            row(1, "ManageDrafts", "ViewAllData"),
            row(2, "PublishDrafts", "ManageDrafts"),
            row(3, "Elsewhere", "PublishNothing"),
        ];
        let (asked, gone) = told(&rows, FULL_PAGE);
        assert_eq!(asked.len(), 3, "{asked:?}");
        let second = BTreeSet::from(["ManageDrafts".to_owned()]);
        assert_eq!(page_of(&asked[1]), (&second, ""));
        for name in ["ManageDrafts", "PublishDrafts"] {
            assert!(gone.contains(&name.to_owned()), "{gone:?}");
        }
        assert!(!gone.contains(&"Elsewhere".to_owned()), "{gone:?}");
    }

    #[test]
    fn a_full_page_is_followed_from_its_last_id_on() {
        let mut rows: Vec<Row> = (1..=FULL_PAGE)
            .map(|id| row(id, "InstallPackaging", "ModifyAllData"))
            .collect();
        rows.push(row(FULL_PAGE + 1, "ManageDrafts", "ModifyAllData"));
        let (asked, gone) = told(&rows, FULL_PAGE);
        assert_eq!(page_of(&asked[1]).1, "000000000000002000");
        assert!(gone.contains(&"ManageDrafts".to_owned()), "{gone:?}");
    }

    #[test]
    fn ids_that_stand_still_end_the_walk() {
        let rows = vec![row(0, "InstallPackaging", "ModifyAllData"); FULL_PAGE];
        let mut live = Live::default();
        for _ in 0..2 {
            let Some(need) = walk(&lead(), &live).next else {
                return;
            };
            live.tell(need, Answer::Rows(rows.clone()));
        }
        assert_eq!(walk(&lead(), &live).next, None);
    }
}
