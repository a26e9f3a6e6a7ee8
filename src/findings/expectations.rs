//! Remarks on what a manifest expects of single records: missed, not known, or about what the org does not have.

use crate::access::{ExpectationOutcome, ExpectedAccess, OtherAccess, When};
use crate::code::Code;
use crate::count::{agree, count, number};
use crate::diagnostic::Diagnostic;
use crate::live::{Known, Live};
use crate::manifest::{Manifest, RecordAccess, RecordsMeant, UserRef};

/// Records named one by one before the rest becomes a count.
const NAMED: usize = 3;

/// What a manifest expects of what this org does not have: a user, an object, or a query that the org does not take.
pub fn errors(manifests: &[Manifest], live: &Live, expected: &[ExpectedAccess]) -> Vec<Diagnostic> {
    let made = |name: &str| {
        let mut users = manifests
            .iter()
            .filter_map(|manifest| manifest.spec.user.as_ref());
        users.any(|user| user.username.value.eq_ignore_ascii_case(name))
    };
    let expectations = manifests.iter().flat_map(|manifest| &manifest.spec.expect);
    let mut errors = Vec::new();
    for (expectation, expected) in expectations.zip(expected) {
        if let UserRef::Named(name) = &expectation.user.value
            && live.user(name) == Known::Is(None)
            && !made(name)
        {
            let message = format!("the org has no user `{name}`, whose access is expected");
            let error = Diagnostic::error(Code::UnknownExpectedUser, message);
            errors.push(
                error
                    .at(&expectation.user.place)
                    .help("users are named by username"),
            );
        }
        let RecordsMeant::Query(selection) = &expectation.records.value else {
            continue;
        };
        let place = &expectation.records.place;
        let refused = expected
            .found
            .refused()
            .filter(|refused| refused.status == 400);
        if live.object(&selection.object) == Known::Is(None) {
            let message = format!("the org has no object `{}`", selection.object);
            let error = Diagnostic::error(Code::UnknownObject, message).at(place);
            errors.push(error.help("use the API name; custom objects end in `__c`"));
        } else if let Some(refused) = refused.filter(|refused| is_final(&refused.code)) {
            let words = refused.message.lines().next().unwrap_or_default();
            let message = format!(
                "the org does not take this query: {}: {words}",
                refused.code
            );
            let error = Diagnostic::error(Code::QueryRefused, message).at(place);
            errors
                .push(error.help(
                    "try the query in the Developer Console, then write it here as it works",
                ));
        }
    }
    errors
}

/// Codes of queries that no waiting and no right mends (REST API guide, Status Codes).
fn is_final(code: &str) -> bool {
    matches!(
        code,
        "MALFORMED_QUERY" | "INVALID_FIELD" | "INVALID_TYPE" | "INVALID_QUERY_FILTER_OPERATOR"
    )
}

/// What is not as expected, and what nobody can tell.
pub fn expected_otherwise(expected: &[ExpectedAccess], when: When) -> Vec<Diagnostic> {
    let each = expected.iter().flat_map(|one| {
        let outcome = one.outcome(when);
        let missed = [
            outcome.is_gone.then(|| gone(one)),
            (outcome.is_miscounted && !outcome.is_gone).then(|| miscounted(one, &outcome)),
            (!outcome.otherwise.is_empty()).then(|| otherwise(one, &outcome, when)),
        ];
        let unknown =
            (!outcome.holds() && !outcome.is_missed()).then(|| not_known(one, &outcome, when));
        missed.into_iter().chain([unknown]).flatten()
    });
    each.collect()
}

/// Whether a finding is one of these.
pub fn is_about_expectations(finding: &Diagnostic) -> bool {
    matches!(
        finding.code,
        Code::ExpectationMissed | Code::ExpectationNotKnown | Code::ExpectedRecordGone
    )
}

fn gone(one: &ExpectedAccess) -> Diagnostic {
    let message = format!(
        "the record `{}`, of which access is expected, is not there",
        one.records
    );
    let help = "it was deleted, belongs to another org, or is not shown to the log-in that asks: take the entry out, name \
         another record, or ask as a user with View All Data";
    Diagnostic::error(Code::ExpectedRecordGone, message)
        .at(&one.place)
        .help(help)
}

fn miscounted(one: &ExpectedAccess, outcome: &ExpectationOutcome) -> Diagnostic {
    let found = outcome.found.unwrap_or_default();
    let meant = match &one.count {
        Some(meant) => format!("{meant} {} expected", agree(meant.at_most, "is", "are")),
        None => "some are expected".to_owned(),
    };
    let message = format!("the query finds {}, and {meant}", count(found, "record"));
    let help = "look at its conditions, and whether the log-in that asks is shown these records; `count: 0` says that none is \
         meant, `count: 200..400` how many";
    Diagnostic::error(Code::ExpectationMissed, message)
        .at(&one.place)
        .help(help)
}

fn otherwise(one: &ExpectedAccess, outcome: &ExpectationOutcome, when: When) -> Diagnostic {
    let can = match when {
        When::Now => "can",
        When::After => "would",
    };
    let ids: Vec<String> = outcome
        .otherwise
        .iter()
        .map(|record| record.id.clone())
        .collect();
    let all = outcome.found.unwrap_or_default();
    let does = does(&outcome.otherwise);
    let message = match one.is_one {
        true => format!(
            "{} {can} {does} `{}`, and `{}` is expected",
            one.user, one.records, one.access
        ),
        false => format!(
            "{} {can} {does} {} of {} that the query finds, and `{}` is expected: {}",
            one.user,
            number(ids.len() as u64),
            count(all, "record"),
            one.access,
            named(&ids)
        ),
    };
    let first = ids.first().map(String::as_str).unwrap_or_default();
    let tells = match when {
        When::Now => "tells why",
        When::After => "tells how it is today, and why",
    };
    let help = format!("`orgwright explain {first} --user {}` {tells}", one.user);
    let error = Diagnostic::error(Code::ExpectationMissed, message);
    error.at(&one.place).help(help).naming(&ids)
}

/// `see and edit`; where records differ, the most of it.
fn does(records: &[OtherAccess]) -> &'static str {
    match records.iter().map(|record| record.access).max() {
        Some(RecordAccess::Edit) => "see and edit",
        Some(RecordAccess::Read) => "see, and not edit,",
        Some(RecordAccess::None) | None => "not see",
    }
}

fn named(ids: &[String]) -> String {
    let mut text = ids
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if ids.len() > NAMED {
        text.push_str(&format!(" and {} more", number((ids.len() - NAMED) as u64)));
    }
    text
}

fn not_known(one: &ExpectedAccess, outcome: &ExpectationOutcome, when: When) -> Diagnostic {
    let why = outcome
        .why_not_known
        .as_deref()
        .unwrap_or("the org did not tell");
    let which = match (one.is_one, outcome.not_known) {
        (true, _) | (_, 0) => format!("`{}`", one.records),
        (false, records) => format!("{} of `{}`", count(records, "record"), one.records),
    };
    let message = format!("what {} may do with {which} is not known: {why}", one.user);
    let found = match when {
        When::Now => Diagnostic::error(Code::ExpectationNotKnown, message)
            .help("what the org does not tell is not proved: log in as an administrator with View All Data"),
        When::After => Diagnostic::warning(Code::ExpectationNotKnown, message)
            .help("the plan goes on without; the proof asks the org"),
    };
    found.at(&one.place)
}
