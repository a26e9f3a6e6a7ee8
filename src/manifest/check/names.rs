//! Forms and lengths of names and texts. Limits are those of the platform's object reference.

use super::super::findings::Findings;
use super::super::granted::GrantedSet;
use super::super::sharing::{Rule, Sharing};
use super::super::spanned::Sp;
use super::super::spec::{Field, FieldType, Profile, Role, Spec, User};
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(name: &Sp<String>, spec: &Spec, findings: &Findings) {
    manifest_name(name, findings);
    for field in &spec.fields {
        check_field(field, findings);
    }
    if let Some(profile) = &spec.profile {
        check_profile(profile, findings);
    }
    for set in &spec.grants {
        check_granted(set, findings);
    }
    if let Some(role) = &spec.role {
        check_role(role, findings);
    }
    if let Some(user) = &spec.user {
        check_user(user, findings);
    }
    for sharing in &spec.sharing {
        check_sharing(sharing, findings);
    }
}

fn manifest_name(name: &Sp<String>, findings: &Findings) {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    if !name.chars().all(allowed) {
        let message = format!("`{}` cannot name a manifest", name.value);
        let finding = Diagnostic::error(Code::NotAManifestName, message).at(&name.place);
        findings.push(finding.help("use letters, digits, `-`, `_` and `.`"));
    }
    at_most(Some(name), 80, "name", findings);
}

fn check_field(field: &Field, findings: &Findings) {
    object_name(&field.object, findings);
    if !field.name.is_empty() && !is_custom_field(&field.name) {
        let message = format!("`{}` cannot name a custom field", field.name.value);
        let finding = Diagnostic::error(Code::NotACustomField, message).at(&field.name.place);
        let stem = field.name.trim_end_matches("__c");
        findings.push(finding.help(format!(
            "write an API name, then `__c`: `{}__c`",
            api_form(stem)
        )));
    }
    let base = field.name.trim_end_matches("__c").len();
    if base > 40 {
        too_long(&field.name, base, 40, "name before `__c`", findings);
    }
    at_most(Some(&field.label), 40, "label", findings);
    at_most(field.description.as_ref(), 1000, "description", findings);
    at_most(field.help_text.as_ref(), 510, "help text", findings);
    check_field_type(field, findings);
}

fn check_field_type(field: &Field, findings: &Findings) {
    let place = &field.field_type.place;
    let bad = |message: &str| findings.error(Code::FieldTypeKeys, place, message);
    match field.field_type.value {
        FieldType::Text { length } if !(1..=255).contains(&length) => {
            bad("the length of a Text field is from 1 to 255");
        }
        FieldType::Number { precision, scale }
            if !(1..=18).contains(&precision) || scale >= precision =>
        {
            bad("a Number field has a precision from 1 to 18, and a scale below it");
        }
        FieldType::Checkbox => {}
        _ if field.default.is_some() => bad("only a Checkbox field takes a `default` here"),
        _ => {}
    }
}

fn check_profile(profile: &Profile, findings: &Findings) {
    at_most(Some(&profile.name), 255, "name", findings);
    at_most(profile.description.as_ref(), 255, "description", findings);
    for object in profile.without_data_administration.iter().flatten() {
        object_name(object, findings);
    }
    for (object, permissions) in &profile.object_permissions {
        object_name(
            &Sp::new(object.clone(), permissions.place.clone()),
            findings,
        );
    }
    for (permission, granted) in &profile.user_permissions {
        api_name(
            &Sp::new(permission.clone(), granted.place.clone()),
            80,
            findings,
        );
    }
}

fn check_granted(set: &GrantedSet, findings: &Findings) {
    api_name(&set.name, 80, findings);
    at_most(set.label.as_ref(), 80, "label", findings);
    at_most(set.description.as_ref(), 255, "description", findings);
    for permission in &set.user_permissions {
        api_name(permission, 80, findings);
    }
    for (object, granted) in &set.objects {
        object_name(&Sp::new(object.clone(), granted.place.clone()), findings);
        for field in granted.fields.named() {
            field_name(field, findings);
        }
    }
}

fn check_role(role: &Role, findings: &Findings) {
    api_name(&role.name, 80, findings);
    at_most(role.label.as_ref(), 80, "label", findings);
    at_most(role.description.as_ref(), 80, "description", findings);
    for name in [&role.parent, &role.renamed_from].into_iter().flatten() {
        api_name(name, 80, findings);
    }
}

fn check_user(user: &User, findings: &Findings) {
    for name in std::iter::once(&user.username).chain(&user.renamed_from) {
        if !name.is_empty() && !is_email(name) {
            let message = format!(
                "the username `{}` is not in the form of an e-mail address",
                name.value
            );
            let finding = Diagnostic::error(Code::NotAnEmailForm, message).at(&name.place);
            findings.push(
                finding.help(
                    "for example `hubspot.integration@acme.example`; it need not receive mail",
                ),
            );
        }
        at_most(Some(name), 80, "username", findings);
    }
    if !user.email.is_empty() && !is_email(&user.email) {
        let message = format!("`{}` is not an e-mail address", user.email.value);
        findings.error(Code::NotAnEmailForm, &user.email.place, message);
    }
    at_most(user.first_name.as_ref(), 40, "first name", findings);
    at_most(Some(&user.last_name), 80, "last name", findings);
    at_most(user.alias.as_ref(), 8, "alias", findings);
    at_most(user.nickname.as_ref(), 40, "nickname", findings);
    at_most(user.federation_id.as_ref(), 512, "federation id", findings);
    for feature in &user.features {
        api_name(feature, 80, findings);
    }
    for (field, value) in &user.fields {
        field_name(&Sp::new(field.clone(), value.place.clone()), findings);
    }
}

