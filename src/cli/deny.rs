//! Findings that somebody does not want to stand: `--deny CODE` and `--deny error`.

use clap::Args;

use super::finding::did_you_mean;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Severity};
use crate::failure::NOTHING_CHANGED;

/// `--deny`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Denials {
    /// End with 4 where a finding of this code stands, or any error: OW2003, or error (repeatable). Apply ends so before it
    /// writes anything.
    #[arg(long, value_name = "CODE|error", value_parser = denied)]
    pub(crate) deny: Vec<Denied>,
}

/// What is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Every finding that is an error.
    Errors,
    /// Every finding of a code.
    Code(Code),
}

/// A word after `--deny`.
fn denied(text: &str) -> Result<Denied, String> {
    if text.eq_ignore_ascii_case("error") {
        return Ok(Denied::Errors);
    }
    let named = text.to_ascii_uppercase();
    Code::named(&named).map(Denied::Code).ok_or_else(|| {
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
        match did_you_mean(&named, &known) {
            Some(near) => format!("no finding has this code; did you mean {near}?"),
            None => "a code such as OW2003, or error".to_owned(),
        }
    })
}

impl Denials {
    /// The words that say the same on another command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let word = |denied: &Denied| match denied {
            Denied::Errors => "error",
            Denied::Code(code) => code.text(),
        };
        let each = self.deny.iter();
        each.flat_map(|denied| ["--deny".to_owned(), word(denied).to_owned()])
            .collect()
    }

    /// That findings stand which are denied, as a finding; none where none does.
    pub(crate) fn standing(&self, findings: &[Diagnostic]) -> Option<Diagnostic> {
        let standing = self.denied_of(findings);
        let mut codes: Vec<&str> = standing.iter().map(|one| one.code.text()).collect();
        codes.dedup();
        let first = standing.first()?;
        let message = match (standing.len(), codes.len()) {
            (1, _) => format!("a finding that `--deny` names stands: {}", codes.join(", ")),
            (several, _) => format!(
                "{several} findings that `--deny` names stand: {}",
                codes.join(", ")
            ),
        };
        let found = Diagnostic::error(Code::FindingDenied, message)
            .help("mend what they are about, or take them out of `--deny`");
        Some(found.at(first.place.as_ref()))
    }

    /// Refuses where findings stand that are denied.
    pub(crate) fn check(&self, findings: &[Diagnostic]) -> Result<(), Failure> {
        let Some(stands) = self.standing(findings) else {
            return Ok(());
        };
        let mut told = vec![stands];
        told.extend(self.denied_of(findings).into_iter().cloned());
        Err(Failure::new(Exit::Guarded, told).state(NOTHING_CHANGED))
    }

    fn denied_of<'a>(&self, findings: &'a [Diagnostic]) -> Vec<&'a Diagnostic> {
        let is_denied = |finding: &&Diagnostic| {
            let mut denied = self.deny.iter();
            denied.any(|denied| match denied {
                Denied::Errors => finding.severity == Severity::Error,
                Denied::Code(code) => finding.code == *code,
            })
        };
        findings.iter().filter(is_denied).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_denied_by_its_text_and_every_error_by_a_word() {
        assert_eq!(denied("error"), Ok(Denied::Errors));
        assert_eq!(denied("ow2003"), Ok(Denied::Code(Code::WhoSeesEverything)));
        assert!(denied("OW2999").is_err() && denied("warning").is_err());
        let findings = [
            Diagnostic::warning(Code::WhoSeesEverything, "3 users see all"),
            Diagnostic::error(Code::RulesMatchNothing, "nothing is matched"),
        ];
        let check = |words: &[&str], expected: Option<&str>| {
            let deny = words.iter().map(|word| denied(word).unwrap()).collect();
            let standing = Denials { deny }.standing(&findings);
            assert_eq!(standing.map(|one| one.message).as_deref(), expected);
        };
        check(&[], None);
        check(&["OW1011"], None);
        check(
            &["error"],
            Some("a finding that `--deny` names stands: OW2050"),
        );
        check(
            &["error", "OW2003"],
            Some("2 findings that `--deny` names stand: OW2003, OW2050"),
        );
    }
}
