//! From the node tree to the typed manifest: metadata, fields, profile, role, user, limits.

use std::collections::BTreeMap;

use super::expectation::expectation;
use super::findings::Findings;
use super::granted::ExistingProfile;
use super::node::{Content, Node};
use super::read_granted::{existing_profile, grants, permission_set, set_license};
use super::read_login::{accepted, login};
use super::read_profile::{keyed, profile};
use super::read_sharing::{literal, sharing};
use super::reader::{Section, choices, text, wrong_type};
use super::sharing::Scalar;
use super::spanned::Sp;
use super::spec::{Field, FieldType, Limits, Profile, Role, Spec, User};
use super::words::FieldKind;
use super::{API_VERSION, KIND};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

/// The name and the spec of a whole document. None when there is no spec to go on with.
pub(super) fn document(root: &Node, findings: &Findings) -> Option<(Sp<String>, Spec)> {
    let mut document = Section::open(root, &root.place, findings)?;
    fixed(&mut document, "apiVersion", API_VERSION);
    fixed(&mut document, "kind", KIND);
    let name = name(&mut document);
    let spec = document.section("spec").map(spec);
    if spec.is_none() && document.entry("spec").is_none() {
        document.missing("spec");
    }
    document.finish();
    Some((name, spec?))
}

/// A key that can say one thing only.
fn fixed(document: &mut Section<'_>, key: &'static str, expected: &str) {
    let written = document.required_text(key);
    if written.is_empty() || *written == expected {
        return;
    }
    let message = format!("`{key}: {written}` is not known");
    let finding = Diagnostic::error(Code::UnknownVersionOrKind, message).at(&written.place);
    document
        .findings
        .push(finding.help(format!("write `{key}: {expected}`")));
}

fn name(document: &mut Section<'_>) -> Sp<String> {
    let Some(entry) = document.entry("metadata") else {
        return document.missing("metadata");
    };
    match Section::open(&entry.value, &entry.key_place, document.findings) {
        None => Sp::new(String::new(), entry.key_place.clone()),
        Some(mut metadata) => {
            let name = metadata.required_text("name");
            metadata.finish();
            name
        }
    }
}

/// A profile of the manifest's own, or those of others of which one is used.
fn profiles(section: &mut Section<'_>) -> (Option<Profile>, Option<ExistingProfile>) {
    let Some(mut of_others) = section.section("profile") else {
        return (None, None);
    };
    match of_others.entry("existing") {
        Some(_) => (None, Some(existing_profile(of_others))),
        None => (section.section("profile").map(profile), None),
    }
}

fn spec(mut section: Section<'_>) -> Spec {
    let (own_profile, existing) = profiles(&mut section);
    let spec = Spec {
        fields: section.list_of("fields", field),
        profile: own_profile,
        existing_profile: existing,
        role: section.section("role").map(role),
        user: section.section("user").map(user),
        permission_set_licenses: section.list_of("permissionSetLicenses", set_license),
        grants: grants(&mut section),
        permission_sets: section.list_of("permissionSets", permission_set),
        login: section.section("login").map(login),
        integration: section.word("integration"),
        accepts: section.list_of("accepts", accepted),
        sharing: section.list_of("sharing", sharing),
        limits: section.section("limits").map(limits).unwrap_or_default(),
        expect: section.list_of("expect", expectation),
        protect_validations: section.flag("protectValidations"),
        place: section.place.clone(),
    };
    section.finish();
    spec
}

fn field<'a>(node: &'a Node, findings: &'a Findings) -> Option<Field> {
    let mut section = Section::open(node, &node.place, findings)?;
    let absent = section.is_set("absent");
    let name = section.required_text("name");
    let field = Field {
        object: section.required_text("object"),
        label: match section.entry("label") {
            None if absent => name.clone(),
            _ => section.required_text("label"),
        },
        name,
        field_type: field_type(&mut section, absent),
        default: section.flag("default"),
        description: section.text("description"),
        help_text: section.text("helpText"),
        visible_to: texts(&mut section, "visibleTo"),
        absent,
        place: section.place.clone(),
    };
    section.finish();
    Some(field)
}

fn field_type(section: &mut Section<'_>, absent: bool) -> Sp<FieldType> {
    let kind: Sp<FieldKind> = section.word_unless(absent, "type", FieldKind::Checkbox);
    let length = typed_count(section, "length", &kind, FieldKind::Text);
    let precision = typed_count(section, "precision", &kind, FieldKind::Number);
    let scale = typed_count(section, "scale", &kind, FieldKind::Number);
    let values = texts(section, "values");
    if let (Some(values), false) = (&values, kind.value == FieldKind::Picklist) {
        let place = values.first().map_or(&kind.place, |value| &value.place);
        misplaced(section.findings, "values", place, &kind);
    }
    let field_type = match kind.value {
        FieldKind::Checkbox => FieldType::Checkbox,
        FieldKind::Text => FieldType::Text {
            length: length.unwrap_or_else(|| missing_length(section)),
        },
        FieldKind::TextArea => FieldType::TextArea,
        FieldKind::Email => FieldType::Email,
        FieldKind::Phone => FieldType::Phone,
        FieldKind::Url => FieldType::Url,
        FieldKind::Number => FieldType::Number {
            precision: precision.unwrap_or(18),
            scale: scale.unwrap_or(0),
        },
        FieldKind::Date => FieldType::Date,
        FieldKind::DateTime => FieldType::DateTime,
        FieldKind::Picklist => FieldType::Picklist {
            values: picklist_values(section, values),
        },
    };
    Sp::new(field_type, kind.place)
}

