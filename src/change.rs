//! Changes: what a plan wants to do, as data. They print, hash and serialise; nothing here acts.

use crate::address::Address;
use crate::diagnostic::Place;
use crate::live::Reference;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is removed and made again, because the platform cannot change it in place.
    Replace,
    /// It is removed.
    Delete,
}

impl Action {
    /// The word shown for it, and written in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }

    /// The symbol shown before the word.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Delete => "-",
        }
    }
}

/// A step of apply that is all done before the next begins. JSON has its number (see `docs/architecture.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Stage {
    /// Custom fields, permission sets, the profile, and the role as far as today's defaults allow its levels.
    Containers,
    /// The user and its permission sets.
    User,
    /// Organization-wide defaults.
    Defaults,
    /// Levels of the role that only the new defaults allow.
    RoleLevels,
    /// Sharing rules.
    Rules,
    /// Profile and role of a user that existed before, and what is removed.
    Removals,
    /// Reads only.
    Proof,
}

impl Stage {
    /// The stages that write, in their order.
    pub const WRITING: [Self; 6] = [
        Self::Containers,
        Self::User,
        Self::Defaults,
        Self::RoleLevels,
        Self::Rules,
        Self::Removals,
    ];

    /// Its number, counted from 1: what people and JSON call it.
    pub fn number(self) -> u8 {
        match self {
            Self::Containers => 1,
            Self::User => 2,
            Self::Defaults => 3,
            Self::RoleLevels => 4,
            Self::Rules => 5,
            Self::Removals => 6,
            Self::Proof => 7,
        }
    }

    /// What it does, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Containers => "fields, profile and role",
            Self::User => "user and permission sets",
            Self::Defaults => "organization-wide defaults",
            Self::RoleLevels => "role levels that the new defaults allow",
            Self::Rules => "sharing rules",
            Self::Removals => "profile and role of an existing user, removals",
            Self::Proof => "proof, record by record",
        }
    }
}

/// How far an apply goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Through all stages, and through the proof.
    #[default]
    Proved,
    /// Through the stages before the defaults: what they make changes nobody's access.
    Prepared,
    /// Through the defaults, and until they are in force.
    Narrowed,
}

impl Until {
    /// The last stage that is written.
    pub fn last(self) -> Stage {
        match self {
            Self::Prepared => Stage::User,
            Self::Narrowed => Stage::Defaults,
            Self::Proved => Stage::Removals,
        }
    }

    /// Whether it ends before the proof.
    pub fn is_early(self) -> bool {
        self != Self::Proved
    }
}

impl From<Stage> for u8 {
    fn from(stage: Stage) -> Self {
        stage.number()
    }
}

/// The error is a sentence about the number.
impl TryFrom<u8> for Stage {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        let mut stages = Self::WRITING.into_iter().chain([Self::Proof]);
        stages
            .find(|stage| stage.number() == number)
            .ok_or_else(|| {
                format!(
                    "there is no stage {number}; the stages are 1 to {}",
                    Self::Proof
                )
            })
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(formatter)
    }
}

/// One attribute that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Which attribute, in the manifest's words: `label`, `userPermissions.ModifyAllData`.
    pub path: String,
    /// Its value in the org, null where there is none.
    pub before: Value,
    /// Its value after the change, null where it goes.
    pub after: Value,
    /// What it is meanwhile, where it does not go there at once.
    pub through: Option<Value>,
    /// Why, where the manifest does not say it itself.
    pub reason: Option<String>,
}

/// One thing to do to one resource, in one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The resource.
    pub address: Address,
    /// What happens to it.
    pub action: Action,
    /// In which stage.
    pub stage: Stage,
    /// Whether nothing can undo it (users can be deactivated, never deleted).
    pub irreversible: bool,
    /// The manifest lines that asked for it.
    pub place: Option<Place>,
    /// What changes, one attribute each.
    pub fields: Vec<FieldChange>,
    /// What else `write` was computed from, so that the plan's digest covers it.
    pub fingerprint: Option<String>,
    /// How it is written.
    pub write: Write,
}

