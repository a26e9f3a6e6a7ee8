//! How a saved plan stands to the plan that the org makes necessary now.
//!
//! **Promise:** every attribute is either still as it was before, or as one of the plan's own stages leaves it. Anything else
//! is a third thing: somebody made it, and it is not overwritten.

use serde_json::Value;
use std::collections::BTreeMap;

use super::SavedPlan;

/// How a saved plan stands to one that was just made.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanStanding {
    /// It is the very plan.
    Same {
        /// Whether what is counted of people and records is otherwise than when it was saved.
        counts_moved: bool,
    },
    /// What is planned now is its rest.
    Rest {
        /// Changes that nothing is left to do of.
        made: usize,
        /// Changes that it had.
        all: usize,
    },
    /// The org holds what the plan neither found nor makes.
    Moved(Vec<Moved>),
    /// It is of no use, and why.
    Other(String),
}

/// One attribute that is neither as it was nor as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The resource.
    pub address: String,
    /// Which attribute; none where the resource as a whole is meant.
    pub attribute: Option<String>,
    /// What the plan makes of it.
    pub planned: Value,
    /// As it was when the plan was saved.
    pub was: Value,
    /// As it is now.
    pub now: Value,
}

/// What becomes of one resource, over all stages.
#[derive(Default)]
struct Course<'a> {
    actions: Vec<(&'a str, u64)>,
    /// By attribute, the states it passes, and the stage that first writes it.
    attributes: BTreeMap<&'a str, (Vec<&'a Value>, u64)>,
    fingerprint: Option<&'a str>,
}

const THERE: &str = "there";
const NOT_THERE: &str = "not there";

/// How a saved plan, whose changes are those of its digest, stands to another plan of the same manifests.
pub(super) fn of_rest(saved: &SavedPlan, made: &[Value]) -> PlanStanding {
    let planned = courses(&saved.changes);
    let moved: Vec<Moved> = courses(made)
        .iter()
        .flat_map(|(address, course)| match planned.get(address) {
            Some(planned) => planned.left_by(address, course),
            None => Course::default().left_by(address, course),
        })
        .collect();
    if !moved.is_empty() {
        return PlanStanding::Moved(moved);
    }
    let key = |change: &Value| (change.get("address").cloned(), change.get("stage").cloned());
    let left: Vec<_> = made.iter().map(key).collect();
    let done = saved
        .changes
        .iter()
        .filter(|change| !left.contains(&key(change)));
    PlanStanding::Rest {
        made: done.count(),
        all: saved.changes.len(),
    }
}

fn courses(changes: &[Value]) -> BTreeMap<&str, Course<'_>> {
    let mut courses: BTreeMap<&str, Course<'_>> = BTreeMap::new();
    for change in changes {
        let text = |key: &str| change.get(key).and_then(Value::as_str);
        let course = courses
            .entry(text("address").unwrap_or_default())
            .or_default();
        let stage = change
            .get("stage")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        course
            .actions
            .push((text("action").unwrap_or_default(), stage));
        course.fingerprint = course.fingerprint.or(text("fingerprint"));
        let fields = change.get("fields").and_then(Value::as_array);
        for field in fields.into_iter().flatten() {
            let path = field
                .get("path")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let (states, _) = course.attributes.entry(path).or_insert((Vec::new(), stage));
            let state = |key: &str| field.get(key).unwrap_or(&Value::Null);
            if states.is_empty() {
                states.push(state("before"));
            }
            states.extend(field.get("through"));
            states.push(state("after"));
        }
    }
    courses
}

impl<'a> Course<'a> {
    fn has(&self, action: &str) -> bool {
        self.actions.iter().any(|(own, _)| *own == action)
    }

    /// The stage that makes the resource, where one does.
    fn made_in(&self) -> Option<u64> {
        let mut actions = self.actions.iter();
        let making = actions.find(|(action, _)| ["create", "replace"].contains(action));
        making.map(|(_, stage)| *stage)
    }

