//! Words about what users can see and do that every report shares.

use crate::access::SetStanding;
use crate::inventory::{
    Inventory, LogInFacts, MfaClass, ObjectInventory, PermissionInventory, UserInventory,
};
use crate::live::{Known, ObjectRights};
use crate::power::Tier;
use crate::tally::Tally;

/// What is shown of an unknown number or fact.
pub(super) const NOT_KNOWN: &str = "not known";

/// `read, create, edit`; `view_all` and `modify_all` as machines read them.
pub(super) fn allowed(rights: ObjectRights) -> Vec<&'static str> {
    let words = [
        (rights.read, "read"),
        (rights.create, "create"),
        (rights.edit, "edit"),
        (rights.delete, "delete"),
    ];
    let held = words.into_iter().filter(|(held, _)| *held);
    held.map(|(_, word)| word).collect()
}

/// The rights on one line: `read create edit delete, Modify All`.
pub(super) fn rights_words(rights: ObjectRights) -> String {
    let all = match (rights.modify_all, rights.view_all) {
        (true, _) => ", Modify All",
        (false, true) => ", View All",
        (false, false) => "",
    };
    let allowed = allowed(rights).join(" ");
    if allowed.is_empty() {
        return "nothing".to_owned();
    }
    format!("{allowed}{all}")
}

/// How a set stands, where that is not simply in force.
pub(super) fn standing_words(standing: &SetStanding) -> Option<String> {
    match standing {
        SetStanding::InForce => None,
        SetStanding::OnlyActivated => Some("only in an activated session".to_owned()),
        SetStanding::Over(Some(day)) => Some(format!("over since {day}, counts no more")),
        SetStanding::Over(None) => Some("not active, does not count".to_owned()),
        SetStanding::TakenBack => {
            Some("taken back by a user access policy, does not count".to_owned())
        }
    }
}

/// The log-in, a fact each.
pub(super) fn log_in_words(facts: &LogInFacts) -> Vec<String> {
    let yes_no =
        |known: &Known<bool>, yes: &str, no: &str, what: &str| match known.as_ref().learnt() {
            Some(true) => yes.to_owned(),
            Some(false) => no.to_owned(),
            None => format!("{what} is not known"),
        };
    let active = if facts.active {
        "active"
    } else {
        "inactive: it cannot log in"
    };
    let ranges = match facts.ip_ranges.as_ref().learnt() {
        Some(ranges) if ranges.is_empty() => "from any address".to_owned(),
        Some(ranges) => format!("from {} only", ranges.join(", ")),
        None => "from which addresses is not known".to_owned(),
    };
    let last = match facts.last.as_ref().learnt() {
        Some(Some(moment)) => format!("last log-in {}", moment.get(..10).unwrap_or(moment)),
        Some(None) => "no log-in yet".to_owned(),
        None => "last log-in is not known".to_owned(),
    };
    vec![
        active.to_owned(),
        yes_no(
            &facts.frozen,
            "frozen",
            "not frozen",
            "whether it is frozen",
        ),
        yes_no(
            &facts.api_only,
            "API only",
            "API and pages",
            "whether it is API only",
        ),
        ranges,
        yes_no(
            &facts.hours,
            "at some hours only",
            "at any hour",
            "at which hours",
        ),
        last,
        mfa_words(&facts.mfa).to_owned(),
    ]
}

/// What a person who logs in as the user has to show.
pub(super) fn mfa_words(mfa: &Known<MfaClass>) -> &'static str {
    match mfa.as_ref().learnt() {
        Some(MfaClass::PhishingResistant) => "a person needs a passkey or security key",
        Some(MfaClass::Ordinary) => "a person needs any second factor",
        None => "which second factor a person needs is not known",
    }
}

/// The permissions of each tier that has some.
pub(super) fn by_tier(
    permissions: &[PermissionInventory],
) -> impl Iterator<Item = (Tier, Vec<&PermissionInventory>)> {
    Tier::ALL.into_iter().filter_map(|tier| {
        let of_tier: Vec<_> = permissions
            .iter()
            .filter(|held| held.tier == tier)
            .collect();
        (!of_tier.is_empty()).then_some((tier, of_tier))
    })
}

/// Objects in the order of a report: those with the most readable records first.
pub(super) fn worst_first(objects: &[ObjectInventory]) -> Vec<&ObjectInventory> {
    let mut objects: Vec<&ObjectInventory> = objects.iter().collect();
    objects.sort_by(|one, other| {
        let size = |object: &ObjectInventory| {
            object
                .readable
                .at_least()
                .max(object.readable.at_most().unwrap_or(0))
        };
        let order = size(other).cmp(&size(one));
        order.then_with(|| one.object.cmp(&other.object))
    });
    objects
}

/// A number as far as it is known.
pub(super) fn tally_words(tally: &Tally) -> String {
    super::tally(tally)
}

/// Whether anything is known of the object's records.
pub(super) fn is_counted(object: &ObjectInventory) -> bool {
    object.records.unknown().is_none()
}

/// What is not known of a user, by the key of the report for machines: why.
pub(super) fn unknown(user: &UserInventory) -> Vec<(&'static str, String)> {
    let log_in = &user.log_in;
    let reasons = [
        ("licence", user.licence.why_unknown()),
        ("sets", user.sets_unknown.clone()),
        ("objects", user.objects.why_unknown()),
        ("permissions", user.permissions.why_unknown()),
        ("escalation_paths", user.escalations.why_unknown()),
        ("login.frozen", log_in.frozen.why_unknown()),
        ("login.api_only", log_in.api_only.why_unknown()),
        ("login.mfa", log_in.mfa.why_unknown()),
        ("login.ip_ranges", log_in.ip_ranges.why_unknown()),
        ("login.hours", log_in.hours.why_unknown()),
        ("login.last", log_in.last.why_unknown()),
        ("fields", fields_unknown(user)),
    ];
    let reasons = reasons.into_iter();
    reasons.filter_map(|(key, why)| Some((key, why?))).collect()
}

/// What is not asked of any user, though it may give rights, by the key of the report for machines.
pub(super) const NOT_ASKED: [(&str, &str); 3] = [
    (
        "delegated_administration",
        "nobody asked the org who administers others by delegation",
    ),
    (
        "view_all_fields",
        "fields are counted by field permissions: View All Fields, of an object or global, lets read every one",
    ),
    (
        "set_licences",
        "what a permission set licence grants by itself, its documentation does not say for certain",
    ),
];

fn fields_unknown(user: &UserInventory) -> Option<String> {
    let objects = user.objects.as_ref().learnt()?;
    objects
        .iter()
        .find_map(|object| object.readable_fields.why_unknown())
}

/// How many requests the inventory took, and of how many users it is.
pub(super) fn size_words(inventory: &Inventory) -> String {
    use crate::count::count;
    format!(
        "{}, {}",
        count(inventory.users.len() as u64, "user"),
        count(inventory.requests, "request")
    )
}
