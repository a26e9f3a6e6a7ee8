//! Why records leak and what closes them, judged by doing it: what is named goes, in the emulated org, and the record is out
//! of sight; whatever of it stays keeps it in sight.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use orgwright::manifest;
use orgwright::observe;
use orgwright::verify::{self, Access, Mend, Mismatch, Sample};
use proptest::prelude::*;
use salesforce_emulator::Options;
use salesforce_emulator::store::Org;

use super::company::{Children, Company, Level, Model, Object, Party, Share, company};
use super::emulated;
use super::predicted::{connected, few, run};
use super::wish::{Wish, wishes};

mod interventions;
mod judged;
mod many;
use interventions::Intervention;
use judged::Judged;

/// Objects that a manifest is about.
const OBJECTS: [Object; 6] = [
    Object::Lead,
    Object::Thing,
    Object::Account,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
];
/// Leaks of one object that are judged, and sets of changes that are tried.
const LOOKED_AT: usize = 8;
const MOST_TRIED: usize = 400;

/// A company in which more is visible to the manifest's user than it asks for, and the manifest.
struct Leaking {
    org: Org,
    user: String,
    manifest: String,
}

impl Leaking {
    /// What a manifest wants of a company, done, and then spoilt in ways that the numbers choose.
    fn of((company, wish): &(Company, Wish), raw: &[u8]) -> Self {
        let wishes: Vec<Wish> = OBJECTS
            .into_iter()
            .enumerate()
            .map(|(place, object)| {
                let mut conditions = wish.conditions.clone();
                conditions.rotate_left(place % wish.conditions.len());
                conditions.truncate(usize::from(raw[0] >> place & 1));
                Wish {
                    object,
                    conditions,
                    level: Level::Read,
                    ..wish.clone()
                }
            })
            .collect();
        let (mut after, user) = Wish::granted_all(&wishes, company);
        let role = after.users[user].role.unwrap();
        after.users[user].sets.clear();
        let asked: Vec<String> = wishes.iter().map(Wish::sharing).skip(1).collect();
        let placed = Wish {
            user: Some(user),
            role: Some(role),
            ..wishes[0].clone()
        };
        spoil(&mut after, user, role, raw);
        let manifest = placed.manifest(&after) + &asked.concat();
        let (mut org, ids) = emulated::org(&after);
        let shares = org.manual_shares.values_mut().enumerate();
        for (number, share) in shares {
            let cause = match (share.object.as_str(), number % 4) {
                ("Account" | "Opportunity" | "Case", 1) => "Team",
                ("Account", 0 | 2) => "Territory2AssociationManual",
                ("Thing__c", 0..3) => "Handover__c",
                _ => continue,
            };
            cause.clone_into(&mut share.cause);
        }
        Self {
            org,
            user: ids.users[user].to_string(),
            manifest,
        }
    }

    /// What the program proves of it.
    async fn proved(&self) -> Vec<Access> {
        self.proved_and_counted().await.0
    }

    /// The same with the calls that it took after what a plan reads.
    async fn proved_and_counted(&self) -> (Vec<Access>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wish.yaml");
        std::fs::write(&file, &self.manifest).unwrap();
        let (server, reader) = connected(self.org.clone(), Options::default()).await;
        let manifests = manifest::load(&[file], &[], &[], &|_| None);
        let manifests = manifests.unwrap_or_else(|wrong| panic!("{wrong:?}\n{}", self.manifest));
        let facts = observe::observe(&manifests, &reader).await.unwrap();
        let before = reader.usage().api_calls;
        let proved = verify::prove(&manifests, &facts, &reader, Sample::ALL, &mut |_| ()).await;
        let calls = reader.usage().api_calls - before;
        server.stop().await;
        (proved.unwrap(), calls)
    }
}

