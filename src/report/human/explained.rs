//! Why a user can or cannot see a record, for people.

use crate::explain::{Explanation, Judgement};
use crate::report::style::{Page, Style, Tone};
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
        page.text(2, 4, &printable(&explanation.verdict));
        let (tone, words) = judgement(explanation.judgement);
        page.toned(2, 4, tone, words);
        for (number, link) in (1..).zip(&explanation.links) {
            let mut sentences = link.sentences().into_iter();
            let first = sentences.next().unwrap_or_default();
            page.text(2, 5, &format!("{number}. {}", printable(&first)));
            for sentence in sentences {
                let deeper = sentence.len() - sentence.trim_start().len();
                page.text(5 + deeper, 7 + deeper, &printable(sentence.trim_start()));
            }
        }
        if let Some(contradiction) = &explanation.contradiction {
            page.toned(2, 4, Some(Tone::Careful), contradiction);
        }
    }
    page.text(0, 2, org);
    page.finish()
}

fn judgement(judgement: Judgement) -> (Option<Tone>, &'static str) {
    match judgement {
        Judgement::NotStated => (None, "no manifest says what it should be"),
        Judgement::EitherIsRight => (None, "either is right"),
        Judgement::AsAsked => (Some(Tone::Good), "as the manifest asks"),
        Judgement::Missing => (
            Some(Tone::Bad),
            "MISSING: the manifest asks for it to be visible",
        ),
        Judgement::NotEditable => (
            Some(Tone::Bad),
            "MISSING: the manifest asks for it to be editable",
        ),
        Judgement::Leak => (
            Some(Tone::Bad),
            "LEAK: the manifest does not ask for it to be visible",
        ),
    }
}
