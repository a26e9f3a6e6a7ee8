//! What a plan says of who loses sight: four numbers, by profile and role, and by name.

use super::evaluate::SightSpan;
use super::readers::Readers;
use super::{SharingView, together};
use crate::live::UserCounts;
use crate::tally::Tally;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why a number is not exact, where nothing else is the matter.
const OPEN: &str = "what rules or people share of them no query counts exactly";

/// What becomes of somebody's sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// All of it is lost.
    Everything,
    /// Some of it is lost, and it may be all where the number is not exact.
    Part,
    /// Nobody can say whether any of it is lost.
    CannotTell,
    /// Nothing is lost.
    Nothing,
}

/// What one person sees of an object, and loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonSight {
    /// Username.
    pub username: String,
    /// The profile's label.
    pub profile: String,
    /// The role's API name.
    pub role: Option<String>,
    /// Records seen before.
    pub before: Tally,
    /// Records seen after.
    pub after: Tally,
    /// Records lost.
    pub lost: Tally,
    /// What becomes of the sight.
    pub loses: Fate,
    /// Why nothing is lost, or why nobody can say exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether it is an integration's user, by its licence.
    pub integration: bool,
}

/// Users of one profile who lose sight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Losing {
    /// The profile's label.
    pub profile: String,
    /// How many active users lose something, at most.
    pub users: u64,
    /// The same by role; empty where people are not known.
    pub roles: Vec<LosingRole>,
}

/// Users of one profile and role who read the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LosingRole {
    /// The role's API name; `None` of people without one.
    pub role: Option<String>,
    /// How many active users read the object.
    pub users: u64,
    /// How many of them lose all that they see.
    pub lose_everything: u64,
    /// How many lose some of it, or all where the number is not exact.
    pub lose_part: u64,
    /// How many lose nothing.
    pub lose_nothing: u64,
    /// Of how many nobody can say.
    pub cannot_tell: u64,
    /// Records that each of those who lose something loses.
    pub each: Tally,
    /// All the sights that they lose together.
    pub records: Tally,
}

/// What becomes of the sight of everybody who reads the object, but for the manifest's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SightLost {
    /// How many people lose all that they see.
    pub lose_everything: u64,
    /// How many lose some of it, or all where the number is not exact.
    pub lose_part: u64,
    /// How many lose nothing.
    pub lose_nothing: u64,
    /// Of how many nobody can say.
    pub cannot_tell: u64,
    /// All the sights that are lost: a record counts once for each who sees it no more.
    pub records: Tally,
    /// Why nobody can say, with how many people.
    pub why_not: BTreeMap<String, u64>,
    /// By profile, those of whom somebody may lose.
    #[serde(skip)]
    pub profiles: Vec<Losing>,
    /// Everybody, those who lose most first; empty where people are not known.
    pub people: Vec<PersonSight>,
}

impl Default for SightLost {
    fn default() -> Self {
        Self {
            lose_everything: 0,
            lose_part: 0,
            lose_nothing: 0,
            cannot_tell: 0,
            records: Tally::Exactly(0),
            why_not: BTreeMap::new(),
            profiles: Vec::new(),
            people: Vec::new(),
        }
    }
}

#[cfg(test)]
impl SightLost {
    /// So many people of profiles who each lose so many records of so many.
    pub fn sample(profiles: &[(&str, u64)], (lost, seen): (u64, u64)) -> Self {
        let people = profiles.iter().flat_map(|(profile, users)| {
            (0..*users).map(move |number| PersonSight {
                username: format!("user{number}@acme.example"),
                profile: (*profile).to_owned(),
                role: Some("Sales".to_owned()),
                before: Tally::Exactly(seen),
                after: Tally::Exactly(seen - lost),
                lost: Tally::Exactly(lost),
                loses: match (lost, lost == seen) {
                    (0, _) => Fate::Nothing,
                    (_, true) => Fate::Everything,
                    _ => Fate::Part,
                },
                why: None,
                integration: false,
            })
        });
        summed(people.collect())
    }
}

/// Who it is.
pub(super) struct PersonFacts {
    pub(super) username: String,
    pub(super) profile: String,
    pub(super) role: Option<String>,
    pub(super) integration: bool,
    pub(super) sees_all: bool,
}

impl PersonFacts {
    /// With what was found of the sight, and why it is not exact; or why nothing was.
    pub(super) fn with(self, found: Result<(SightSpan, Option<String>), String>) -> PersonSight {
        let unknown = |why: &String| Tally::Unknown(why.clone());
        let tallies = match &found {
            Ok((sight, _)) => [sight.before, sight.after, sight.lost].map(super::Span::tally),
            Err(_) if self.sees_all => {
                let why = String::from("not counted");
                [unknown(&why), unknown(&why), Tally::Exactly(0)]
            }
            Err(why) => [unknown(why), unknown(why), unknown(why)],
        };
        let [before, after, lost] = tallies;
        let loses = match (lost.at_least(), lost.at_most(), after.at_most()) {
            (_, Some(0), _) => Fate::Nothing,
            (0, _, _) => Fate::CannotTell,
            (_, _, Some(0)) => Fate::Everything,
            _ => Fate::Part,
        };
        let doubt = match found {
            Ok((_, doubt)) => doubt,
            Err(why) => Some(why),
        };
        let open = loses == Fate::CannotTell || lost.exactly().is_none();
        let why = match (loses, self.sees_all) {
            (Fate::Nothing, true) => Some("sees all whatever is shared".to_owned()),
            (Fate::Nothing, false) => {
                Some("owns them, stands above their owners, or is shared them".to_owned())
            }
            _ if open => Some(doubt.unwrap_or_else(|| OPEN.to_owned())),
            _ => None,
        };
        PersonSight {
            username: self.username,
            profile: self.profile,
            role: self.role,
            before,
            after,
            lost,
            loses,
            why,
            integration: self.integration,
        }
    }
}