fn check_sharing(sharing: &Sharing, findings: &Findings) {
    object_name(&sharing.object, findings);
    for rule in &sharing.rules {
        check_rule(rule, findings);
    }
}

fn check_rule(rule: &Rule, findings: &Findings) {
    api_name(&rule.name, 80, findings);
    at_most(rule.label.as_ref(), 80, "label", findings);
    at_most(rule.description.as_ref(), 1000, "description", findings);
    if let Some(name) = &rule.renamed_from {
        api_name(name, 80, findings);
    }
    for criterion in &rule.criteria {
        field_name(&criterion.field, findings);
    }
}

/// A component's API name: letters, digits and single underscores, beginning with a letter.
fn api_name(name: &Sp<String>, most: usize, findings: &Findings) {
    if !name.is_empty() && !is_api_name(name) {
        let message = format!("`{}` is not an API name", name.value);
        let finding = Diagnostic::error(Code::NotAnApiName, message).at(&name.place);
        findings.push(finding.help(api_help(name)));
    }
    at_most(Some(name), most, "API name", findings);
}

fn api_help(name: &str) -> String {
    let form = api_form(name);
    let rule =
        "letters, digits and single underscores, beginning with a letter and not ending in `_`";
    match is_api_name(&form) {
        true => format!("{rule}: `{form}`"),
        false => rule.to_owned(),
    }
}

/// An object: a standard name, or a custom one with its suffix and perhaps a namespace.
fn object_name(name: &Sp<String>, findings: &Findings) {
    if name.is_empty() || is_qualified(name) {
        return;
    }
    let message = format!("`{}` is not the API name of an object", name.value);
    let finding = Diagnostic::error(Code::NotAnApiName, message).at(&name.place);
    findings.push(finding.help("for example `Lead`, `Invoice__c` or `acme__Invoice__c`"));
}

/// A field of the record itself; a path through a lookup cannot be a criterion.
fn field_name(name: &Sp<String>, findings: &Findings) {
    if name.is_empty() || is_qualified(name) {
        return;
    }
    let finding = Diagnostic::error(
        Code::NotAnApiName,
        format!("`{}` is not the API name of a field", name.value),
    );
    let help = match name.contains('.') {
        true => "a rule sees the record's own fields only; copy the value to a field by automation",
        false => {
            "not its label but its API name, which Setup > Object Manager shows beside it, for example `Email` or `Sync_to_HubSpot__c`"
        }
    };
    findings.push(finding.at(&name.place).help(help));
}

fn is_api_name(name: &str) -> bool {
    name.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// Up to three API names joined by `__`: namespace, name and suffix.
fn is_qualified(name: &str) -> bool {
    let parts: Vec<&str> = name.split("__").collect();
    parts.len() <= 3 && parts.iter().all(|part| is_api_name(part))
}

fn is_custom_field(name: &str) -> bool {
    is_qualified(name) && name.ends_with("__c")
}

/// The API name that the platform would suggest for `text`.
fn api_form(text: &str) -> String {
    let pieces = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    let words: Vec<&str> = pieces.filter(|piece| !piece.is_empty()).collect();
    words.join("_")
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty() && !part.contains(|sign: char| sign.is_whitespace() || sign == '@')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    plain(local) && labels.len() >= 2 && labels.into_iter().all(plain)
}

fn at_most(text: Option<&Sp<String>>, most: usize, what: &str, findings: &Findings) {
    let Some(text) = text else {
        return;
    };
    let length = text.chars().count();
    if length > most {
        too_long(text, length, most, what, findings);
    }
}

fn too_long(text: &Sp<String>, length: usize, most: usize, what: &str, findings: &Findings) {
    let message = format!("this {what} has {length} characters; the platform takes {most}");
    findings.error(Code::TextLength, &text.place, message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_the_platform() {
        for name in ["Lead", "A1_b2"] {
            assert!(is_api_name(name), "{name}");
        }
        for name in ["", "1A", "A__b", "A_", "A b", "Ä"] {
            assert!(!is_api_name(name), "{name}");
        }
        for name in ["Lead", "Invoice__c", "acme__Invoice__c"] {
            assert!(is_qualified(name), "{name}");
        }
        for name in ["a__b__c__d", "Lead.Owner", "__c", ""] {
            assert!(!is_qualified(name), "{name}");
        }
        for text in ["a@b.example", "a.b+c@d.e.example"] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "a",
            "a@b",
            "@b.example",
            "a@b.",
            "a b@c.example",
            "a@b@c.example",
        ] {
            assert!(!is_email(text), "{text}");
        }
        assert_eq!(api_form("Sync to HubSpot!"), "Sync_to_HubSpot");
    }
}
