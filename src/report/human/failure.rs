//! A run that ended without its result, for people.

use crate::count::{count, number};
use crate::diagnostic::{Diagnostic, Failure, Severity};
use crate::report::style::{Page, Style};
use crate::report::text::printable;

use super::finding::excerpt;

/// Findings drawn before the rest becomes a count.
const FINDINGS_SHOWN: usize = 50;

/// Every finding with its excerpt, the state of the org, and what to run next.
pub fn failure(failure: &Failure, style: Style) -> String {
    let mut page = Page::new(style);
    for (position, finding) in failure.diagnostics.iter().take(FINDINGS_SHOWN).enumerate() {
        if position > 0 {
            page.raw("");
        }
        excerpt(&mut page, finding, &failure.sources);
    }
    if failure.diagnostics.is_empty() {
        page.text(0, 2, failure.exit.meaning());
    }
    if failure.diagnostics.len() > 1 {
        page.raw("");
        page.text(0, 2, &tally(&failure.diagnostics));
    }
    if let Some(state) = &failure.org_state {
        page.text(0, 7, &format!("state: {}", printable(state)));
    }
    if let Some(next) = &failure.next {
        let words: Vec<String> = printable(next).split(' ').map(str::to_owned).collect();
        page.command("next: ", &words);
    }
    page.finish()
}

/// `12 errors, 1 warning; the first 50 are shown`
fn tally(findings: &[Diagnostic]) -> String {
    let all = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| {
            (
                findings
                    .iter()
                    .filter(|finding| finding.severity == severity)
                    .count() as u64,
                severity,
            )
        })
        .into_iter()
        .filter(|(found, _)| *found > 0)
        .map(|(found, severity)| count(found, severity.word()))
        .collect::<Vec<_>>()
        .join(", ");
    let hidden = findings.len().saturating_sub(FINDINGS_SHOWN) as u64;
    if hidden == 0 {
        all
    } else {
        format!(
            "{all}; the first {FINDINGS_SHOWN} are shown, {} more are not",
            number(hidden)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::{Exit, Sources};
    use crate::report::samples;
    use crate::report::style::Style;

    fn with(diagnostics: Vec<Diagnostic>) -> Failure {
        let mut sources = Sources::default();
        sources.insert("orgwright.yaml".into(), samples::SOURCE.into());
        Failure::new(Exit::Manifest, diagnostics).with_sources(&sources)
    }

    #[test]
    fn a_failure_shows_the_line_the_state_and_the_next_command() {
        let finding = Diagnostic::error(Code::ManifestTooLarge, "no such object")
            .at(&samples::place(3))
            .help("did you mean `Lead`?");
        let text = failure(
            &with(vec![finding])
                .state("nothing was changed")
                .next("orgwright plan"),
            Style::PLAIN,
        );
        let expected = "\
error[OW1003]: no such object
  \u{256d}\u{25b8} orgwright.yaml:3:7
  \u{2502}
2 \u{2502}   sharing:
3 \u{2502}     - object: Lead
  \u{2502}       \u{2501}\u{2501}\u{2501}\u{2501}\u{2501}\u{2501}
4 \u{2502}       organizationWideDefault: Private
  \u{2570}\u{2574}
  help: did you mean `Lead`?
state: nothing was changed
next: orgwright plan
";
        assert_eq!(text, expected);
    }

    #[test]
    fn fifty_are_shown_and_the_rest_is_counted() {
        let text = failure(
            &with(vec![
                Diagnostic::error(
                    Code::ManifestTooLarge,
                    "no such object"
                );
                63
            ]),
            Style::PLAIN,
        );
        assert_eq!(text.matches("error[OW1003]").count(), 50);
        assert!(
            text.contains("63 errors; the first 50 are shown, 13 more are not"),
            "{text}"
        );
    }

    #[test]
    fn a_place_outside_its_text_is_still_named() {
        let mut place = samples::place(3);
        place.offset = 100_000;
        let text = failure(
            &with(vec![
                Diagnostic::error(Code::ManifestTooLarge, "no such object").at(&place),
            ]),
            Style::PLAIN,
        );
        assert_eq!(
            text,
            "error[OW1003]: no such object\n  at orgwright.yaml:3:7\n"
        );
    }

    #[test]
    fn a_line_that_is_cut_bears_a_mark_and_keeps_what_is_underlined() {
        let text = format!("name: {}\n", "x".repeat(100));
        let shown = |length: usize, unicode| {
            let mut given = with(Vec::new());
            given.sources.insert("x.yaml".into(), text.as_str().into());
            let place = crate::diagnostic::Place {
                file: "x.yaml".into(),
                line: 1,
                column: 1,
                offset: 0,
                length,
            };
            given.diagnostics = vec![Diagnostic::error(Code::ManifestTooLarge, "bad").at(&place)];
            let style = Style {
                unicode,
                ..Style::PLAIN
            };
            failure(&given, style)
        };
        let ends = |text: &str, end: &str| text.lines().any(|line| line.ends_with(end));
        assert!(ends(&shown(4, true), "xxx\u{2026}") && ends(&shown(4, false), "xxx..."));
        assert!(!shown(70, true).contains('\u{2026}'), "{}", shown(70, true));
    }

    #[test]
    fn an_excerpt_of_a_hostile_line_is_inert_and_underlines_the_right_words() {
        let mut given = with(Vec::new());
        let text = "a: \u{1b}[2J\u{202e} bad\n";
        given.sources.insert("x.yaml".into(), text.into());
        let offset = text.find("bad").unwrap();
        let place = crate::diagnostic::Place {
            file: "x.yaml".into(),
            line: 1,
            column: 10,
            offset,
            length: 3,
        };
        given.diagnostics = vec![Diagnostic::error(Code::ManifestTooLarge, "bad").at(&place)];
        let shown = failure(&given, Style::PLAIN);
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
            "{shown}"
        );
        let lines: Vec<&str> = shown.lines().collect();
        let column =
            |line: &str, word: &str| line.find(word).map(|byte| line[..byte].chars().count());
        assert_eq!(
            column(lines[2], "bad"),
            column(lines[3], "\u{2500}\u{2500}\u{2500}"),
            "{shown}"
        );
    }
}
