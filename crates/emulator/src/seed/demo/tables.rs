//! Tables of the demo org: made when first looked at, each on its own, and of any size.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use super::dice::Dice;
use super::growth;
use super::objects::PARTNER_DEAL;
use super::records::*;
use crate::store::{Press, Scale, Seeded, Shared, Table, numbered};

/// No record has a greater number than this.
pub(super) const LAST_NUMBER: u64 = 10_000;

/// Key prefix of the demo org's own object: the first custom object's.
const DEAL_PREFIX: &str = "a00";

/// Every table, made when first looked at.
pub(super) static TABLES: [(&str, &LazyLock<Table>); 7] = [
    ("Lead", &LEAD_TABLE),
    ("Contact", &CONTACT_TABLE),
    ("Account", &ACCOUNT_TABLE),
    ("Opportunity", &OPPORTUNITY_TABLE),
    ("Case", &CASE_TABLE),
    ("Campaign", &CAMPAIGN_TABLE),
    (PARTNER_DEAL, &DEAL_TABLE),
];

static ACCOUNT_TABLE: LazyLock<Table> = LazyLock::new(|| table("001", ACCOUNTS, account));
static CAMPAIGN_TABLE: LazyLock<Table> = LazyLock::new(|| table("701", CAMPAIGNS, campaign));
static CASE_TABLE: LazyLock<Table> = LazyLock::new(|| table("500", CASES, case));
static CONTACT_TABLE: LazyLock<Table> = LazyLock::new(|| table("003", CONTACTS, contact));
static LEAD_TABLE: LazyLock<Table> = LazyLock::new(|| table("00Q", LEADS, lead));
static OPPORTUNITY_TABLE: LazyLock<Table> =
    LazyLock::new(|| table("006", OPPORTUNITIES, opportunity));
static DEAL_TABLE: LazyLock<Table> = LazyLock::new(|| table(DEAL_PREFIX, DEALS, deal));

/// Tables of leads that somebody asked to be larger, by how many leads and users there are. Like the others they live
/// as long as the program.
static GROWN_LEADS: Mutex<BTreeMap<(u64, u64), Seeded<Table>>> = Mutex::new(BTreeMap::new());

/// The records of an object in a demo org of this size.
pub(super) fn of(object: &str, scale: Scale) -> Option<Shared<Table>> {
    if object == "Lead" && scale.leads > LEADS {
        return Some(Shared::Seeded(grown_leads(scale)));
    }
    let found = TABLES.iter().find(|(name, _)| *name == object);
    found.map(|(_, table)| Shared::Seeded(*table))
}

fn grown_leads(scale: Scale) -> Seeded<Table> {
    let mut made = GROWN_LEADS.lock().unwrap_or_else(PoisonError::into_inner);
    *made.entry((scale.leads, scale.users)).or_insert_with(|| {
        let make = move |number, dice: &mut Dice| {
            let mut fields = lead(number, dice);
            if number > LEADS {
                growth::hand_over(number, scale, &mut fields);
            }
            fields
        };
        Box::leak(Box::new(LazyLock::new(move || {
            table("00Q", scale.leads, make)
        })))
    })
}

/// Fewer records than this are not worth a thread.
const WORTH_A_THREAD: u64 = 8192;

/// The records 1 to `count`, made on as many threads as the machine has use for.
fn table(prefix: &str, count: u64, make: impl Fn(u64, &mut Dice) -> Fields + Sync) -> Table {
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let share = count.div_ceil(threads).max(WORTH_A_THREAD);
    let some = |first: u64| records(prefix, first..(first + share).min(count + 1), &make);
    if share >= count {
        return some(1);
    }
    thread::scope(|scope| {
        let firsts = (1..=count).step_by(usize::try_from(share).unwrap_or(usize::MAX));
        let started: Vec<_> = firsts
            .map(|first| scope.spawn(move || some(first)))
            .collect();
        let mut whole = Table::default();
        for part in started {
            // A thread ends early only where memory does, and then nothing helps.
            whole.append(part.join().unwrap_or_default());
        }
        whole
    })
}

/// The records of these numbers, which share equal values with each other.
fn records(prefix: &str, numbers: Range<u64>, make: &impl Fn(u64, &mut Dice) -> Fields) -> Table {
    let kind = prefix
        .bytes()
        .fold(0, |kind, byte| kind * 128 + u64::from(byte));
    let mut order = Vec::new();
    let mut press = Press::default();
    let record = |number: u64| {
        let mut dice = Dice::of(kind, number);
        let mut fields = make(number, &mut dice);
        fields.extend(system_fields(&mut dice));
        if order.is_empty() {
            order = alphabetical(&fields);
        }
        let sorted = order
            .iter()
            .map(|place| std::mem::take(&mut fields[*place]));
        let row = press.row(sorted.filter(|(_, value)| !value.is_null()));
        (numbered(prefix, number), row)
    };
    numbers.map(record).collect()
}

/// Places of the fields in alphabetical order: the same for each record of a table, so it is worked out once.
fn alphabetical(fields: &Fields) -> Vec<usize> {
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by_key(|place| fields[*place].0);
    order
}
