//! What a run found, as JUnit's XML: a case for each resource, for each object whose records were compared, for each entry
//! of `expect`, and for each kind of finding. Errors fail their case; warnings and notes stand in its output.

use super::results::{CaseProblem, CheckedCase};
use super::text::printable;
use super::{Ending, Frame, TOOL, place_words};
use crate::diagnostic::{Exit, Severity};

/// Suites in their order.
const GROUPS: [&str; 5] = ["resources", "records", "expect", "findings", "run"];

/// The whole document.
pub(super) fn suites(cases: &[CheckedCase], verb: &str, frame: &Frame, ending: &Ending) -> String {
    let is_error = is_error(ending.exit);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"orgwright {verb}\"{}>\n",
        counts(cases.iter(), is_error)
    );
    for group in GROUPS {
        let of_group: Vec<&CheckedCase> = cases.iter().filter(|case| case.group == group).collect();
        if !of_group.is_empty() {
            text.push_str(&suite(group, &of_group, frame, ending));
        }
    }
    text.push_str("</testsuites>\n");
    text
}

/// Whether the run ended before it could tell how things stand.
fn is_error(exit: Exit) -> bool {
    !matches!(
        exit,
        Exit::Done | Exit::Differences | Exit::ProofFailed | Exit::Guarded
    )
}

fn suite(group: &str, cases: &[&CheckedCase], frame: &Frame, ending: &Ending) -> String {
    let is_error = is_error(ending.exit);
    let at = match &ending.at {
        Some(at) => format!(" timestamp=\"{}\"", escaped(at.trim_end_matches('Z'))),
        None => String::new(),
    };
    let mut text = format!(
        "  <testsuite name=\"{group}\"{}{at}>\n    <properties>\n",
        counts(cases.iter().copied(), is_error)
    );
    for (name, value) in [
        ("tool", TOOL),
        ("org", frame.org.as_str()),
        ("manifest", frame.name.as_str()),
        ("exit", &ending.exit.code().to_string()),
        ("exit_meaning", ending.exit.meaning()),
    ] {
        text.push_str(&format!(
            "      <property name=\"{name}\" value=\"{}\"/>\n",
            escaped(value)
        ));
    }
    text.push_str("    </properties>\n");
    for one in cases {
        text.push_str(&case(one, is_error));
    }
    text.push_str("  </testsuite>\n");
    text
}

/// How many cases there are, and how many of them are not as they should be.
fn counts<'a>(cases: impl Iterator<Item = &'a CheckedCase>, is_error: bool) -> String {
    let cases: Vec<&CheckedCase> = cases.collect();
    let count = |is_meant: &dyn Fn(&CheckedCase) -> bool| {
        let of_all = cases.iter().filter(|case| is_meant(case));
        of_all.count()
    };
    let failed = |of_run: bool| {
        count(&|case| !case.is_skipped && fails(case) && (ends_the_run(case, is_error) == of_run))
    };
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        failed(false),
        failed(true),
        count(&|case| case.is_skipped)
    )
}

fn fails(case: &CheckedCase) -> bool {
    let mut problems = case.problems.iter();
    problems.any(|problem| problem.severity == Severity::Error)
}

fn ends_the_run(case: &CheckedCase, is_error: bool) -> bool {
    case.group == "run" && is_error
}

fn case(case: &CheckedCase, is_error: bool) -> String {
    let mut text = format!(
        "    <testcase classname=\"orgwright.{}\" name=\"{}\"",
        case.group,
        escaped(&case.name)
    );
    if !case.is_skipped && case.problems.is_empty() {
        text.push_str("/>\n");
        return text;
    }
    text.push_str(">\n");
    if case.is_skipped {
        text.push_str("      <skipped/>\n");
    }
    let (errors, remarks): (Vec<_>, Vec<_>) = case
        .problems
        .iter()
        .partition(|problem| problem.severity == Severity::Error && !case.is_skipped);
    let element = match ends_the_run(case, is_error) {
        true => "error",
        false => "failure",
    };
    if let Some(first) = errors.first() {
        // One for each case: several readers take the first alone.
        let message = match errors.len() {
            1 => first.message.clone(),
            several => format!("{} (and {} more)", first.message, several - 1),
        };
        let words: String = errors.iter().map(|problem| words(problem)).collect();
        text.push_str(&format!(
            "      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n",
            first.code,
            escaped(&message),
            escaped_lines(&words)
        ));
    }
    if !remarks.is_empty() {
        let words: String = remarks.iter().map(|problem| words(problem)).collect();
        text.push_str(&format!(
            "      <system-out>{}</system-out>\n",
            escaped_lines(&words)
        ));
    }
    text.push_str("    </testcase>\n");
    text
}

/// A problem on a line of its own: weight, code, place, what, and what to do.
fn words(problem: &CaseProblem) -> String {
    let place = problem.place.as_ref().map(place_words);
    let place = place.map_or_else(String::new, |place| format!(" {place}:"));
    let help = problem.help.as_deref();
    let help = help.map_or_else(String::new, |help| format!(" Help: {}", printable(help)));
    format!(
        "{} {}:{place} {}{help}\n",
        problem.severity.word(),
        problem.code,
        printable(&problem.message)
    )
}

/// Foreign text as the value of an attribute: no character that XML 1.0 cannot hold passes [`printable`].
fn escaped(text: &str) -> String {
    escaped_lines(&printable(text))
}

/// Lines that were made printable already.
fn escaped_lines(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::{Diagnostic, Failure};
    use crate::report::results::cases;
    use crate::report::{Reported, samples};

    #[test]
    fn no_character_at_all_ends_the_document_early() {
        let all: Vec<char> = (0..0x11_0000).filter_map(char::from_u32).collect();
        let of_everything = all.chunks(50_000).map(|part| {
            let message: String = part.iter().collect();
            Diagnostic::error(Code::UnknownKey, format!("]]>{message}")).help("a\"b<c>&")
        });
        let failure = Failure::new(Exit::Manifest, of_everything.collect());
        let (frame, ending) = (samples::frame(), Ending::of(Exit::Manifest));
        let cases = cases(&Reported::Failure("plan", &failure), &frame);
        let text = suites(&cases, "plan", &frame, &ending);
        let document = roxmltree::Document::parse(&text).unwrap();
        let errors = document.descendants();
        assert_eq!(errors.filter(|node| node.has_tag_name("error")).count(), 1);
    }
}
