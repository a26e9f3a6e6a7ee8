//! A way back, for people: who comes to see more, what is written in which order, what stays, and how it ended.

use std::collections::BTreeMap;

use crate::change::Stage;
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Plan;
use crate::report::folded::{Told, folded};
use crate::report::json::Took;
use crate::report::kind_words;
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{clipped, duration, printable};

use super::finding::{brief, excerpt, many, tone};
use super::plan::{changes, totals_line};

/// Names listed for a stage before they become a count.
const NAMES_PER_STAGE: usize = 5;

/// What is to be written, and what stays, from the line that names the org to the totals.
pub fn way_back(plan: &Plan, title: &str, org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, org);
    page.facts(&[
        format!("orgwright {title}"),
        printable(&plan.name).into_owned(),
    ]);
    first(&mut page, plan);
    if !plan.changes.is_empty() {
        changes(&mut page, plan);
        order(&mut page, plan);
    }
    findings(&mut page, plan);
    page.raw("");
    match plan.changes.is_empty() {
        true => page.text(0, 2, "Nothing is left to put back."),
        false => page.facts(&totals_line(plan)),
    }
    page.finish()
}

/// Who comes to see more stands first.
fn first(page: &mut Page, plan: &Plan) {
    let becomes = plan.findings.iter();
    let becomes: Vec<&Diagnostic> = becomes
        .filter(|finding| finding.code == Code::BecomesVisible)
        .collect();
    if becomes.is_empty() && !plan.changes.is_empty() {
        page.text(2, 4, "nobody comes to see more records");
    }
    for finding in becomes {
        let shown = Some(tone(finding.severity));
        page.toned(2, 4, shown, &printable(&finding.message));
    }
}

fn order(page: &mut Page, plan: &Plan) {
    let mut stages: BTreeMap<Stage, Vec<String>> = BTreeMap::new();
    for change in &plan.changes {
        let name = clipped(&printable(&change.address.name), 60);
        let named = format!("{} {name}", kind_words(&change.address));
        stages.entry(change.stage).or_default().push(named);
    }
    page.heading("ORDER");
    for (stage, names) in &stages {
        page.text(2, 5, &format!("{stage}  {}", stage.title()));
        let mut shown = names
            .iter()
            .take(NAMES_PER_STAGE)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if names.len() > NAMES_PER_STAGE {
            shown.push_str(&format!(" and {} more", names.len() - NAMES_PER_STAGE));
        }
        page.toned(5, 5, Some(Tone::Faint), &shown);
    }
}

fn findings(page: &mut Page, plan: &Plan) {
    if plan.findings.is_empty() {
        return;
    }
    page.heading("WHAT TO KNOW");
    for told in folded(&plan.findings, page.style.verbose) {
        match told {
            Told::Many(first, count) => many(page, first, count),
            Told::One(finding) if finding.severity == Severity::Error => {
                excerpt(page, finding, &plan.sources);
            }
            Told::One(finding) => brief(page, finding),
        }
    }
}

/// What stays of it, for the end of a run.
pub fn stays(plan: &Plan, style: Style) -> String {
    let mut page = Page::new(style);
    let lasting = [
        Code::UserIsDeactivated,
        Code::ChangedSincePlan,
        Code::NotPutBack,
        Code::DefaultStays,
        Code::StillUsed,
    ];
    let staying: Vec<&Diagnostic> = plan
        .findings
        .iter()
        .filter(|finding| lasting.contains(&finding.code))
        .collect();
    if !staying.is_empty() {
        page.heading(&format!("STAYS ({})", staying.len()));
        for finding in staying {
            let shown = Some(tone(finding.severity));
            page.toned(2, 4, shown, &printable(&finding.message));
        }
        page.raw("");
    }
    page.finish()
}

/// What it took, and the org once more.
pub fn back_end(took: &Took, org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.facts(&[count(took.requests, "request"), duration(took.milliseconds)]);
    page.text(0, 2, org);
    page.finish()
}
