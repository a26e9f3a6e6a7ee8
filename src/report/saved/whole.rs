//! A saved plan as a whole, for reports of it: everything that a plan's JSON tells, put back into a plan.
//!
//! **Promise:** what comes back is for reading alone. How a change is written is not in the file, so no change of it holds
//! anything to write; a word that this program does not know makes the file unreadable.

mod expectations;
mod numbers;

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::saved_plan;
use crate::access::{Impact, Losing, SightLost};
use crate::address::Address;
use crate::change::{Action, Change, Dropped, FieldChange, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Place, Severity, Sources};
use crate::findings::ManualStep;
use crate::kinds::KINDS;
use crate::live::{Known, OrgIdentity};
use crate::manifest::ExpectedRecords;
use crate::plan::{
    Allowed, CheckScope, CheckWarning, CheckedStage, HeldLimit, LimitVerdict, NotCheckable, Plan,
    PlanCheck,
};
use crate::report::saved::SavedPlanProblem;

/// Codes of steps by hand.
const STEPS: [&str; 7] = ["HS01", "HS02", "HS03", "HS04", "HS05", "HS06", "SF01"];
/// What is left alone.
const LEFT_ALONE: [&str; 2] = ["roles", "sharing_rules"];
/// Limits.
const LIMITS: [&str; 3] = [
    "usersLosingAccess",
    "recordsBecomingVisible",
    "expectVisible",
];

/// What comes out of a part of the file, or what is wrong with it.
type SavedPart<T> = Result<T, String>;

/// Reads a saved plan back as a whole.
///
/// # Errors
/// What is wrong with the file, or that another version of this program saved it.
pub fn whole_plan(text: &str) -> Result<Plan, SavedPlanProblem> {
    let saved = saved_plan(text)?;
    let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let number = |key: &str| json.get(key).and_then(Value::as_u64).unwrap_or_default();
    let left_alone = json.get("left_alone").and_then(Value::as_object);
    let left_alone = left_alone.into_iter().flatten().map(|(noun, count)| {
        let noun = known(noun, &LEFT_ALONE)?;
        Ok((noun, count.as_u64().unwrap_or_default()))
    });
    Ok(Plan {
        name: text_of(&json["manifest"], "name")?,
        manifest_digest: saved.manifest_digest,
        org: org(&json["org"])?,
        digest: saved.digest,
        changes: each(&json, "changes", change)?,
        impact: each(&json, "impact", impact)?,
        expectations: each(&json, "expectations", expectations::expectation)?,
        limits: each(&json, "limits", limit)?,
        findings: each(&json, "findings", finding)?,
        manual_steps: each(&json, "manual_steps", step)?,
        left_alone: left_alone.collect::<SavedPart<BTreeMap<&'static str, u64>>>()?,
        api_requests: number("api_requests"),
        api_calls: number("api_calls"),
        retrieved: each(&json, "retrieved", |name| Ok(as_text(name)))?,
        sources: Sources::default(),
        check: match &json["check"] {
            Value::Null => None,
            held => Some(check(held)?),
        },
    })
}

fn org(json: &Value) -> SavedPart<OrgIdentity> {
    Ok(OrgIdentity {
        id: text_of(json, "id")?,
        name: text_of(json, "name")?,
        instance_url: text_of(json, "instance_url")?,
        edition: text_of(json, "edition")?,
        sandbox: json["sandbox"].as_bool().unwrap_or_default(),
        api_version: text_of(json, "api_version")?,
        running_user: None,
    })
}

fn change(json: &Value) -> SavedPart<Change> {
    let actions = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
    ];
    let word = text_of(json, "action")?;
    let action = actions.into_iter().find(|action| action.word() == word);
    Ok(Change {
        address: address(&json["address"])?,
        action: action.ok_or_else(|| format!("there is no action `{word}`"))?,
        stage: stage(json)?,
        irreversible: json["irreversible"].as_bool().unwrap_or_default(),
        place: place(json),
        fields: each(json, "fields", field)?,
        fingerprint: None,
        write: Write::Deploy(Vec::new()),
    })
}

