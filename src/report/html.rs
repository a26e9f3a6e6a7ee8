//! A plan as one HTML file: no script, no network, readable in light and dark, and on paper.

mod applied;
mod ended;
mod inventory;
mod proof;

pub use applied::applied;
pub use ended::failure;
pub use inventory::inventory;
pub use proof::verification;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::access::{ExpectedAccess, Impact, When};
use crate::change::Change;
use crate::diagnostic::Diagnostic;
use crate::findings::ManualStep;
use crate::plan::{Plan, PlanCheck};

use super::expected::{ExpectedVerdict, rows};
use super::folded::{Told, folded};
use super::text::{printable, value};
use super::{
    Frame, bypass_words, checked, finding_counts, kind_words, left_alone_counts, limit_words,
    losing_words, place_words, record_counts, totals, urgent,
};
use crate::count::count;

/// Nothing may be loaded or run, whatever the text holds.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const LOOKS: &str = "\
:root{color-scheme:light dark;--line:#8886;--faint:light-dark(#555,#aaa)}\
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h1,li{overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}\
code{font:0.9em ui-monospace,monospace;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}\
.wide{overflow-x:auto}td.n{text-align:right;font-variant-numeric:tabular-nums}\
.create{color:light-dark(#116329,#6fdd8b)}.update{color:light-dark(#7a4d00,#e3b341)}\
.replace,.delete,.error{color:light-dark(#a40e26,#ff9492)}.warning{color:light-dark(#7a4d00,#e3b341)}.note,footer{color:var(--faint)}\
pre{overflow-x:auto;font:0.9em ui-monospace,monospace}\
.final{border-left:.3rem solid light-dark(#8250df,#c297ff);padding-left:1rem}\
@media print{body{max-width:none;margin:0}details>*{display:block}}";

/// A plan as a page of its own.
pub fn plan(plan: &Plan, frame: &Frame) -> String {
    let (irreversible, others): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.irreversible);
    let body = html! {
        (head(plan, frame))
        (section("Cannot be undone", "final", changes(&irreversible)))
        (section("Changes", "", changes(&others)))
        (section("Access", "", impact(&plan.impact)))
        (section("Limits", "", limits(plan)))
        (section("Expected", "", expected(&plan.expectations, When::After)))
        (section("Findings", "", findings(&plan.findings)))
        (section(checked::TITLE, "", check(plan.check.as_ref())))
        (section("By hand", "", manual_steps(&plan.manual_steps)))
        (foot(plan, frame))
    };
    document(&format!("orgwright plan: {}", printable(&plan.name)), body)
}

/// A page of this title, with nothing to load or to run.
fn document(title: &str, body: Markup) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(LOOKS)) }
            } "\n"
            body { "\n" (body) }
        } "\n"
    };
    page.into_string()
}

fn head(plan: &Plan, frame: &Frame) -> Markup {
    html! {
        header {
            h1 { "orgwright plan: " (printable(&plan.name)) }
            p {
                (printable(&frame.org)) " \u{b7} "
                code {
                    @for (position, file) in frame.files.iter().enumerate() {
                        @if position > 0 { " " }
                        (printable(file))
                    }
                }
            }
            p {
                strong {
                    @if plan.changes.is_empty() { "No changes" } @else { (totals(plan)) }
                }
                " " (finding_counts(&plan.findings))
            }
            @for urgent in urgent(plan) {
                p { strong class=(urgent.severity.word()) { (urgent.code) } " " (printable(&urgent.message)) }
            }
        } "\n"
    }
}

fn foot(plan: &Plan, frame: &Frame) -> Markup {
    let left = left_alone_counts(plan);
    html! {
        @if !plan.changes.is_empty() && !frame.refused().is_empty() {
            p { strong class="error" { "apply would refuse this plan (exit 4)" } }
            ul { @for refusal in frame.refused() { (finding(refusal)) } } "\n"
        }
        @if !plan.changes.is_empty() && !frame.next.is_empty() {
            p { "Next: " code { (printable(&frame.next.join(" "))) } } "\n"
        }
        footer {
            @if !left.is_empty() {
                p { "Left alone: " (left.join(", ")) }
            }
            p {
                "plan " code { (printable(&plan.digest)) } " \u{b7} "
                (count(plan.api_requests, "request")) " \u{b7} " (printable(&frame.made_by()))
            }
        } "\n"
    }
}

/// A section with its heading; nothing where there is nothing in it.
fn section(title: &str, class: &str, body: Markup) -> Markup {
    html! {
        @if !body.0.is_empty() {
            section class=(class) {
                h2 { (title) } "\n"
                (body)
            } "\n"
        }
    }
}

fn changes(changes: &[&Change]) -> Markup {
    html! { @for entry in changes { (change(entry)) } }
}

/// One change, its attributes folded away.
fn change(change: &Change) -> Markup {
    let word = change.action.word();
    let place = change.place.as_ref().map(place_words).unwrap_or_default();
    html! {
        details {
            summary {
                strong class=(word) { (change.action.symbol()) " " (word) }
                " " (kind_words(&change.address))
                " " code { (printable(&change.address.name)) }
                " " small title=(change.stage.title()) { (place) }
            } "\n"
            table {
                tr { th { "attribute" } th { "before" } th { "after" } th { "why" } } "\n"
                @for field in &change.fields {
                    tr {
                        td { code { (printable(&field.path)) } }
                        td { (side(&field.before)) }
                        td { (side(&field.after)) }
                        td { (printable(field.reason.as_deref().unwrap_or_default())) }
                    } "\n"
                }
            }
        } "\n"
    }
}

