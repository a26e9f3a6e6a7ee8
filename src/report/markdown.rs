//! Reports as Markdown, for a pull request's comment: verdict first, what cannot be undone next, details folded.
//!
//! A comment holds 65,536 characters at most, so a report keeps within as many bytes: the least important end is cut, with
//! exact counts of what is missing. Foreign text is inert: no mention, no reference, no markup comes out of an org or a manifest.

mod applied;
mod ended;
mod findings;
mod inert;
mod inventory;
mod leaks;
mod parts;
mod proof;
mod tables;

use crate::access::{Impact, When};
use crate::change::{Change, FieldChange};
use crate::plan::{Plan, PlanCheck};

use super::folded::folded;
use super::text::value;
use super::{
    Frame, bypass_words, checked, finding_counts, kind_words, left_alone_counts, losing_words,
    place_words, record_counts, totals, urgent,
};
use crate::count::count;
pub use applied::applied;
pub use ended::failure;
pub use inventory::inventory;
pub use proof::verification;

use findings::{finding, told};
use inert::{code, code_cell, sentence};
use parts::{ReportPart, assembled, first_of, list};
use tables::{expected, limits};

/// A plan as a comment.
pub fn plan(plan: &Plan, frame: &Frame) -> String {
    let (irreversible, others): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.irreversible);
    let sections = [
        list("Cannot be undone", irreversible.into_iter().map(change)),
        list("Changes", others.into_iter().map(change)),
        access(&plan.impact),
        limits(plan),
        expected(&plan.expectations, When::After),
        list(
            "Findings",
            folded(&plan.findings, false).into_iter().map(told),
        ),
        list(checked::TITLE, plan.check.iter().flat_map(check)),
        list(
            "By hand",
            plan.manual_steps.iter().map(|step| {
                format!(
                    "- [{}] {} ({})\n",
                    mark(step.done),
                    sentence(&step.text),
                    step.code
                )
            }),
        ),
        attributes(&plan.changes),
    ];
    assembled(&head(plan, frame), &sections, &tail(plan, frame))
}

/// What the org said of the plan without saving anything.
fn check(check: &PlanCheck) -> Vec<String> {
    let lines = checked::lines(check).into_iter();
    let lines = lines.map(|line| match line.weight {
        Some(weight) => format!("- **{}** {}\n", weight.word(), sentence(&line.text)),
        None => format!("- {}\n", sentence(&line.text)),
    });
    lines.chain(check.refused.iter().map(finding)).collect()
}

fn head(plan: &Plan, frame: &Frame) -> String {
    let verdict = if plan.changes.is_empty() {
        "No changes".to_owned()
    } else {
        totals(plan)
    };
    let irreversible = plan
        .changes
        .iter()
        .filter(|change| change.irreversible)
        .count();
    let mut facts = vec![format!("**{verdict}**")];
    if irreversible > 0 {
        facts.push(format!("**{irreversible} irreversible**"));
    }
    let findings = finding_counts(&plan.findings);
    if !findings.is_empty() {
        facts.push(findings);
    }
    facts.push(sentence(&frame.org));
    let first = first_of(urgent(plan).map(|one| {
        let word = one.severity.word();
        format!("**{word} {}** {}\n\n", one.code, sentence(&one.message))
    }));
    format!(
        "{}\n## orgwright plan: {}\n\n{first}{}\n",
        marker("plan", &plan.name),
        code(&plan.name),
        facts.join(" \u{b7} ")
    )
}

/// The comment by which a later run finds this one's; nothing foreign can end it early.
fn marker(command: &str, name: &str) -> String {
    let safe: String = name
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
        .take(80)
        .collect();
    match safe.is_empty() {
        true => format!("<!-- orgwright {command} -->"),
        false => format!("<!-- orgwright {command} {safe} -->"),
    }
}

fn tail(plan: &Plan, frame: &Frame) -> String {
    let left = left_alone_counts(plan);
    let left = if left.is_empty() {
        String::new()
    } else {
        format!("\nLeft alone: {}\n", left.join(", "))
    };
    let refused = match plan.changes.is_empty() || frame.refused().is_empty() {
        true => String::new(),
        false => {
            let each = first_of(frame.refused().iter().map(finding));
            format!("\n**`apply` would refuse this plan** (exit 4):\n\n{each}")
        }
    };
    let next = if plan.changes.is_empty() || frame.next.is_empty() {
        String::new()
    } else {
        format!("\nNext: {}\n", code(&frame.next.join(" ")))
    };
    format!(
        "{left}{refused}{next}\nplan `{}` \u{b7} {} \u{b7} {}\n",
        plan.digest,
        count(plan.api_requests, "request"),
        frame.made_by()
    )
}

fn change(change: &Change) -> String {
    let place = change
        .place
        .as_ref()
        .map(|place| format!(" ({})", code(&place_words(place))))
        .unwrap_or_default();
    format!(
        "- **{}** {} {}{place}\n",
        change.action.word(),
        kind_words(&change.address),
        code(&change.address.name)
    )
}

fn mark(done: Option<bool>) -> &'static str {
    if done == Some(true) { "x" } else { " " }
}