/// How a change reaches the org.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Components deployed with the others of the stage.
    Deploy(Vec<Component>),
    /// A new record.
    Insert(Record),
    /// An existing record, by id.
    Update(String, Record),
    /// A record that goes: object and id.
    Remove(String, String),
}

/// A metadata component of a deploy.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Metadata type, such as `SharingCriteriaRule`.
    pub kind: &'static str,
    /// Full name, such as `Lead.Sync_to_HubSpot`.
    pub full_name: String,
    /// Its element, or `None` where the component is deleted.
    pub body: Option<Element>,
    /// Ids that only exist once earlier stages ran: placeholder text in `body`, and whose id it stands for.
    pub lookups: BTreeMap<String, Reference>,
}

/// A record to write.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Record {
    /// The object, such as `User`.
    pub object: &'static str,
    /// Its values.
    pub values: BTreeMap<Cow<'static, str>, RecordValue>,
}

/// A value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordValue {
    /// Known now.
    Literal(Value),
    /// An id that only exists once earlier stages ran.
    Lookup(Reference),
}

impl Component {
    /// A component with this element.
    pub fn new(kind: &'static str, full_name: impl Into<String>, body: Element) -> Self {
        Self {
            kind,
            full_name: full_name.into(),
            body: Some(body),
            lookups: BTreeMap::new(),
        }
    }

    /// The removal of a component.
    pub fn removal(kind: &'static str, full_name: impl Into<String>) -> Self {
        Self {
            kind,
            full_name: full_name.into(),
            body: None,
            lookups: BTreeMap::new(),
        }
    }
}

/// An entry of a cloned profile that the org refused, and that was left out of the deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The profile.
    pub address: Address,
    /// The entry, as the org names it: `ViewFlowUsage`, `Read All Asset`.
    pub entry: String,
    /// What the org said.
    pub problem: String,
}

/// The attributes of a resource by path, in the order to show them.
pub type Attributes = Vec<(String, Value, Option<String>)>;

/// The attributes that differ: those of `after` first, in their order, then those that only `before` has.
pub fn differences(before: &Attributes, after: &Attributes) -> Vec<FieldChange> {
    let find = |attributes: &Attributes, path: &str| {
        attributes
            .iter()
            .find(|(name, ..)| name == path)
            .map_or(Value::Null, |(_, value, _)| value.clone())
    };
    let mut changes: Vec<FieldChange> = Vec::new();
    for (path, value, reason) in after {
        let was = find(before, path);
        if was != *value {
            changes.push(FieldChange {
                path: path.clone(),
                before: was,
                after: value.clone(),
                through: None,
                reason: reason.clone(),
            });
        }
    }
    for (path, value, _) in before {
        let gone = !value.is_null() && !after.iter().any(|(name, ..)| name == path);
        if gone {
            changes.push(FieldChange {
                path: path.clone(),
                before: value.clone(),
                after: Value::Null,
                through: None,
                reason: None,
            });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stage_is_its_number_in_json() {
        for stage in Stage::WRITING.into_iter().chain([Stage::Proof]) {
            let number = json!(stage);
            assert_eq!(number, json!(stage.number()));
            assert_eq!(serde_json::from_value::<Stage>(number).unwrap(), stage);
        }
        let refused = |number: Value| serde_json::from_value::<Stage>(number).unwrap_err();
        let sentence = "there is no stage 8; the stages are 1 to 7";
        assert_eq!(refused(json!(8)).to_string(), sentence);
        assert!(
            refused(json!(0))
                .to_string()
                .starts_with("there is no stage 0")
        );
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let before = vec![
            ("a".into(), json!(1), None),
            ("gone".into(), json!("x"), None),
        ];
        let after = vec![
            ("a".into(), json!(1), None),
            ("b".into(), json!(true), Some("because".into())),
        ];
        let changes = differences(&before, &after);
        let paths: Vec<_> = changes
            .iter()
            .map(|change| (change.path.as_str(), &change.after))
            .collect();
        assert_eq!(paths, [("b", &json!(true)), ("gone", &Value::Null)]);
        assert!(differences(&after, &after).is_empty());
    }
}
