//! What must hold of a run of which the org refused something, one function for each. The first run is one that could read
//! everything.

use serde_json::Value;

use crate::cases::{Case, Need, need};
use crate::claims::{false_claims, false_lines, is_unknown};
use crate::relay::WORDS;
use crate::stage::{Seen, USERNAME};

/// Nothing, or what is wrong.
pub(crate) type Holds = Result<(), String>;

/// How many requests more a read may take that is refused once: itself, and what must go again with it.
const MOST_MORE: usize = 3;

/// An invariant.
pub(crate) type Invariant = fn(&Case, &Seen, &Seen) -> Holds;

/// Each with the name that a failure is reported under.
pub(crate) const FOR_GOOD: [(&str, Invariant); 9] = [
    ("claims nothing false", claims_nothing_false),
    ("plans what is true", plans_what_is_true),
    ("passes no limit", passes_no_limit),
    ("creates nobody who exists", creates_nobody_who_exists),
    ("proves nothing unread", proves_nothing_unread),
    ("writes what it would", writes_what_it_would),
    ("goes on without a count", goes_on_without_a_count),
    ("ends without what it needs", ends_without_what_it_needs),
    ("says what was refused", says_what_was_refused),
];

/// The same of a run of which the org refused something once.
pub(crate) const ONCE: [(&str, Invariant); 2] = [
    ("comes to the same", comes_to_the_same),
    ("asks little more", asks_little_more),
];

fn wrong(problem: impl Into<String>) -> Holds {
    Err(problem.into())
}

/// The plan in what a run said: the document itself, or the first event.
fn plan(seen: &Seen) -> &Value {
    match &seen.json {
        Value::Array(events) => events
            .iter()
            .find_map(|event| event.get("plan").or(event.get("changes").map(|_| event)))
            .unwrap_or(&Value::Null),
        document if document.get("changes").is_some() => document,
        _ => &Value::Null,
    }
}

/// What a run proved.
fn proof(seen: &Seen) -> &Value {
    let events = seen.json.as_array();
    let last = events.and_then(|events| events.last());
    last.map_or(&Value::Null, |event| &event["verification"])
}

/// Whether a run came to the same in everything that lasts.
fn is_same(clean: &Seen, seen: &Seen) -> bool {
    let alike = |clean: &Value, seen: &Value| {
        false_claims(clean, seen).is_empty() && false_claims(seen, clean).is_empty()
    };
    let json = match seen.json.as_array() {
        Some(_) => alike(plan(clean), plan(seen)) && alike(proof(clean), proof(seen)),
        None => alike(&clean.json, &seen.json),
    };
    clean.code == seen.code && json && clean.files == seen.files
}

/// No number, name or list differs from what a run finds that can read everything.
fn claims_nothing_false(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let mut found = match case.place.scene.command {
        "apply" => {
            let mut found = false_claims(plan(clean), plan(seen));
            found.extend(false_claims(proof(clean), proof(seen)));
            found
        }
        // A run that ends with an error, or that writes files, has said nothing for machines.
        _ if seen.json.get("error").is_some() || seen.json.is_array() => Vec::new(),
        _ => false_claims(&clean.json, &seen.json),
    };
    if let (Some(clean), Some(seen)) = (&clean.human, &seen.human) {
        found.extend(false_lines(clean, seen));
    }
    found.truncate(3);
    if found.is_empty() {
        Ok(())
    } else {
        wrong(found.join("; "))
    }
}

/// A plan that is made makes the same changes.
fn plans_what_is_true(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let planned = plan(seen);
    if case.place.scene.command != "plan" || seen.code != 0 || planned.is_null() {
        return Ok(());
    }
    let (truth, told) = (&plan(clean)["changes"], &planned["changes"]);
    if truth == told {
        Ok(())
    } else {
        wrong("the changes are others")
    }
}

/// Whether a plan does not know a figure with a limit that it could know.
fn lacks_a_limited_figure(truth: &Value, told: &Value) -> bool {
    let objects = |plan: &Value| plan["impact"].as_array().cloned().unwrap_or_default();
    let known = |figure: &Value| !figure.is_null() && !is_unknown(&figure.to_string());
    let (truth, told) = (objects(truth), objects(told));
    told.iter().any(|told| {
        let truth = truth.iter().find(|truth| truth["object"] == told["object"]);
        let mut figures = ["users_losing_access", "visible_after"].into_iter();
        figures.any(|name| truth.is_some_and(|truth| known(&truth[name])) && !known(&told[name]))
    })
}