/// Adds up what becomes of each.
pub(super) fn summed(mut people: Vec<PersonSight>) -> SightLost {
    people.sort_by(|a, b| {
        let most = |person: &PersonSight| person.lost.at_most().unwrap_or(u64::MAX);
        (a.loses, most(b), &a.username).cmp(&(b.loses, most(a), &b.username))
    });
    let of = |fate: Fate| people.iter().filter(|one| one.loses == fate).count() as u64;
    let mut why_not = BTreeMap::new();
    for person in people.iter().filter(|one| one.loses == Fate::CannotTell) {
        *why_not
            .entry(person.why.clone().unwrap_or_default())
            .or_default() += 1;
    }
    SightLost {
        lose_everything: of(Fate::Everything),
        lose_part: of(Fate::Part),
        lose_nothing: of(Fate::Nothing),
        cannot_tell: of(Fate::CannotTell),
        records: together(people.iter().map(|person| person.lost.clone())),
        why_not,
        profiles: by_role(&people),
        people,
    }
}

fn by_role(people: &[PersonSight]) -> Vec<Losing> {
    let mut groups: BTreeMap<&str, BTreeMap<Option<&str>, Vec<&PersonSight>>> = BTreeMap::new();
    for person in people {
        let of_profile = groups.entry(&person.profile).or_default();
        let of_role = of_profile.entry(person.role.as_deref()).or_default();
        of_role.push(person);
    }
    let profiles = groups.into_iter().map(|(profile, roles)| {
        let roles: Vec<LosingRole> = roles
            .into_iter()
            .map(|(role, people)| of_role(role, &people))
            .collect();
        let losing = |role: &LosingRole| role.users - role.lose_nothing;
        Losing {
            profile: profile.to_owned(),
            users: roles.iter().map(losing).sum(),
            roles,
        }
    });
    let mut profiles: Vec<Losing> = profiles.filter(|profile| profile.users > 0).collect();
    sort(&mut profiles);
    profiles
}

fn sort(profiles: &mut [Losing]) {
    profiles.sort_by(|a, b| {
        b.users
            .cmp(&a.users)
            .then_with(|| a.profile.cmp(&b.profile))
    });
}

fn of_role(role: Option<&str>, people: &[&PersonSight]) -> LosingRole {
    let of = |fate: Fate| people.iter().filter(|one| one.loses == fate).count() as u64;
    let losing = people.iter().filter(|one| one.loses != Fate::Nothing);
    LosingRole {
        role: role.map(str::to_owned),
        users: people.len() as u64,
        lose_everything: of(Fate::Everything),
        lose_part: of(Fate::Part),
        lose_nothing: of(Fate::Nothing),
        cannot_tell: of(Fate::CannotTell),
        each: around(losing.map(|person| &person.lost)),
        records: together(people.iter().map(|person| person.lost.clone())),
    }
}

/// What holds of each of these.
fn around<'t>(tallies: impl Iterator<Item = &'t Tally>) -> Tally {
    let mut tallies = tallies;
    let Some(first) = tallies.next() else {
        return Tally::Exactly(0);
    };
    tallies.fold(first.clone(), |around, one| around.or(one))
}

/// What can be said without people: of each profile, how many read the object and do not see all of it anyhow.
pub(super) fn by_profile(
    view: &SharingView,
    readers: &Readers,
    counts: &UserCounts,
    why: &str,
) -> SightLost {
    let own = view.live.own_user(view.manifest).filter(|user| user.active);
    let own = own.and_then(|user| user.profile_id.as_deref());
    let containers = view.live.containers().learnt();
    let profiles = containers.into_iter().flat_map(|all| all.profiles());
    let losing = profiles.filter_map(|profile| {
        let users = readers.losing_of(&profile.id, counts);
        let users = users.saturating_sub(u64::from(own == Some(profile.id.as_str())));
        (users > 0).then(|| Losing {
            profile: profile.label.clone(),
            users,
            roles: Vec::new(),
        })
    });
    let mut profiles: Vec<Losing> = losing.collect();
    sort(&mut profiles);
    let users: u64 = profiles.iter().map(|profile| profile.users).sum();
    SightLost {
        cannot_tell: users,
        records: match users {
            0 => Tally::Exactly(0),
            _ => Tally::Unknown(why.to_owned()),
        },
        why_not: (users > 0)
            .then(|| (why.to_owned(), users))
            .into_iter()
            .collect(),
        profiles,
        ..SightLost::default()
    }
}
