//! Profiles and permission sets of the demo org, some of which by-pass sharing.

use std::collections::BTreeMap;

use super::super::standard;
use super::objects;
use super::people;
use crate::store::{
    Assignment, Container, ContainerKind, FieldAccess, Id, ObjectAccess, Org, Profile,
};

const BUSINESS_PROFILES: [&str; 5] = [
    "Standard User",
    "Marketing User",
    "Contract Manager",
    "Solution Manager",
    "Read Only",
];

const REPORTING: [&str; 5] = [
    "ViewPublicReports",
    "CreateCustomizeReports",
    "CreateReportFolders",
    "EditMyReports",
    "RunReports",
];

/// Everything but creating: what stewards of a whole object are given.
const STEWARD: ObjectAccess = ObjectAccess {
    create: false,
    ..ObjectAccess::FULL
};

/// Grants on custom objects and fields, and adds the custom profiles, which copy what Standard User has by then.
pub(super) fn add_profiles(org: &mut Org) {
    let custom: Vec<String> = org
        .objects
        .values()
        .flat_map(objects::custom_fields)
        .collect();
    grant_business(org, &custom);
    grant_administrator(org, &custom);
    let description = "Sales development, without mass mail";
    copy_standard_user(org, "Inside Sales", description, |container| {
        let mass_mail = ["EmailMass", "ListEmailSend"];
        container
            .user_permissions
            .retain(|permission| !mass_mail.contains(&permission.as_str()));
    });
    let description = "Reads every lead and opportunity";
    copy_standard_user(org, "Revenue Operations", description, |container| {
        let access = ObjectAccess {
            view_all: true,
            ..ObjectAccess::CRED
        };
        let objects = ["Lead", "Opportunity"].map(|object| (object.to_owned(), access));
        container.object_permissions.extend(objects);
        container
            .user_permissions
            .extend(["ImportLeads".into(), "TransferAnyLead".into()]);
    });
}

/// Everybody in the business works with partner deals; what goes to HubSpot is none of their business.
fn grant_business(org: &mut Org, custom: &[String]) {
    let hidden = ["Sync_to_HubSpot__c", "HubSpot_Inc__"];
    let shown: Vec<&String> = custom
        .iter()
        .filter(|field| !hidden.iter().any(|part| field.contains(part)))
        .collect();
    for label in BUSINESS_PROFILES {
        let edit = label != "Read Only";
        let deal = if edit {
            ObjectAccess::CRED
        } else {
            ObjectAccess {
                read: true,
                ..ObjectAccess::default()
            }
        };
        change(org, label, |container| {
            container
                .object_permissions
                .insert(objects::PARTNER_DEAL.into(), deal);
            let grants = shown
                .iter()
                .map(|field| ((*field).clone(), FieldAccess { read: true, edit }));
            container.field_permissions.extend(grants);
        });
    }
}

fn grant_administrator(org: &mut Org, custom: &[String]) {
    change(org, "System Administrator", |container| {
        let grants = custom.iter().map(|field| {
            (
                field.clone(),
                FieldAccess {
                    read: true,
                    edit: true,
                },
            )
        });
        container.field_permissions.extend(grants);
        let objects = [objects::PARTNER_DEAL, objects::INTELLIGENCE];
        container
            .object_permissions
            .extend(objects.map(|object| (object.to_owned(), ObjectAccess::FULL)));
        container
            .settings
            .insert("loginIpRanges".into(), office_addresses());
    });
}

/// Administrators log in from the office: what a clone of their profile must not keep.
fn office_addresses() -> BTreeMap<String, BTreeMap<String, String>> {
    let (start, end) = ("203.0.113.0", "203.0.113.255");
    let leaves = [
        ("description", "Office"),
        ("endAddress", end),
        ("startAddress", start),
    ];
    let leaves = leaves.map(|(name, text)| (name.to_owned(), text.to_owned()));
    [(format!("{start}|{end}"), leaves.into())].into()
}

fn change(org: &mut Org, profile: &str, change: impl FnOnce(&mut Container)) {
    let id = org
        .profile_by_label(profile)
        .map(|profile| profile.container.clone())
        .unwrap_or_default();
    if let Some(container) = org.containers.make_mut().get_mut(&id) {
        change(container);
    }
}