/// Nothing is applied where a figure with a limit is not known or beyond it; the refusal names the read.
fn passes_no_limit(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    if case.place.scene.command != "apply" {
        return Ok(());
    }
    if seen.code == 0 && clean.code != 0 {
        return wrong(format!(
            "applied, where the limit ends it with {}",
            clean.code
        ));
    }
    if !lacks_a_limited_figure(plan(clean), plan(seen)) {
        return Ok(());
    }
    if seen.code != 4 {
        return wrong(format!(
            "a figure with a limit is not known, and it ends with {}",
            seen.code
        ));
    }
    if seen.words.contains(WORDS) {
        Ok(())
    } else {
        wrong("the refused read is not named")
    }
}

/// A user that the org has is not planned again.
fn creates_nobody_who_exists(case: &Case, _: &Seen, seen: &Seen) -> Holds {
    let changes = plan(seen)["changes"].as_array();
    let is_creation = |change: &&Value| {
        let address = change["address"].as_str().unwrap_or_default();
        change["action"] == "create" && address == format!("user/{USERNAME}")
    };
    let created = changes
        .into_iter()
        .flatten()
        .any(|change| is_creation(&change));
    if created && case.place.scene.user_exists() {
        wrong(format!("{USERNAME} is created"))
    } else {
        Ok(())
    }
}

/// A proof that passes says what one says that could read everything.
fn proves_nothing_unread(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let passes = match case.place.scene.command {
        "verify" => seen.code == 0,
        "apply" => seen.code == 0 && clean.code == 0,
        _ => false,
    };
    let left_out = match case.place.scene.command {
        "verify" => false_claims(&seen.json, &clean.json),
        _ => false_claims(proof(seen), proof(clean)),
    };
    // A remark may well say that it does not know how many: it is no part of the proof.
    let mut left_out = left_out
        .iter()
        .filter(|claim| !claim.starts_with(".findings"));
    if let Some(first) = left_out.next().filter(|_| passes) {
        wrong(format!(
            "it passes, and does not say all that was to be checked: {first}"
        ))
    } else {
        Ok(())
    }
}

/// Files are written as they would be, or not at all.
fn writes_what_it_would(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    if case.place.scene.command != "render" || seen.code != 0 {
        return Ok(());
    }
    let other = |(name, text): (&String, &String)| {
        let said = seen.files.get(name);
        let alike =
            said.is_some_and(|said| said == text || name.ends_with(".md") && is_unknown(said));
        (!alike).then(|| name.clone())
    };
    let others: Vec<String> = clean.files.iter().filter_map(other).collect();
    if others.is_empty() {
        Ok(())
    } else {
        wrong(format!("other files: {others:?}"))
    }
}

/// A read that is only counted does not end a plan.
fn goes_on_without_a_count(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let counted = need(&case.place.read) == Need::Counted;
    if case.place.scene.command == "plan" && counted && seen.code != clean.code {
        return wrong(format!("ends with {}", seen.code));
    }
    Ok(())
}

/// What is needed and refused is an error, with the exit code of its class.
fn ends_without_what_it_needs(case: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let needed = need(&case.place.read) == Need::Needed;
    let plans = matches!(case.place.scene.command, "plan" | "apply") && case.place.skip == 0;
    if !needed || !plans || is_same(clean, seen) {
        return Ok(());
    }
    match (seen.code, case.how.code) {
        (0, _) => wrong("ends with 0"),
        (4, _) | (75, "QUERY_TIMEOUT") | (77, "INSUFFICIENT_ACCESS") | (_, "INVALID_TYPE") => {
            Ok(())
        }
        (code, _) => wrong(format!("ends with {code}")),
    }
}

/// What was refused, and changed anything, is said in the org's own words.
fn says_what_was_refused(_: &Case, clean: &Seen, seen: &Seen) -> Holds {
    if seen.words.contains(WORDS) || is_same(clean, seen) {
        return Ok(());
    }
    wrong(format!(
        "ends with {} and does not say what was refused",
        seen.code
    ))
}

/// A refusal that passes leaves no trace.
fn comes_to_the_same(_: &Case, clean: &Seen, seen: &Seen) -> Holds {
    if is_same(clean, seen) {
        return Ok(());
    }
    let differences = false_claims(&clean.json, &seen.json);
    wrong(format!(
        "ends with {}, {:?}",
        seen.code,
        differences.first()
    ))
}

/// It takes a request more, or a few.
fn asks_little_more(_: &Case, clean: &Seen, seen: &Seen) -> Holds {
    let most = clean.requests + MOST_MORE;
    if seen.requests <= most {
        Ok(())
    } else {
        wrong(format!("{} requests, at most {most}", seen.requests))
    }
}