    /// What another course about the same resource finds or makes that this one does not.
    fn left_by(&self, address: &str, now: &Course<'a>) -> Vec<Moved> {
        let moved = |attribute: Option<&str>, planned: &Value, was: &Value, now: &Value| Moved {
            address: address.to_owned(),
            attribute: attribute.map(str::to_owned),
            planned: planned.clone(),
            was: was.clone(),
            now: now.clone(),
        };
        let is_absent = now.has("create");
        // What is replaced is gone for a moment, and a removal may come before what is made.
        if is_absent && self.made_in().is_none() {
            let there = Value::from(THERE);
            return vec![moved(None, &there, &there, &Value::from(NOT_THERE))];
        }
        if (now.has("delete") && !self.has("delete"))
            || (now.has("replace") && !self.has("replace"))
        {
            let absent = Value::from(NOT_THERE);
            return vec![moved(
                None,
                &Value::from(THERE),
                &absent,
                &Value::from("there, made otherwise"),
            )];
        }
        if now.fingerprint.is_some() && now.fingerprint != self.fingerprint {
            let short = |print: Option<&str>| {
                Value::from(print.unwrap_or("").trim_start_matches("sha256:").get(..12))
            };
            let was = short(self.fingerprint);
            return vec![moved(
                Some("what it is cloned from"),
                &was,
                &was,
                &short(now.fingerprint),
            )];
        }
        let attributes = now.attributes.iter().filter_map(|(path, (states, _))| {
            let (first, last) = (*states.first()?, *states.last()?);
            let Some((own, stage)) = self.attributes.get(path) else {
                return Some(moved(Some(path), last, last, first));
            };
            let (was, planned) = (*own.first()?, *own.last()?);
            // What a later stage writes first stands, from the making of the resource on, as the platform makes it.
            let is_the_platforms = self.made_in().is_some_and(|made| made < *stage);
            let is_found = is_absent || is_the_platforms || own.contains(&first);
            (!is_found || last != planned).then(|| moved(Some(path), planned, was, first))
        });
        attributes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(address: &str, action: &str, stage: u64, fields: &[(&str, Value, Value)]) -> Value {
        let fields: Vec<Value> = fields
            .iter()
            .map(|(path, before, after)| json!({"path": path, "before": before, "after": after}))
            .collect();
        json!({"address": address, "action": action, "stage": stage, "fields": fields})
    }

    fn moved(saved: &[Value], made: &[Value]) -> Vec<String> {
        let (planned, nothing) = (courses(saved), Course::default());
        let told = courses(made).into_iter().flat_map(|(address, course)| {
            planned
                .get(address)
                .unwrap_or(&nothing)
                .left_by(address, &course)
        });
        told.map(|one| format!("{} {}", one.attribute.unwrap_or_default(), one.now))
            .collect()
    }

    #[test]
    fn before_and_after_are_progress_and_a_third_thing_is_not() {
        let create = change("role/R", "create", 1, &[("label", Value::Null, json!("R"))]);
        let level = change(
            "role/R",
            "update",
            4,
            &[("caseAccess", Value::Null, json!("None"))],
        );
        let update = change(
            "rule/L.A",
            "update",
            5,
            &[("access", json!("Read"), json!("Edit"))],
        );
        let saved = [create.clone(), level, update.clone()];
        let check = |made: &[Value], expected: &[&str]| assert_eq!(moved(&saved, made), expected);
        check(&saved, &[]);
        check(&[], &[]);
        check(&[update], &[]);
        // The platform has levels of its own until a later stage writes them.
        check(
            &[change(
                "role/R",
                "update",
                4,
                &[("caseAccess", json!("Edit"), json!("None"))],
            )],
            &[],
        );
        check(
            &[change(
                "role/R",
                "update",
                1,
                &[("label", json!("X"), json!("R"))],
            )],
            &["label \"X\""],
        );
        check(
            &[change(
                "role/R",
                "update",
                1,
                &[("parent", json!("CEO"), Value::Null)],
            )],
            &["parent \"CEO\""],
        );
        check(
            &[change(
                "rule/L.A",
                "update",
                5,
                &[("access", json!("None"), json!("Edit"))],
            )],
            &["access \"None\""],
        );
        // The aim itself may not move either.
        check(
            &[change(
                "rule/L.A",
                "update",
                5,
                &[("access", json!("Read"), json!("All"))],
            )],
            &["access \"Read\""],
        );
        check(&[change("rule/L.A", "create", 5, &[])], &[" \"not there\""]);
        check(
            &[change("rule/L.A", "delete", 5, &[])],
            &[" \"there, made otherwise\""],
        );
        check(&[change("rule/L.B", "create", 5, &[])], &[" \"not there\""]);
    }

    #[test]
    fn a_clone_of_something_else_is_a_third_thing() {
        let print = |print: &str| {
            let mut change = change("profile/P", "create", 1, &[]);
            change["fingerprint"] = json!(print);
            change
        };
        let saved = [print("sha256:aaaaaaaaaaaaaaaa")];
        assert!(moved(&saved, &saved).is_empty());
        let told = moved(&saved, &[print("sha256:bbbbbbbbbbbbbbbb")]);
        assert_eq!(told, ["what it is cloned from \"bbbbbbbbbbbb\""]);
    }
}
