//! Roles. Their access levels for records under owned accounts can never be below the organization-wide default, so
//! a level that only the new default allows is written after it.

use super::organization_wide_default::Defaults;
use super::{Draft, Kind, Resource, column, compare, unknown};
use crate::address::Address;
use crate::change::{Action, Attributes, Component, FieldChange, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, Question, ROLES, Row};
use crate::manifest::{self, AccessLevel, Manifest, SharingModel, Sp, Word};
use crate::xml::Element;
use serde_json::json;

/// Roles.
pub(super) static KIND: Kind = Kind {
    name: "role",
    noun: "role",
    ask,
    propose,
};

/// The three levels: attribute, metadata element and the object whose default bounds it.
const LEVELS: [(&str, &str, &str); 3] = [
    ("caseAccess", "caseAccessLevel", "Case"),
    ("contactAccess", "contactAccessLevel", "Contact"),
    ("opportunityAccess", "opportunityAccessLevel", "Opportunity"),
];

#[derive(Clone, Debug, PartialEq)]
struct Role {
    label: String,
    parent: Option<String>,
    description: Option<String>,
    /// In the order of [`LEVELS`]; `None` where the default makes it meaningless, so it is not compared.
    levels: [Option<AccessLevel>; 3],
}

impl Resource for Role {
    fn attributes(&self) -> Attributes {
        let mut attributes: Attributes = vec![
            ("label".into(), json!(self.label), None),
            ("parent".into(), json!(self.parent), None),
            ("description".into(), json!(self.description), None),
        ];
        for ((name, ..), level) in LEVELS.iter().zip(self.levels) {
            attributes.push(((*name).into(), json!(level.map(AccessLevel::word)), None));
        }
        attributes
    }
}

/// The narrowest level that a default allows; `None` where the default makes levels meaningless.
pub fn narrowest_level(default: Option<SharingModel>) -> Option<AccessLevel> {
    match default? {
        SharingModel::Private => Some(AccessLevel::None),
        SharingModel::Read => Some(AccessLevel::Read),
        _ => None,
    }
}

fn ask(manifest: &Manifest) -> Vec<Question> {
    match &manifest.spec.role {
        Some(_) => vec![Question::Query(ROLES.to_owned())],
        None => Vec::new(),
    }
}

/// The role's document, where an org's roles lack columns that it is made of.
pub fn by_itself(manifest: &Manifest) -> Option<Question> {
    let role = manifest.spec.role.as_ref()?;
    Some(Question::Component("Role", role.name.value.clone()))
}

/// Elements of a role's document and the columns of its row (object reference, UserRole; Metadata API guide, Role).
const COLUMNS: [(&str, &str); 5] = [
    ("caseAccessLevel", "CaseAccessForAccountOwner"),
    ("contactAccessLevel", "ContactAccessForAccountOwner"),
    ("description", "RollupDescription"),
    ("name", "Name"),
    ("opportunityAccessLevel", "OpportunityAccessForAccountOwner"),
];

