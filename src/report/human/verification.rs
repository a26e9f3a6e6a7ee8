//! What the org says about the user's sight, for people.

use crate::access::When;
use crate::code::Code;
use crate::count::number;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::capable;
use crate::report::folded::{Told, folded};
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{self, printable};
use crate::report::{Frame, finding_counts};
use crate::verify::{Access, Cause, Mismatch, Verification, is_about_numbers};
use std::collections::{BTreeMap, BTreeSet};

use super::change::change;
use super::expected::expected_rows;
use super::finding::{brief, many};
use super::urgent::{before_consent, gaps, last_line};

/// The whole report of `verify`.
pub fn verification(
    verification: &Verification,
    user: &str,
    frame: &Frame,
    style: Style,
) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, &frame.org);
    let findings = verification.findings.iter();
    let is_urgent = |one: &&Diagnostic| is_about_numbers(one) || one.code == Code::GapOpen;
    let urgent: Vec<&Diagnostic> = findings.filter(is_urgent).collect();
    gaps(&mut page, urgent.iter().copied());
    before_consent(&mut page, &urgent);
    drift(&mut page, verification);
    authors(&mut page, verification);
    body(&mut page, verification, user, &[]);
    last_line(&mut page, &urgent, &frame.org);
    page.finish()
}

/// The proof alone, as it ends an apply, without the findings that its plan told already.
pub(super) fn proof(
    page: &mut Page,
    verification: &Verification,
    user: &str,
    known: &[Diagnostic],
) {
    if !verification.converged {
        drift(page, verification);
    }
    // What disproves it without a record is told as the failure.
    let told = known.iter().chain(verification.disproofs());
    body(page, verification, user, &told.cloned().collect::<Vec<_>>());
}

fn body(page: &mut Page, verification: &Verification, user: &str, known: &[Diagnostic]) {
    for (good, line) in capable::lines(&verification.capabilities) {
        let tone = if good { Tone::Good } else { Tone::Careful };
        page.toned(0, 2, Some(tone), &line);
    }
    let objects = &verification.access;
    let doubt = match (verification.is_usable(), verification.is_of_frozen_user()) {
        (false, _) => Some("Shared as asked, and yet not proved: "),
        (true, true) => Some("Proved for the day on which the frozen user can log in again: "),
        (true, false) => None,
    };
    for access in objects {
        let numbers = of_numbers(access, &verification.findings);
        object(page, access, user, doubt.or(numbers));
        if let Some(hidden) = access.may_miss_one_in() {
            let share = format!(
                "leaks that are rarer than 1 in {}, or stand close together, may have been missed; --sample all compares every record",
                number(hidden)
            );
            page.text(2, 4, &share);
        }
        if access.checked > 0 && is_restricted(access, &verification.findings) {
            let scope = "as UserRecordAccess says: restriction rules, which may hide some of them, it does not know";
            page.toned(2, 4, Some(Tone::Careful), scope);
        }
    }
    if !verification.expectations.is_empty() {
        page.heading("EXPECTED");
        expected_rows(page, &verification.expectations, When::Now);
    }
    let findings = verification.findings.iter();
    let news: Vec<Diagnostic> = findings
        .filter(|finding| !known.contains(finding))
        .cloned()
        .collect();
    if !news.is_empty() {
        page.heading(&format!("FINDINGS ({})", finding_counts(&news)));
        let verbose = page.style.verbose;
        folded(&news, verbose).iter().for_each(|told| match told {
            Told::One(finding) => brief(page, finding),
            Told::Many(first, count) => many(page, first, *count),
        });
        page.raw("");
    }
}

/// Whether restriction rules stand on the object.
fn is_restricted(access: &Access, findings: &[Diagnostic]) -> bool {
    let is_one = |finding: &Diagnostic| {
        let stands = finding.code == Code::RestrictionRules;
        stands && finding.severity == Severity::Warning && finding.place == access.place
    };
    access.place.is_some() && findings.iter().any(is_one)
}

/// Why the numbers are no proof, whatever each record is.
fn of_numbers(access: &Access, findings: &[Diagnostic]) -> Option<&'static str> {
    let here = |finding: &&Diagnostic| finding.place.is_some() && finding.place == access.place;
    let object = format!("{}.", access.object);
    let of_rule = |finding: &&Diagnostic| {
        let address = finding.address.as_ref();
        address.is_some_and(|address| address.name.starts_with(&object))
    };
    let found = |code: Code| findings.iter().filter(move |finding| finding.code == code);
    if found(Code::RulesMatchNothing).any(|finding| here(&finding)) {
        return Some("Nothing is shared, and so nothing is proved: ");
    }
    if found(Code::TickFirst).any(|finding| here(&finding)) {
        return Some("The user sees nothing yet, until the field is filled: ");
    }
    if found(Code::RuleMatchesOtherwise).any(|finding| of_rule(&finding)) {
        return Some("Not as many as expected: ");
    }
    (access.sampled && access.visible == 0).then_some("As asked, as far as the sample tells: ")
}

