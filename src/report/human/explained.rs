//! Why a user can or cannot see a record, for people.

use crate::explain::Explanation;
use crate::report::style::{Page, Style};
use crate::report::text::printable;

/// The whole report of `explain --record`.
pub fn explained(explanations: &[Explanation], org: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.text(0, 2, org);
    for explanation in explanations {
        page.heading(&format!(
            "{} {}",
            explanation.object,
            printable(&explanation.id)
        ));
        for reason in &explanation.reasons {
            let deeper = reason.len() - reason.trim_start().len();
            page.text(2 + deeper, 4 + deeper, &printable(reason.trim_start()));
        }
        page.text(2, 4, verdict(explanation));
    }
    page.text(0, 2, org);
    page.finish()
}

fn verdict(explanation: &Explanation) -> &'static str {
    match (explanation.wanted, explanation.readable) {
        (None, _) => "either is right",
        (Some(wanted), readable) if wanted == readable => "as the manifest asks",
        (Some(true), _) => "MISSING: the manifest asks for it to be visible",
        (Some(false), _) => "LEAK: the manifest does not ask for it to be visible",
    }
}
