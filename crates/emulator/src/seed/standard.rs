//! The standard org: what a company has that has just signed up.

use std::collections::{BTreeMap, BTreeSet};

use super::named;
use crate::schema;
use crate::store::{
    Container, ContainerKind, FieldAccess, Group, GroupKind, INTEGRATION_SET_LICENSE, Id, License,
    Millis, ObjectAccess, Org, Organization, Profile, Session, Shared, User, numbered,
};
use crate::views;

/// When every org begins: 5 January 2026, 9:00 UTC.
pub(super) const FOUNDED: Millis = 1_767_603_600_000;

/// Name, definition key, seats.
const LICENSES: [(&str, &str, u32); 4] = [
    ("Salesforce", "SFDC", 6),
    ("Salesforce Platform", "AUL", 3),
    ("Salesforce Integration", "SFDC_INTEGRATION", 5),
    ("Chatter Free", "CHATTER_FREE", 5000),
];

/// A profile that every org has. The letter marks its user permissions in the table of permissions.
struct StandardProfile {
    letter: char,
    full_name: &'static str,
    label: &'static str,
    license: &'static str,
    objects: Reach,
}

/// Which object permissions a standard profile comes with.
#[derive(Clone, Copy)]
enum Reach {
    Everything,
    /// What sales people do; the objects named are granted in full besides.
    Business(&'static [&'static str]),
    ReadOnly,
    Platform,
    Nothing,
}

const fn profile(
    letter: char,
    full_name: &'static str,
    label: &'static str,
    objects: Reach,
) -> StandardProfile {
    StandardProfile {
        letter,
        full_name,
        label,
        license: "Salesforce",
        objects,
    }
}

const MINIMUM: &str = "Minimum Access - Salesforce";
const API_ONLY: &str = "Minimum Access - API Only Integrations";
const CHATTER: &str = "Chatter Free User";

const PROFILES: [StandardProfile; 10] = [
    profile('A', "Admin", "System Administrator", Reach::Everything),
    profile('S', "Standard", "Standard User", Reach::Business(&[])),
    profile(
        'M',
        "MarketingProfile",
        "Marketing User",
        Reach::Business(&["Campaign"]),
    ),
    profile(
        'C',
        "ContractManager",
        "Contract Manager",
        Reach::Business(&["Contract"]),
    ),
    profile(
        'O',
        "SolutionManager",
        "Solution Manager",
        Reach::Business(&["Solution"]),
    ),
    profile('R', "ReadOnly", "Read Only", Reach::ReadOnly),
    profile('N', MINIMUM, MINIMUM, Reach::Nothing),
    StandardProfile {
        license: "Salesforce Platform",
        ..profile(
            'P',
            "StandardAul",
            "Standard Platform User",
            Reach::Platform,
        )
    },
    StandardProfile {
        license: "Salesforce Integration",
        ..profile('I', API_ONLY, API_ONLY, Reach::Nothing)
    },
    StandardProfile {
        license: "Chatter Free",
        ..profile('F', CHATTER, CHATTER, Reach::Nothing)
    },
];

/// Objects that have object permissions (activities and campaign members take theirs from elsewhere), with what the
/// business profiles may do: `c`reate, `r`ead, `e`dit, `d`elete.
const BUSINESS: [(&str, &str); 15] = [
    ("Account", "cred"),
    ("Asset", "cred"),
    ("Campaign", "r"),
    ("Case", "cred"),
    ("Contact", "cred"),
    ("Contract", "cre"),
    ("Document", "r"),
    ("Idea", "cr"),
    ("Individual", "cred"),
    ("Lead", "cred"),
    ("Opportunity", "cred"),
    ("Order", "cred"),
    ("Pricebook2", "r"),
    ("Product2", "r"),
    ("Solution", "cre"),
];

const APPLICATIONS: [(&str, &str); 4] = [
    ("standard__Sales", "Sales"),
    ("standard__Service", "Service"),
    ("standard__Marketing", "Marketing"),
    ("standard__Platform", "Platform"),
];

const TABS: [&str; 10] = [
    "standard-Account",
    "standard-Campaign",
    "standard-Case",
    "standard-Contact",
    "standard-Contract",
    "standard-Dashboard",
    "standard-Lead",
    "standard-Opportunity",
    "standard-Product2",
    "standard-report",
];

