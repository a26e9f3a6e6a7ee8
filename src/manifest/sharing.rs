//! What a manifest says about sharing: defaults, rules, criteria, and who keeps access.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::expected::ExpectedRecords;
use super::schema;
use super::spanned::Sp;
use super::words::{KeptAccess, NarrowThrough, Operator, RuleAccess, SharingModel};
use crate::diagnostic::Place;

/// Sharing of one object.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sharing {
    /// API name of the object, for example `Lead`.
    pub object: Sp<String>,
    /// What everybody may do without sharing; absent: as the org has it.
    pub organization_wide_default: Option<Sp<SharingModel>>,
    /// The same for external users; never wider than the internal default.
    pub external_default: Option<Sp<SharingModel>>,
    /// Where the default goes before it is Private: to Read until the rules stand, so that nobody loses sight meanwhile.
    pub narrow_through: Option<Sp<NarrowThrough>>,
    /// Who must not lose sight of records when the default becomes narrower: `everyone`, or a list.
    #[schemars(default, with = "schema::KeptList")]
    pub keep_access: Vec<KeepAccess>,
    /// That everybody but integrations must not; stands under `keepAccess` as well.
    #[schemars(skip)]
    pub keep_everyone: Option<KeepEveryone>,
    /// Sharing rules of the object. Rules that are not named here are never touched.
    #[schemars(default)]
    pub rules: Vec<Rule>,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

impl Sharing {
    /// The default that an object goes through to Private from another one, where it does.
    pub fn through_from(&self, now: SharingModel) -> Option<SharingModel> {
        let through = self.narrow_through.as_ref()?.model();
        (now.width() > through.width()).then_some(through)
    }

    /// An object of which nothing is said.
    pub fn bare(object: &str) -> Self {
        let place = Place {
            file: "".into(),
            line: 0,
            column: 0,
            offset: 0,
            length: 0,
        };
        Self {
            object: Sp::new(object.to_owned(), place.clone()),
            organization_wide_default: None,
            external_default: None,
            narrow_through: None,
            keep_access: Vec::new(),
            keep_everyone: None,
            rules: Vec::new(),
            place,
        }
    }
}

/// Somebody who keeps access when the default becomes narrower.
#[derive(Clone, Debug)]
pub struct KeepAccess {
    /// Who keeps it.
    pub holder: Holder,
    /// What they keep: `ViewAll` or `ModifyAll` for a profile, `ReadOnly` or `ReadWrite` for a role.
    pub access: Sp<KeptAccess>,
    /// Where the entry is.
    pub place: Place,
}

/// That everybody keeps access: all internal users but integrations.
#[derive(Clone, Debug)]
pub struct KeepEveryone {
    /// What they keep; absent: what the default gave them.
    pub access: Option<Sp<RuleAccess>>,
    /// `true` asks for the rule to be deleted, and the group where no object needs it.
    pub absent: bool,
    /// Where the entry is.
    pub place: Place,
}

/// Who keeps access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The users of a profile, through a permission set.
    Profile(Sp<String>),
    /// The members of a role, through an owner rule.
    Role(Sp<String>),
    /// The members of a role and of every internal role below it, through an owner rule.
    Branch(Sp<String>),
}

impl Holder {
    /// The role whose members keep access.
    pub fn role(&self) -> Option<&Sp<String>> {
        match self {
            Self::Role(role) | Self::Branch(role) => Some(role),
            Self::Profile(_) => None,
        }
    }

    /// The API name of the rule by which a role keeps access, and whom that shares with.
    pub fn rule(&self) -> Option<(String, Principal)> {
        match self {
            Self::Role(role) => Some((
                format!("Keep_{}", role.value),
                Principal::Role(role.value.clone()),
            )),
            Self::Branch(role) => Some((
                format!("Keep_{}_and_below", role.value),
                Principal::RoleAndSubordinatesInternal(role.value.clone()),
            )),
            Self::Profile(_) => None,
        }
    }
}

