//! Profiles that an org gives in part (Metadata API guide, Profile: what comes depends on what else is asked for).
//!
//! Without its user permissions a profile would look like one that grants nothing, so they are taken from its own
//! permission set. A source that lacks more is retrieved together with its companions: also when planning, so that a
//! plan holds all of what is deployed.

use super::known;
use crate::address::Address;
use crate::clone::{self, enable_user_permissions};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entries::key;
use crate::live::{Live, profile_full_name};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the org gave a profile, by label, without a single user permission: then its own permission set is asked.
pub(super) fn lacks_user_permissions(name: &str, live: &Live) -> bool {
    let document = live.profile_document(name).found();
    document.is_some_and(|document| clone::granted(document).is_empty())
}

/// A profile with the user permissions of its own permission set, where its document came without any.
pub(super) fn with_own_permissions<'a>(
    document: &'a Element,
    name: &str,
    live: &Live,
) -> Cow<'a, Element> {
    match live.profile_permissions(name).found() {
        Some(names) if !names.is_empty() && clone::granted(document).is_empty() => {
            let mut document = document.clone();
            enable_user_permissions(&mut document, names);
            Cow::Owned(document)
        }
        _ => Cow::Borrowed(document),
    }
}

/// The profile of this name, complete.
pub(super) fn complete_profile<'a>(name: &str, live: &'a Live) -> Option<Cow<'a, Element>> {
    let document = live.profile_document(name).found()?;
    Some(with_own_permissions(
        document,
        &live.profile_label(name),
        live,
    ))
}

/// Lists that a profile with the Salesforce licence has in every org.
const IN_EVERY_ORG: [&str; 4] = [
    "applicationVisibilities",
    "fieldPermissions",
    "layoutAssignments",
    "tabVisibilities",
];

/// What the document of a source lacks, for people: lists that are in every org, fields that the data API knows.
fn missing(document: &Element, fields: &BTreeMap<String, bool>) -> Vec<&'static str> {
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

/// A clone source that the org gave in part, and that is needed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialSource {
    /// Its label.
    pub name: String,
    /// Its name in the Metadata API.
    pub full_name: String,
    /// What it came without, for people.
    pub missing: Vec<&'static str>,
    /// Types of components that bring along what it came without.
    pub companions: Vec<&'static str>,
}

/// The source of a profile that is to be made, where the org gave it in part and it was not completed yet.
pub fn partial_source(manifest: &Manifest, live: &Live) -> Option<PartialSource> {
    let wanted = manifest.spec.profile.as_ref()?;
    let name = live.profile_label(wanted.clone_from.as_ref()?);
    let is_made = !wanted.absent && complete_profile(&wanted.name, live).is_none();
    if !is_made || live.offline || live.retrieved.contains_key(&name) {
        return None;
    }
    let document = complete_profile(&name, live)?;
    let missing = missing(&document, &known::exact_fields(manifest, wanted, live));
    let lacking = COMPANIONS
        .iter()
        .filter(|(list, _)| document.child(list).is_none());
    let partial = PartialSource {
        full_name: profile_full_name(&name),
        name,
        companions: lacking.map(|(_, kind)| *kind).collect(),
        missing,
    };
    Some(partial).filter(|partial| !partial.missing.is_empty())
}

/// Lists of a profile with the type of component that brings them along.
const COMPANIONS: [(&str, &str); 8] = [
    ("applicationVisibilities", "CustomApplication"),
    ("classAccesses", "ApexClass"),
    ("customPermissions", "CustomPermission"),
    ("externalDataSourceAccesses", "ExternalDataSource"),
    ("flowAccesses", "Flow"),
    ("layoutAssignments", "Layout"),
    ("pageAccesses", "ApexPage"),
    ("tabVisibilities", "CustomTab"),
];

/// What is the profile's own, or comes from elsewhere: a retrieve adds nothing to it.
const KNOWN_OTHERWISE: [&str; 6] = [
    "custom",
    "description",
    "fullName",
    "objectPermissions",
    "userLicense",
    "userPermissions",
];