/// Who changed what, as far as the audit trail tells.
fn authors(page: &mut Page, verification: &Verification) {
    if verification.authors.is_empty() {
        return;
    }
    page.heading("WHO CHANGED IT");
    for author in &verification.authors {
        let words = text::authorship(&author.authorship);
        page.text(2, 4, &format!("{}: {words}", printable(&author.about)));
    }
    page.raw("");
}

fn drift(page: &mut Page, verification: &Verification) {
    if verification.converged {
        return page.text(0, 2, "No differences: the org is as the manifest says.");
    }
    page.heading(&format!("DIFFERENCES ({})", verification.drift.len()));
    verification
        .drift
        .iter()
        .for_each(|entry| change(page, entry));
}

/// The proof of one object, and the records that disprove it. `doubt` stands before a proof that is none, or none yet.
fn object(page: &mut Page, access: &Access, user: &str, doubt: Option<&str>) {
    let good = access.holds() && doubt.is_none();
    let tone = if good { Tone::Good } else { Tone::Bad };
    let user = match access.user.as_str() {
        "" => user,
        own => own,
    };
    let sentence = sentence(access, user);
    let sentence = match (sentence.strip_prefix("Proved: "), doubt) {
        (Some(proved), Some(doubt)) => format!("{doubt}{proved}"),
        _ => sentence,
    };
    page.toned(0, 2, Some(tone), &sentence);
    let (leaks, missing) = (access.leaks_found, access.missing_found);
    records(
        page,
        "sees, or can edit, and should not",
        leaks,
        &access.leaks,
    );
    mends(page, access);
    records(
        page,
        "should see or edit, and cannot",
        missing,
        &access.missing,
    );
}

/// The proof in one sentence.
fn sentence(access: &Access, user: &str) -> String {
    let (object, user) = (printable(&access.object), printable(user));
    if access.checked == 0 {
        return format!(
            "Nothing to prove: {object} has no record to compare, so none is visible to {user} that should not be."
        );
    }
    let sampled = match (access.sampled, access.seed) {
        (false, _) => String::new(),
        (true, None) => format!(" (a sample of {})", number(access.population)),
        (true, Some(seed)) => format!(
            " (a sample of {}, chosen by --sample-seed {seed})",
            number(access.population)
        ),
    };
    let of = format!("of {}{sampled}", text::records(access.checked, &object));
    if access.holds() {
        return format!(
            "Proved: {} {of} visible{} to {user}, none that should not be.",
            number(access.visible),
            editable(access)
        );
    }
    format!(
        "Not proved: {user} should see {} {of}; {} visible or editable that should not be, {} missing or not editable.",
        number(access.expected),
        number(access.leaks_found),
        number(access.missing_found),
    )
}

fn editable(access: &Access) -> String {
    match access.editable {
        0 => ", none editable,".to_owned(),
        all if all == access.visible => " and editable".to_owned(),
        some => format!(", {} of them editable,", number(some)),
    }
}

/// Most sets of causes that are told with their counts.
const SETS_SHOWN: usize = 12;
/// Records that are named of each.
const EXAMPLES: usize = 3;

/// Records of which the same is told, and what.
struct Alike<'a> {
    causes: Vec<String>,
    records: Vec<&'a Mismatch>,
}

/// The records by what opens or hides them, all of it; the commonest first.
fn by_causes(records: &[Mismatch]) -> Vec<Alike<'_>> {
    let mut sets: BTreeMap<BTreeSet<String>, Vec<&Mismatch>> = BTreeMap::new();
    for record in records {
        let mut causes: BTreeSet<String> = record.causes.iter().map(Cause::in_general).collect();
        if causes.is_empty() {
            causes.insert(record.cause.clone());
        }
        sets.entry(causes).or_default().push(record);
    }
    let alike = sets.into_iter().map(|(causes, records)| Alike {
        causes: causes.into_iter().collect(),
        records,
    });
    let mut alike: Vec<Alike<'_>> = alike.collect();
    alike.sort_by_key(|alike| std::cmp::Reverse(alike.records.len()));
    alike
}

fn records(page: &mut Page, heading: &str, found: u64, records: &[Mismatch]) {
    if records.is_empty() {
        return;
    }
    let of = match records.len() as u64 {
        all if all == found => String::new(),
        first => format!(", of which the first {} are told", number(first)),
    };
    let heading = format!("{heading} ({}{of}):", number(found));
    page.text(2, 4, &heading);
    if page.style.verbose || records.len() <= EXAMPLES {
        for record in records {
            let (id, cause) = (printable(&record.id), printable(&record.cause));
            page.text(4, 6, &format!("{id}  {cause}"));
        }
        return;
    }
    let sets = by_causes(records);
    for alike in sets.iter().take(SETS_SHOWN) {
        let causes: Vec<String> = alike
            .causes
            .iter()
            .map(|one| printable(one).into_owned())
            .collect();
        let named = alike.records.iter().take(EXAMPLES);
        let named: Vec<String> = named
            .map(|record| printable(&record.id).into_owned())
            .collect();
        let more = if alike.records.len() > named.len() {
            ", ..."
        } else {
            ""
        };
        let sentence = format!(
            "{}: {} ({}{more})",
            number(alike.records.len() as u64),
            causes.join("; and "),
            named.join(", ")
        );
        page.text(4, 6, &sentence);
    }
    let left: usize = sets
        .iter()
        .skip(SETS_SHOWN)
        .map(|alike| alike.records.len())
        .sum();
    if left > 0 {
        let left = number(left as u64);
        page.text(4, 6, &format!("and {left} more, each by other causes"));
    }
    page.text(4, 6, "(-v lists each)");
}

