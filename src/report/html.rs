//! A plan as one HTML file: no script, no network, readable in light and dark, and on paper.

use crate::access::Impact;
use crate::change::Change;
use crate::diagnostic::Diagnostic;
use crate::findings::ManualStep;
use crate::plan::Plan;

use super::text::{printable, value};
use super::{
    Frame, finding_counts, kind_words, left_alone_counts, place_words, record_counts, totals,
};
use crate::count::{count, number};

/// Nothing may be loaded or run, whatever the text holds.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const LOOKS: &str = "\
:root{color-scheme:light dark;--line:#8886;--faint:light-dark(#555,#aaa)}\
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
code{font:0.9em ui-monospace,monospace;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}\
td.n{text-align:right;font-variant-numeric:tabular-nums}\
.create{color:light-dark(#116329,#6fdd8b)}.update{color:light-dark(#7a4d00,#e3b341)}\
.replace,.delete,.error{color:light-dark(#a40e26,#ff9492)}.warning{color:light-dark(#7a4d00,#e3b341)}.note,footer{color:var(--faint)}\
.final{border-left:.3rem solid light-dark(#8250df,#c297ff);padding-left:1rem}\
@media print{body{max-width:none;margin:0}details>*{display:block}}";

/// A plan as a page of its own.
pub fn plan(plan: &Plan, frame: &Frame) -> String {
    let (irreversible, others): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.irreversible);
    let body = [
        head(plan, frame),
        section("Cannot be undone", "final", changes(&irreversible)),
        section("Changes", "", changes(&others)),
        section("Access", "", impact(&plan.impact)),
        section("Findings", "", findings(&plan.findings)),
        section("By hand", "", manual_steps(&plan.manual_steps)),
        foot(plan, frame),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>orgwright plan: {}</title><style>{LOOKS}</style></head>\n<body>\n{}</body></html>\n",
        escaped(&plan.name),
        body.concat(),
    )
}

fn head(plan: &Plan, frame: &Frame) -> String {
    let verdict = if plan.changes.is_empty() {
        "No changes".to_owned()
    } else {
        totals(plan)
    };
    let findings = finding_counts(&plan.findings);
    let files: Vec<_> = frame.files.iter().map(|file| escaped(file)).collect();
    format!(
        "<header><h1>orgwright plan: {}</h1><p>{} \u{b7} <code>{}</code></p><p><strong>{verdict}</strong> {findings}</p></header>\n",
        escaped(&plan.name),
        escaped(&frame.org),
        files.join(" "),
    )
}

fn foot(plan: &Plan, frame: &Frame) -> String {
    let left = left_alone_counts(plan);
    let left = if left.is_empty() {
        String::new()
    } else {
        format!("<p>Left alone: {}</p>", left.join(", "))
    };
    let next = if plan.changes.is_empty() {
        String::new()
    } else {
        format!(
            "<p>Next: <code>{}</code></p>",
            escaped(&frame.next.join(" "))
        )
    };
    format!(
        "{next}\n<footer>{left}<p>plan <code>{}</code> \u{b7} {}</p></footer>\n",
        escaped(&plan.digest),
        count(plan.api_requests, "request")
    )
}

/// A section with its heading; nothing where there is nothing in it.
fn section(title: &str, class: &str, body: String) -> String {
    if body.is_empty() {
        body
    } else {
        format!("<section class=\"{class}\"><h2>{title}</h2>\n{body}</section>\n")
    }
}

fn changes(changes: &[&Change]) -> String {
    changes.iter().map(|entry| change(entry)).collect()
}

/// One change, its attributes folded away.
fn change(change: &Change) -> String {
    let word = change.action.word();
    let place = change.place.as_ref().map(place_words).unwrap_or_default();
    let rows: Vec<_> = change
        .fields
        .iter()
        .map(|field| {
            let side = |side| {
                if matches!(side, &serde_json::Value::Null) {
                    String::new()
                } else {
                    format!("<code>{}</code>", escaped(&value(side, true)))
                }
            };
            let why = escaped(field.reason.as_deref().unwrap_or_default());
            format!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{why}</td></tr>\n",
                escaped(&field.path),
                side(&field.before),
                side(&field.after)
            )
        })
        .collect();
    format!(
        "<details><summary><strong class=\"{word}\">{} {word}</strong> {} <code>{}</code> <small title=\"{}\">{}</small></summary>\n\
         <table><tr><th>attribute</th><th>before</th><th>after</th><th>why</th></tr>\n{}</table></details>\n",
        change.action.symbol(),
        kind_words(&change.address),
        escaped(&change.address.name),
        change.stage.title(),
        escaped(&place),
        rows.concat(),
    )
}

fn impact(impact: &[Impact]) -> String {
    if impact.is_empty() {
        return String::new();
    }
    let rows: String = impact.iter().map(impact_row).collect();
    format!(
        "<table><tr><th>object</th><th>records</th><th>sees now</th><th>sees after</th><th>users losing sight</th><th>see all anyway</th></tr>\n{rows}</table>\n"
    )
}

fn impact_row(impact: &Impact) -> String {
    let [records, now, after] = record_counts(impact);
    let losing: Vec<_> = impact
        .users_losing_access
        .iter()
        .map(|entry| format!("{} {}", number(entry.users), escaped(&entry.profile)))
        .collect();
    let bypass: Vec<_> = impact
        .bypass
        .iter()
        .map(|entry| {
            format!(
                "{} {} ({})",
                number(entry.users),
                escaped(&entry.name),
                entry.by
            )
        })
        .collect();
    format!(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(&impact.object),
        records,
        now,
        after,
        losing.join("<br>"),
        bypass.join("<br>"),
    )
}

fn findings(findings: &[Diagnostic]) -> String {
    let item = |finding: &Diagnostic| {
        let place = finding.place.as_ref().map(place_words).unwrap_or_default();
        let help = finding
            .help
            .as_deref()
            .map(|help| format!("<br><small>{}</small>", escaped(help)))
            .unwrap_or_default();
        let word = finding.severity.word();
        format!(
            "<li><strong class=\"{word}\">{word} {}</strong> {} <code>{}</code>{help}</li>\n",
            finding.code,
            escaped(&finding.message),
            escaped(&place)
        )
    };
    if findings.is_empty() {
        String::new()
    } else {
        format!(
            "<ul>{}</ul>\n",
            findings.iter().map(item).collect::<String>()
        )
    }
}

fn manual_steps(steps: &[ManualStep]) -> String {
    let item = |step: &ManualStep| {
        let mark = if step.done == Some(true) {
            "done: "
        } else {
            ""
        };
        format!("<li>{mark}{} ({})</li>\n", escaped(&step.text), step.code)
    };
    if steps.is_empty() {
        String::new()
    } else {
        format!("<ol>{}</ol>\n", steps.iter().map(item).collect::<String>())
    }
}

/// Foreign text as HTML text or attribute value.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
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
                page.contains(&format!(
                    "<code>{}</code> <small",
                    escaped(&change.address.name)
                )),
                "{}",
                change.address
            );
        }
        assert!(page.contains("orgwright.yaml:3"));
        assert!(page.contains(&given.digest));
    }
}