/// The role's document as the Metadata API has it, from its row: the rows of all roles are read anyhow.
fn live_document(name: &str, facts: &Facts) -> Option<Element> {
    if let Some(document) = facts.component("Role", name) {
        return Some(document.clone());
    }
    let same = |row: &&Row| {
        row.text("DeveloperName")
            .is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let rows = facts.rows(ROLES);
    let row = rows.iter().find(same)?;
    let mut document = Element::new("Role");
    for (element, column) in COLUMNS {
        if let Some(text) = row.text(column) {
            document.set_text(element, text);
        }
    }
    let forecasts = if row.flag("MayForecastManagerShare") {
        "true"
    } else {
        "false"
    };
    document.set_text("mayForecastManagerShare", forecasts);
    let parent = row
        .text("ParentRoleId")
        .and_then(|id| rows.iter().find(|row| row.text("Id") == Some(id)));
    if let Some(parent) = parent.and_then(|row| row.text("DeveloperName")) {
        document.set_text("parentRole", parent);
    }
    Some(document)
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.role else {
        return draft;
    };
    let live_document = live_document(&wanted.name, facts);
    let live_document = live_document.as_ref();
    let others = facts
        .rows(ROLES)
        .iter()
        .filter(|row| row.text("DeveloperName") != Some(&wanted.name))
        .count();
    draft.left_alone = Some(("roles", others as u64));
    check(wanted, live_document.is_some(), facts, &mut draft);
    let defaults = Defaults::new(manifest, facts);
    let final_levels = levels(wanted, &defaults, &mut draft);
    let live = live_document.map(|document| read(document, final_levels));
    let address = Address::new(KIND.name, wanted.name.value.clone());
    if wanted.absent {
        let removal = Write::Deploy(vec![Component::removal("Role", wanted.name.value.clone())]);
        if let Some(comparison) = compare(live.as_ref(), None) {
            draft.change(address, comparison, Stage::Removals, &wanted.place, removal);
        }
        return draft;
    }
    let desired = overlay(wanted, live.as_ref(), final_levels);
    let today = possible_today(desired.levels, live.as_ref(), &defaults);
    let first = Role {
        levels: today,
        ..desired.clone()
    };
    if let Some(comparison) = compare(live.as_ref(), Some(&first)) {
        draft.change(
            address.clone(),
            comparison,
            Stage::Containers,
            &wanted.place,
            write(wanted, &first, live_document),
        );
    }
    if let Some((_, fields)) = compare(Some(&first), Some(&desired)) {
        draft.change(
            address,
            (Action::Update, explained(fields)),
            Stage::RoleLevels,
            &wanted.place,
            write(wanted, &desired, live_document),
        );
    }
    draft
}

fn check(wanted: &manifest::Role, exists: bool, facts: &Facts, draft: &mut Draft) {
    let names = || column(facts.rows(ROLES), "DeveloperName");
    if let Some(parent) = &wanted.parent
        && !facts.offline
        && !names().any(|name| name == parent.value)
    {
        draft.errors.push(unknown(
            Code::UnknownRole,
            "role",
            parent,
            &parent.place,
            names(),
        ));
    }
    if let Some(earlier) = &wanted.renamed_from
        && !exists
        && names().any(|name| name == earlier.value)
    {
        let message =
            format!("the org still has the role `{earlier}` and no API renames a role in a deploy");
        let help = format!(
            "rename it to `{}` in Setup > Roles, then plan again",
            wanted.name
        );
        draft.errors.push(
            Diagnostic::error(Code::RenameByHand, message)
                .at(&earlier.place)
                .help(help),
        );
    }
}

/// The levels the plan ends with, by the defaults it ends with.
fn levels(
    wanted: &manifest::Role,
    defaults: &Defaults,
    draft: &mut Draft,
) -> [Option<AccessLevel>; 3] {
    let stated = [
        &wanted.case_access,
        &wanted.contact_access,
        &wanted.opportunity_access,
    ];
    let mut levels = [None; 3];
    for (index, (attribute, _, object)) in LEVELS.iter().enumerate() {
        let narrowest = narrowest_level(defaults.after(object));
        let stated = stated[index].as_ref();
        levels[index] = match narrowest {
            Some(narrowest) => Some(stated.map_or(narrowest, |level| level.value)),
            // Nothing is known of the default, so what is stated is written as it is.
            None if defaults.unknown(object) => stated.map(|level| level.value),
            None => None,
        };
        if let (Some(level), Some(narrowest)) = (stated, narrowest) {
            draft
                .errors
                .extend(below(level, narrowest, attribute, object));
        }
    }
    levels
}

fn below(
    level: &Sp<AccessLevel>,
    narrowest: AccessLevel,
    attribute: &str,
    object: &str,
) -> Option<Diagnostic> {
    if level.value >= narrowest {
        return None;
    }
    let message =
        format!("`{attribute}: {level}` is below the organization-wide default of {object}");
    let help = format!("the platform refuses it; the narrowest it allows is `{narrowest}`");
    Some(
        Diagnostic::error(Code::RoleLevelBelowDefault, message)
            .at(&level.place)
            .help(help),
    )
}

fn read(document: &Element, compared: [Option<AccessLevel>; 3]) -> Role {
    let text = |name: &str| {
        document
            .text_of(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let mut levels = [None; 3];
    for (index, (_, element, _)) in LEVELS.iter().enumerate() {
        levels[index] =
            compared[index].and_then(|_| document.text_of(element).and_then(AccessLevel::of));
    }
    Role {
        label: text("name").unwrap_or_default(),
        parent: text("parentRole"),
        description: text("description"),
        levels,
    }
}

fn overlay(wanted: &manifest::Role, live: Option<&Role>, levels: [Option<AccessLevel>; 3]) -> Role {
    let label = wanted.label.as_ref().map(|label| label.value.clone());
    let spaced = || wanted.name.replace('_', " ");
    Role {
        label: label
            .or_else(|| live.map(|role| role.label.clone()))
            .unwrap_or_else(spaced),
        parent: wanted.parent.as_ref().map(|parent| parent.value.clone()),
        description: match &wanted.description {
            Some(description) => Some(description.value.clone()),
            None => live.and_then(|role| role.description.clone()),
        },
        levels,
    }
}

/// Levels below today's default have to wait for a stage of their own; until then they stay as they are, or unwritten.
fn possible_today(
    wanted: [Option<AccessLevel>; 3],
    live: Option<&Role>,
    defaults: &Defaults,
) -> [Option<AccessLevel>; 3] {
    let mut today = wanted;
    for (index, (.., object)) in LEVELS.iter().enumerate() {
        let bound = narrowest_level(defaults.now(object));
        let allowed = bound.is_some_and(|bound| wanted[index].is_none_or(|level| level >= bound));
        if !allowed && !defaults.unknown(object) {
            today[index] = live.and_then(|role| role.levels[index]);
        }
    }
    today
}

fn explained(mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
    for field in &mut fields {
        field.reason = Some("only the new organization-wide default allows it".to_owned());
    }
    fields
}

/// The live document with our values laid over it, so that what is not modelled survives.
fn write(wanted: &manifest::Role, role: &Role, live: Option<&Element>) -> Write {
    let mut document = live.cloned().unwrap_or_else(|| Element::new("Role"));
    document.name = "Role".into();
    document.attributes = Box::default();
    document.remove("fullName");
    for (index, (_, element, _)) in LEVELS.iter().enumerate() {
        match role.levels[index] {
            Some(level) => document.set_text(element, level.word()),
            None => drop(document.remove(element)),
        }
    }
    document.set_text("name", &role.label);
    for (element, text) in [
        ("description", &role.description),
        ("parentRole", &role.parent),
    ] {
        match text {
            Some(text) => document.set_text(element, text),
            None => drop(document.remove(element)),
        }
    }
    Write::Deploy(vec![Component::new(
        "Role",
        wanted.name.value.clone(),
        document,
    )])
}
