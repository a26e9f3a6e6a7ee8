//! What a field test found, for people.

use crate::count::count;
use crate::field_test::{Expectation, FieldOutcome, FieldTest};
use crate::report::style::{Page, Style, Tone};
use crate::report::text::printable;

/// Where an expectation begins, and where its sentence does.
const NAME: usize = 2;
const SENTENCE: usize = 9;

/// The whole report; `folder` is where the record lies.
pub fn field_test(test: &FieldTest, folder: Option<&str>, org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, org);
    let of = |outcome| {
        let these = test.expectations.iter();
        these.filter(move |one| one.outcome == outcome)
    };
    for (heading, outcome) in [
        ("DOES NOT HOLD", FieldOutcome::DoesNotHold),
        ("HOLDS", FieldOutcome::Holds),
    ] {
        if test.count(outcome) > 0 {
            page.heading(heading);
        }
        of(outcome).for_each(|expectation| tried(&mut page, expectation));
    }
    not_tried(&mut page, &of(FieldOutcome::NotTried).collect::<Vec<_>>());
    page.raw("");
    if let Some(folder) = folder {
        let folder = printable(folder);
        page.text(0, 2, &format!("the record is in {folder}; it is of no use before a person has read and approved its page:"));
        let command = ["orgwright", "field-test", "--approve", &folder].map(str::to_owned);
        page.command("  ", &command);
    }
    let facts = [
        (FieldOutcome::Holds, "hold"),
        (FieldOutcome::DoesNotHold, "do not"),
        (FieldOutcome::NotTried, "not tried"),
    ];
    let facts = facts.map(|(outcome, words)| format!("{} {words}", test.count(outcome)));
    let mut facts = facts.to_vec();
    facts.push(count(test.requests, "request"));
    facts.push("nothing was changed".to_owned());
    page.facts(&facts);
    page.text(0, 2, org);
    page.finish()
}

fn tried(page: &mut Page, expectation: &Expectation) {
    let line = format!("{}  {}", expectation.id, expectation.expects);
    let fails = expectation.outcome == FieldOutcome::DoesNotHold;
    page.toned(NAME, SENTENCE, fails.then_some(Tone::Bad), &line);
    if fails || page.style.verbose {
        let seen = printable(&expectation.seen);
        page.text(SENTENCE, SENTENCE + 2, &format!("seen: {seen}"));
    }
    if fails {
        let so = format!("so: {}", expectation.otherwise);
        page.text(SENTENCE, SENTENCE + 2, &so);
    }
}

/// What was not tried, by the reason.
fn not_tried(page: &mut Page, expectations: &[&Expectation]) {
    if !expectations.is_empty() {
        page.heading("NOT TRIED");
    }
    let mut reasons: Vec<&str> = Vec::new();
    for expectation in expectations {
        if !reasons.contains(&expectation.seen.as_str()) {
            reasons.push(&expectation.seen);
        }
    }
    for reason in reasons {
        page.text(NAME, NAME, &format!("{}:", printable(reason)));
        for expectation in expectations.iter().filter(|one| one.seen == reason) {
            let line = format!("{}  {}", expectation.id, expectation.expects);
            page.text(NAME + 2, SENTENCE + 2, &line);
        }
    }
}
