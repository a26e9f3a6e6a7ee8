//! A larger demo org: more roles and users of the same kind, and who owns the leads that came with them.

use super::super::standard;
use super::dice::{Dice, WORDS};
use super::people;
use super::records::Fields;
use crate::store::{AccessLevel, Id, Org, Role, Row, Scale, User};

/// Teams report to teams, so many to each.
const TEAMS_BELOW: usize = 8;

/// The role that the first new teams report to.
const TOP_OF_TEAMS: &str = "Head_of_Sales";

/// What the people in the teams may do: four of five are sellers.
const PROFILES: [&str; 5] = [
    "Inside Sales",
    "Standard User",
    "Inside Sales",
    "Standard User",
    "Marketing User",
];

/// Adds roles and users until there are as many as asked for, and a seat for each.
pub(super) fn grow(org: &mut Org, scale: Scale) {
    let teams = add_teams(org, scale.roles);
    let shared = Row::from([("Title", "Account Executive".into())]);
    let first = org.users.len() as u64 + 1;
    for number in first..=scale.users {
        let mut dice = Dice::of(u64::from(b'U'), number);
        let mut user = member(number, &mut dice, &shared);
        user.role = dice.one_of(&teams).cloned();
        standard::add_user(org, dice.pick(&PROFILES), user);
    }
    let added = u32::try_from((scale.users + 1).saturating_sub(first)).unwrap_or(u32::MAX);
    let salesforce = org
        .licenses
        .values_mut()
        .find(|license| license.name == "Salesforce");
    if let Some(license) = salesforce {
        license.total += added;
    }
}

/// Adds teams until there are so many roles; returns the ids of all roles a new user may have.
fn add_teams(org: &mut Org, roles: u64) -> Vec<Id> {
    let sellers = |role: &&Role| role.developer_name.contains("Sales_");
    let mut open: Vec<Id> = org
        .roles
        .values()
        .filter(sellers)
        .map(|role| role.id.clone())
        .collect();
    let top = org.role(TOP_OF_TEAMS).map(|role| role.id.clone());
    let mut teams: Vec<Id> = Vec::new();
    for number in org.roles.len() as u64 + 1..=roles {
        let above = teams
            .len()
            .checked_sub(TEAMS_BELOW)
            .map(|place| place / TEAMS_BELOW);
        let parent = above.and_then(|place| teams.get(place)).or(top.as_ref());
        let role = team(org.next_id("00E"), number, parent.cloned());
        let id = role.id.clone();
        org.roles.insert(id.clone(), role);
        org.new_role_groups(&id);
        teams.push(id);
    }
    open.extend(teams);
    open
}

fn team(id: Id, number: u64, parent: Option<Id>) -> Role {
    Role {
        id,
        developer_name: format!("Team_{number}"),
        name: format!("Team {number}"),
        parent,
        // Where a default is public the platform shows Edit, whatever was asked for.
        case_access: AccessLevel::Edit,
        contact_access: AccessLevel::Edit,
        opportunity_access: AccessLevel::Edit,
        ..Role::default()
    }
}

/// Somebody in a team; the number keeps namesakes apart. What all of them have in common, they share.
fn member(number: u64, dice: &mut Dice, shared: &Row) -> User {
    let (first_name, last_name) = (dice.pick(&WORDS.first_names), dice.pick(&WORDS.last_names));
    let name = format!("{first_name}.{last_name}.{number}").to_lowercase();
    User {
        username: format!("{name}@acme.example"),
        email: format!("{name}@acme.example"),
        first_name: Some(first_name.to_owned()),
        last_name: last_name.to_owned(),
        alias: format!("u{number}"),
        nickname: name,
        other: shared.clone(),
        ..User::default()
    }
}

/// Gives a lead of the larger org to one of its users: to the first sellers, where there are no more users.
pub(super) fn hand_over(number: u64, scale: Scale, fields: &mut Fields) {
    let first = people::count() + 1;
    if scale.users < first {
        return;
    }
    let mut dice = Dice::of(u64::from(b'H'), number);
    let owner = standard::user_id(first + dice.below(scale.users + 1 - first));
    for (_, value) in fields.iter_mut().filter(|(name, _)| *name == "OwnerId") {
        *value = owner.as_str().into();
    }
}
