//! A plan for people: what cannot be undone first, then everything else, whom it affects, and what to do next.

use std::collections::BTreeMap;

use crate::access::When;
use crate::change::{Change, Stage};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Severity};
use crate::findings::ManualStep;
use crate::plan::{LimitVerdict, Plan};
use crate::report::folded::{Told, folded};
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{clipped, plan_digest, printable, value};
use crate::report::{
    Frame, checked, finding_counts, kind_words, left_alone_counts, limit_words, of_severity, totals,
};

use super::change::change;
use super::expected::expected_rows;
use super::finding::{brief, excerpt, many, pointer, tone};
use super::impact::impact;
use super::summary::summary;
use super::urgent::{before_consent, first_lines, last_lines, next};

/// Names listed for a stage before they become a count.
const NAMES_PER_STAGE: usize = 5;

/// Findings whose names and counts stand under ACCESS, and what is left to say of them.
const TOLD_UNDER_ACCESS: [(Code, &str); 2] = [
    (Code::WhoSeesEverything, "who sees all: see ACCESS"),
    (Code::UsersLosingSight, "who loses sight: see ACCESS"),
];

/// The whole report, from the line that names the org to the line that names it again.
pub fn plan(plan: &Plan, frame: &Frame, style: Style) -> String {
    let mut page = Page::new(style);
    whole(&mut page, plan, frame);
    next(&mut page, plan, frame);
    last_lines(&mut page, &every(plan), frame.refused(), &frame.org);
    page.finish()
}

/// The same as it stands before an apply, ending with the errors somebody should see before they agree.
pub fn plan_to_apply(plan: &Plan, frame: &Frame, style: Style, brief: bool) -> String {
    let mut page = Page::new(style);
    if brief {
        page.text(0, 2, &frame.org);
        totals_or_none(&mut page, plan);
    } else {
        whole(&mut page, plan, frame);
    }
    if !plan.changes.is_empty() {
        before_consent(&mut page, &every(plan));
    }
    page.finish()
}

fn every(plan: &Plan) -> Vec<&Diagnostic> {
    plan.findings.iter().collect()
}

/// Everything up to the totals.
fn whole(page: &mut Page, plan: &Plan, frame: &Frame) {
    page.text(0, 2, &frame.org);
    first_lines(page, plan);
    if !plan.changes.is_empty() {
        header(page, plan, frame);
        changes(page, plan);
        order(page, &plan.changes);
        access(page, plan);
        limits(page, plan);
        expected(page, plan);
        findings(page, plan);
        check(page, plan);
        left_alone(page, plan);
        manual_steps(page, &plan.manual_steps.iter().collect::<Vec<_>>());
        page.raw("");
    }
    totals_or_none(page, plan);
}

fn totals_or_none(page: &mut Page, plan: &Plan) {
    if plan.changes.is_empty() {
        unchanged(page, plan);
    } else {
        page.facts(&totals_line(plan));
    }
}

/// The totals, the next command and the line that names the org: what is left of a report when little is wanted.
pub fn plan_totals(plan: &Plan, frame: &Frame, style: Style) -> String {
    let mut page = Page::new(style);
    totals_or_none(&mut page, plan);
    next(&mut page, plan, frame);
    last_lines(&mut page, &every(plan), frame.refused(), &frame.org);
    page.finish()
}

/// One line, and what is wrong all the same.
fn unchanged(page: &mut Page, plan: &Plan) {
    let mut facts = vec![
        format!("No changes. The org is as {} says", printable(&plan.name)),
        count(plan.api_requests, "request"),
    ];
    let told = finding_counts(&plan.findings);
    if !told.is_empty() {
        facts.push(told);
    }
    page.facts(&facts);
    if page.style.verbose {
        findings(page, plan);
    } else {
        of_severity(&plan.findings, Severity::Error)
            .for_each(|finding| excerpt(page, finding, &plan.sources));
    }
}

fn header(page: &mut Page, plan: &Plan, frame: &Frame) {
    let mut facts = vec![
        "orgwright plan".to_owned(),
        printable(&plan.name).into_owned(),
    ];
    facts.extend(frame.files.iter().map(|file| printable(file).into_owned()));
    page.facts(&facts);
    summary(page, plan);
}

/// What cannot be undone first, then the rest in the order it happens.
pub(super) fn changes(page: &mut Page, plan: &Plan) {
    let (irreversible, others): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.irreversible);
    if !irreversible.is_empty() {
        page.heading(&format!("CANNOT BE UNDONE ({})", irreversible.len()));
        irreversible.iter().for_each(|entry| change(page, entry));
    }
    if !others.is_empty() {
        let title = if irreversible.is_empty() {
            "CHANGES"
        } else {
            "OTHER CHANGES"
        };
        page.heading(&format!("{title} ({})", others.len()));
        others.iter().for_each(|entry| change(page, entry));
    }
}