fn field(json: &Value) -> SavedPart<FieldChange> {
    Ok(FieldChange {
        path: text_of(json, "path")?,
        before: json["before"].clone(),
        after: json["after"].clone(),
        through: json.get("through").cloned(),
        reason: json["reason"].as_str().map(str::to_owned),
    })
}

fn impact(json: &Value) -> SavedPart<Impact> {
    let unknown = |key: &str| numbers::why(&json["unknown"], key);
    let tally = |key: &str| numbers::tally(&json[key], unknown(key));
    let losing: Known<Vec<Losing>> = numbers::known(json, "users_losing_access", |one| {
        each_of(one, numbers::losing)
    })?;
    let profiles = losing.as_ref().learnt().cloned().unwrap_or_default();
    let sight_lost = numbers::known(json, "sight_lost", |one| {
        let lost = numbers::sight_lost(one)?;
        Ok(SightLost { profiles, ..lost })
    })?;
    Ok(Impact {
        object: text_of(json, "object")?,
        records: tally("records"),
        visible_now: match (&json["visible_now"], unknown("visible_now")) {
            (Value::Null, None) => None,
            _ => Some(tally("visible_now")),
        },
        visible_after: tally("visible_after"),
        editable_after: tally("editable_after"),
        ways_after: each(json, "ways_after", numbers::by_way)?,
        accounts_opened: match &json["accounts_opened"] {
            Value::Null => None,
            told => Some(numbers::tally(told, None)),
        },
        by_rules: Default::default(),
        users_losing_access: losing,
        sight_lost,
        bypass: numbers::known(json, "bypass", |all| {
            each_of(all, |one| numbers::bypass(one, unknown("bypass")))
        })?,
    })
}

fn limit(json: &Value) -> SavedPart<HeldLimit> {
    let word = text_of(json, "verdict")?;
    let name = known(&text_of(json, "name")?, &LIMITS)?;
    let allowed = numbers::tally(&json["limit"], None);
    let (at_least, at_most) = (allowed.at_least(), allowed.at_most().unwrap_or_default());
    Ok(HeldLimit {
        name,
        manifest: text_of(json, "manifest")?,
        rule: match &json["rule"] {
            Value::Null => None,
            rule => Some(address(rule)?),
        },
        limit: match name {
            "expectVisible" => Allowed::Expected(ExpectedRecords { at_least, at_most }),
            _ => Allowed::AtMost(at_most),
        },
        planned: numbers::tally(&json["planned"], Some("it was not known".to_owned())),
        verdict: match word.as_str() {
            "holds" => LimitVerdict::Holds,
            "broken" => LimitVerdict::Broken,
            "not_known" => LimitVerdict::NotKnown,
            other => return Err(format!("there is no verdict `{other}`")),
        },
        place: None,
        refusal: None,
    })
}

fn finding(json: &Value) -> SavedPart<Diagnostic> {
    let text = text_of(json, "code")?;
    let code = Code::named(&text).ok_or_else(|| format!("there is no code `{text}`"))?;
    let severity = match json["severity"].as_str() {
        Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        _ => Severity::Note,
    };
    let mut finding = Diagnostic::new(code, severity, text_of(json, "message")?);
    finding.help = json["help"].as_str().map(str::to_owned);
    finding.place = place(json);
    finding.names = each(json, "names", |name| Ok(as_text(name)))?;
    finding.related = each(json, "related", |one| {
        let place = place(one).ok_or("`related` has no place")?;
        Ok((place, text_of(one, "message")?))
    })?;
    if !json["address"].is_null() {
        finding.address = Some(address(&json["address"])?);
    }
    Ok(finding)
}

fn step(json: &Value) -> SavedPart<ManualStep> {
    Ok(ManualStep {
        code: known(&text_of(json, "code")?, &STEPS)?,
        text: text_of(json, "text")?,
        done: json["done"].as_bool(),
    })
}