/// The standard org.
pub(super) fn org() -> Org {
    let mut org = Org {
        objects: Shared::new(schema::standard_objects()),
        ..Org::default()
    };
    let permissions = permissions();
    org.vocabulary = permissions
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    org.organization = organization(&mut org);
    for (name, definition_key, total) in LICENSES {
        let (id, name, definition_key) = (
            org.next_id("100"),
            name.to_owned(),
            definition_key.to_owned(),
        );
        org.licenses.insert(
            id.clone(),
            License {
                id,
                name,
                definition_key,
                total,
            },
        );
    }
    named::set_license(&mut org, INTEGRATION_SET_LICENSE);
    for profile in &PROFILES {
        let enabled = permissions
            .iter()
            .filter(|(_, letters)| letters.contains(profile.letter));
        let enabled = enabled.map(|(name, _)| (*name).to_owned()).collect();
        add_standard_profile(&mut org, profile, enabled);
    }
    keep_components(&mut org);
    let everybody = Group {
        id: org.next_id("00G"),
        kind: GroupKind::Organization,
        ..Group::default()
    };
    org.groups.insert(everybody.id.clone(), everybody);
    add_administrator(&mut org);
    org
}

/// Names of user permissions with the letters of the standard profiles that grant them.
fn permissions() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../schema/user_permissions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect()
}

fn organization(org: &mut Org) -> Organization {
    let id = org.next_id("00D");
    let access_token = format!("{}!Embedded.0rg_For.Tests_and.Rehearsals", &id[..15]);
    Organization {
        id,
        name: "Empty Org".into(),
        organization_type: "Enterprise Edition".into(),
        instance_name: "EMB1".into(),
        time_zone: "Europe/London".into(),
        locale: "en_US".into(),
        language: "en_US".into(),
        external_sharing_model_enabled: true,
        silent_sharing_no_op: true,
        daily_api_requests: 100_000,
        created: FOUNDED,
        access_token,
        ..Organization::default()
    }
}

fn add_standard_profile(org: &mut Org, standard: &StandardProfile, enabled: BTreeSet<String>) {
    let license = org
        .license(standard.license)
        .map(|license| license.id.clone())
        .unwrap_or_default();
    let (objects, fields) = (
        object_permissions(standard.objects),
        field_permissions(org, standard.objects),
    );
    let shown = !matches!(standard.objects, Reach::Nothing);
    let container = Container {
        user_permissions: enabled,
        object_permissions: objects,
        field_permissions: fields,
        settings: if shown { settings() } else { BTreeMap::new() },
        ..Container::default()
    };
    let profile = Profile {
        full_name: standard.full_name.into(),
        label: standard.label.into(),
        license,
        ..Profile::default()
    };
    add_profile(org, profile, container);
}

/// Adds a profile with its own permission set and gives both their ids. Returns the profile's.
pub(super) fn add_profile(org: &mut Org, mut profile: Profile, mut container: Container) -> Id {
    profile.id = org.next_id("00e");
    container.id = org.next_id("0PS");
    profile.container = container.id.clone();
    container.kind = ContainerKind::Profile(profile.id.clone());
    container.name = format!("X{}", &profile.id[..15]);
    container.label = container.name.clone();
    let id = profile.id.clone();
    org.containers
        .make_mut()
        .insert(container.id.clone(), container);
    org.profiles.insert(id.clone(), profile);
    id
}

fn object_permissions(reach: Reach) -> BTreeMap<String, ObjectAccess> {
    let granted = BUSINESS.iter().filter_map(|(object, letters)| {
        let access = match reach {
            Reach::Everything => ObjectAccess::FULL,
            Reach::Business(more) if more.contains(object) => ObjectAccess::CRED,
            Reach::Business(_) => access(letters),
            Reach::ReadOnly => access("r"),
            Reach::Platform
                if matches!(*object, "Account" | "Contact" | "Asset" | "Individual") =>
            {
                access(letters)
            }
            Reach::Platform | Reach::Nothing => return None,
        };
        Some(((*object).to_owned(), access))
    });
    granted.collect()
}

fn access(letters: &str) -> ObjectAccess {
    let may = |letter| letters.contains(letter);
    ObjectAccess {
        create: may('c'),
        read: may('r'),
        edit: may('e'),
        delete: may('d'),
        ..ObjectAccess::default()
    }
}