/// A source with the entries that it came without: those of the same profile as it was retrieved with its companions, and
/// the readable fields that the data API knows. In one order, so that the same source is always the same document.
pub fn whole_source(
    document: &Element,
    retrieved: &Element,
    fields: &BTreeMap<String, bool>,
) -> Element {
    let place = |entry: &Element| (entry.name.clone(), key(entry).into_owned());
    let mut whole = document.clone();
    let known: BTreeSet<_> = whole.children.iter().map(place).collect();
    let missing = retrieved.children.iter().filter(|entry| {
        !KNOWN_OTHERWISE.contains(&entry.name.as_str()) && !known.contains(&place(entry))
    });
    whole.children.extend(missing.cloned());
    clone::add_field_permissions(&mut whole, fields);
    whole.children.sort_by_cached_key(place);
    whole
}

/// A remark on a source that came in part and was completed.
pub(super) fn completed_source(
    source: &manifest::Sp<String>,
    address: &Address,
    live: &Live,
) -> Option<Diagnostic> {
    let missing = live.retrieved.get(&live.profile_label(source))?;
    let message = format!(
        "the org gave `{}` in part, without {}",
        source.value,
        missing.join(", ")
    );
    let help = "the rest was retrieved: the plan holds all of it";
    let diagnostic = Diagnostic::note(Code::CloneSourceInPart, message).at(&source.place);
    Some(diagnostic.help(help).about(address.clone()))
}

/// A source whose user permissions cannot be learned in any way: its clone would be an empty profile.
pub(super) fn unreadable_source(source: &manifest::Sp<String>, live: &Live) -> Option<Diagnostic> {
    let name = live.profile_label(source);
    let document = live.profile_document(source).found()?;
    let told = live.profile_permissions(&name).found();
    if !clone::granted(document).is_empty() || told.is_some() {
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
    use crate::live::{Answer, Need};
    use crate::soql::Row;
    use serde_json::{Value, json};

    const SOURCE: &str = "System Administrator";

    fn live(document: &str, rows: Option<Vec<Value>>) -> Live {
        let mut live = Live::default();
        let document = crate::xml::read(document).expect("well-formed");
        let document = Answer::Component(Some(Box::new(document)));
        live.tell(Need::Profile(SOURCE.to_owned()), document);
        if let Some(rows) = rows {
            let answer = Answer::Rows(rows.iter().map(Row::of).collect());
            live.tell(Need::ProfilePermissions(SOURCE.to_owned()), answer);
        }
        live
    }

    fn source() -> manifest::Sp<String> {
        manifest::Sp::new(SOURCE.to_owned(), Place::start_of(&"m.yaml".into()))
    }

    /// What the profile grants with these answers, and whether it is refused as a source.
    fn check(document: &str, rows: Option<Vec<Value>>, expected: &[&str], refused: bool) {
        let live = live(document, rows);
        let profile = complete_profile(SOURCE, &live).expect("a profile");
        let names: Vec<String> = clone::granted(&profile).into_iter().collect();
        assert_eq!(names, expected, "{document}");
        let error = unreadable_source(&source(), &live).map(|error| error.code);
        assert_eq!(
            error,
            refused.then_some(Code::CloneSourceWithoutPermissions),
            "{document}"
        );
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

    #[test]
    fn only_what_is_missing_is_added_in_one_order() {
        let read = |text: &str| crate::xml::read(text).expect("well-formed");
        let document = read(
            "<Profile><classAccesses><apexClass>B</apexClass><enabled>false</enabled></classAccesses></Profile>",
        );
        let entries = [
            "<classAccesses><apexClass>B</apexClass><enabled>true</enabled></classAccesses>",
            "<classAccesses><apexClass>A</apexClass><enabled>true</enabled></classAccesses>",
            "<loginIpRanges><startAddress>1</startAddress></loginIpRanges>",
            "<userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>",
        ];
        let fields = BTreeMap::from([("Lead.Fax".to_owned(), false)]);
        let whole = |entries: Vec<&str>| {
            let retrieved = read(&format!("<Profile>{}</Profile>", entries.concat()));
            whole_source(&document, &retrieved, &fields)
        };
        let found = whole(entries.to_vec());
        let told: Vec<_> = found
            .children
            .iter()
            .map(|entry| {
                (
                    entry.name.as_str(),
                    entry.text_of("apexClass"),
                    entry.text_of("enabled"),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("classAccesses", Some("A"), Some("true")),
                ("classAccesses", Some("B"), Some("false")),
                ("fieldPermissions", None, None),
                ("loginIpRanges", None, None),
            ]
        );
        assert_eq!(whole(entries.into_iter().rev().collect()), found);
    }
}