/// What closes the leaks with the fewest changes.
fn mends(page: &mut Page, access: &Access) {
    if access.mends.is_empty() && access.leaks_without_mend == 0 {
        return;
    }
    let changes: u64 = access.mends.iter().map(|mend| mend.changes).sum();
    if changes > 0 {
        let heading = match access.mends_are_fewest {
            true => "the smallest set of changes that closes them",
            false => "changes that close them, and a smaller set may",
        };
        let heading = format!("{heading} ({}):", number(changes));
        page.text(2, 4, &heading);
    }
    let shown = match page.style.verbose {
        true => access.mends.len(),
        false => MENDS_SHOWN,
    };
    for mend in access.mends.iter().take(shown) {
        page.text(4, 6, &text::mend(mend));
    }
    if access.mends.len() > shown {
        let left = number((access.mends.len() - shown) as u64);
        page.text(4, 6, &format!("and {left} more (-v lists them)"));
    }
    if access.leaks_without_mend > 0 {
        let stay = text::records(access.leaks_without_mend, &access.object);
        let sentence = format!(
            "{stay} may stay open all the same: not everything that opens them is known, or can be changed by itself"
        );
        page.toned(2, 4, Some(Tone::Careful), &sentence);
    }
}

/// Mends that are listed before the rest becomes a count.
const MENDS_SHOWN: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn check(change: impl FnOnce(&mut Access), expected: &str) {
        let mut access = samples::access();
        change(&mut access);
        assert_eq!(
            sentence(&access, "hubspot.integration@acme.example"),
            expected
        );
    }

    fn record() -> Mismatch {
        Mismatch {
            id: "00Q000000000001AAA".into(),
            cause: "owned by a subordinate".into(),
            causes: Vec::new(),
            access: "read",
            hidden: false,
            settling: false,
        }
    }

    #[test]
    fn the_proof_is_one_sentence() {
        check(
            |_| {},
            "Proved: 311 of 2,000 leads visible and editable to hubspot.integration@acme.example, none that should not be.",
        );
        check(
            |access| access.editable = 0,
            "Proved: 311 of 2,000 leads visible, none editable, to hubspot.integration@acme.example, none that should not be.",
        );
        check(
            |access| {
                (access.sampled, access.population, access.object) =
                    (true, 90_000, "Deal__c".into())
            },
            "Proved: 311 of 2,000 Deal__c records (a sample of 90,000) visible and editable to hubspot.integration@acme.example, \
             none that should not be.",
        );
        check(
            |access| (access.sampled, access.population, access.seed) = (true, 90_000, Some(7)),
            "Proved: 311 of 2,000 leads (a sample of 90,000, chosen by --sample-seed 7) visible and editable to \
             hubspot.integration@acme.example, none that should not be.",
        );
        check(
            |access| (access.checked, access.population) = (0, 0),
            "Nothing to prove: Lead has no record to compare, so none is visible to hubspot.integration@acme.example that should not be.",
        );
        check(
            |access| (access.leaks, access.leaks_found) = (vec![record()], 1),
            "Not proved: hubspot.integration@acme.example should see 311 of 2,000 leads; 1 visible or editable that should not be, \
             0 missing or not editable.",
        );
    }

    #[test]
    fn the_proof_of_a_frozen_user_says_so() {
        let mut given = samples::verification();
        let told = |given: &Verification| {
            verification(given, "u@acme.example", &samples::frame(), Style::PLAIN)
                .replace("\n  ", " ")
        };
        assert!(told(&given).contains("\nProved: "), "{}", told(&given));
        let frozen = Diagnostic::error(Code::UserFrozen, "the user is frozen");
        given.findings.push(frozen);
        assert!(!told(&given).contains("Proved: "), "{}", told(&given));
        let word = "Proved for the day on which the frozen user can log in again: ";
        assert!(told(&given).contains(word), "{}", told(&given));
    }

    #[test]
    fn a_leak_is_listed_with_its_cause() {
        let mut given = samples::verification();
        given.access = vec![Access {
            leaks: vec![record(); 12],
            leaks_found: 12,
            ..samples::access()
        }];
        let text = verification(&given, "u@acme.example", &samples::frame(), Style::PLAIN);
        let told = "    12: owned by a subordinate (00Q000000000001AAA,";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("(-v lists each)"), "{text}");
        assert!(
            text.starts_with("embedded demo org")
                && text.trim_end().ends_with("no Salesforce org was touched")
        );
    }
}