/// A sharing rule: by criteria, or by owner.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = schema::rule_requirements)]
pub struct Rule {
    /// API name of the rule.
    pub name: Sp<String>,
    /// Label; absent: the name with spaces.
    pub label: Option<Sp<String>>,
    /// What the rule grants; required unless `absent`.
    pub access: Sp<RuleAccess>,
    /// What a record must look like; owned whole, together with `logic`.
    #[schemars(default)]
    pub criteria: Vec<Criterion>,
    /// How the criteria combine, for example `1 AND (2 OR 3)`; absent: all of them.
    #[schemars(with = "Option<schema::LogicText>")]
    pub logic: Option<Sp<Logic>>,
    /// Share records by owner instead of criteria.
    pub owned_by: Option<Sp<Principal>>,
    /// Include records of owners who cannot have a role; absent: yes.
    pub include_records_owned_by_all: Option<Sp<bool>>,
    /// Whom to share with; absent: this manifest's role.
    pub shared_to: Option<Sp<Principal>>,
    /// How many records the rule is meant to match by itself, such as `250` or `200..400`; `0` says that none is meant.
    #[schemars(with = "Option<schema::ExpectedCount>")]
    pub expect_visible: Option<Sp<ExpectedRecords>>,
    /// What the rule is for, up to 1,000 characters.
    pub description: Option<Sp<String>>,
    /// Earlier name, to replace the rule instead of making a second one.
    pub renamed_from: Option<Sp<String>>,
    /// `true` asks for the rule to be deleted.
    #[schemars(default)]
    pub absent: bool,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

impl Rule {
    /// Whether it is the rule of that name, or was called so.
    pub fn answers_to(&self, name: &str) -> bool {
        let earlier = self.renamed_from.as_ref();
        self.name.value == name || earlier.is_some_and(|earlier| earlier.value == name)
    }
}

/// One condition on a record.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// API name of the field.
    pub field: Sp<String>,
    /// How it compares.
    pub operator: Sp<Operator>,
    /// What it compares with; `""` is a blank field, a list means any of the values.
    #[schemars(with = "schema::CriterionValue")]
    pub value: Sp<Value>,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

/// What a criterion compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A plain value; empty text stands for a blank field.
    Literal(Scalar),
    /// Any of these. Lists do not hold lists.
    List(Vec<Sp<Value>>),
    /// A user, by reference.
    User(UserRef),
    /// A queue, by name.
    Queue(String),
    /// A record type of the object, by API name or label.
    RecordType(String),
}

impl Value {
    /// Whether it stands for a blank field.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Literal(Scalar::Text(text)) if text.is_empty())
    }

    /// The values that are compared with, one by one.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        let (single, items) = match self {
            Self::List(items) => (None, items.as_slice()),
            single => (Some(single), [].as_slice()),
        };
        single
            .into_iter()
            .chain(items.iter().map(|item| &item.value))
    }
}

/// A plain value as the manifest writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number, digits as written.
    Number(String),
    /// Text.
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Number(text) | Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// A user that a criterion refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The user of this manifest.
    This,
    /// The user of that username, or of that full name when it is unambiguous.
    Named(String),
}

/// Whom records are shared with, or whose records are shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// The members of a role.
    Role(String),
    /// The members of a role and of every role below it, portal roles included.
    RoleAndSubordinates(String),
    /// The members of a role and of every internal role below it.
    RoleAndSubordinatesInternal(String),
    /// The members of a public group.
    Group(String),
    /// The members of a queue.
    Queue(String),
    /// Every internal user.
    AllInternalUsers,
}

impl Principal {
    /// The key of it, in the manifest and in the Metadata API.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::RoleAndSubordinates(_) => "roleAndSubordinates",
            Self::RoleAndSubordinatesInternal(_) => "roleAndSubordinatesInternal",
            Self::Group(_) => "group",
            Self::Queue(_) => "queue",
            Self::AllInternalUsers => "allInternalUsers",
        }
    }

    /// The API name of it, where it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Role(name)
            | Self::RoleAndSubordinates(name)
            | Self::RoleAndSubordinatesInternal(name)
            | Self::Group(name)
            | Self::Queue(name) => Some(name),
            Self::AllInternalUsers => None,
        }
    }
}

/// How criteria combine. Items are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logic {
    /// One criterion.
    Item(usize),
    /// All of these.
    And(Vec<Logic>),
    /// Any of these.
    Or(Vec<Logic>),
}
