//! How many records of each object users can read and edit: by law where a right or the default decides, else as the org
//! says of each record, up to a bounded number.

use super::{AskedUsers, ObjectInventory, ReaderSight, UserInventory};
use crate::access::{is_name, without_account};
use crate::count::number;
use crate::laws::Level;
use crate::live::{Known, Live, LiveUser, Need, Refused, short_id, tells_default_of};
use crate::observe::ask_org;
use crate::org::{OrgError, Reader};
use crate::tally::Tally;
use crate::verify::granted::granted_to;
use std::collections::{BTreeMap, BTreeSet};

/// Objects whose records are counted, where nobody names others.
const MOST_COUNTED: usize = 14;

/// Records that the org is asked about one by one, for each user.
const MOST_ASKED: u64 = 5_000;

/// What business is made of: counted first.
const FIRST: [&str; 9] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
    "Contract",
    "Order",
    "Asset",
];

/// Counts, and asks about what no law decides.
///
/// # Errors
/// What the org or the way to it made impossible; a refusal is an answer.
pub(super) async fn count(
    users: &mut [UserInventory],
    subjects: &[LiveUser],
    asked: &AskedUsers,
    sight: &ReaderSight,
    live: &mut Live,
    reader: &Reader,
) -> Result<(), OrgError> {
    let objects = counted_objects(users, asked);
    let counts = objects.iter().flat_map(|object| {
        let lone = (object == "Contact").then(without_account);
        [
            Need::population(object),
            Need::DefaultInForce(object.clone()),
        ]
        .into_iter()
        .chain(lone)
    });
    ask_org(counts.collect(), reader, live).await?;
    let what = "how many records there are";
    let hidden = sight.hides(what, &["ViewAllData", "ModifyAllData"], "View All Data");
    for user in users.iter_mut() {
        let is_internal = user.log_in.is_internal();
        if let Known::Is(held) = &mut user.objects {
            for object in held {
                by_law(object, is_internal, &objects, hidden.as_ref(), live);
            }
        }
        if !user.log_in.active {
            sees_nothing(user);
        }
    }
    if hidden.is_none() {
        one_by_one(users, subjects, live, reader).await?;
    }
    Ok(())
}

/// The objects that are named, else those of business and of one's own making, as far as anybody has a right on them.
fn counted_objects(users: &[UserInventory], asked: &AskedUsers) -> BTreeSet<String> {
    if !asked.objects.is_empty() {
        return asked
            .objects
            .iter()
            .filter(|name| is_name(name))
            .cloned()
            .collect();
    }
    let held = users
        .iter()
        .filter_map(|user| user.objects.as_ref().learnt());
    let held: BTreeSet<&str> = held
        .flatten()
        .map(|object| object.object.as_str())
        .collect();
    let first = FIRST.into_iter().filter(|name| held.contains(name));
    let own = held.iter().filter(|name| name.ends_with("__c")).copied();
    first
        .chain(own)
        .take(MOST_COUNTED)
        .map(str::to_owned)
        .collect()
}

/// Who is inactive sees nothing; what it would see, were it active, the org says of no record.
fn sees_nothing(user: &mut UserInventory) {
    let Known::Is(objects) = &mut user.objects else {
        return;
    };
    for object in objects {
        object.readable = Tally::Exactly(0);
        object.editable = Tally::Exactly(0);
    }
}

/// What rights and the default in force decide by themselves. The default of users from outside is another, and the org
/// says of each record what they see.
fn by_law(
    object: &mut ObjectInventory,
    is_internal: bool,
    counted: &BTreeSet<String>,
    hidden: Option<&Refused>,
    live: &Live,
) {
    let (read, edit) = (object.held.rights.read, object.held.rights.edit);
    let unknown = |why: String| Tally::Unknown(why);
    object.records = match (counted.contains(&object.object), hidden) {
        (false, _) => unknown(format!(
            "records of {} objects are counted: name this one with --object",
            number(MOST_COUNTED as u64)
        )),
        (true, Some(refused)) => unknown(refused.to_string()),
        (true, None) => live.population(&object.object).into(),
    };
    // Of these the organization's row alone tells the truth: an object's definition may show another default.
    let by_row = tells_default_of(&object.object);
    let is_told = !by_row || live.organization().learnt().is_some();
    let default = live.default_in_force(&object.object);
    let default = default.filter(|_| is_internal && is_told);
    let level = default.and_then(Level::of_default);
    let open = opened_by_default(object, live);
    let decided = |right: bool, all: bool, needed: Level| match (right, all, level) {
        (false, ..) => Tally::Exactly(0),
        (true, true, _) => object.records.clone(),
        (true, false, Some(level)) if level >= needed => open.clone(),
        (true, false, _) => match &object.records {
            Tally::Exactly(0) => Tally::Exactly(0),
            Tally::Unknown(why) => unknown(why.clone()),
            _ => unknown(not_asked()),
        },
    };
    let rights = object.held.rights;
    object.readable = decided(read, rights.view_all, Level::Read);
    object.editable = decided(edit, rights.modify_all, Level::Edit);
}

