//! Profiles that an org gives in part (Metadata API guide, Profile: what comes depends on what else is asked for).
//!
//! Without its user permissions a profile would look like one that grants nothing, so they are taken from its own
//! permission set when planning. Fields, apps, tabs and layouts are read when the package is built.

use super::super::profile_name::{full_name, label};
use crate::address::Address;
use crate::clone::{self, enable_user_permissions};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, Question};
use crate::manifest;
use crate::soql;
use crate::xml::Element;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The permission set behind a profile, with every `Permissions…` column: the second source of its user permissions.
fn own_permission_set(name: &str) -> String {
    format!(
        "SELECT FIELDS(STANDARD) FROM PermissionSet WHERE IsOwnedByProfile = true AND Profile.Name = {}",
        soql::literal(name)
    )
}

/// What to ask where the org gave a profile without a single user permission.
pub(super) fn without_user_permissions(name: &str, facts: &Facts) -> Option<Question> {
    let document = facts.component("Profile", &full_name(name))?;
    clone::granted(document)
        .is_empty()
        .then(|| Question::Query(own_permission_set(name)))
}

/// A profile with the user permissions of its own permission set, where its document came without any.
pub(super) fn complete<'a>(document: &'a Element, name: &str, facts: &Facts) -> Cow<'a, Element> {
    let names = columns(name, facts);
    if names.is_empty() || !clone::granted(document).is_empty() {
        return Cow::Borrowed(document);
    }
    let mut document = document.clone();
    enable_user_permissions(&mut document, &names);
    Cow::Owned(document)
}

/// The profile of this name, complete.
pub(super) fn profile<'a>(name: &str, facts: &'a Facts) -> Option<Cow<'a, Element>> {
    let document = facts.component("Profile", &full_name(name))?;
    Some(complete(document, &label(name), facts))
}

/// The columns that are on.
fn columns(name: &str, facts: &Facts) -> BTreeSet<String> {
    let rows = facts.rows(&own_permission_set(name));
    let columns = rows.iter().flat_map(|row| row.0.iter());
    columns
        .filter(|(_, value)| value.as_bool() == Some(true))
        .filter_map(|(column, _)| column.strip_prefix("Permissions").map(str::to_owned))
        .collect()
}

/// Lists that a profile with the Salesforce licence has in every org.
const IN_EVERY_ORG: [&str; 4] = [
    "applicationVisibilities",
    "fieldPermissions",
    "layoutAssignments",
    "tabVisibilities",
];

/// What the document of a source lacks, for people: lists that are in every org, fields that the data API knows.
pub(super) fn missing(document: &Element, fields: &BTreeMap<String, bool>) -> Vec<&'static str> {
    let salesforce = document.text_of("userLicense") == Some("Salesforce");
    let lists = IN_EVERY_ORG.into_iter().filter(|_| salesforce);
    let mut missing: Vec<&str> = lists
        .filter(|list| document.child(list).is_none())
        .collect();
    let listed: BTreeSet<&str> = document
        .children_named("fieldPermissions")
        .filter_map(|entry| entry.text_of("field"))
        .collect();
    let lacking = fields.keys().any(|field| !listed.contains(field.as_str()));
    if lacking && !missing.contains(&"fieldPermissions") {
        missing.push("fieldPermissions");
    }
    missing
}

/// A remark on a source that came in part.
pub(super) fn in_part(
    missing: &[&str],
    source: &manifest::Sp<String>,
    address: &Address,
) -> Diagnostic {
    let message = format!(
        "the org gives `{}` in part: {} missing",
        label(source),
        missing.join(", ")
    );
    let help = "the rest is read when the profile is deployed or rendered";
    let diagnostic = Diagnostic::note(Code::CloneSourceInPart, message).at(&source.place);
    diagnostic.help(help).about(address.clone())
}