/// Gives the user more than it should have: sets, memberships, shares, a wider default, levels on its own accounts.
fn spoil(after: &mut Company, user: usize, role: usize, raw: &[u8]) {
    if raw[1].is_multiple_of(3) {
        for set in 0..after.sets.len() {
            after.users[user].sets.push(set);
        }
    }
    let object = OBJECTS[usize::from(raw[2]) % OBJECTS.len()];
    if raw[3].is_multiple_of(4) {
        let profile = after.users[user].profile;
        let rights = after.profiles[profile].objects.get_mut(&object).unwrap();
        rights.view_all = true;
        rights.modify_all = raw[3].is_multiple_of(8);
    }
    for (number, group) in after.groups.iter_mut().enumerate() {
        if raw[4] >> (number % 8) & 1 == 1 && !group.members.contains(&Party::User(user)) {
            group.members.push(Party::User(user));
        }
    }
    let alone = [Object::Lead, Object::Thing];
    let open = alone.get(usize::from(raw[5]) % 6);
    if let Some(open) = open {
        after.defaults.insert(*open, Model::Read);
    }
    if raw[6].is_multiple_of(2) {
        let role = &mut after.roles[role];
        (role.contacts, role.opportunities, role.cases) = (Level::Edit, Level::Read, Level::Edit);
    }
    for (number, record) in after.records.clone().iter().enumerate() {
        let chance = usize::from(raw[7]) + number * usize::from(raw[8] | 1);
        let can_have =
            OBJECTS.contains(&record.object) && after.defaults[&record.object] == Model::Private;
        if record.object == Object::Account && chance % 4 == 1 {
            after.records[number].owner = Some(Party::User(user));
        } else if can_have && chance % 3 == 0 {
            let groups = after.groups.len();
            let to = match (chance / 3) % 3 {
                0 if groups > 0 => Party::Group(chance % groups),
                1 => Party::Role(role),
                _ => Party::User(user),
            };
            let twice = |share: &Share| share.record == number && share.to == to;
            if !after.shares.iter().any(twice) {
                after.shares.push(Share {
                    record: number,
                    to,
                    level: Level::Read,
                    children: Children {
                        contacts: Level::Read,
                        opportunities: Level::None,
                        cases: Level::Read,
                    },
                });
            }
        }
    }
}

/// What was judged, by kind of cause, and what was left out as not certain.
#[derive(Default)]
struct Count {
    kinds: BTreeMap<&'static str, u64>,
    leaks: u64,
    sets: u64,
    /// Sets that are told to be the smallest.
    fewest: u64,
    not_certain: u64,
    mends: u64,
    tried: u64,
}

/// Each cause by itself, and all of them together.
fn judge_causes(
    judged: &Judged<'_>,
    access: &Access,
    leak: &Mismatch,
    count: &mut Count,
) -> Result<(), String> {
    count.leaks += 1;
    let named: Vec<Intervention> = leak.causes.iter().map(Intervention::of_cause).collect();
    let case = || format!("{} {leak:#?}", access.object);
    if leak.causes.iter().any(|cause| !cause.certain) {
        count.not_certain += 1;
        return Ok(());
    }
    if !judged.sees(&[], access, leak) {
        return Err(format!("it is no leak: {}", case()));
    }
    if judged.sees(&named, access, leak) {
        return Err(format!("a cause is missing: {}", case()));
    }
    for left in 0..named.len() {
        let mut others = named.clone();
        others.remove(left);
        if !judged.sees(&others, access, leak) {
            return Err(format!("{:?} is no cause: {}", leak.causes[left], case()));
        }
        *count.kinds.entry(leak.causes[left].kind).or_default() += 1;
    }
    Ok(())
}