fn check(json: &Value) -> SavedPart<PlanCheck> {
    let dropped = |one: &Value| {
        Ok(Dropped {
            address: address(&one["address"])?,
            entry: text_of(one, "entry")?,
            problem: text_of(one, "problem")?,
        })
    };
    let refused = each(json, "refused", finding)?;
    Ok(PlanCheck {
        scope: match json["scope"].as_str() {
            Some("all") => CheckScope::All,
            _ => CheckScope::Ready,
        },
        checked: each(json, "checked", |one| {
            Ok(CheckedStage {
                stage: stage(one)?,
                accepted: one["accepted"].as_bool().unwrap_or_default(),
                addresses: each(one, "addresses", address)?,
            })
        })?,
        not_checkable: each(json, "not_checkable", |one| {
            Ok(NotCheckable {
                stage: stage(one)?,
                address: address(&one["address"])?,
                reason: text_of(one, "reason")?,
            })
        })?,
        left_out: each(json, "left_out", dropped)?,
        warnings: each(json, "warnings", |one| {
            CheckWarning::deserialize(one).map_err(|error| error.to_string())
        })?,
        refusal: (!refused.is_empty()).then_some(Exit::Failed),
        refused,
    })
}

/// Each entry of a list; none where there is no such list.
fn each<T>(json: &Value, key: &str, one: impl Fn(&Value) -> SavedPart<T>) -> SavedPart<Vec<T>> {
    each_of(json.get(key).unwrap_or(&Value::Null), one)
}

fn each_of<T>(list: &Value, one: impl Fn(&Value) -> SavedPart<T>) -> SavedPart<Vec<T>> {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(one).collect()
}

fn as_text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn text_of(json: &Value, key: &str) -> SavedPart<String> {
    let text = json.get(key).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("it lacks a `{key}`"))
}

/// The word of this program that is the same.
fn known(word: &str, words: &[&'static str]) -> SavedPart<&'static str> {
    let found = words.iter().copied().find(|known| *known == word);
    found.ok_or_else(|| format!("`{word}` is no word of this version"))
}

fn address(json: &Value) -> SavedPart<Address> {
    let text = json.as_str().unwrap_or_default();
    let (kind, name) = text
        .split_once('/')
        .ok_or_else(|| format!("`{text}` is no address"))?;
    let kinds: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
    Ok(Address::new(known(kind, &kinds)?, name))
}

fn stage(json: &Value) -> SavedPart<Stage> {
    Stage::deserialize(&json["stage"]).map_err(|error| error.to_string())
}

/// A place, as far as a report tells it: the file's text is not in the plan.
fn place(json: &Value) -> Option<Place> {
    let file: Arc<str> = json["file"].as_str()?.into();
    let number = |key: &str| {
        json[key]
            .as_u64()
            .and_then(|found| usize::try_from(found).ok())
    };
    Some(Place {
        file,
        line: number("line").unwrap_or(1),
        column: number("column").unwrap_or(1),
        offset: 0,
        length: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, samples};

    #[test]
    fn a_plan_comes_back_as_it_was_told() {
        let told = json::plan(&samples::plan());
        assert_eq!(json::plan(&whole_plan(&told).unwrap()), told);
    }

    #[test]
    fn a_word_that_is_not_known_makes_it_unreadable() {
        let told = json::plan(&samples::plan());
        for (from, to, problem) in [
            ("OW2004", "OW9999", "there is no code `OW9999`"),
            ("\"create\"", "\"invent\"", "there is no action `invent`"),
            (
                "role/HubSpot",
                "rule/HubSpot",
                "`rule` is no word of this version",
            ),
        ] {
            assert!(told.contains(from), "{from}");
            let refused = whole_plan(&told.replacen(from, to, 1)).unwrap_err();
            assert_eq!(refused.to_string(), problem);
        }
    }
}