/// The stages that have something to do, and what.
fn order(page: &mut Page, changes: &[Change]) {
    let mut stages: BTreeMap<Stage, Vec<String>> = BTreeMap::new();
    for change in changes {
        let mut meanwhile = change
            .fields
            .iter()
            .filter_map(|field| field.through.as_ref());
        let through = meanwhile.next().map(|model| {
            let model = value(model, false);
            format!(" (through {model}, then its rules, then on)")
        });
        let name = format!(
            "{} {}{}",
            kind_words(&change.address),
            clipped(&printable(&change.address.name), 60),
            through.unwrap_or_default()
        );
        stages.entry(change.stage).or_default().push(name);
    }
    stages.entry(Stage::Proof).or_default();
    page.heading("ORDER");
    for (stage, names) in &stages {
        page.text(2, 5, &format!("{stage}  {}", stage.title()));
        if !names.is_empty() {
            page.toned(5, 5, Some(Tone::Faint), &listed(names, page.style));
        }
    }
}

fn listed(names: &[String], style: Style) -> String {
    let shown = if style.verbose {
        names.len()
    } else {
        NAMES_PER_STAGE
    };
    let mut text = names
        .iter()
        .take(shown)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

fn access(page: &mut Page, plan: &Plan) {
    if !plan.impact.is_empty() {
        page.heading("ACCESS");
        plan.impact.iter().for_each(|object| impact(page, object));
    }
}

/// The limits of the manifests, each with its verdict.
fn limits(page: &mut Page, plan: &Plan) {
    if plan.limits.is_empty() {
        return;
    }
    page.heading("LIMITS");
    for limit in &plan.limits {
        let tone = match limit.verdict {
            LimitVerdict::Holds => Tone::Good,
            LimitVerdict::Broken | LimitVerdict::NotKnown => Tone::Bad,
        };
        let [name, verdict, words] = limit_words(limit);
        let text = format!("{verdict:<9}  {}: {}", printable(&name), printable(&words));
        page.toned(2, 13, Some(tone), &text);
    }
}

/// What the manifests expect of single records, and whether the plan leaves it so.
fn expected(page: &mut Page, plan: &Plan) {
    if plan.expectations.is_empty() {
        return;
    }
    page.heading("EXPECTED");
    expected_rows(page, &plan.expectations, When::After);
}

/// Errors with their excerpt, the rest in a few lines each.
fn findings(page: &mut Page, plan: &Plan) {
    if plan.findings.is_empty() {
        return;
    }
    page.heading(&format!("FINDINGS ({})", finding_counts(&plan.findings)));
    for told in folded(&plan.findings, page.style.verbose) {
        let finding = match told {
            Told::One(finding) => finding,
            Told::Many(first, count) => {
                many(page, first, count);
                continue;
            }
        };
        let told = TOLD_UNDER_ACCESS
            .iter()
            .find(|(code, _)| *code == finding.code);
        match (told, finding.severity) {
            (Some((_, text)), _) if !plan.impact.is_empty() => pointer(page, finding, text),
            (_, Severity::Error) => excerpt(page, finding, &plan.sources),
            (_, Severity::Warning | Severity::Note) => brief(page, finding),
        }
    }
}

/// What the org said of the plan without saving anything, where it was asked.
fn check(page: &mut Page, plan: &Plan) {
    let Some(check) = &plan.check else {
        return;
    };
    page.heading("CHECK (nothing was saved)");
    for line in checked::lines(check) {
        page.toned(
            2,
            4,
            Some(line.weight.map_or(Tone::Good, tone)),
            &printable(&line.text),
        );
    }
    let refused = check.refused.iter();
    refused.for_each(|finding| excerpt(page, finding, &plan.sources));
}

fn left_alone(page: &mut Page, plan: &Plan) {
    let counts = left_alone_counts(plan);
    if !counts.is_empty() {
        page.raw("");
        page.text(0, 12, &format!("LEFT ALONE  {}", counts.join(", ")));
    }
}

/// What has to be done by hand, done or not.
pub(super) fn manual_steps(page: &mut Page, steps: &[&ManualStep]) {
    if steps.is_empty() {
        return;
    }
    page.heading("BY HAND");
    for step in steps {
        let mark = if step.done == Some(true) { "x" } else { " " };
        let text = printable(&step.text);
        page.text(2, 12, &format!("[{mark}] {}  {text}", step.code));
    }
}

/// What changes, whether it can be undone, the plan's digest and what reading took.
pub(super) fn totals_line(plan: &Plan) -> Vec<String> {
    let mut facts = vec![totals(plan)];
    let irreversible = plan
        .changes
        .iter()
        .filter(|change| change.irreversible)
        .count();
    if irreversible > 0 {
        facts.push(format!("{irreversible} irreversible"));
    }
    facts.push(format!("plan {}", plan_digest(plan)));
    facts.push(count(plan.api_requests, "request"));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::change::Action;
    use crate::live::Known;
    use crate::report::samples;
    use crate::report::text::{columns, is_unsafe};

    fn error() -> Diagnostic {
        Diagnostic::error(
            Code::EditionTooLow,
            "nobody has filled the field yet, so the rule matches no record",
        )
        .at(&samples::place(4))
        .see(&samples::place(3), "this object")
        .help("fill the field first")
    }

    #[test]
    fn a_plan_reads_as_agreed() {
        let mut given = samples::plan();
        given.findings.insert(0, error());
        assert_eq!(
            plan(&given, &samples::frame(), Style::PLAIN),
            include_str!("../samples/plan.txt")
        );
    }

    #[test]
    fn a_plan_without_changes_is_one_line() {
        let mut given = samples::plan();
        given.changes.clear();
        given.findings.clear();
        let expected = "embedded demo org, no Salesforce org was touched\n\
                        No changes. The org is as hubspot-selective-sync says \u{b7} 5 requests\n\
                        embedded demo org, no Salesforce org was touched\n";
        assert_eq!(plan(&given, &samples::frame(), Style::PLAIN), expected);
    }

    #[test]
    fn what_cannot_be_undone_is_on_the_first_screen_of_the_largest_plan() {
        let mut given = samples::plan();
        let role = |number| {
            samples::change(
                Address::new("role", format!("Role_{number}")),
                Action::Create,
                Stage::Containers,
                Vec::new(),
            )
        };
        given.changes = (0..10_000).map(role).collect();
        given.changes.push(samples::plan().changes.remove(2));
        let text = plan(&given, &samples::frame(), Style::PLAIN);
        let position = text
            .lines()
            .position(|line| line.contains("hubspot.integration@acme.example"));
        assert!(position.is_some_and(|line| line < 10), "{position:?}");
    }

    #[test]
    fn every_width_is_kept_and_no_colour_leaks() {
        let mut given = samples::plan();
        given.findings.push(error());
        given.changes.push(samples::change(
            Address::new("role", "x".repeat(5000)),
            Action::Create,
            Stage::Containers,
            Vec::new(),
        ));
        for width in [40, 60, 80, 100] {
            for unicode in [true, false] {
                let text = plan(
                    &given,
                    &samples::frame(),
                    Style {
                        width,
                        unicode,
                        ..Style::PLAIN
                    },
                );
                let longest = text
                    .lines()
                    .max_by_key(|line| columns(line))
                    .unwrap_or_default();
                assert!(columns(longest) <= width, "{width}: {longest}");
                assert!(!text.contains('\u{1b}') && (unicode || text.is_ascii()));
            }
        }
    }

    #[test]
    fn foreign_text_never_acts() {
        let hostile = "\u{1b}]52;c;eA==\u{7}\u{202e}\u{9b}2J\r\n\u{200b}";
        let mut given = samples::plan();
        given.name = hostile.into();
        for change in &mut given.changes {
            change.address.name = hostile.into();
            change.fields.iter_mut().for_each(|field| {
                field.path = hostile.into();
                field.before = hostile.into();
                field.reason = Some(hostile.into());
            });
        }
        given
            .impact
            .iter_mut()
            .for_each(|impact| impact.object = hostile.into());
        given
            .impact
            .iter_mut()
            .filter_map(|impact| match &mut impact.sight_lost {
                Known::Is(lost) => Some(lost),
                _ => None,
            })
            .for_each(|lost| {
                lost.profiles
                    .iter_mut()
                    .for_each(|entry| entry.profile = hostile.into());
                lost.people
                    .iter_mut()
                    .for_each(|one| one.username = hostile.into());
            });
        given
            .impact
            .iter_mut()
            .filter_map(|impact| match &mut impact.bypass {
                Known::Is(bypass) => Some(bypass),
                _ => None,
            })
            .flatten()
            .for_each(|entry| entry.name = hostile.into());
        given.findings = vec![
            Diagnostic::error(Code::EditionTooLow, hostile).help(hostile),
            Diagnostic::note(Code::PermissionSetUndoesProfile, hostile),
        ];
        given
            .manual_steps
            .iter_mut()
            .for_each(|step| step.text = hostile.into());
        let frame = samples::frame();
        let verbose = Style {
            verbose: true,
            ..Style::PLAIN
        };
        for text in [
            plan(&given, &frame, Style::PLAIN),
            plan(&given, &frame, verbose),
            crate::report::json::plan(&given),
            crate::report::markdown::plan(&given, &frame),
            crate::report::html::plan(&given, &frame),
        ] {
            let raw = text
                .chars()
                .find(|character| *character != '\n' && is_unsafe(*character));
            assert_eq!(raw, None, "{text}");
        }
    }
}