/// All mends together close every leak, and no smaller set of changes does.
fn judge_mends(judged: &Judged<'_>, proved: &[Access], count: &mut Count) -> Result<(), String> {
    let all = || {
        proved
            .iter()
            .flat_map(|access| access.leaks.iter().map(move |leak| (access, leak)))
    };
    let certain = all().all(|(_, leak)| leak.causes.iter().all(|cause| cause.certain));
    let whole = proved.iter().all(|access| access.leaks_without_mend == 0);
    // What brings an account along need not be among the records that were compared.
    let along = all().any(|(_, leak)| {
        leak.causes
            .iter()
            .any(|cause| cause.kind == "implicit_parent")
    });
    if all().next().is_none() || !certain || !whole || along {
        return Ok(());
    }
    count.sets += 1;
    let mends: BTreeMap<String, &Mend> = proved
        .iter()
        .flat_map(|access| &access.mends)
        .map(|mend| (mend.change.clone(), mend))
        .collect();
    let set: BTreeSet<Intervention> = proved
        .iter()
        .flat_map(|access| access.mends.iter().map(move |mend| (access, mend)))
        .flat_map(|(access, mend)| Intervention::of_mend(&access.object, mend))
        .collect();
    let chosen: Vec<Intervention> = set.into_iter().collect();
    let closes =
        |chosen: &[Intervention]| all().all(|(access, leak)| !judged.sees(chosen, access, leak));
    if !closes(&chosen) {
        let mut open = all().filter(|(access, leak)| judged.sees(&chosen, access, leak));
        let open = open.next().map(|(access, leak)| (&access.object, leak));
        return Err(format!("{chosen:?} leaves a leak open: {open:#?}"));
    }
    count.mends += chosen.len() as u64;
    // Where the program says itself that a smaller set may do, it claims nothing.
    if !proved.iter().all(|access| access.mends_are_fewest) {
        return Ok(());
    }
    count.fewest += 1;
    let possible = judged.possible();
    let fewer = chosen.len() - 1;
    for smaller in interventions::choices(possible.len(), fewer, MOST_TRIED) {
        let smaller: Vec<Intervention> = smaller
            .iter()
            .map(|place| possible[*place].clone())
            .collect();
        count.tried += 1;
        if closes(&smaller) {
            return Err(format!("{smaller:?} is enough: {mends:#?}"));
        }
    }
    Ok(())
}

fn judge(company: &(Company, Wish), raw: &[u8], count: &mut Count) -> Result<(), String> {
    let leaking = Leaking::of(company, raw);
    let proved = run(leaking.proved());
    let judged = Judged::new(&leaking.org, &leaking.user);
    let told = |wrong: String| format!("{wrong}\n{}\n{:?}", leaking.manifest, company.0);
    for access in &proved {
        for leak in access.leaks.iter().take(LOOKED_AT) {
            judge_causes(&judged, access, leak, count).map_err(told)?;
        }
    }
    judge_mends(&judged, &proved, count).map_err(told)
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn what_is_named_opens_it_and_nothing_else_does(
        company in wishes(company()),
        raw in prop::collection::vec(any::<u8>(), 9),
    ) {
        if let Err(wrong) = judge(&company, &raw, &mut Count::default()) {
            prop_assert!(false, "{wrong}");
        }
    }
}

/// A law over no leaks would hold for anything. Few companies may chance to show little: then more of them are looked at.
#[test]
fn every_kind_of_cause_is_judged() {
    let mut count = Count::default();
    let cases = testing::cases(16);
    let drawn = super::drawn((wishes(company()), prop::collection::vec(any::<u8>(), 9)));
    for (case, (company, raw)) in (0..cases * 8).zip(drawn) {
        if case >= cases && count.shows(u64::from(cases)) {
            break;
        }
        judge(&company, &raw, &mut count).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    let told = writeln!(
        std::io::stderr(),
        "{} leaks, {} of them not certain; causes {:?}; {} sets of {} mends, {} told to be the smallest, {} smaller ones tried",
        count.leaks,
        count.not_certain,
        count.kinds,
        count.sets,
        count.mends,
        count.fewest,
        count.tried
    );
    told.unwrap();
    for kind in interventions::KINDS.iter().filter(|_| cases >= 200) {
        let judged = count.kinds.get(kind).copied().unwrap_or_default();
        assert!(judged >= 20, "{kind}: {judged}");
    }
    assert!(count.shows(u64::from(cases)), "too little to judge by");
    assert!(count.not_certain * 10 < count.leaks);
}

impl Count {
    /// Whether so many companies have shown enough to judge by.
    fn shows(&self, cases: u64) -> bool {
        self.leaks > cases
            && self.sets * 10 > cases
            && self.fewest * 20 > cases
            && self.tried > cases
            && self.not_certain * 10 < self.leaks
    }
}
