//! How an apply ended, for people: what became of each change, the proof, and what it took.

use crate::address::Address;
use crate::apply::{Applied, ChangeResult, Outcome};
use crate::change::{Dropped, Until};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::report::json::Took;
use crate::report::kind_words;
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{duration, printable, short_digest};

use super::plan::manual_steps;
use super::urgent::{last_lines, steps};
use super::verification::proof;
use crate::verify::is_about_numbers;

/// What became of each change, where not all of them were made, and the proof, where it came to one.
pub fn applied(applied: &Applied, plan: &Plan, user: &str, style: Style) -> String {
    let mut page = Page::new(style);
    for sentence in &applied.in_the_dark {
        page.toned(0, 2, Some(Tone::Bad), &printable(sentence));
    }
    let done = applied
        .outcomes
        .iter()
        .filter(|outcome| outcome.result == ChangeResult::Done)
        .count();
    if applied.until.is_early() && applied.failure.is_none() {
        so_far(&mut page, applied, plan, done);
    } else if done < applied.outcomes.len() {
        page.heading(&format!(
            "OUTCOME ({done} of {} done)",
            applied.outcomes.len()
        ));
        applied
            .outcomes
            .iter()
            .for_each(|entry| outcome(&mut page, entry));
        page.raw("");
    } else if done > 0 {
        page.toned(
            0,
            2,
            Some(Tone::Good),
            &format!("Applied: {}.", count(done as u64, "change")),
        );
    }
    left_out(&mut page, &applied.left_out, &plan.digest);
    if let Some(verification) = &applied.verification {
        proof(&mut page, verification, user, &plan.findings);
    }
    page.finish()
}

/// How far it went, and what waits for the rest of it.
fn so_far(page: &mut Page, applied: &Applied, plan: &Plan, done: usize) {
    let made = format!(
        "{done} of {}",
        count(applied.outcomes.len() as u64, "change")
    );
    let sentence = match applied.until {
        Until::Narrowed => format!(
            "Narrowed: {made} made. The defaults are in force, and until the rest is applied nobody sees what rules are to show."
        ),
        Until::Prepared | Until::Proved => {
            format!("Prepared: {made} made. Nobody else's access has changed.")
        }
    };
    page.toned(0, 2, Some(Tone::Good), &sentence);
    for step in steps(plan) {
        page.toned(0, 2, Some(Tone::Careful), &printable(&step.message));
    }
    page.heading(&format!("WAITS ({})", applied.outcomes.len() - done));
    let waiting = applied.outcomes.iter();
    let waiting = waiting.filter(|outcome| outcome.result == ChangeResult::NotDone);
    for waits in waiting {
        let line = format!("{:<7}  {}", waits.action.word(), named(&waits.address));
        page.text(2, 11, &line);
    }
    page.raw("");
}

fn named(address: &Address) -> String {
    format!("{} {}", kind_words(address), printable(&address.name))
}

/// What it took, what is still wrong with the plan, and the org. Where the apply went through, `next` is the command
/// that looks again, or that does the rest, and what is left to do by hand stands before it.
pub fn applied_end(
    plan: &Plan,
    applied: &Applied,
    took: &Took,
    next: &[String],
    org: &str,
    style: Style,
) -> String {
    let mut page = Page::new(style);
    if !next.is_empty() && !applied.until.is_early() {
        let to_do = plan.manual_steps.iter();
        let to_do: Vec<_> = to_do.filter(|step| step.done != Some(true)).collect();
        manual_steps(&mut page, &to_do);
        if !to_do.is_empty() {
            page.raw("");
        }
    }
    page.facts(&[count(took.requests, "request"), duration(took.milliseconds)]);
    if !next.is_empty() {
        page.command("next: ", next);
    }
    let proof = applied.verification.as_ref();
    let found = proof.map_or(&[][..], |proof| proof.findings.as_slice());
    let dark = applied.in_the_dark.iter();
    let dark: Vec<Diagnostic> = dark
        .map(|sentence| Diagnostic::warning(Code::GapOpen, sentence.as_str()))
        .collect();
    let lasting: Vec<&Diagnostic> = lasting(plan, found).into_iter().chain(&dark).collect();
    last_lines(&mut page, &lasting, &[], org);
    page.finish()
}

/// What is to be said at the end: what is wrong with the plan, and what the proof found of the numbers.
fn lasting<'a>(plan: &'a Plan, found: &'a [Diagnostic]) -> Vec<&'a Diagnostic> {
    let numbers = found.iter().filter(|finding| is_about_numbers(finding));
    let new = numbers.filter(|finding| !plan.findings.contains(finding));
    // Whether the gap that was found is still open, the run itself knows.
    let planned = plan.findings.iter();
    let planned = planned.filter(|finding| finding.code != Code::GapOpen);
    planned.chain(new).collect()
}

