//! Roles, groups and users of the demo org.

use std::sync::LazyLock;

use super::super::{csv, standard};
use crate::sharing::add_role_groups;
use crate::store::{AccessLevel, Group, GroupKind, Id, License, Org, Role, User, numbered};

/// Somebody in the list of users.
struct Person {
    first_name: String,
    last_name: String,
    role: String,
    profile: String,
    title: String,
    active: bool,
    /// Owns this many parts of the records.
    share: u64,
}

static PEOPLE: LazyLock<Vec<Person>> = LazyLock::new(|| {
    let lines = csv::read(include_str!("../../../seed/users.csv"));
    lines.into_iter().skip(1).filter_map(person).collect()
});

fn person(line: Vec<String>) -> Option<Person> {
    let [first_name, last_name, role, profile, title, active, share] = line.try_into().ok()?;
    let (active, share) = (active == "true", share.parse().ok()?);
    Some(Person {
        first_name,
        last_name,
        role,
        profile,
        title,
        active,
        share,
    })
}

/// Ids of the users who own records, each as often as their share says.
pub(super) static OWNERS: LazyLock<Vec<Id>> = LazyLock::new(|| {
    let numbered = (1..).zip(PEOPLE.iter());
    numbered
        .flat_map(|(number, person)| (0..person.share).map(move |_| standard::user_id(number)))
        .collect()
});

/// How many people the list has: users with greater numbers came with a larger scale.
pub(super) fn count() -> u64 {
    PEOPLE.len() as u64
}

/// Ids of the users in a role.
pub(super) fn in_role(role: &str) -> Vec<Id> {
    let numbered = (1..)
        .zip(PEOPLE.iter())
        .filter(|(_, person)| person.role == role);
    numbered
        .map(|(number, _)| standard::user_id(number))
        .collect()
}

/// Adds seats, roles, groups and users.
pub(super) fn add(org: &mut Org) {
    buy_seats(org, "Salesforce", 52);
    add_groups(org);
    for line in csv::read(include_str!("../../../seed/roles.csv"))
        .into_iter()
        .skip(1)
    {
        add_role(org, line);
    }
    for (number, person) in PEOPLE.iter().enumerate() {
        let user = user(org, person);
        match number {
            0 => take_over_administrator(org, user),
            _ => add_user(org, person, user),
        }
    }
    add_members(org);
}

fn buy_seats(org: &mut Org, name: &str, total: u32) {
    let license: Option<&mut License> = org
        .licenses
        .values_mut()
        .find(|license| license.name == name);
    license
        .into_iter()
        .for_each(|license| license.total = total);
}

/// Id of the queue of new leads: the first group after that of all internal users.
pub(super) fn lead_queue() -> Id {
    numbered("00G", 2)
}

fn add_groups(org: &mut Org) {
    let queue = Group {
        id: org.next_id("00G"),
        kind: GroupKind::Queue,
        name: Some("Inbound Leads".into()),
        developer_name: Some("Inbound_Leads".into()),
        queue_objects: [(org.next_id("03g"), "Lead".to_owned())].into(),
        includes_bosses: true,
        ..Group::default()
    };
    let desk = Group {
        id: org.next_id("00G"),
        name: Some("Deal Desk".into()),
        developer_name: Some("Deal_Desk".into()),
        includes_bosses: true,
        ..Group::default()
    };
    org.groups
        .extend([(queue.id.clone(), queue), (desk.id.clone(), desk)]);
}

fn add_role(org: &mut Org, line: Vec<String>) {
    let Ok([developer_name, name, parent]) = <[String; 3]>::try_from(line) else {
        return;
    };
    let role = Role {
        id: org.next_id("00E"),
        description: Some(name.clone()),
        parent: org.role(&parent).map(|role| role.id.clone()),
        developer_name,
        name,
        // Where a default is public the platform shows Edit, whatever was asked for.
        case_access: AccessLevel::Edit,
        contact_access: AccessLevel::Edit,
        opportunity_access: AccessLevel::Edit,
        may_forecast: false,
    };
    let id = role.id.clone();
    org.roles.insert(id.clone(), role);
    add_role_groups(org, &id);
}

fn user(org: &Org, person: &Person) -> User {
    let name = format!("{}.{}", person.first_name, person.last_name).to_lowercase();
    let alias: String = person
        .first_name
        .chars()
        .take(1)
        .chain(person.last_name.chars().take(7))
        .collect();
    User {
        username: format!("{name}@acme.example"),
        email: format!("{name}@acme.example"),
        first_name: Some(person.first_name.clone()),
        last_name: person.last_name.clone(),
        alias: alias.to_lowercase(),
        nickname: name,
        role: org.role(&person.role).map(|role| role.id.clone()),
        other: [("Title".to_owned(), person.title.clone().into())].into(),
        ..User::default()
    }
}

/// The first person of the list is the administrator the standard org has.
fn take_over_administrator(org: &mut Org, user: User) {
    let administrator = org.organization.administrator.clone();
    let Some(existing) = org.users.make_mut().get_mut(&administrator) else {
        return;
    };
    existing.username = user.username;
    existing.email = user.email;
    existing.first_name = user.first_name;
    existing.last_name = user.last_name;
    existing.alias = user.alias;
    existing.nickname = user.nickname;
    existing.role = user.role;
    existing.other = user.other;
}

fn add_user(org: &mut Org, person: &Person, user: User) {
    let id = standard::add_user(org, &person.profile, user);
    if let Some(user) = org.users.make_mut().get_mut(&id) {
        user.active = person.active;
    }
}

/// Inside sales work the queue; revenue operations and a channel manager are the deal desk.
fn add_members(org: &mut Org) {
    let inside = [in_role("Inside_Sales_North"), in_role("Inside_Sales_South")].concat();
    let desk = [in_role("Sales_Operations"), in_role("Channel_Sales")].concat();
    for (developer_name, users) in [("Inbound_Leads", inside), ("Deal_Desk", desk)] {
        let members = users
            .into_iter()
            .map(|user| (org.next_id("011"), user))
            .collect();
        let named = |group: &&mut Group| group.developer_name.as_deref() == Some(developer_name);
        if let Some(group) = org.groups.values_mut().find(named) {
            group.members = members;
        }
    }
}