/// What an attribute is before or after a change.
fn side(side: &Value) -> Markup {
    html! { @if !side.is_null() { code { (printable(&value(side, true))) } } }
}

fn impact(impact: &[Impact]) -> Markup {
    html! {
        @if !impact.is_empty() {
            table {
                tr {
                    th { "object" } th { "records" } th { "sees now" } th { "sees after" }
                    th { "users losing sight" } th { "see all anyway" }
                } "\n"
                @for object in impact { (impact_row(object)) }
            } "\n"
        }
    }
}

fn impact_row(impact: &Impact) -> Markup {
    html! {
        tr {
            td { (printable(&impact.object)) }
            @for sight in record_counts(impact) { td class="n" { (sight) } }
            td { (lines(losing_words(impact, |name| printable(name).into_owned()))) }
            td { (lines(bypass_words(impact, |name| printable(name).into_owned()))) }
        } "\n"
    }
}

/// One entry a line.
fn lines(entries: Vec<String>) -> Markup {
    html! {
        @for (position, entry) in entries.iter().enumerate() {
            @if position > 0 { br; }
            (entry)
        }
    }
}

/// The limits of the manifests, each with its verdict.
fn limits(plan: &Plan) -> Markup {
    html! {
        @if !plan.limits.is_empty() {
            table {
                tr { th { "limit" } th { "verdict" } th { "numbers" } } "\n"
                @for limit in &plan.limits {
                    @let [name, verdict, words] = limit_words(limit);
                    tr {
                        td { (printable(&name)) }
                        td { @if limit.refuses() { strong class="error" { (verdict) } } @else { (verdict) } }
                        td { (printable(&words)) }
                    } "\n"
                }
            } "\n"
        }
    }
}

/// What the manifests expect of single records, and whether it is so.
fn expected(expected: &[ExpectedAccess], when: When) -> Markup {
    let rows = rows(expected, when);
    html! {
        @if !rows.is_empty() {
            table {
                tr { th { "access" } th { "verdict" } th { "records" } } "\n"
                @for row in &rows {
                    tr {
                        td { (row.who) }
                        td {
                            @if row.verdict == ExpectedVerdict::Holds { (row.verdict.word()) }
                            @else { strong class="error" { (row.verdict.word()) } }
                        }
                        td { (row.what) }
                    } "\n"
                }
            } "\n"
        }
    }
}

fn findings(findings: &[Diagnostic]) -> Markup {
    html! {
        @if !findings.is_empty() {
            ul {
                @for told in folded(findings, false) {
                    @match told {
                        Told::One(entry) => { (finding(entry)) }
                        Told::Many(first, count) => {
                            li {
                                strong class=(first.severity.word()) { (first.severity.word()) " " (first.code) }
                                " " (printable(&Told::sentence(first, count)))
                            } "\n"
                        }
                    }
                }
            } "\n"
        }
    }
}

fn finding(finding: &Diagnostic) -> Markup {
    let word = finding.severity.word();
    let place = finding.place.as_ref().map(place_words).unwrap_or_default();
    html! {
        li {
            strong class=(word) { (word) " " (finding.code) }
            " " (printable(&finding.message))
            @if !place.is_empty() { " " code { (place) } }
            @if let Some(help) = &finding.help { br; small { (printable(help)) } }
        } "\n"
    }
}

/// What the org said of the plan without saving anything.
fn check(check: Option<&PlanCheck>) -> Markup {
    html! {
        @if let Some(check) = check {
            ul {
                @for line in checked::lines(check) {
                    li {
                        @if let Some(weight) = line.weight { strong class=(weight.word()) { (weight.word()) } " " }
                        (printable(&line.text))
                    } "\n"
                }
                @for entry in &check.refused { (finding(entry)) }
            } "\n"
        }
    }
}

fn manual_steps(steps: &[ManualStep]) -> Markup {
    html! {
        @if !steps.is_empty() {
            ol {
                @for step in steps {
                    li {
                        @if step.done == Some(true) { "done: " }
                        (printable(&step.text)) " (" (step.code) ")"
                    } "\n"
                }
            } "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::change::{Action, Stage};
    use crate::report::samples;

    #[test]
    fn a_page_loads_and_runs_nothing() {
        let mut given = samples::plan();
        given.name = "</title><script>alert(1)</script>".into();
        let hostile = "\"><img src=x onerror=alert(1)>\u{1b}";
        given.changes.push(samples::change(
            Address::new("role", hostile),
            Action::Delete,
            Stage::Containers,
            Vec::new(),
        ));
        let page = plan(&given, &samples::frame());
        for forbidden in ["<script", "<img", "http://", "https://", "\u{1b}", "<link"] {
            assert!(!page.contains(forbidden), "{forbidden} in {page}");
        }
        assert!(page.contains("&lt;script&gt;"));
    }

    #[test]
    fn every_change_and_its_line_is_on_the_page() {
        let given = samples::plan();
        let page = plan(&given, &samples::frame());
        for change in &given.changes {
            assert!(
                page.contains(&format!("<code>{}</code> <small", change.address.name)),
                "{}",
                change.address
            );
        }
        assert!(page.contains("orgwright.yaml:3"));
        assert!(page.contains(&given.digest));
    }
}
