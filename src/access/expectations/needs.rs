//! What has to be known of the records that a manifest names, and of whoever is to see them.

use crate::criteria::Criteria;
use crate::kinds::rule_criteria;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{
    ACCOUNT, ACCOUNTS_OWNER, FIRST_PAGE, HoldingNeed, Known, Live, LiveRecord, LiveUser, Need,
    PRIVATE, RecordNeed, SharingNeed, tells_default_of,
};
use crate::manifest::{AccessExpectation, Manifest, RecordsMeant, UserRef};
use crate::soql::{MOST_SELECTED, SelectionOfIds};
use std::collections::BTreeSet;

/// Ids that one query takes of what is told record by record (object reference, UserRecordAccess).
pub(super) const IDS_A_QUERY: usize = 200;
/// Pages of users that are worth reading.
const MOST_PAGES: u64 = 20;

/// What has to be known before anything is known of the org.
pub(in crate::access) fn needs(manifest: &Manifest) -> Vec<Need> {
    let spec = &manifest.spec;
    if spec.expect.is_empty() {
        return Vec::new();
    }
    let named = spec.expect.iter().filter_map(|one| match &one.user.value {
        UserRef::Named(name) => Some(name.as_str()),
        UserRef::This => None,
    });
    let named: BTreeSet<&str> = named.collect();
    let named = named.into_iter().flat_map(needs_of_user);
    let objects = spec
        .expect
        .iter()
        .filter_map(|one| match &one.records.value {
            RecordsMeant::Query(selection) => Some(selection.object.as_str()),
            RecordsMeant::Id(_) => None,
        });
    let objects: BTreeSet<&str> = objects.collect();
    let of_objects = objects.into_iter().flat_map(needs_of_object);
    named
        .chain(of_objects)
        .chain([Need::UsersByProfile])
        .collect()
}

/// Somebody else, and what makes void what it is assigned.
fn needs_of_user(name: &str) -> [Need; 3] {
    let assigned = [HoldingNeed::Assigned, HoldingNeed::Revoked];
    let [assigned, revoked] = assigned.map(|need| Need::Holding(need(name.to_lowercase())));
    [Need::User(name.to_owned()), assigned, revoked]
}

fn needs_of_object(object: &str) -> Vec<Need> {
    let name = || object.to_owned();
    let mut needs = vec![
        Need::Object(name()),
        Need::SharingRules(name()),
        Need::Grants(name()),
    ];
    needs.extend((!tells_default_of(object)).then(|| Need::DefaultInForce(name())));
    if CHILDREN_OF_ACCOUNTS.contains(&object) {
        let through = SharingNeed::RowsThroughAccounts(name());
        needs.extend([
            Need::SharingRules("Account".to_owned()),
            Need::Sharing(through),
        ]);
    }
    needs
}

/// What the answers show to be worth asking, wave by wave: which object an id is of, the records, then whom they are shared
/// with and what the org says of them.
pub(in crate::access) fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    let expectations = &manifest.spec.expect;
    let mut needs = Vec::new();
    if !expectations.is_empty() && is_few(live) {
        let people = [
            SharingNeed::People,
            SharingNeed::Groups,
            SharingNeed::Members,
        ];
        needs.extend(people.map(Need::Sharing));
    }
    for expectation in expectations {
        needs.extend(needs_of(expectation, manifest, live));
    }
    needs
}

fn needs_of(expectation: &AccessExpectation, manifest: &Manifest, live: &Live) -> Vec<Need> {
    let selection = match (&expectation.records.value, selection_of(expectation, live)) {
        (_, Some(selection)) => selection,
        (RecordsMeant::Id(id), None) => {
            let prefix = id.chars().take(3).collect();
            return vec![Need::Record(RecordNeed::ObjectOf(prefix))];
        }
        (RecordsMeant::Query(_), None) => return Vec::new(),
    };
    let object = selection.object.as_str();
    let mut needs = needs_of_object(object);
    if !needs.iter().all(|need| live.was_asked(need)) {
        return needs;
    }
    let records = need_of_records(&selection, manifest, live);
    if let Known::Is(found) = live.records_of(&records)
        && found.len() as u64 <= MOST_SELECTED
    {
        let user = user_of(expectation, manifest, live);
        for ids in chunks_of_ids(found) {
            let access = user.map(|user| RecordNeed::Access(user.id.clone(), ids.clone()));
            let shares = RecordNeed::Shares(object.to_owned(), ids);
            needs.extend(
                [Some(shares), access]
                    .into_iter()
                    .flatten()
                    .map(Need::Record),
            );
        }
    }
    needs.push(Need::Record(records));
    needs
}

fn is_few(live: &Live) -> bool {
    let users = live.users_by_profile();
    users
        .learnt()
        .is_some_and(|users| users.all() / FIRST_PAGE < MOST_PAGES)
}

pub(super) fn chunks_of_ids(records: &[LiveRecord]) -> impl Iterator<Item = Vec<String>> {
    let ids = |records: &[LiveRecord]| records.iter().map(|one| one.id().to_owned()).collect();
    records.chunks(IDS_A_QUERY).map(ids)
}

/// What is selected, where it is known which object that is of.
pub(super) fn selection_of(expectation: &AccessExpectation, live: &Live) -> Option<SelectionOfIds> {
    match &expectation.records.value {
        RecordsMeant::Query(selection) => Some(selection.clone()),
        RecordsMeant::Id(id) => {
            let object = live.object_of_id(id).learnt().flatten()?;
            Some(SelectionOfIds::of_id(object, id))
        }
    }
}

/// The records, with everything that decides over them.
pub(super) fn need_of_records(
    selection: &SelectionOfIds,
    manifest: &Manifest,
    live: &Live,
) -> RecordNeed {
    let object = selection.object.as_str();
    let has = |field: &str| live.field(object, field).is_some();
    let rules = live.rules(object);
    let of_rules = rules.filter_map(|rule| Criteria::of_element(rule.element));
    let wanted = manifest.spec.sharing_of(object).into_iter();
    let wanted = wanted.flat_map(|sharing| &sharing.rules);
    let of_wanted = wanted.map(|rule| rule_criteria(rule, object, manifest, live).0);
    let paths = of_rules
        .chain(of_wanted)
        .flat_map(|criteria| criteria.paths());
    let paths = paths.filter(|path| path.contains('.') || has(path));
    let mut columns: BTreeSet<String> = paths.collect();
    columns.insert("Id".to_owned());
    columns.extend(
        ["OwnerId", PRIVATE]
            .into_iter()
            .filter(|name| has(name))
            .map(str::to_owned),
    );
    if CHILDREN_OF_ACCOUNTS.contains(&object) {
        columns.extend([ACCOUNT, ACCOUNTS_OWNER].map(str::to_owned));
    }
    RecordNeed::Selected(selection.clone(), columns)
}

/// The user that is meant, where the org has it.
pub(super) fn user_of<'a>(
    expectation: &AccessExpectation,
    manifest: &Manifest,
    live: &'a Live,
) -> Option<&'a LiveUser> {
    match &expectation.user.value {
        UserRef::This => live.own_user(manifest),
        UserRef::Named(name) => live.user(name).found(),
    }
}