/// Out of the box a profile sees every field of the objects it may read, and edits what can be edited.
fn field_permissions(org: &Org, reach: Reach) -> BTreeMap<String, FieldAccess> {
    let readable = object_permissions(reach);
    let objects = org
        .objects
        .values()
        .filter(|object| readable.contains_key(&object.name) || is_activity(&object.name, reach));
    let fields =
        objects.flat_map(|object| object.fields.values().map(move |field| (object, field)));
    let secured = fields.filter(|(_, field)| field.permissionable);
    let grants = secured.map(|(object, field)| {
        let edit = field.updateable && !matches!(reach, Reach::ReadOnly);
        (
            format!("{}.{}", object.name, field.name),
            FieldAccess { read: true, edit },
        )
    });
    grants.collect()
}

/// Objects without object permissions of their own whose fields are under field-level security all the same.
fn is_activity(object: &str, reach: Reach) -> bool {
    matches!(object, "Task" | "Event" | "CampaignMember")
        && !matches!(reach, Reach::Nothing | Reach::Platform)
}

/// Apps, tabs and layouts that people see.
fn settings() -> BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>> {
    let mut settings = BTreeMap::new();
    let leaves = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    };
    let apps = APPLICATIONS.iter().map(|(name, _)| {
        let default = if *name == "standard__Sales" {
            "true"
        } else {
            "false"
        };
        (
            (*name).to_owned(),
            leaves(&[
                ("application", name),
                ("default", default),
                ("visible", "true"),
            ]),
        )
    });
    settings.insert("applicationVisibilities".to_owned(), apps.collect());
    let tabs = TABS.iter().map(|tab| {
        (
            (*tab).to_owned(),
            leaves(&[("tab", tab), ("visibility", "DefaultOn")]),
        )
    });
    settings.insert("tabVisibilities".to_owned(), tabs.collect());
    let layouts = layouts().map(|layout| (layout.clone(), leaves(&[("layout", &layout)])));
    settings.insert("layoutAssignments".to_owned(), layouts.collect());
    settings
}

fn layouts() -> impl Iterator<Item = String> {
    let objects = [
        "Account",
        "Campaign",
        "Case",
        "Contact",
        "Contract",
        "Lead",
        "Opportunity",
        "Order",
    ];
    objects
        .into_iter()
        .map(|object| format!("{object}-{object} Layout"))
}

/// Apps and layouts exist as components that are only kept.
fn keep_components(org: &mut Org) {
    for (name, label) in APPLICATIONS {
        keep(
            org,
            "CustomApplication",
            name,
            &format!("<label>{label}</label>"),
        );
    }
    for layout in layouts() {
        keep(org, "Layout", &layout, "");
    }
}

/// Keeps a component as a document, with these elements in it.
pub(super) fn keep(org: &mut Org, kind: &str, name: &str, content: &str) {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{content}</{kind}>\n"
    );
    org.documents
        .entry(kind.to_owned())
        .or_default()
        .insert(name.to_owned(), text);
}

/// The administrator whose token is printed at the start.
fn add_administrator(org: &mut Org) {
    let administrator = User {
        username: "admin@embedded-org.example".into(),
        email: "admin@embedded-org.example".into(),
        first_name: Some("Org".into()),
        last_name: "Administrator".into(),
        alias: "admin".into(),
        nickname: "admin".into(),
        ..User::default()
    };
    let id = add_user(org, "System Administrator", administrator);
    org.organization.administrator = id.clone();
    let session = Session {
        user: id,
        created: FOUNDED,
        ..Session::default()
    };
    org.sessions
        .insert(org.organization.access_token.clone(), session);
}

/// Adds an active user with this profile and the org's own time zone, locale and language. Returns the id.
pub(super) fn add_user(org: &mut Org, profile: &str, mut user: User) -> Id {
    let profile = org.profile_by_label(profile);
    let license = profile.map_or("", |profile| &profile.license);
    user.user_type = views::user_type(org, license).into();
    user.profile = profile
        .map(|profile| profile.id.clone())
        .unwrap_or_default();
    user.time_zone.clone_from(&org.organization.time_zone);
    user.locale.clone_from(&org.organization.locale);
    user.language.clone_from(&org.organization.language);
    user.email_encoding = "UTF-8".into();
    (user.active, user.created, user.modified) = (true, FOUNDED, FOUNDED);
    user.id = org.next_id("005");
    let id = user.id.clone();
    org.users.make_mut().insert(id.clone(), user);
    id
}

/// The id that the user has who was added as the n-th, counted from 1 for the administrator.
pub(super) fn user_id(number: u64) -> Id {
    numbered("005", number)
}
