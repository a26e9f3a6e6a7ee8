//! Inventory: everything that users can see and do, where each right comes from, and by which ways they can get more. Reads,
//! and writes nothing.
//!
//! **Promise:** what the org refused, or does not show to who asks, is not known, with the reason: never an empty list, zero
//! or "no". Records are counted of a bounded number of objects and asked about one by one up to a bounded number.

mod log_in;
mod records;
mod sight;
mod worst;

use crate::access::{
    self, EffectiveRights, Escalation, HeldRights, HeldSet, SetStanding, address_of_container,
    counted_ids, escalations, in_force_ids,
};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure::{self, NOTHING_CHANGED};
use crate::live::{Columns, HoldingNeed, Known, Live, LiveUser, Need, OrgIdentity};
use crate::observe::{ask_alone, ask_org};
use crate::org::{OrgError, Reader};
use crate::power::{Tier, tier_of};
use crate::tally::Tally;
use std::collections::{BTreeMap, BTreeSet};

pub use log_in::{LogInFacts, MfaClass};
use sight::{OF_THE_READER, ReaderSight};
pub use worst::worst;

/// The permission that keeps a user out of every page.
const API_ONLY: &str = "ApiUserOnly";

/// How alike two usernames are where one is taken for the other misspelled.
const ALIKE: f32 = 0.7;

/// What users can see and do.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Which org.
    pub org: OrgIdentity,
    /// The users, in the order asked.
    pub users: Vec<UserInventory>,
    /// HTTP requests after the log-in.
    pub requests: u64,
}

/// What one user can see and do.
#[derive(Clone, Debug)]
pub struct UserInventory {
    /// Username.
    pub username: String,
    /// Name of the user licence.
    pub licence: Known<Option<String>>,
    /// Label of the profile.
    pub profile: Option<String>,
    /// Profile, permission sets and groups with how each stands, by address.
    pub sets: Vec<(String, SetStanding)>,
    /// Why it is not known which of the sets are over or taken back, where it is not.
    pub sets_unknown: Option<String>,
    /// What it may do with each object.
    pub objects: Known<Vec<ObjectInventory>>,
    /// Its user permissions that have a tier, worst first.
    pub permissions: Known<Vec<PermissionInventory>>,
    /// Those that it has only where a session activates a set.
    pub only_activated: Known<Vec<PermissionInventory>>,
    /// By which ways it can get more.
    pub escalations: Known<Vec<Escalation>>,
    /// How it logs in.
    pub log_in: LogInFacts,
}

/// What a user may do with one object.
#[derive(Clone, Debug)]
pub struct ObjectInventory {
    /// API name.
    pub object: String,
    /// What may be done, and by what.
    pub held: HeldRights,
    /// Records in the org.
    pub records: Tally,
    /// Those of them that the user can read.
    pub readable: Tally,
    /// Those of them that the user can edit.
    pub editable: Tally,
    /// Fields that field-level security lets it read.
    pub readable_fields: Known<u64>,
    /// Fields that field-level security lets it edit.
    pub editable_fields: Known<u64>,
}

/// A user permission with its tier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermissionInventory {
    /// What it is worth.
    pub tier: Tier,
    /// API name.
    pub name: String,
    /// Addresses of what grants it.
    pub from: BTreeSet<String>,
}

/// Whose access is meant, and of which objects records are counted besides the usual.
#[derive(Clone, Debug, Default)]
pub struct AskedUsers {
    /// Usernames, without regard to case.
    pub usernames: Vec<String>,
    /// API names of objects; none: the usual.
    pub objects: Vec<String>,
}

impl AskedUsers {
    fn names(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let names = self.usernames.iter().map(|name| name.to_lowercase());
        names.filter(|name| seen.insert(name.clone())).collect()
    }
}

/// What has to be known first: who the users are and what they hold.
fn needs(asked: &AskedUsers) -> BTreeSet<Need> {
    let of_user = |name: String| {
        [
            Need::User(name.clone()),
            Need::Frozen(name.clone()),
            Need::Holding(HoldingNeed::Assigned(name.clone())),
            Need::Holding(HoldingNeed::Revoked(name.clone())),
            Need::Holding(HoldingNeed::LogIn(name)),
        ]
    };
    let of_all = [
        Need::Organization(Columns::All),
        Need::Containers,
        Need::UsersByProfile,
        Need::Object("PermissionSet".to_owned()),
        Need::Holding(HoldingNeed::OpenSets),
    ];
    let names = asked.names().into_iter();
    names.flat_map(of_user).chain(of_all).collect()
}