/// What the digest covers and the org would not take.
fn left_out(page: &mut Page, entries: &[Dropped], digest: &str) {
    if entries.is_empty() {
        return;
    }
    let counted = match entries.len() {
        1 => "1 entry".to_owned(),
        several => format!("{several} entries"),
    };
    let digest = printable(short_digest(digest)).into_owned();
    page.heading(&format!(
        "NOT DEPLOYED ({counted} of plan {digest} that the org refused)"
    ));
    for dropped in entries {
        let address = format!("{} {}", kind_words(&dropped.address), dropped.address.name);
        let line = format!("{address}  {}: {}", dropped.entry, dropped.problem);
        page.toned(2, 6, Some(Tone::Careful), &printable(&line));
    }
    page.raw("");
}

fn outcome(page: &mut Page, outcome: &Outcome) {
    let (word, tone) = match outcome.result {
        ChangeResult::Done => ("done", Tone::Good),
        ChangeResult::NotDone => ("not done", Tone::Careful),
        ChangeResult::Unknown => ("unknown", Tone::Bad),
    };
    let address = named(&outcome.address);
    let line = format!("{word:<8}  {:<7}  {address}", outcome.action.word());
    page.toned(2, 21, Some(tone), &line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Action;
    use crate::report::samples;

    fn outcomes(results: &[ChangeResult]) -> Vec<Outcome> {
        let one = |result: &ChangeResult| Outcome {
            address: Address::new("role", "HubSpot_Integration"),
            action: Action::Create,
            result: *result,
        };
        results.iter().map(one).collect()
    }

    #[test]
    fn a_partial_apply_says_what_became_of_each_change() {
        let given = Applied {
            outcomes: outcomes(&[
                ChangeResult::Done,
                ChangeResult::NotDone,
                ChangeResult::Unknown,
            ]),
            left_out: Vec::new(),
            until: Until::Proved,
            verification: None,
            in_the_dark: Vec::new(),
            failure: None,
        };
        let expected = "
OUTCOME (1 of 3 done)
  done      create   role HubSpot_Integration
  not done  create   role HubSpot_Integration
  unknown   create   role HubSpot_Integration

";
        assert_eq!(
            applied(&given, &samples::plan(), "u", Style::PLAIN),
            expected
        );
    }

    #[test]
    fn an_apply_that_went_through_ends_with_what_is_left_to_do() {
        let mut plan = samples::plan();
        let mut done = plan.manual_steps[0].clone();
        done.done = Some(true);
        plan.manual_steps.push(done);
        let given = Applied {
            outcomes: Vec::new(),
            left_out: Vec::new(),
            until: Until::Proved,
            verification: None,
            in_the_dark: Vec::new(),
            failure: None,
        };
        let end = |next: &[String]| {
            let took = Took::default();
            applied_end(&plan, &given, &took, next, "org Acme", Style::PLAIN)
        };
        let expected = "
BY HAND
  [ ] HS03  turn on selective sync in HubSpot

0 requests \u{b7} 0.00 s
next: orgwright verify
org Acme
";
        assert_eq!(end(&["orgwright".into(), "verify".into()]), expected);
        assert_eq!(end(&[]), "0 requests \u{b7} 0.00 s\norg Acme\n");
    }

    #[test]
    fn a_whole_apply_ends_with_the_proof() {
        let verification = Some(samples::verification());
        let given = Applied {
            outcomes: outcomes(&[ChangeResult::Done; 2]),
            left_out: vec![Dropped {
                address: Address::new("profile", "HubSpot Integration"),
                entry: "ViewFlowUsage".to_owned(),
                problem: "Unknown user permission: ViewFlowUsage".to_owned(),
            }],
            until: Until::Proved,
            verification,
            in_the_dark: Vec::new(),
            failure: None,
        };
        let text = applied(&given, &samples::plan(), "u@acme.example", Style::PLAIN);
        let expected = "Applied: 2 changes.\n\n\
                        NOT DEPLOYED (1 entry of plan 7f3a91c2d4e5 that the org refused)\n  \
                        profile HubSpot Integration  ViewFlowUsage: Unknown user permission:\n      \
                        ViewFlowUsage\n\n\
                        Proved: 311 of 2,000 leads visible and editable to u@acme.example, none that\n  should not be.\n";
        assert_eq!(text, expected);
    }
}
