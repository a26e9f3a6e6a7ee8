//! Roles. Their access levels for records under owned accounts can never be below the organization-wide default, so
//! a level that only the new default allows is written after it.

use super::stands::laid_open;
use super::{Attributed, Draft, Kind, compare, has_role, unknown_role};
use crate::address::Address;
use crate::change::{Action, Attributes, Component, FieldChange, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Columns, Defaults, Live, Need};
use crate::manifest::{self, AccessLevel, Manifest, SharingModel, Sp, Word};
use crate::xml::Element;
use serde_json::json;

/// Roles.
pub(super) static KIND: Kind = Kind {
    name: "role",
    noun: "role",
    needs,
    propose,
};

/// The three levels: attribute, metadata element and the object whose default bounds it.
const LEVELS: [(&str, &str, &str); 3] = [
    ("caseAccess", "caseAccessLevel", "Case"),
    ("contactAccess", "contactAccessLevel", "Contact"),
    ("opportunityAccess", "opportunityAccessLevel", "Opportunity"),
];

#[derive(Clone, Debug, PartialEq)]
struct RoleState {
    label: String,
    parent: Option<String>,
    description: Option<String>,
    /// In the order of [`LEVELS`]; `None` where the default makes it meaningless, so it is not compared.
    levels: [Option<AccessLevel>; 3],
}

impl Attributed for RoleState {
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

fn needs(manifest: &Manifest) -> Vec<Need> {
    match &manifest.spec.role {
        Some(_) => vec![Need::Roles(Columns::All)],
        None => Vec::new(),
    }
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.role else {
        return draft;
    };
    let document = live.role_document(&wanted.name).found();
    let document = document.as_ref();
    let others = live.roles().learnt().map_or(0, |roles| {
        roles.count() - usize::from(roles.has(&wanted.name))
    });
    draft.left_alone = Some(("roles", others as u64));
    check(wanted, document.is_some(), live, &mut draft);
    let defaults = Defaults::new(manifest, live);
    let kept = document.map(|document| kept_levels(document, manifest));
    let final_levels = levels(wanted, &defaults, kept.unwrap_or_default(), &mut draft);
    let live = document.map(|document| read(document, final_levels));
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
    let first = RoleState {
        levels: today,
        ..desired.clone()
    };
    if let Some(comparison) = compare(live.as_ref(), Some(&first)) {
        draft.change(
            address.clone(),
            comparison,
            Stage::Containers,
            &wanted.place,
            write(wanted, &first, document),
        );
    }
    if let Some((_, fields)) = compare(Some(&first), Some(&desired)) {
        draft.change(
            address,
            (Action::Update, explained(fields)),
            Stage::RoleLevels,
            &wanted.place,
            write(wanted, &desired, document),
        );
    }
    draft
}

fn check(wanted: &manifest::Role, exists: bool, live: &Live, draft: &mut Draft) {
    if let Some(parent) = &wanted.parent
        && !has_role(parent, live)
    {
        draft.errors.push(unknown_role(parent, &parent.place, live));
    }
    if let Some(earlier) = &wanted.renamed_from
        && !exists
        && !live.offline
        && has_role(earlier, live)
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

/// The levels of a role that is there, where the default is not the manifest's to change: another manifest, or somebody else,
/// may have changed it since.
fn kept_levels(document: &Element, manifest: &Manifest) -> [Option<AccessLevel>; 3] {
    LEVELS.map(|(_, element, object)| {
        let level = || document.text_of(element).and_then(AccessLevel::of);
        (!manifest.spec.sets_default_of(object))
            .then(level)
            .flatten()
    })
}

/// The levels the plan ends with, by the defaults it ends with.
fn levels(
    wanted: &manifest::Role,
    defaults: &Defaults,
    kept: [Option<AccessLevel>; 3],
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
            Some(narrowest) => {
                let unstated = kept[index].unwrap_or(narrowest).max(narrowest);
                Some(stated.map_or(unstated, |level| level.value))
            }
            // Nothing is known of the default, so what is stated is written as it is.
            None if defaults.is_unknown(object) => stated.map(|level| level.value),
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

/// A role as the org has it, laid open.
pub(super) fn stands(name: &str, live: &Live) -> Option<Attributes> {
    let document = live.role_document(name).found()?;
    laid_open(&read(&document, [Some(AccessLevel::None); 3]))
}

fn read(document: &Element, compared: [Option<AccessLevel>; 3]) -> RoleState {
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
    RoleState {
        label: text("name").unwrap_or_default(),
        parent: text("parentRole"),
        description: text("description"),
        levels,
    }
}

fn overlay(
    wanted: &manifest::Role,
    live: Option<&RoleState>,
    levels: [Option<AccessLevel>; 3],
) -> RoleState {
    let label = wanted.label.as_ref().map(|label| label.value.clone());
    let spaced = || wanted.name.replace('_', " ");
    RoleState {
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
    live: Option<&RoleState>,
    defaults: &Defaults,
) -> [Option<AccessLevel>; 3] {
    let mut today = wanted;
    for (index, (.., object)) in LEVELS.iter().enumerate() {
        let bound = narrowest_level(defaults.now(object));
        let allowed = bound.is_some_and(|bound| wanted[index].is_none_or(|level| level >= bound));
        if !allowed && !defaults.is_unknown(object) {
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
fn write(wanted: &manifest::Role, role: &RoleState, live: Option<&Element>) -> Write {
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