/// Takes the inventory of these users.
///
/// # Errors
/// A user that the org does not have (64), and what the org or the way to it made impossible.
pub async fn take(asked: &AskedUsers, reader: &Reader) -> Result<Inventory, Failure> {
    let before = reader.usage();
    let mut live = ask_alone(needs(asked), reader).await.map_err(failed)?;
    let subjects = subjects(asked, &mut live, reader).await?;
    let all_sets = all_sets(&subjects, &live);
    let names = permission_names(&live);
    let more = needs_of_sets(&subjects, &all_sets, &names, &live, reader);
    ask_org(more, reader, &mut live).await.map_err(failed)?;
    let sight = ReaderSight::of(&live, reader);
    let mut users: Vec<UserInventory> = subjects
        .iter()
        .map(|user| sight.inventory(user, &names, &all_sets, &live))
        .collect();
    records::count(&mut users, &subjects, asked, &sight, &mut live, reader)
        .await
        .map_err(failed)?;
    Ok(Inventory {
        org: live.org.clone(),
        users,
        requests: reader.usage().requests - before.requests,
    })
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

async fn subjects(
    asked: &AskedUsers,
    live: &mut Live,
    reader: &Reader,
) -> Result<Vec<LiveUser>, Failure> {
    let mut found = Vec::new();
    let mut lacking = Vec::new();
    for name in asked.names() {
        match live.user(&name) {
            Known::Is(Some(user)) => found.push(user.clone()),
            _ => lacking.push(name),
        }
    }
    if lacking.is_empty() {
        return Ok(found);
    }
    let usernames = BTreeSet::from([Need::Holding(HoldingNeed::Usernames)]);
    ask_org(usernames, reader, live).await.map_err(failed)?;
    let usernames = live.usernames().learnt().unwrap_or_default();
    let known: Vec<&str> = usernames.iter().map(String::as_str).collect();
    let errors = lacking.iter().map(|name| no_user(name, &known));
    Err(Failure::new(Exit::Manifest, errors.collect()).state(NOTHING_CHANGED))
}

fn no_user(name: &str, known: &[&str]) -> Diagnostic {
    let message = format!("the org has no user `{name}`, or does not show it to you");
    let close = similar::get_close_matches(name, known, 1, ALIKE);
    let help = match close.first() {
        Some(close) => format!("did you mean `{close}`?"),
        None => "name the user by its username, which looks like an e-mail address and may end in a sandbox's name; apply its \
                 manifest first where it is still to be made"
            .to_owned(),
    };
    Diagnostic::error(Code::UnknownName, message).help(help)
}

/// Record ids of the sets that anybody holds and that may grant anything.
fn all_sets(subjects: &[LiveUser], live: &Live) -> BTreeSet<String> {
    let held = subjects
        .iter()
        .filter_map(|user| access::held_sets(user, live).learnt());
    held.flat_map(|held| counted_ids(&held)).collect()
}

/// The permissions that have a tier and that the org knows, and the one that keeps a user out of every page.
fn permission_names(live: &Live) -> BTreeSet<String> {
    let tiers = Tier::ALL.iter().flat_map(|tier| tier.permissions());
    let names = tiers.chain(&[API_ONLY]).map(|name| (*name).to_owned());
    match live.user_permissions() {
        Some(known) => names.filter(|name| known.contains(name)).collect(),
        None => names.collect(),
    }
}

fn needs_of_sets(
    subjects: &[LiveUser],
    all_sets: &BTreeSet<String>,
    names: &BTreeSet<String>,
    live: &Live,
    reader: &Reader,
) -> BTreeSet<Need> {
    let mut needs = BTreeSet::new();
    if let Some(username) = &reader.identity().username {
        needs.insert(Need::HeldPermissions(
            username.clone(),
            OF_THE_READER.into(),
        ));
    }
    if !all_sets.is_empty() {
        let (names, sets) = (names.clone(), all_sets.clone());
        needs.insert(Need::Holding(HoldingNeed::Permissions { names, sets }));
    }
    for user in subjects {
        needs.extend(user.profile.clone().map(Need::Profile));
        let held = access::held_sets(user, live).learnt().unwrap_or_default();
        let sets = in_force_ids(&held);
        let objects = sets.iter().cloned().map(HoldingNeed::Objects);
        needs.extend(objects.map(Need::Holding));
        if !sets.is_empty() {
            let fields = |edits| HoldingNeed::Fields {
                sets: sets.clone(),
                edits,
            };
            needs.extend([fields(false), fields(true)].map(Need::Holding));
        }
    }
    needs
}

impl ReaderSight {
    fn inventory(
        &self,
        user: &LiveUser,
        names: &BTreeSet<String>,
        all_sets: &BTreeSet<String>,
        live: &Live,
    ) -> UserInventory {
        let known = access::held_sets(user, live);
        let held: &[HeldSet] = known.as_ref().learnt().map_or(&[], Vec::as_slice);
        let rights = EffectiveRights::of(held, names, all_sets, live);
        let granted = |permissions: &Known<access::HeldPermissions>| {
            let told = known.as_ref().and_then(|_| permissions.clone());
            self.of_setup("which permissions its sets grant", told)
        };
        let permissions = granted(&rights.permissions);
        let sleeping = granted(&rights.only_activated);
        let escalations = permissions
            .as_ref()
            .map(|permissions| escalations(permissions, held, user, live));
        let log_in = log_in::facts(user, &permissions, self, live);
        let objects = known.as_ref().and_then(|_| rights.objects.clone());
        let objects = self.of_setup("what its sets grant on objects", objects);
        UserInventory {
            username: user.username.clone(),
            licence: live
                .log_in(&user.username)
                .map(|log_in| log_in.and_then(|log_in| log_in.licence.clone())),
            profile: user.profile.clone(),
            sets: held
                .iter()
                .map(|held| (address_of_container(held.container), held.standing.clone()))
                .collect(),
            sets_unknown: assigned_unknown(user, live),
            objects: objects.map(|objects| self.objects(objects, &rights)),
            permissions: permissions.map(with_tiers),
            only_activated: sleeping.map(with_tiers),
            escalations,
            log_in,
        }
    }

    fn objects(
        &self,
        objects: BTreeMap<String, HeldRights>,
        rights: &EffectiveRights,
    ) -> Vec<ObjectInventory> {
        // A right on a field comes to nothing without the right on its object.
        let fields = |counts: &Known<BTreeMap<String, u64>>, object: &str, right: bool| {
            let counts = self.of_setup("what its sets grant on fields", counts.as_ref());
            counts.map(|counts| counts.get(object).copied().filter(|_| right).unwrap_or(0))
        };
        let each = objects.into_iter().map(|(object, held)| ObjectInventory {
            readable_fields: fields(&rights.readable_fields, &object, held.rights.read),
            editable_fields: fields(&rights.editable_fields, &object, held.rights.edit),
            records: Tally::Unknown(String::new()),
            readable: Tally::Unknown(String::new()),
            editable: Tally::Unknown(String::new()),
            object,
            held,
        });
        each.collect()
    }
}

/// Why it is not known what makes assignments void: then each is taken to be in force.
fn assigned_unknown(user: &LiveUser, live: &Live) -> Option<String> {
    let assigned = live.held_assignments(&user.username);
    let revoked = live.revoked_refused(&user.username);
    assigned
        .why_unknown()
        .or_else(|| revoked.map(|refused| refused.to_string()))
}

fn with_tiers(permissions: access::HeldPermissions) -> Vec<PermissionInventory> {
    let tiered = permissions.into_iter().filter_map(|(name, from)| {
        Some(PermissionInventory {
            tier: tier_of(&name)?,
            name,
            from,
        })
    });
    let mut tiered: Vec<PermissionInventory> = tiered.collect();
    tiered.sort();
    tiered
}

impl UserInventory {
    /// How many ways to more are open; `None` where that is not known.
    pub fn paths(&self) -> Option<usize> {
        self.escalations.as_ref().learnt().map(Vec::len)
    }

    /// Whether it holds a permission that has a tier at any time; `None` where that is not known.
    pub fn holds(&self, permission: &str) -> Option<bool> {
        let permissions = self.permissions.as_ref().learnt()?;
        Some(permissions.iter().any(|held| held.name == permission))
    }
}