fn copy_standard_user(
    org: &mut Org,
    label: &str,
    description: &str,
    change: impl FnOnce(&mut Container),
) {
    let Some(source) = org.profile_by_full_name("Standard").cloned() else {
        return;
    };
    let Some(mut container) = org.containers.get(&source.container).cloned() else {
        return;
    };
    change(&mut container);
    let (full_name, label, description) = (
        label.to_owned(),
        label.to_owned(),
        Some(description.to_owned()),
    );
    standard::add_profile(
        org,
        Profile {
            full_name,
            label,
            custom: true,
            description,
            ..source
        },
        container,
    );
}

/// Adds the permission sets and assigns them.
pub(super) fn add_permission_sets(org: &mut Org) {
    let stewards = set(
        "Lead_Stewards",
        "Lead Stewards",
        "Owns the quality of every lead",
    );
    let stewards = add(
        org,
        Container {
            object_permissions: [("Lead".into(), STEWARD)].into(),
            ..stewards
        },
    );
    let reports = set(
        "Report_Builders",
        "Report Builders",
        "Builds reports and dashboards for others",
    );
    let reports = add(
        org,
        Container {
            user_permissions: REPORTING.map(str::to_owned).into(),
            ..reports
        },
    );
    let content = set(
        "Content_Library",
        "Content Library",
        "Publishes sales content",
    );
    let content = add(
        org,
        Container {
            user_permissions: ["CreateWorkspaces".to_owned()].into(),
            ..content
        },
    );
    let enablement = set(
        "Sales_Enablement",
        "Sales Enablement",
        "What enablement works with",
    );
    let kind = ContainerKind::Group {
        group: org.next_id("0PG"),
        members: vec![reports.clone(), content],
    };
    let enablement = add(org, Container { kind, ..enablement });
    add_hubspot_set(org);
    assign_some(org, &stewards, "Demand_Generation", 2);
    assign_some(org, &reports, "Sales_Operations", 3);
    assign_some(org, &enablement, "Channel_Sales", 2);
}

/// Assigns a permission set to the first users of a role.
fn assign_some(org: &mut Org, container: &Id, role: &str, count: usize) {
    people::in_role(role)
        .into_iter()
        .take(count)
        .for_each(|user| assign(org, container, user));
}

fn set(name: &str, label: &str, description: &str) -> Container {
    Container {
        name: name.into(),
        label: label.into(),
        description: Some(description.into()),
        ..Container::default()
    }
}

fn add(org: &mut Org, mut container: Container) -> Id {
    container.id = org.next_id("0PS");
    let id = container.id.clone();
    org.containers.make_mut().insert(id.clone(), container);
    id
}

/// The managed set that HubSpot's package brings. It grants nothing on leads and contacts.
fn add_hubspot_set(org: &mut Org) {
    let description =
        "Permissions needed for the user HubSpot uses to add/update data in Salesforce";
    let mut set = set(
        "HubSpot_Integration_Permissions",
        "HubSpot Integration Permissions",
        description,
    );
    set.namespace = Some("HubSpot_Inc".into());
    set.object_permissions = [(objects::INTELLIGENCE.into(), ObjectAccess::FULL)].into();
    let fields = org
        .object(objects::INTELLIGENCE)
        .into_iter()
        .flat_map(objects::custom_fields);
    set.field_permissions = fields
        .map(|field| {
            (
                field,
                FieldAccess {
                    read: true,
                    edit: true,
                },
            )
        })
        .collect();
    for (element, leaf, kind, name) in [
        (
            "classAccesses",
            "apexClass",
            "ApexClass",
            "HubSpot_Inc__VisualforceController",
        ),
        (
            "pageAccesses",
            "apexPage",
            "ApexPage",
            "HubSpot_Inc__EmbedPage",
        ),
    ] {
        let leaves = [
            (leaf.to_owned(), name.to_owned()),
            ("enabled".to_owned(), "true".to_owned()),
        ];
        set.settings
            .insert(element.into(), [(name.to_owned(), leaves.into())].into());
        standard::keep(org, kind, name, "");
    }
    add(org, set);
}

fn assign(org: &mut Org, container: &Id, assignee: Id) {
    let group = match org
        .containers
        .get(container)
        .map(|container| &container.kind)
    {
        Some(ContainerKind::Group { group, .. }) => Some(group.clone()),
        _ => None,
    };
    let assignment = Assignment {
        id: org.next_id("0Pa"),
        assignee,
        container: container.clone(),
        group,
        expires: None,
    };
    org.assignments.insert(assignment.id.clone(), assignment);
}
