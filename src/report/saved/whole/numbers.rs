//! Numbers of records and people out of a saved plan.

use serde_json::Value;
use std::collections::BTreeMap;

use super::{SavedPart, each, known as word, text_of};
use crate::access::{ByWay, Bypass, Fate, Losing, LosingRole, PersonSight, SightLost};
use crate::laws::{CHILDREN_OF_ACCOUNTS, Way};
use crate::live::{Known, Refused};
use crate::tally::Tally;

const CONTAINERS: [&str; 3] = ["profile", "permission_set", "permission_set_group"];
const RIGHTS: [&str; 4] = [
    "ModifyAllData",
    "ViewAllData",
    "ModifyAllRecords",
    "ViewAllRecords",
];
const WAYS: [Way; 10] = [
    Way::Permission,
    Way::Default,
    Way::Owned,
    Way::Below,
    Way::Queue,
    Way::Rule,
    Way::Row,
    Way::ParentOfGiven,
    Way::ChildOfOwned,
    Way::ControllingParent,
];

/// Why a number is not known.
pub(super) fn why(unknown: &Value, key: &str) -> Option<String> {
    unknown.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// A number as it was counted.
pub(super) fn tally(json: &Value, why: Option<String>) -> Tally {
    let bound = |key: &str| json.get(key).and_then(Value::as_u64);
    match (json.as_u64(), bound("at_least"), bound("at_most")) {
        (Some(exactly), ..) => Tally::Exactly(exactly),
        (None, Some(at_least), Some(at_most)) => Tally::Between { at_least, at_most },
        _ => Tally::Unknown(why.unwrap_or_else(|| "the saved plan does not say why".to_owned())),
    }
}

/// What was learnt; else the reason, in the words in which it was told.
pub(super) fn known<T>(
    json: &Value,
    key: &str,
    of: impl FnOnce(&Value) -> SavedPart<T>,
) -> SavedPart<Known<T>> {
    match &json[key] {
        Value::Null => Ok(Known::Refused(refused(&why(&json["unknown"], key)))),
        told => of(told).map(Known::Is),
    }
}

/// The refusal whose sentence this is.
fn refused(why: &Option<String>) -> Refused {
    let why = why.as_deref().unwrap_or("the org did not tell it");
    let bare = why
        .strip_prefix("the org did not tell ")
        .or_else(|| why.strip_prefix("the org refused to tell "));
    Refused::not_told(bare.unwrap_or(why).to_owned())
}

pub(super) fn by_way(json: &Value) -> SavedPart<ByWay> {
    let named = text_of(json, "way")?;
    let way = WAYS.into_iter().find(|way| way.word() == named);
    Ok(ByWay {
        way: way.ok_or_else(|| format!("there is no way `{named}`"))?,
        records: count(json, "records"),
        through: match json["through"].as_str() {
            Some(object) => Some(word(object, &CHILDREN_OF_ACCOUNTS)?),
            None => None,
        },
    })
}

pub(super) fn losing(json: &Value) -> SavedPart<Losing> {
    Ok(Losing {
        profile: text_of(json, "profile")?,
        users: count(json, "users"),
        roles: each(json, "roles", |role| {
            Ok(LosingRole {
                role: role["role"].as_str().map(str::to_owned),
                users: count(role, "users"),
                lose_everything: count(role, "lose_everything"),
                lose_part: count(role, "lose_part"),
                lose_nothing: count(role, "lose_nothing"),
                cannot_tell: count(role, "cannot_tell"),
                each: tally(&role["each"], None),
                records: tally(&role["records"], None),
            })
        })?,
    })
}

pub(super) fn sight_lost(json: &Value) -> SavedPart<SightLost> {
    let why_not = json["why_not"].as_object().into_iter().flatten();
    let why_not = why_not.map(|(why, people)| (why.clone(), people.as_u64().unwrap_or_default()));
    Ok(SightLost {
        lose_everything: count(json, "lose_everything"),
        lose_part: count(json, "lose_part"),
        lose_nothing: count(json, "lose_nothing"),
        cannot_tell: count(json, "cannot_tell"),
        records: tally(&json["records"], None),
        why_not: why_not.collect::<BTreeMap<String, u64>>(),
        profiles: Vec::new(),
        people: each(json, "people", person)?,
    })
}

fn person(json: &Value) -> SavedPart<PersonSight> {
    let why = json["why"].as_str().map(str::to_owned);
    let number = |key: &str| tally(&json[key], why.clone());
    Ok(PersonSight {
        username: text_of(json, "username")?,
        profile: text_of(json, "profile")?,
        role: json["role"].as_str().map(str::to_owned),
        before: number("before"),
        after: number("after"),
        lost: number("lost"),
        loses: match json["loses"].as_str() {
            Some("everything") => Fate::Everything,
            Some("part") => Fate::Part,
            Some("nothing") => Fate::Nothing,
            _ => Fate::CannotTell,
        },
        integration: json["integration"].as_bool().unwrap_or_default(),
        why,
    })
}

pub(super) fn bypass(json: &Value, why: Option<String>) -> SavedPart<Bypass> {
    Ok(Bypass {
        kind: word(&text_of(json, "kind")?, &CONTAINERS)?,
        name: text_of(json, "name")?,
        id: text_of(json, "id")?,
        users: tally(&json["users"], why),
        by: word(&text_of(json, "by")?, &RIGHTS)?,
    })
}

fn count(json: &Value, key: &str) -> u64 {
    json.get(key).and_then(Value::as_u64).unwrap_or_default()
}
