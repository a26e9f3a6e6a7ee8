//! What an org holds: as a whole, of ours, and of everybody else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use salesforce_emulator::seed;
use salesforce_emulator::store::{ObjectSchema, Org, SharingModel, SharingState, User};

pub(crate) const USERNAME: &str = "hubspot.integration@acme.example";
const PROFILE: &str = "HubSpot Integration";
const ROLE: &str = "HubSpot_Integration";
const PACKAGE: &str = "HubSpot_Inc__HubSpot_Integration_Permissions";
const RULE: &str = "Lead.Sync_to_HubSpot";
const FIELD: &str = "Sync_to_HubSpot__c";

/// A small org to begin with: a few leads, and the package's permission set.
const SEED: [(&str, &str); 4] = [
    (
        "Lead.csv",
        "LastName,Company,Email,Sync_to_HubSpot__c,Owner.Username\n\
         Abel,Mills,abel@mills.example,true,saul@acme.example\n\
         Brook,Dyes,brook@dyes.example,true,saul@acme.example\n\
         Crane,Oars,,true,saul@acme.example\n\
         Dorn,Sails,dorn@sails.example,false,saul@acme.example\n",
    ),
    (
        "objects/Lead/fields/Sync_to_HubSpot__c.field-meta.xml",
        "<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fullName>Sync_to_HubSpot__c</fullName>\
         <defaultValue>false</defaultValue><label>Sync</label><type>Checkbox</type></CustomField>",
    ),
    (
        "User.csv",
        "Username,FirstName,LastName,Profile.Name\nsaul@acme.example,Saul,Seller,Standard User\n",
    ),
    (
        "HubSpot_Inc__HubSpot_Integration_Permissions.permissionset",
        "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>HubSpot</label></PermissionSet>",
    ),
];

/// The org that every case begins with.
pub(crate) fn seeded() -> Org {
    seeded_with(&[])
}

/// The same with more files in its seed.
pub(crate) fn seeded_with(more: &[(&str, &str)]) -> Org {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in SEED.iter().chain(more) {
        write(&folder.path().join(name), text);
    }
    seed::from_files(&[folder.path().to_owned()]).expect("a seed")
}

/// Undoes what keeps the integration user from seeing everything: the default, the rule, and what the profile may not.
pub(crate) fn drift(org: &mut Org) {
    widen(org);
    remove_rule(org);
    grant_everything(org);
}

/// Everybody may see and change all leads again.
pub(crate) fn widen(org: &mut Org) {
    let lead = org.objects.make_mut().get_mut("Lead").expect("leads");
    let model = SharingModel::ReadWriteTransfer;
    lead.sharing = SharingState::settled(model, model);
}

/// The rule is gone, where there is one.
pub(crate) fn remove_rule(org: &mut Org) {
    org.rules.remove(RULE);
    org.rules_in_force.remove(RULE);
}

/// The profile may do everything to leads, where there is one.
pub(crate) fn grant_everything(org: &mut Org) {
    let Some(container) = org
        .profile_by_label(PROFILE)
        .map(|one| one.container.clone())
    else {
        return;
    };
    let container = org.containers.make_mut().get_mut(&container);
    let lead = container.and_then(|one| one.object_permissions.get_mut("Lead"));
    if let Some(lead) = lead {
        (lead.view_all, lead.modify_all) = (true, true);
    }
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, text).expect("a file");
}

/// The org without what differs between two ways to the same state: times, queues, logs and counters.
pub(crate) fn settled(mut org: Org) -> Org {
    org.deploys.clear();
    org.retrieves.clear();
    org.audit.clear();
    org.sessions.clear();
    org.counters.clear();
    org.api_requests = 0;
    org.manual_time = None;
    for user in org.users.make_mut().values_mut() {
        (user.created, user.modified) = (0, 0);
    }
    org
}

/// How many users there are of the one name.
pub(crate) fn users(org: &Org) -> usize {
    let named = |username: &str| username.eq_ignore_ascii_case(USERNAME);
    org.users
        .values()
        .filter(|user| named(&user.username))
        .count()
}

/// What the manifest asks for and the org did not have before, or not like this, by address.
pub(crate) fn made(before: &Org, org: &Org) -> BTreeSet<String> {
    let before = ours(before);
    let now = ours(org).into_iter();
    let made = now.filter(|(address, text)| before.get(address) != Some(text));
    made.map(|(address, _)| address).collect()
}

