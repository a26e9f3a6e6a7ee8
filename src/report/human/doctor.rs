//! What `doctor` found, for people.

use crate::count::count;
use crate::doctor::{Check, Diagnosis, NeededFor, Status};
use crate::live::Known;
use crate::report::style::{Page, Style, Tone};
use crate::report::text::printable;

/// Where what was looked at begins, and where its sentence does.
const NAME: usize = 2;
const SENTENCE: usize = 10;

/// The whole report.
pub fn diagnosis(diagnosis: &Diagnosis, org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, org);
    for check in &diagnosis.checks {
        one(&mut page, check);
    }
    if style.verbose {
        every_permission(&mut page, diagnosis);
        every_licence(&mut page, diagnosis);
    }
    page.raw("");
    page.text(
        0,
        2,
        &format!(
            "{} {} {}",
            verdict(diagnosis),
            style.dot(),
            count(diagnosis.requests, "request")
        ),
    );
    page.text(0, 2, org);
    page.finish()
}

fn one(page: &mut Page, check: &Check) {
    let (word, tone) = match check.status {
        Status::Ok => ("ok", Tone::Good),
        Status::Note => ("note", Tone::Faint),
        Status::Warning => ("warning", Tone::Careful),
        Status::Missing => ("MISSING", Tone::Bad),
        Status::Failed => ("FAILED", Tone::Bad),
    };
    let rest = format!(
        "{:width$}{}: ",
        "",
        check.check,
        width = SENTENCE - NAME - word.len()
    );
    let rest = format!("{rest}{}", printable(&check.message));
    page.split(NAME, tone, word, &rest, "");
    if let Some(help) = check.help {
        page.text(SENTENCE, SENTENCE + 6, &format!("help: {help}"));
    }
}

fn every_permission(page: &mut Page, diagnosis: &Diagnosis) {
    page.heading("PERMISSIONS");
    let permissions = match &diagnosis.permissions {
        Known::Is(permissions) => permissions,
        unknown => return not_known(page, unknown),
    };
    for permission in permissions {
        let held = if permission.held {
            "held   "
        } else {
            "MISSING"
        };
        let command = match permission.needed_for {
            NeededFor::Plan => "plan ",
            NeededFor::Apply => "apply",
        };
        let line = format!(
            "{held}  {command}  {}: {}",
            permission.label, permission.purpose
        );
        page.text(NAME, 18, &line);
    }
}

fn every_licence(page: &mut Page, diagnosis: &Diagnosis) {
    page.heading("LICENCES");
    let licences = match &diagnosis.licences {
        Known::Is(licences) => licences,
        unknown => return not_known(page, unknown),
    };
    for licence in licences {
        let name = printable(&licence.name);
        let line = format!("{name}: {} of {} used", licence.used, licence.total);
        page.text(NAME, 4, &line);
    }
}

fn not_known<T>(page: &mut Page, part: &Known<T>) {
    if let Some(why) = part.why_unknown() {
        page.text(NAME, 4, &format!("not known: {}", printable(&why)));
    }
}

fn verdict(diagnosis: &Diagnosis) -> &'static str {
    let has = |status| diagnosis.checks.iter().any(|check| check.status == status);
    if has(Status::Missing) {
        "something is missing"
    } else if has(Status::Failed) {
        "something does not work"
    } else if diagnosis.permissions.refused().is_some() {
        "it is not known whether anything is missing"
    } else if has(Status::Warning) {
        "ready, with warnings"
    } else {
        "ready"
    }
}
