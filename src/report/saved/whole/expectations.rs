//! Entries of `expect` out of a saved plan: as many records as were found, each as the plan foresaw it.

use serde_json::Value;
use std::sync::Arc;

use super::{SavedPart, as_text, numbers, text_of};
use crate::access::{ExpectedAccess, ForeseenAccess, RecordSeen};
use crate::criteria::Verdict;
use crate::diagnostic::Place;
use crate::live::{Known, Refused};
use crate::manifest::{AccessMeant, ExpectedRecords, RecordAccess, Sp};
use crate::tally::Tally;

pub(super) fn expectation(json: &Value) -> SavedPart<ExpectedAccess> {
    let records = text_of(json, "records")?;
    let access = access_meant(&text_of(json, "access")?)?;
    let file: Arc<str> = "".into();
    let place = Place::start_of(&file);
    let count = match numbers::tally(&json["count"], None) {
        Tally::Unknown(_) => None,
        told => {
            let (at_least, at_most) = (told.at_least(), told.at_most().unwrap_or_default());
            Some(Sp::new(
                ExpectedRecords { at_least, at_most },
                place.clone(),
            ))
        }
    };
    Ok(ExpectedAccess {
        manifest: text_of(json, "manifest")?,
        user: text_of(json, "user")?,
        is_one: !records.to_ascii_uppercase().starts_with("SELECT"),
        records,
        access,
        count,
        place,
        found: match json["found"].as_u64() {
            Some(_) => Known::Is((String::new(), seen(json, access)?)),
            None => Known::Refused(Refused::not_told(as_text(&json["why_not_known"]))),
        },
    })
}

fn access_meant(text: &str) -> SavedPart<AccessMeant> {
    Ok(AccessMeant {
        access: access(text.trim_start_matches(">="))?,
        or_more: text.starts_with(">="),
    })
}

fn access(word: &str) -> SavedPart<RecordAccess> {
    let all = [RecordAccess::None, RecordAccess::Read, RecordAccess::Edit];
    let found = all.into_iter().find(|access| access.to_string() == word);
    found.ok_or_else(|| format!("there is no access `{word}`"))
}

/// The records that were found: those as meant, those otherwise, and those of which nobody could say.
fn seen(json: &Value, meant: AccessMeant) -> SavedPart<Vec<RecordSeen>> {
    let count = |key: &str| json[key].as_u64().unwrap_or_default();
    let as_meant = (0..count("as_expected")).map(|_| Ok(record("", foreseen(meant.access), None)));
    let otherwise = json["otherwise"].as_array().into_iter().flatten();
    let otherwise = otherwise.map(|one| {
        let access = access(&text_of(one, "access")?)?;
        Ok(record(&text_of(one, "id")?, foreseen(access), None))
    });
    let open = ForeseenAccess {
        read: Verdict::Either,
        edit: Verdict::Either,
    };
    let why = json["why_not_known"].as_str().map(str::to_owned);
    let not_known = (0..count("not_known")).map(|_| Ok(record("", open, why.clone())));
    as_meant.chain(otherwise).chain(not_known).collect()
}

fn record(id: &str, after: ForeseenAccess, doubt: Option<String>) -> RecordSeen {
    RecordSeen {
        id: id.to_owned(),
        now: Known::NotAsked,
        after,
        doubt,
    }
}

fn foreseen(access: RecordAccess) -> ForeseenAccess {
    let verdict = |is_so: bool| match is_so {
        true => Verdict::Yes,
        false => Verdict::No,
    };
    ForeseenAccess {
        read: verdict(access >= RecordAccess::Read),
        edit: verdict(access == RecordAccess::Edit),
    }
}
