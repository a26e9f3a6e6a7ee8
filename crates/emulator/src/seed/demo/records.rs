//! Records of the demo org, one by one. They refer to each other by number.

use serde_json::Value;

use super::super::standard;
use super::dice::{Dice, WORDS};
use super::people;
use crate::store::{Id, numbered};

pub(super) const LEADS: u64 = 2000;
pub(super) const CONTACTS: u64 = 1500;
pub(super) const ACCOUNTS: u64 = 400;
pub(super) const OPPORTUNITIES: u64 = 300;
pub(super) const CASES: u64 = 200;
pub(super) const CAMPAIGNS: u64 = 12;
pub(super) const DEALS: u64 = 60;

/// Field and value; null is left out.
pub(super) type Fields = Vec<(&'static str, Value)>;

pub(super) fn system_fields(dice: &mut Dice) -> Fields {
    let (month, day) = (1 + dice.below(12), 1 + dice.below(28));
    let (hour, minute, second) = (7 + dice.below(11), dice.below(60), dice.below(60));
    let created: Value =
        format!("2025-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000+0000").into();
    let administrator: Value = standard::user_id(1).into();
    vec![
        ("IsDeleted", false.into()),
        ("CreatedById", administrator.clone()),
        ("CreatedDate", created.clone()),
        ("LastModifiedById", administrator),
        ("LastModifiedDate", created.clone()),
        ("SystemModstamp", created),
    ]
}

/// Somebody made up, with the company they work for.
struct Contactable {
    first_name: &'static str,
    last_name: &'static str,
    email: Value,
    phone: String,
}

fn contactable(dice: &mut Dice, company: &str) -> Contactable {
    let (first_name, last_name) = (dice.pick(&WORDS.first_names), dice.pick(&WORDS.last_names));
    let email = match dice.below(100) {
        0..=9 => Value::Null,
        // What an import left behind: no address at all.
        10..=12 => dice
            .pick(&["unknown", "n/a", "ask reception", "none given"])
            .into(),
        _ => format!("{first_name}.{last_name}@{}", domain(company))
            .to_lowercase()
            .into(),
    };
    Contactable {
        first_name,
        last_name,
        email,
        phone: phone(dice),
    }
}

fn phone(dice: &mut Dice) -> String {
    format!("+1 555 01{:02} {:04}", dice.below(100), dice.below(10_000))
}

fn company(dice: &mut Dice) -> String {
    let (name, trade) = (
        dice.pick(&WORDS.company_names),
        dice.pick(&WORDS.company_trades),
    );
    format!("{name} {trade} {}", dice.pick(&WORDS.company_forms))
}

/// A domain that can never exist (RFC 2606).
fn domain(company: &str) -> String {
    let name = company.split(' ').take(2).collect::<Vec<_>>().join("-");
    format!("{}.example", name.to_lowercase())
}

/// City, state, country.
fn place(dice: &mut Dice) -> [Value; 3] {
    let mut parts = dice.pick(&WORDS.cities).split('/').map(Value::from);
    [(); 3].map(|()| parts.next().unwrap_or_default())
}

fn seller(dice: &mut Dice) -> Id {
    let owners = &people::OWNERS;
    let place = usize::try_from(dice.below(owners.len() as u64)).unwrap_or_default();
    owners.get(place).cloned().unwrap_or_default()
}

fn full_name(person: &Contactable) -> Value {
    format!("{} {}", person.first_name, person.last_name).into()
}

const INDUSTRIES: [&str; 6] = [
    "Manufacturing",
    "Energy",
    "Engineering",
    "Agriculture",
    "Retail",
    "Technology",
];

const LEAD_SOURCES: [&str; 7] = [
    "Web",
    "Web",
    "Web",
    "Purchased List",
    "Partner Referral",
    "Phone Inquiry",
    "Other",
];

const LEAD_STATUSES: [&str; 4] = [
    "Open - Not Contacted",
    "Open - Not Contacted",
    "Working - Contacted",
    "Closed - Not Converted",
];

/// Null, in one of `count` cases.
fn now_and_then_null(dice: &mut Dice, count: u64, value: fn(&mut Dice) -> Value) -> Value {
    if dice.one_in(count) {
        Value::Null
    } else {
        value(dice)
    }
}

fn title(dice: &mut Dice) -> Value {
    dice.pick(&WORDS.titles).into()
}

pub(super) fn lead(_: u64, dice: &mut Dice) -> Fields {
    let company = company(dice);
    let person = contactable(dice, &company);
    let [city, state, country] = place(dice);
    let owner = if dice.one_in(11) {
        people::lead_queue()
    } else {
        seller(dice)
    };
    vec![
        ("FirstName", person.first_name.into()),
        ("LastName", person.last_name.into()),
        ("Name", full_name(&person)),
        ("Email", person.email),
        ("Phone", person.phone.into()),
        ("Company", company.into()),
        ("Title", now_and_then_null(dice, 4, title)),
        ("City", city),
        ("State", state),
        ("Country", country),
        ("LeadSource", dice.pick(&LEAD_SOURCES).into()),
        ("Status", dice.pick(&LEAD_STATUSES).into()),
        ("Industry", dice.pick(&INDUSTRIES).into()),
        (
            "NumberOfEmployees",
            now_and_then_null(dice, 3, |dice| (1 + dice.below(900)).into()),
        ),
        ("Score__c", dice.below(101).into()),
        ("Sync_to_HubSpot__c", dice.one_in(6).into()),
        ("IsConverted", false.into()),
        ("IsUnreadByOwner", dice.one_in(2).into()),
        ("OwnerId", owner.into()),
    ]
}

/// The dice of an account, as others that refer to it need them.
fn account_dice(number: u64) -> Dice {
    Dice::of(u64::from(b'A'), number)
}

fn account_name(number: u64) -> String {
    company(&mut account_dice(number))
}

fn account_owner(number: u64) -> Id {
    seller(&mut Dice::of(u64::from(b'O'), number))
}

/// A number of an account: the first few have many children.
fn some_account(dice: &mut Dice) -> u64 {
    let bound = 1 + dice.below(ACCOUNTS);
    1 + dice.below(bound)
}

pub(super) fn account(number: u64, dice: &mut Dice) -> Fields {
    let name = account_name(number);
    let [city, state, country] = place(dice);
    vec![
        ("Website", format!("https://www.{}", domain(&name)).into()),
        ("Name", name.into()),
        (
            "Type",
            dice.pick(&[
                "Prospect",
                "Customer - Direct",
                "Customer - Channel",
                "Other",
            ])
            .into(),
        ),
        ("Industry", dice.pick(&INDUSTRIES).into()),
        ("Phone", phone(dice).into()),
        (
            "BillingStreet",
            format!("{} {}", 1 + dice.below(199), dice.pick(&WORDS.streets)).into(),
        ),
        ("BillingCity", city),
        ("BillingState", state),
        ("BillingCountry", country),
        ("NumberOfEmployees", (5 + dice.below(4000)).into()),
        ("AnnualRevenue", (dice.below(900) * 100_000).into()),
        (
            "Tier__c",
            dice.pick(&["Gold", "Silver", "Bronze", "Bronze"]).into(),
        ),
        ("OwnerId", account_owner(number).into()),
    ]
}

pub(super) fn contact(number: u64, dice: &mut Dice) -> Fields {
    let account = some_account(dice);
    // Without an account a contact is private to its owner.
    let parentless = number % 25 == 7;
    let person = contactable(dice, &account_name(account));
    let [city, state, country] = place(dice);
    let owner = if dice.one_in(3) {
        seller(dice)
    } else {
        account_owner(account)
    };
    vec![
        (
            "AccountId",
            if parentless {
                Value::Null
            } else {
                numbered("001", account).into()
            },
        ),
        ("FirstName", person.first_name.into()),
        ("LastName", person.last_name.into()),
        ("Name", full_name(&person)),
        ("Email", person.email),
        ("Phone", person.phone.into()),
        ("Title", now_and_then_null(dice, 4, title)),
        (
            "Department",
            dice.pick(&["Operations", "Marketing", "Finance", "Purchasing"])
                .into(),
        ),
        (
            "LeadSource",
            dice.pick(&["Web", "Web", "Purchased List", "Partner Referral", "Other"])
                .into(),
        ),
        ("MailingCity", city),
        ("MailingState", state),
        ("MailingCountry", country),
        ("Sync_to_HubSpot__c", dice.one_in(6).into()),
        ("HasOptedOutOfEmail", dice.one_in(20).into()),
        ("HasOptedOutOfFax", false.into()),
        ("DoNotCall", dice.one_in(30).into()),
        ("IsEmailBounced", false.into()),
        ("OwnerId", owner.into()),
    ]
}

pub(super) fn opportunity(_: u64, dice: &mut Dice) -> Fields {
    const STAGES: [(&str, u64, &str); 5] = [
        ("Prospecting", 10, "Pipeline"),
        ("Value Proposition", 50, "Pipeline"),
        ("Negotiation/Review", 90, "Pipeline"),
        ("Closed Won", 100, "Closed"),
        ("Closed Lost", 0, "Omitted"),
    ];
    let account = some_account(dice);
    let stage = usize::try_from(dice.below(STAGES.len() as u64)).unwrap_or_default();
    let (stage, probability, forecast) = STAGES[stage];
    vec![
        ("AccountId", numbered("001", account).into()),
        (
            "Name",
            format!(
                "{} - {}",
                account_name(account),
                dice.pick(&["Rooftop", "Field", "Offshore", "Service"])
            )
            .into(),
        ),
        ("StageName", stage.into()),
        ("Probability", probability.into()),
        ("ForecastCategory", forecast.into()),
        ("ForecastCategoryName", forecast.into()),
        ("HasOpportunityLineItem", false.into()),
        ("IsClosed", stage.starts_with("Closed").into()),
        ("IsWon", (stage == "Closed Won").into()),
        ("IsPrivate", false.into()),
        ("Amount", (1000 + dice.below(250) * 500).into()),
        (
            "CloseDate",
            format!("2026-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28)).into(),
        ),
        (
            "OwnerId",
            if dice.one_in(4) {
                seller(dice)
            } else {
                account_owner(account)
            }
            .into(),
        ),
    ]
}

pub(super) fn case(number: u64, dice: &mut Dice) -> Fields {
    let agents = people::in_role("Service_Desk");
    let agent = usize::try_from(dice.below(agents.len() as u64))
        .ok()
        .and_then(|place| agents.get(place))
        .cloned();
    let closed = dice.one_in(2);
    vec![
        ("CaseNumber", format!("{:08}", 1000 + number).into()),
        ("AccountId", numbered("001", some_account(dice)).into()),
        (
            "Subject",
            dice.pick(&[
                "Rotor noise",
                "Invoice question",
                "Blade inspection",
                "Access to the portal",
                "Spare parts",
            ])
            .into(),
        ),
        (
            "Status",
            if closed {
                "Closed"
            } else {
                dice.pick(&["New", "Working", "Escalated"])
            }
            .into(),
        ),
        ("IsClosed", closed.into()),
        ("IsEscalated", false.into()),
        (
            "Priority",
            dice.pick(&["High", "Medium", "Medium", "Low"]).into(),
        ),
        ("Origin", dice.pick(&["Email", "Phone", "Web"]).into()),
        ("OwnerId", agent.unwrap_or_default().into()),
    ]
}

pub(super) fn campaign(number: u64, dice: &mut Dice) -> Fields {
    let kind = dice.pick(&["Webinar", "Trade Show", "Email", "Conference"]);
    vec![
        ("Name", format!("{kind} {number} of 2025").into()),
        ("Type", kind.into()),
        (
            "Status",
            dice.pick(&["Planned", "In Progress", "Completed"]).into(),
        ),
        ("IsActive", dice.one_in(2).into()),
        ("StartDate", format!("2025-{number:02}-01").into()),
        (
            "OwnerId",
            people::in_role("Demand_Generation")
                .first()
                .cloned()
                .unwrap_or_default()
                .into(),
        ),
    ]
}

pub(super) fn deal(number: u64, dice: &mut Dice) -> Fields {
    let account = some_account(dice);
    let managers = people::in_role("Channel_Sales");
    let manager = usize::try_from(dice.below(managers.len() as u64))
        .ok()
        .and_then(|place| managers.get(place))
        .cloned();
    vec![
        (
            "Name",
            format!("PD-{number:04} {}", account_name(account)).into(),
        ),
        ("Account__c", numbered("001", account).into()),
        ("Region__c", dice.pick(&["North", "South"]).into()),
        ("Value__c", (dice.below(400) * 250).into()),
        (
            "OwnerId",
            if dice.one_in(3) {
                seller(dice)
            } else {
                manager.unwrap_or_default()
            }
            .into(),
        ),
    ]
}