fn access(impact: &[Impact]) -> ReportPart {
    let opening = "\n### Access\n\n| object | records | sees now | sees after | users losing sight | see all anyway |\n\
                   | --- | ---: | ---: | ---: | --- | --- |\n";
    ReportPart {
        opening: opening.to_owned(),
        items: impact.iter().map(impact_row).collect(),
        closing: "",
    }
}

fn impact_row(impact: &Impact) -> String {
    let [records, now, after] = record_counts(impact);
    let losing = losing_words(impact, |name| sentence(name).to_string());
    let bypass = bypass_words(impact, |name| sentence(name).to_string());
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        sentence(&impact.object),
        records,
        now,
        after,
        some_of(&losing),
        some_of(&bypass),
    )
}

/// The first of many, with the count of the others.
fn some_of(items: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut text = items
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join("<br>");
    if items.len() > SHOWN {
        text.push_str(&format!("<br>and {} more", items.len() - SHOWN));
    }
    text
}

/// Every attribute of every change, folded away.
fn attributes(changes: &[Change]) -> ReportPart {
    let rows = changes.iter().flat_map(|change| {
        let name = format!("{}/{}", change.address.kind, change.address.name);
        change
            .fields
            .iter()
            .map(move |field| attribute(&name, field))
    });
    let opening = "\n<details><summary>Every attribute that changes</summary>\n\n| resource | attribute | before | after | why |\n\
                   | --- | --- | --- | --- | --- |\n";
    ReportPart {
        opening: opening.to_owned(),
        items: rows.collect(),
        closing: "\n</details>\n",
    }
}

fn attribute(name: &str, field: &FieldChange) -> String {
    let why = field.reason.as_deref().map(sentence).unwrap_or_default();
    let [before, after] = [&field.before, &field.after].map(|side| {
        if side.is_null() {
            String::new()
        } else {
            code_cell(&value(side, false))
        }
    });
    format!(
        "| {} | {} | {before} | {after} | {why} |\n",
        code_cell(name),
        code_cell(&field.path)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::change::{Action, Stage};
    use crate::count::number;
    use crate::report::{TOOL, samples};
    use serde_json::json;

    #[test]
    fn a_plan_begins_with_its_marker_and_verdict_and_ends_with_its_digest() {
        let text = plan(&samples::plan(), &samples::frame());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "<!-- orgwright plan hubspotselectivesync -->");
        assert!(
            lines[3].starts_with(
                "**3 to create, 1 to change, 0 to replace, 0 to delete** \u{b7} **1 irreversible**"
            ),
            "{text}"
        );
        assert_eq!(
            lines.last(),
            Some(
                &format!("plan `sha256:7f3a91c2d4e5ffff` \u{b7} 5 requests \u{b7} {TOOL}").as_str()
            )
        );
        let position = |heading: &str| {
            text.find(heading)
                .unwrap_or_else(|| panic!("no {heading} in {text}"))
        };
        assert!(position("### Cannot be undone") < position("### Changes"));
        assert!(text.contains("| Lead | 2,000 | no user yet | 311 | 13 people<br>12 Marketing User (20,268)<br>1 Standard User (1,689) | 3 System Administrator (ModifyAllData) |"), "{text}");
    }

    #[test]
    fn a_huge_plan_keeps_within_the_budget_and_counts_what_is_missing() {
        let mut huge = samples::plan();
        huge.changes = (0..10_000)
            .map(|number| {
                samples::change(
                    Address::new("role", format!("Role_{number}")),
                    Action::Create,
                    Stage::Containers,
                    Vec::new(),
                )
            })
            .collect();
        let text = plan(&huge, &samples::frame());
        assert!(text.len() <= parts::BUDGET, "{}", text.len());
        let shown = text.matches("\n- **create** role").count();
        assert!(shown > 1000);
        assert!(
            text.contains(&format!("\u{2026} {} more", number(10_000 - shown as u64))),
            "{shown}"
        );
        assert!(text.contains("### Findings"));
    }

    #[test]
    fn no_name_ends_the_marker() {
        assert_eq!(
            marker("plan", "x --> <script>"),
            "<!-- orgwright plan xscript -->"
        );
    }

    #[test]
    fn an_attribute_cannot_end_its_row() {
        let mut plan_with = samples::plan();
        let field = FieldChange {
            path: "label".into(),
            before: json!("a|b\n</details>"),
            after: json!(null),
            through: None,
            reason: None,
        };
        plan_with.changes = vec![samples::change(
            Address::new("role", "x|y"),
            Action::Update,
            Stage::Containers,
            vec![field],
        )];
        let text = plan(&plan_with, &samples::frame());
        assert!(
            text.contains("| `role/x\\|y` | `label` | `a\\|b\\n</details>` |  |  |"),
            "{text}"
        );
    }

    #[test]
    fn a_proof_is_a_table() {
        let text = verification(&samples::verification(), &samples::frame());
        assert!(
            text.contains("| Lead | 2,000 | 2,000 | 311 | 311 | 311 | 0 | 0 |"),
            "{text}"
        );
        let head = "<!-- orgwright verify hubspotselectivesync -->\n## orgwright verify: `hubspot-selective-sync`\n";
        assert!(text.starts_with(head), "{text}");
    }
}
