//! A proof as a comment.

use super::findings::told;
use super::inert::{code, sentence};
use super::leaks::{mends, mismatch};
use super::parts::{ReportPart, assembled, list};
use super::tables::{self, expected};
use super::{attributes, change, marker};
use crate::access::When;
use crate::count::number;
use crate::report::Frame;
use crate::report::folded::folded;
use crate::report::text::authorship;
use crate::verify::{Access, Author, Mismatch, Verification};

/// A proof as a comment.
pub fn verification(verification: &Verification, frame: &Frame) -> String {
    let good = verification.holds();
    let verdict = if good {
        "as the manifest says"
    } else {
        "**not** as the manifest says"
    };
    let frozen = match verification.is_of_frozen_user() {
        true => " It is **frozen**, and sees nothing until it can log in again.",
        false => "",
    };
    let head = format!(
        "{}\n## orgwright verify: {}\n\n{} sees what the org shows {verdict}.{} {}\n",
        marker("verify", &frame.name),
        code(&frame.name),
        code(&frame.user),
        frozen,
        sentence(&frame.org)
    );
    assembled(
        &head,
        &parts(verification),
        &format!("\n{}\n", frame.made_by()),
    )
}

/// What the org says, section by section.
pub(super) fn parts(verification: &Verification) -> Vec<ReportPart> {
    let records = |name: &str, of: fn(&Access) -> &Vec<Mismatch>| {
        list(
            name,
            verification.access.iter().flat_map(|access| {
                of(access)
                    .iter()
                    .map(|record| mismatch(access, record))
                    .collect::<Vec<_>>()
            }),
        )
    };
    vec![
        tables::capable(&verification.capabilities),
        proof(&verification.access),
        expected(&verification.expectations, When::Now),
        list("Differences", verification.drift.iter().map(change)),
        list("Who changed it", verification.authors.iter().map(author)),
        records("Visible, and should not be", |access| &access.leaks),
        list(
            "What closes them",
            verification.access.iter().flat_map(mends),
        ),
        records("Not visible or editable, and should be", |access| {
            &access.missing
        }),
        list(
            "Findings",
            folded(&verification.findings, false).into_iter().map(told),
        ),
        attributes(&verification.drift),
    ]
}

fn author(author: &Author) -> String {
    let words = authorship(&author.authorship);
    format!("- {}: {}\n", code(&author.about), sentence(&words))
}

fn proof(access: &[Access]) -> ReportPart {
    let opening = "\n### Access\n\n| object | records | checked | expected | visible | editable | leaks | missing |\n\
                   | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    let row = |access: &Access| {
        let numbers = [
            access.population,
            access.checked,
            access.expected,
            access.visible,
            access.editable,
            access.leaks_found,
            access.missing_found,
        ];
        format!(
            "| {} | {} |\n",
            sentence(&access.object),
            numbers.map(number).join(" | ")
        )
    };
    ReportPart {
        opening: opening.to_owned(),
        items: access.iter().map(row).collect(),
        closing: "",
    }
}
