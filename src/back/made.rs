//! What was made: the changes of a saved plan, or what manifests describe, one entry for each resource.

use crate::address::Address;
use crate::change::{Action, Change, FieldChange};
use crate::diagnostic::Place;
use crate::kinds::KINDS;
use serde_json::Value;

/// What a plan did to one resource, over all its stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The resource.
    pub address: Address,
    /// What was done to it.
    pub action: Action,
    /// The manifest lines that describe it, where they are at hand.
    pub place: Option<Place>,
    /// Its attributes, as they were before and as they were left.
    pub fields: Vec<FieldChange>,
    /// Whether what it was left as is known: of a manifest alone it is not, and whatever it is now is ours.
    pub is_recorded: bool,
}

impl Made {
    /// Whether it was not there before.
    pub fn is_new(&self) -> bool {
        self.action == Action::Create
    }

    /// The value of an attribute as it was left, or as it was before where it went.
    pub fn text(&self, path: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.path == path)?;
        field.after.as_str().or(field.before.as_str())
    }
}

/// What the changes of a saved plan did, as JSON has them.
///
/// # Errors
/// A sentence about a change that nobody can read.
pub fn made_by(changes: &[Value]) -> Result<Vec<Made>, String> {
    let mut all: Vec<Made> = Vec::new();
    for change in changes {
        join(&mut all, read(change)?);
    }
    Ok(all)
}

/// What these changes make of an org that has nothing of it: all of it is ours, whatever it is now.
pub fn made_of(changes: &[Change]) -> Vec<Made> {
    let mut all = Vec::new();
    for change in changes {
        let made = Made {
            address: change.address.clone(),
            action: change.action,
            place: change.place.clone(),
            fields: change.fields.clone(),
            is_recorded: false,
        };
        join(&mut all, made);
    }
    all
}

/// A resource that two stages write is one: as it was before the first, as it is after the last.
fn join(all: &mut Vec<Made>, made: Made) {
    let Some(earlier) = all.iter_mut().find(|one| one.address == made.address) else {
        all.push(made);
        return;
    };
    for field in made.fields {
        match earlier.fields.iter_mut().find(|one| one.path == field.path) {
            Some(known) => known.after = field.after,
            None => earlier.fields.push(field),
        }
    }
}

fn read(change: &Value) -> Result<Made, String> {
    let text = |key: &str| change.get(key).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = text("address").split_once('/').unwrap_or_default();
    let kind = KINDS.iter().find(|known| known.name == kind);
    let kind = kind.ok_or_else(|| format!("it has a change of `{}`", text("address")))?;
    let actions = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
    ];
    let action = actions
        .into_iter()
        .find(|action| action.word() == text("action"));
    let fields = change.get("fields").and_then(Value::as_array);
    let fields = fields.into_iter().flatten().map(|field| FieldChange {
        path: field
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        before: field.get("before").cloned().unwrap_or_default(),
        after: field.get("after").cloned().unwrap_or_default(),
        reason: None,
        through: field.get("through").cloned(),
    });
    Ok(Made {
        address: Address::new(kind.name, name),
        action: action.ok_or_else(|| format!("the action of {} is unknown", text("address")))?,
        place: None,
        fields: fields.collect(),
        is_recorded: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_stages_of_a_resource_are_one_thing_that_was_made() {
        let stage = |action: &str, before: Value, after: Value| {
            json!({"address": "role/Sales", "action": action,
                   "fields": [{"path": "contactAccess", "before": before, "after": after}]})
        };
        let changes = [
            stage("create", Value::Null, json!("Read")),
            stage("update", json!("Read"), json!("None")),
        ];
        let made = made_by(&changes).unwrap();
        assert_eq!(made.len(), 1);
        assert!(made[0].is_new());
        let field = &made[0].fields[0];
        assert_eq!(
            (&field.before, &field.after),
            (&Value::Null, &json!("None"))
        );
        let unknown = json!({"address": "galaxy/M31", "action": "create"});
        assert_eq!(
            made_by(&[unknown]).unwrap_err(),
            "it has a change of `galaxy/M31`"
        );
    }
}
