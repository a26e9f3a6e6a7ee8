//! What a run found, as workflow commands that GitHub shows beside the lines they are about.
//!
//! The one place that writes `::error`: everywhere else [`super::text::printable`] takes such a command apart.

use super::results::{CaseProblem, cases};
use super::{Frame, Reported};
use crate::diagnostic::Severity;

/// Annotations of a weight that a step shows (GitHub, usage limits of workflow commands).
const SHOWN: usize = 10;

/// A command a line, at most as many of each weight as are shown.
pub fn annotations(reported: &Reported<'_>, frame: &Frame) -> String {
    let cases = cases(reported, frame);
    let problems = cases.iter().flat_map(|case| &case.problems);
    let problems: Vec<&CaseProblem> = problems.collect();
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_weight = problems.iter().filter(|one| one.severity == severity);
        of_weight
            .take(SHOWN)
            .for_each(|problem| text.push_str(&annotation(problem)));
    }
    text
}

fn annotation(problem: &CaseProblem) -> String {
    let command = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = &problem.place {
        properties.push(format!("file={}", property(&place.file)));
        properties.push(format!("line={}", place.line));
        properties.push(format!("col={}", place.column));
    }
    let title = format!("{} {}", problem.code, problem.code.title());
    properties.push(format!("title={}", property(&title)));
    let message = match &problem.help {
        Some(help) => format!("{}\nhelp: {help}", problem.message),
        None => problem.message.clone(),
    };
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

/// The message of a command: percent signs and ends of lines would act on its reader.
fn data(text: &str) -> String {
    let visible = |character: char| {
        character == '\n' || character == '\r' || !super::text::is_unsafe(character)
    };
    let text: String = text
        .chars()
        .map(|one| if visible(one) { one } else { '\u{fffd}' })
        .collect();
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a command, which also ends at a colon or a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::{Diagnostic, Exit, Failure};
    use crate::report::samples;

    #[test]
    fn nothing_foreign_ends_a_command_or_begins_one() {
        let mut place = samples::place(3);
        place.file = "a,b:c%.yaml\n::error::x".into();
        let message = "100%\r\n::error::forged\u{1b}[2J";
        let finding = Diagnostic::error(Code::UnknownKey, message).at(&place);
        let failure = Failure::new(Exit::Manifest, vec![finding; 12]);
        let text = annotations(&Reported::Failure("plan", &failure), &samples::frame());
        assert_eq!(text.lines().count(), SHOWN);
        let line = text.lines().next().unwrap();
        assert_eq!(
            line,
            "::error file=a%2Cb%3Ac%25.yaml%0A%3A%3Aerror%3A%3Ax,line=3,col=7,title=OW1011 unknown key::\
             100%25%0D%0A::error::forged\u{fffd}[2J"
        );
    }
}