/// What the org has of what the manifest asks for, as text by address.
fn ours(org: &Org) -> BTreeMap<String, String> {
    let user = org.user_by_username(USERNAME);
    let set = org.permission_set(PACKAGE);
    let assigned = user.zip(set).is_some_and(|(user, set)| {
        let mut all = org.assignments.values();
        all.any(|one| one.assignee == user.id && one.container == set.id)
    });
    let profile = org.profile_by_label(PROFILE).map(|profile| {
        let mut container = org.containers[&profile.container].clone();
        // Who may see the field comes with the field.
        let field = format!("Lead.{FIELD}");
        container.field_permissions.remove(&field);
        (profile, container)
    });
    let user = user.map(|user| User {
        modified: 0,
        ..user.clone()
    });
    let lead = org.object("Lead").expect("leads");
    let texts = [
        (
            format!("custom_field/Lead.{FIELD}"),
            text(org.field("Lead", FIELD)),
        ),
        (format!("profile/{PROFILE}"), text(profile)),
        (format!("role/{ROLE}"), text(org.role(ROLE))),
        (format!("user/{USERNAME}"), text(user)),
        (
            format!("permission_set_assignment/{PACKAGE}"),
            assigned.then(String::new),
        ),
        (
            "organization_wide_default/Lead".to_owned(),
            text(Some(lead.sharing.requested.internal)),
        ),
        (format!("sharing_rule/{RULE}"), text(org.rules.get(RULE))),
    ];
    let there = texts.into_iter();
    there
        .filter_map(|(address, text)| Some((address, text?)))
        .collect()
}

fn text<Thing: std::fmt::Debug>(thing: Option<Thing>) -> Option<String> {
    thing.map(|thing| format!("{thing:?}"))
}

/// What moved that the manifest does not own, if anything did.
pub(crate) fn moved(before: &Org, after: &Org) -> Option<&'static str> {
    let (before, after) = (others(before), others(after));
    let parts = [
        (
            "the organization",
            before.organization == after.organization,
        ),
        ("a permission's name", before.vocabulary == after.vocabulary),
        ("a licence", before.licenses == after.licenses),
        ("an object", same_objects(&before, &after)),
        ("a permission set", before.containers == after.containers),
        ("a profile", before.profiles == after.profiles),
        ("a role", before.roles == after.roles),
        ("a group", before.groups == after.groups),
        ("a user", before.users == after.users),
        ("an assignment", before.assignments == after.assignments),
        ("a sharing rule", before.rules == after.rules),
        ("a record", before.records == after.records),
        (
            "a manual share",
            before.manual_shares == after.manual_shares,
        ),
        ("a document", before.documents == after.documents),
        ("a package", before.packages == after.packages),
    ];
    parts
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(part, _)| part)
}

/// The org without what the manifest owns, objects aside.
fn others(org: &Org) -> Org {
    let mut rest = org.clone();
    let role = org.role(ROLE).map(|role| role.id.clone());
    let user = org.user_by_username(USERNAME).map(|user| user.id.clone());
    rest.roles.retain(|id, _| Some(id) != role.as_ref());
    rest.groups
        .retain(|_, group| role.is_none() || group.related != role);
    if let Some(user) = &user {
        rest.users.make_mut().remove(user);
    }
    rest.assignments
        .retain(|_, assignment| Some(&assignment.assignee) != user.as_ref());
    rest.rules.remove(RULE);
    if let Some(profile) = org.profile_by_label(PROFILE) {
        rest.containers.make_mut().remove(&profile.container);
        rest.profiles.remove(&profile.id);
    }
    let field = format!("Lead.{FIELD}");
    if rest
        .containers
        .values()
        .any(|one| one.field_permissions.contains_key(&field))
    {
        for container in rest.containers.make_mut().values_mut() {
            container.field_permissions.remove(&field);
        }
    }
    let ours = [PROFILE, ROLE, RULE, field.as_str(), "Lead"];
    for documents in rest.documents.values_mut() {
        documents.retain(|name, _| !ours.contains(&name.as_str()));
    }
    rest.documents.retain(|_, documents| !documents.is_empty());
    for user in rest.users.make_mut().values_mut() {
        user.modified = 0;
    }
    rest
}

fn same_objects(before: &Org, after: &Org) -> bool {
    let same = |name: &String, object: &ObjectSchema| {
        let before = before.objects.get(name);
        before.is_some_and(|before| match name.as_str() {
            "Lead" => without_ours(before) == without_ours(object),
            _ => before == object,
        })
    };
    before.objects.len() == after.objects.len()
        && after
            .objects
            .iter()
            .all(|(name, object)| same(name, object))
}

/// Leads without the default and the field that the manifest owns.
fn without_ours(lead: &ObjectSchema) -> ObjectSchema {
    let mut lead = lead.clone();
    lead.fields.remove(FIELD);
    lead.sharing = Default::default();
    lead
}