/// What a default opens of an object: not contacts without an account, which are their owners' alone, nor private
/// opportunities.
fn opened_by_default(object: &ObjectInventory, live: &Live) -> Tally {
    let all = || object.records.clone();
    let Some(records) = object.records.exactly() else {
        return all();
    };
    let at_least = match object.object.as_str() {
        "Contact" => {
            let lone = live.count(&without_account()).learnt();
            lone.map_or(0, |lone| records.saturating_sub(lone))
        }
        "Opportunity" => 0,
        _ => records,
    };
    match at_least == records {
        true => all(),
        false => Tally::Between {
            at_least,
            at_most: records,
        },
    }
}

fn not_asked() -> String {
    format!(
        "sharing decides it record by record, and the org is asked about {} of each user",
        number(MOST_ASKED)
    )
}

/// Asks the org about every record of the objects that no law decides, the smallest first.
async fn one_by_one(
    users: &mut [UserInventory],
    subjects: &[LiveUser],
    live: &mut Live,
    reader: &Reader,
) -> Result<(), OrgError> {
    let meant: Vec<Vec<String>> = users.iter().map(undecided).collect();
    let ids = |object: &str| Need::Records(object.to_owned(), BTreeSet::from(["Id".to_owned()]));
    let needs = meant.iter().flatten().map(|object| ids(object)).collect();
    ask_org(needs, reader, live).await?;
    for ((user, subject), objects) in users.iter_mut().zip(subjects).zip(meant) {
        let mut records: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for object in objects {
            let columns = BTreeSet::from(["Id".to_owned()]);
            if let Some(found) = live.records(&object, &columns).learnt() {
                let ids = found.iter().map(|record| record.id());
                records.insert(object, ids.collect());
            }
        }
        let all: Vec<&str> = records.values().flatten().copied().collect();
        if all.is_empty() {
            continue;
        }
        let granted = match granted_to(&subject.id, &all, reader).await {
            Ok(granted) => granted,
            Err(OrgError::Refused { refusal, .. }) => {
                set_each(user, &records, |_| {
                    let why = format!("the org refused to say: {refusal:?}");
                    (Tally::Unknown(why.clone()), Tally::Unknown(why))
                });
                continue;
            }
            Err(other) => return Err(other),
        };
        set_each(user, &records, |ids| {
            let of = |id: &&&str| granted.get(&short_id(id));
            let readable = ids.iter().filter(|id| of(id).is_some_and(|has| has.read));
            let editable = ids.iter().filter(|id| of(id).is_some_and(|has| has.edit));
            let tally = |count: usize| Tally::Exactly(count as u64);
            (tally(readable.count()), tally(editable.count()))
        });
    }
    Ok(())
}

/// Objects of which neither right nor default says how many are read or edited, as many as may be asked about.
fn undecided(user: &UserInventory) -> Vec<String> {
    let objects = user.objects.as_ref().learnt().into_iter().flatten();
    let open = objects.filter_map(|object| {
        let records = object.records.exactly().filter(|records| *records > 0)?;
        let is_open = object.readable.unknown().is_some() || object.editable.unknown().is_some();
        is_open.then_some((records, object.object.clone()))
    });
    let mut open: Vec<(u64, String)> = open.collect();
    open.sort();
    let mut left = MOST_ASKED;
    let within = open.into_iter().take_while(|(records, _)| {
        let fits = *records <= left;
        left = left.saturating_sub(*records);
        fits
    });
    within.map(|(_, object)| object).collect()
}

fn set_each(
    user: &mut UserInventory,
    records: &BTreeMap<String, Vec<&str>>,
    counts: impl Fn(&[&str]) -> (Tally, Tally),
) {
    let Known::Is(objects) = &mut user.objects else {
        return;
    };
    for object in objects {
        let Some(ids) = records.get(&object.object) else {
            continue;
        };
        let (readable, editable) = counts(ids);
        object.readable = readable;
        // Where the user may not edit the object at all, no record is editable, whatever sharing says.
        if object.held.rights.edit {
            object.editable = editable;
        }
    }
}