fn missing_length(section: &Section<'_>) -> u32 {
    section.missing("length");
    255
}

fn picklist_values(section: &Section<'_>, values: Option<Vec<Sp<String>>>) -> Vec<Sp<String>> {
    let values = values.unwrap_or_default();
    if values.is_empty() {
        section.missing("values");
    }
    values
}

/// A count that only fields of the type `owner` have.
fn typed_count(
    section: &mut Section<'_>,
    key: &'static str,
    kind: &Sp<FieldKind>,
    owner: FieldKind,
) -> Option<u32> {
    let count = section.count(key)?;
    if kind.value != owner {
        misplaced(section.findings, key, &count.place, kind);
    }
    Some(u32::try_from(count.value).unwrap_or(u32::MAX))
}

fn misplaced(findings: &Findings, key: &str, place: &Place, kind: &Sp<FieldKind>) {
    let message = format!("a field of type {kind} has no `{key}`");
    findings.push(
        Diagnostic::error(Code::FieldTypeKeys, message)
            .at(place)
            .see(&kind.place, "the type is stated here"),
    );
}

fn role(mut section: Section<'_>) -> Role {
    let role = Role {
        name: section.required_text("name"),
        label: section.text("label"),
        parent: section.text("parent"),
        contact_access: section.word("contactAccess"),
        opportunity_access: section.word("opportunityAccess"),
        case_access: section.word("caseAccess"),
        description: section.text("description"),
        renamed_from: section.text("renamedFrom"),
        absent: section.is_set("absent"),
        place: section.place.clone(),
    };
    section.finish();
    role
}

fn user(mut section: Section<'_>) -> User {
    let username = section.required_text("username");
    let user = User {
        username: in_lower_case(username, section.findings),
        email: section.required_text("email"),
        first_name: section.text("firstName"),
        last_name: section.required_text("lastName"),
        alias: section.text("alias"),
        nickname: section.text("nickname"),
        time_zone: section.text("timeZone"),
        locale: section.text("locale"),
        language: section.text("language"),
        email_encoding: section.text("emailEncoding"),
        active: section.flag("active"),
        features: texts(&mut section, "features").unwrap_or_default(),
        currency: section.text("currency"),
        federation_id: section.text("federationId"),
        fields: plain_values(&mut section, "fields"),
        renamed_from: section.text("renamedFrom"),
        place: section.place.clone(),
    };
    section.finish();
    user
}

/// Each plain value, by the name that the author gives it.
fn plain_values(section: &mut Section<'_>, key: &'static str) -> BTreeMap<String, Sp<Scalar>> {
    let findings = section.findings;
    keyed(section, key, |entry| {
        let node = &entry.value;
        let Content::Scalar { text, plain } = &node.content else {
            wrong_type(node, "a text, a number, `true` or `false`", findings);
            return None;
        };
        let value = literal(node, text, *plain, findings)?;
        Some(Sp::new(value, entry.key_place.clone()))
    })
}

/// A username as the org keeps it: in lower case, so that it reads back as it was written.
fn in_lower_case(mut username: Sp<String>, findings: &Findings) -> Sp<String> {
    let kept = username.to_lowercase();
    if kept != username.value {
        let message = format!("the org keeps usernames in lower case: taken as `{kept}`");
        let finding = Diagnostic::warning(Code::UsernameInCapitals, message);
        let help = format!("write `{kept}`");
        findings.push(finding.at(&username.place).help(help));
        username.value = kept;
    }
    username
}

fn limits(mut section: Section<'_>) -> Limits {
    let limits = Limits {
        users_losing_access: section.count("usersLosingAccess"),
        records_becoming_visible: section.count("recordsBecomingVisible"),
    };
    section.finish();
    limits
}

/// The list of texts under `key`; None where there is no list.
pub(super) fn texts(section: &mut Section<'_>, key: &'static str) -> Option<Vec<Sp<String>>> {
    let findings = section.findings;
    let nodes = section.list(key)?;
    Some(
        nodes
            .iter()
            .filter_map(|node| text(node, findings))
            .collect(),
    )
}

/// Exactly one key of `known` with its value: the shape `{role: NAME}`. Anything else is reported.
pub(super) fn one_key<'a>(
    node: &'a Node,
    known: &[&'static str],
    findings: &Findings,
) -> Option<(&'static str, &'a Node)> {
    let Content::Map(entries) = &node.content else {
        return None;
    };
    let [entry] = entries.as_slice() else {
        let message = format!("exactly one of these keys is wanted: {}", known.join(", "));
        findings.error(Code::WrongType, &node.place, message);
        return None;
    };
    let key = known.iter().find(|key| **key == &*entry.key);
    if key.is_none() {
        let message = format!("the key `{}` is not known here", entry.key);
        let finding = Diagnostic::error(Code::UnknownKey, message).at(&entry.key_place);
        findings.push(finding.help(choices(&entry.key, known)));
    }
    Some((key?, &entry.value))
}
