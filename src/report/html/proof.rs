//! A proof as a page of its own.

use maud::{Markup, html};

use super::{changes, document, expected, findings, section};
use crate::access::{Capability, When};
use crate::count::number;
use crate::report::text::{self, printable};
use crate::report::{Frame, capable};
use crate::verify::{Access, Author, Mismatch, Verification};

/// What the org says of the user's sight.
pub fn verification(verification: &Verification, frame: &Frame) -> String {
    let title = format!("orgwright verify: {}", printable(&frame.name));
    let body = html! {
        header {
            h1 { (title) }
            p { (printable(&frame.org)) }
            p {
                code { (printable(&frame.user)) } " sees what the org shows "
                @if verification.holds() { strong { "as the manifest says" } }
                @else { strong class="error" { "not as the manifest says" } }
                @if verification.is_of_frozen_user() { ". It is frozen, and sees nothing until it can log in again" }
                "."
            }
        } "\n"
        (sections(verification))
        footer { p { (printable(&frame.made_by())) } } "\n"
    };
    document(&title, body)
}

/// The proof, section by section.
pub(super) fn sections(verification: &Verification) -> Markup {
    let drift: Vec<_> = verification.drift.iter().collect();
    html! {
        (section("What the user can do", "", able(&verification.capabilities)))
        (section("Access", "", access(&verification.access)))
        (section("Expected", "", expected(&verification.expectations, When::Now)))
        (section("Differences", "", changes(&drift)))
        (section("Who changed it", "", authors(&verification.authors)))
        (section("Visible, and should not be", "", records(&verification.access, |access| &access.leaks)))
        (section("What closes them", "", mends(&verification.access)))
        (section("Not visible or editable, and should be", "", records(&verification.access, |access| &access.missing)))
        (section("Findings", "", findings(&verification.findings)))
    }
}

fn able(capabilities: &[Capability]) -> Markup {
    html! {
        @for (good, line) in capable::lines(capabilities) {
            p { @if good { (line) } @else { strong class="error" { (line) } } } "\n"
        }
    }
}

fn authors(authors: &[Author]) -> Markup {
    html! {
        @if !authors.is_empty() {
            ul {
                @for author in authors {
                    li { code { (printable(&author.about)) } ": " (text::authorship(&author.authorship)) } "\n"
                }
            } "\n"
        }
    }
}

fn access(access: &[Access]) -> Markup {
    html! {
        @if !access.is_empty() {
            div class="wide" {
                table {
                    tr {
                        th { "object" } th { "records" } th { "checked" } th { "expected" } th { "visible" }
                        th { "editable" } th { "leaks" } th { "missing" }
                    } "\n"
                    @for one in access { (access_row(one)) }
                }
            } "\n"
        }
    }
}

fn access_row(access: &Access) -> Markup {
    let numbers = [
        access.population,
        access.checked,
        access.expected,
        access.visible,
        access.editable,
        access.leaks_found,
        access.missing_found,
    ];
    html! {
        tr {
            td { (printable(&access.object)) }
            @for one in numbers { td class="n" { (number(one)) } }
        } "\n"
    }
}

fn records(access: &[Access], of: fn(&Access) -> &Vec<Mismatch>) -> Markup {
    html! {
        @if access.iter().any(|one| !of(one).is_empty()) {
            ul {
                @for one in access {
                    @for record in of(one) {
                        li { (printable(&one.object)) " " code { (printable(&record.id)) } ": " (printable(&record.cause)) } "\n"
                    }
                }
            } "\n"
        }
    }
}

fn mends(access: &[Access]) -> Markup {
    html! {
        @if access.iter().any(|one| !one.mends.is_empty()) {
            ul {
                @for one in access {
                    @for mend in &one.mends { li { (printable(&one.object)) " " (text::mend(mend)) } "\n" }
                }
            } "\n"
        }
    }
}