/// A source whose user permissions cannot be learned in any way: its clone would be an empty profile.
pub(super) fn unreadable(source: &manifest::Sp<String>, facts: &Facts) -> Option<Diagnostic> {
    let name = label(source);
    let document = facts.component("Profile", &full_name(source))?;
    let told = facts.answered(&own_permission_set(&name));
    if !clone::granted(document).is_empty() || told.is_some_and(|rows| !rows.is_empty()) {
        return None;
    }
    let message = format!("the org does not say which user permissions `{name}` grants");
    let help = "a clone would grant nothing; log in as an administrator with View Setup and Configuration and \
                Manage Profiles and Permission Sets";
    let diagnostic = Diagnostic::error(Code::CloneSourceWithoutPermissions, message);
    Some(diagnostic.at(&source.place).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;
    use crate::facts::{Answer, Row};
    use serde_json::{Value, json};

    const SOURCE: &str = "System Administrator";

    fn facts(document: &str, rows: Option<Vec<Value>>) -> Facts {
        let mut facts = Facts::default();
        let document = crate::xml::read(document).expect("well-formed");
        let question = Question::Component("Profile", "Admin".to_owned());
        facts.record(question, Answer::Component(Some(Box::new(document))));
        if let Some(rows) = rows {
            let rows = rows.into_iter().filter_map(|row| match row {
                Value::Object(map) => Some(Row(map)),
                _ => None,
            });
            let answer = Answer::Rows(rows.collect());
            facts.record(Question::Query(own_permission_set(SOURCE)), answer);
        }
        facts
    }

    fn source() -> manifest::Sp<String> {
        manifest::Sp::new(SOURCE.to_owned(), Place::start_of(&"m.yaml".into()))
    }

    /// What the profile grants with these answers, and whether it is refused as a source.
    fn check(document: &str, rows: Option<Vec<Value>>, expected: &[&str], refused: bool) {
        let facts = facts(document, rows);
        let profile = profile(SOURCE, &facts).expect("a profile");
        let names: Vec<String> = clone::granted(&profile).into_iter().collect();
        assert_eq!(names, expected, "{document}");
        let error = unreadable(&source(), &facts).map(|error| error.code.text());
        assert_eq!(error, refused.then_some("OW2121"), "{document}");
    }

    #[test]
    fn a_profile_without_user_permissions_is_completed_or_refused() {
        let whole = "<Profile><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions></Profile>";
        let columns = json!({"Id": "0PS", "PermissionsRunReports": true, "PermissionsEditTask": false, "IsCustom": true});
        check(whole, None, &["ApiEnabled"], false);
        check(whole, Some(vec![columns.clone()]), &["ApiEnabled"], false);
        check("<Profile/>", Some(vec![columns]), &["RunReports"], false);
        check(
            "<Profile/>",
            Some(vec![json!({"Id": "0PS", "PermissionsEditTask": false})]),
            &[],
            false,
        );
        check("<Profile/>", Some(Vec::new()), &[], true);
        check("<Profile/>", None, &[], true);
    }

    #[test]
    fn a_list_of_every_org_or_a_known_field_that_is_missing_tells_a_part() {
        let check = |document: &str, fields: &[&str], expected: &[&str]| {
            let document = crate::xml::read(document).expect("well-formed");
            let fields = fields
                .iter()
                .map(|field| ((*field).to_owned(), true))
                .collect();
            assert_eq!(missing(&document, &fields), expected);
        };
        let lists = "<applicationVisibilities/><layoutAssignments/><tabVisibilities/>\
             <fieldPermissions><field>Lead.Email</field></fieldPermissions>";
        let salesforce = |lists: &str| {
            format!("<Profile>{lists}<userLicense>Salesforce</userLicense></Profile>")
        };
        check(&salesforce(lists), &["Lead.Email"], &[]);
        check(
            &salesforce(lists),
            &["Lead.Email", "Lead.Phone"],
            &["fieldPermissions"],
        );
        check(&salesforce(""), &["Lead.Email"], &IN_EVERY_ORG);
        check(
            "<Profile><userLicense>Identity</userLicense></Profile>",
            &[],
            &[],
        );
    }
}
