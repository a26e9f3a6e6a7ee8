//! What requires what, as the org says it: asked for what goes, then for what falls with that, page after page.
//!
//! `PermissionDependency` is thousands of rows whose cursor serves the same ones again, and it ignores `LIMIT`; so only
//! what requires something removed is asked, in the order of ids, each page from the last id on.

use crate::clone::{Removals, Requirements, Wishes};
use crate::facts::{Facts, Question, Row};
use crate::soql;
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
    /// The query to ask next; `None` where nothing is left to ask.
    pub(super) next: Option<String>,
}

/// Follows what falls for these wishes as far as the facts have answers.
pub(super) fn walk(wishes: &Wishes, facts: &Facts) -> Walk {
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
        walk.next = walk.learn(&names, facts);
        if walk.next.is_some() {
            return walk;
        }
        asked.extend(names);
    }
}

impl Walk {
    /// Learns what requires these, page after page; returns the query of the page that was not asked for yet.
    fn learn(&mut self, names: &BTreeSet<String>, facts: &Facts) -> Option<String> {
        let mut last = None;
        loop {
            let query = query(names, last.as_deref());
            if !facts.asked(&Question::Tooling(query.clone())) {
                return Some(query);
            }
            let rows = facts.tooling_rows(&query);
            self.requirements.learn(rows);
            self.told |= !rows.is_empty();
            let end = rows.iter().filter_map(id).max();
            if rows.len() < FULL_PAGE || end <= last {
                return None;
            }
            last = end;
        }
    }
}

fn id(row: &Row) -> Option<String> {
    row.text("Id").map(str::to_owned)
}

fn names(removals: &Removals) -> BTreeSet<String> {
    let removed = removals.all.iter();
    removed
        .flat_map(|removal| removal.grant.spellings())
        .collect()
}

fn query(names: &BTreeSet<String>, after: Option<&str>) -> String {
    let from = after.map_or_else(String::new, |id| format!(" AND Id > {}", soql::literal(id)));
    format!(
        "SELECT Id, Permission, PermissionType, RequiredPermission, RequiredPermissionType FROM PermissionDependency \
         WHERE RequiredPermission IN {}{from} ORDER BY Id",
        soql::list(names)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Answer;
    use serde_json::{Value, json};

    fn lead() -> Wishes {
        Wishes {
            selective: ["Lead".to_owned()].into(),
            ..Wishes::default()
        }
    }

    fn row(id: usize, permission: &str, required: &str) -> Row {
        let row = json!({"Id": format!("{id:018}"), "Permission": permission, "RequiredPermission": required});
        match row {
            Value::Object(map) => Row(map),
            _ => Row::default(),
        }
    }

    /// Answers the walk's questions from these rows, as an org does, and returns what was asked and what goes.
    fn told(rows: &[Row], page: usize) -> (Vec<String>, Vec<String>) {
        let mut facts = Facts::default();
        let mut asked = Vec::new();
        while let Some(query) = walk(&lead(), &facts).next {
            let after = query
                .split_once("Id > '")
                .map_or("", |(_, rest)| &rest[..18]);
            let wanted = |row: &&Row| {
                let required = row.text("RequiredPermission").unwrap_or_default();
                query.contains(&format!("'{required}'")) && row.text("Id") > Some(after)
            };
            let answer: Vec<Row> = rows.iter().filter(wanted).take(page).cloned().collect();
            facts.record(Question::Tooling(query.clone()), Answer::Rows(answer));
            asked.push(query);
            assert!(asked.len() < 10, "{asked:?}");
        }
        let removals = walk(&lead(), &facts).requirements.removals(&lead());
        let gone = removals.user_permissions();
        (asked, gone.map(|(name, _)| name.to_owned()).collect())
    }

    #[test]
    fn only_what_requires_something_removed_is_asked() {
        let first = walk(&lead(), &Facts::default()).next.expect("a question");
        let list = "IN ('CreatePackaging','InstallPackaging','Lead<modifyAllRecords>','Lead<viewAllRecords>',\
                    'ModifyAllData','PublishPackaging','QueryAllFiles','ViewAllData') ORDER BY Id";
        assert!(first.ends_with(list), "{first}");
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
        assert!(asked[1].contains("IN ('ManageDrafts')"), "{}", asked[1]);
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
        assert!(
            asked[1].contains("Id > '000000000000002000'"),
            "{}",
            asked[1]
        );
        assert!(gone.contains(&"ManageDrafts".to_owned()), "{gone:?}");
    }

    #[test]
    fn ids_that_stand_still_end_the_walk() {
        let rows = vec![row(0, "InstallPackaging", "ModifyAllData"); FULL_PAGE];
        let mut facts = Facts::default();
        for _ in 0..2 {
            let Some(query) = walk(&lead(), &facts).next else {
                return;
            };
            facts.record(Question::Tooling(query), Answer::Rows(rows.clone()));
        }
        assert_eq!(walk(&lead(), &facts).next, None);
    }
}
