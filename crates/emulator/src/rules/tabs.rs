//! Tabs: those the org has, and those that profiles list though it has not.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::problem::{INTEGRITY, Problem};
use crate::store::{ListedTabs, Org, Profile};
use crate::xml::{self, child_text};

/// Tabs of features that are off: profiles of real orgs list them, and the same orgs refuse them (issue 66 of
/// amtrack/sfdx-plugin-source-read quotes one deploy that named most of them), with what standard profiles say of each.
const STALE: [(&str, &str); 12] = [
    ("standard-AccountAccountRelation", "DefaultOn"),
    ("standard-ActionPlanTemplateAssignment", "DefaultOff"),
    ("standard-ActiveScratchOrg", "DefaultOn"),
    ("standard-AppointmentReason", "Hidden"),
    ("standard-ApptReasonEngmtChannelType", "Hidden"),
    ("standard-CarePlan", "Hidden"),
    ("standard-CarePlanTemplate", "Hidden"),
    ("standard-CarePractnFacilityAppt", "DefaultOff"),
    ("standard-CaseParticipant", "DefaultOn"),
    ("standard-LandingPage", "Hidden"),
    ("standard-SocialPersona", "DefaultOn"),
    ("standard-WorkTypeCareSpecialty", "Hidden"),
];

/// What marks the tab of something that comes with the platform.
const STANDARD: &str = "standard-";

/// A tab that the org has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tab {
    /// `standard-Lead`, `Partner_Deal__c`.
    pub(crate) name: String,
    /// What people read.
    pub(crate) label: String,
    /// The object that it lists.
    pub(crate) object: Option<String>,
    /// Whether the org made it.
    pub(crate) custom: bool,
}

/// Whether the org has the tab: that of an object, one of its own, or one that a profile or permission set names.
pub(crate) fn has_tab(org: &Org, name: &str) -> bool {
    let kept = || {
        let tabs = org.documents.get("CustomTab");
        tabs.is_some_and(|tabs| tabs.contains_key(name))
    };
    !is_stale(org, name)
        && (kept()
            || org.objects.contains_key(object_of(name))
            || named(org).any(|tab| tab == name))
}

/// Every tab that the org has, by name.
pub(crate) fn tabs(org: &Org) -> Vec<Tab> {
    let objects = org.objects.values().map(|object| match object.custom {
        true => object.name.clone(),
        false => format!("{STANDARD}{}", object.name),
    });
    let kept = org.documents.get("CustomTab").into_iter();
    let kept = kept.flat_map(BTreeMap::keys).cloned();
    let mut names: Vec<String> = objects
        .chain(kept)
        .chain(named(org).map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    names.retain(|name| !is_stale(org, name));
    names.into_iter().map(|name| tab(org, name)).collect()
}

fn tab(org: &Org, name: String) -> Tab {
    let object = org.objects.get(object_of(&name));
    let label = object.map(|object| object.label_plural.clone());
    Tab {
        label: label
            .or_else(|| kept_label(org, &name))
            .unwrap_or_else(|| object_of(&name).to_owned()),
        object: object.map(|object| object.name.clone()),
        custom: !name.starts_with(STANDARD),
        name,
    }
}

fn kept_label(org: &Org, name: &str) -> Option<String> {
    let document = xml::parse(org.documents.get("CustomTab")?.get(name)?).ok()?;
    child_text(document.root_element(), "label").map(str::to_owned)
}

fn object_of(tab: &str) -> &str {
    tab.strip_prefix(STANDARD).unwrap_or(tab)
}

/// Tabs that profiles and permission sets name: standard tabs have no component of their own.
fn named(org: &Org) -> impl Iterator<Item = &str> {
    let settings = org.containers.values().map(|container| &container.settings);
    let lists = settings.flat_map(|settings| {
        ["tabVisibilities", "tabSettings"]
            .into_iter()
            .filter_map(|list| settings.get(list))
    });
    lists.flat_map(BTreeMap::keys).map(String::as_str)
}

fn is_stale(org: &Org, name: &str) -> bool {
    lists_stale_tabs(org) && STALE.iter().any(|(tab, _)| *tab == name)
}

fn lists_stale_tabs(org: &Org) -> bool {
    org.platform.tabs == Some(ListedTabs::Stale)
}

/// Tabs that a profile shows when it is read though the org does not have them, with their visibility: custom profiles
/// hide them, as new profiles hide every tab since API version 60.0.
pub(crate) fn stale_tabs(
    org: &Org,
    profile: &Profile,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let shown: &[(&str, &str)] = if lists_stale_tabs(org) { &STALE } else { &[] };
    let custom = profile.custom;
    let visibility = move |stated| if custom { "Hidden" } else { stated };
    shown
        .iter()
        .map(move |(tab, stated)| (*tab, visibility(stated)))
}

/// Why a profile cannot say anything about a tab, not even that it is hidden: the org does not have it.
pub(crate) fn tab_refusal(org: &Org, entry: Node<'_, '_>) -> Option<Problem> {
    let name = child_text(entry, "tab").unwrap_or_default();
    let message = format!(
        "You can't edit tab settings for {}, as it's not a valid tab.",
        object_of(name)
    );
    (!has_tab(org, name)).then(|| Problem::at(entry, INTEGRITY, message))
}
