//! `explain CODE`: what a finding means. `explain FILE --record ID…`: why the user can or cannot see a record.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::arguments::{Explain as Arguments, Manifests, TextFormat};
use super::codes::{self, Explained, did_you_mean, failure};
use super::context::Context;
use super::session::{self, Session};
use crate::diagnostic::{Exit, Failure};
use crate::{explain, findings, manifest, report};

/// Prints the explanation of a code, or of records.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.record.is_empty() {
        let [code] = arguments.what.as_slice() else {
            return Err(nothing_asked());
        };
        return explain_code(code, context);
    }
    explain_records(arguments, context)
}

fn nothing_asked() -> Failure {
    failure(
        Exit::Usage,
        codes::UNKNOWN_NAME,
        "`explain` takes one code, or manifests with `--record ID`",
        "for example `orgwright explain OW2004`",
    )
}

fn explain_code(code: &str, context: &Context) -> Result<Exit, Failure> {
    let all = all();
    let asked = normalised(code);
    let found = all.iter().find(|(code, ..)| *code == asked);
    let (code, title, explanation) = found.ok_or_else(|| unknown(&asked, &all))?;
    context.output.say(&report::human::explanation(
        code,
        title,
        explanation,
        context.output.style,
    ));
    Ok(Exit::Done)
}

/// Asks the org about each record, and lays the manifest beside its answer.
fn explain_records(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let named = Manifests {
        files: arguments.what.iter().map(PathBuf::from).collect(),
        overlay: arguments.overlay.clone(),
        set: arguments.set.clone(),
    };
    let manifests = context.manifests(&named)?;
    let choice = context.target()?;
    context.set_org(&choice.line());
    let explanations = session::run(async {
        let (session, facts) =
            Session::open_reading(choice, context, &manifests, BTreeSet::new()).await?;
        let explained = match facts {
            Ok(facts) => {
                explain::explain(&manifests, &facts, &session.reader, &arguments.record).await
            }
            Err(failure) => Err(failure),
        };
        session.close().await;
        explained
    })?;
    if arguments.format == TextFormat::Json {
        context.name_org_first();
        context.output.data(&report::json::explained(&explanations));
        context.name_org_last();
        return Ok(Exit::Done);
    }
    let org = context.org();
    context.output.say(&report::human::explained(
        &explanations,
        &org,
        context.output.style,
    ));
    Ok(Exit::Done)
}

/// Every code there is, in order.
pub(crate) fn all() -> Vec<Explained> {
    let planned = findings::CODES
        .iter()
        .map(|code| (code.code, code.title, code.explanation));
    let mut all: Vec<Explained> = codes::CODES
        .iter()
        .copied()
        .chain(manifest::CODES.iter().copied())
        .chain(planned)
        .collect();
    all.sort_unstable();
    all
}

/// `OW1003` of `ow1003` or `1003`.
fn normalised(code: &str) -> String {
    let code = code.trim().to_ascii_uppercase();
    if code.starts_with("OW") {
        code
    } else {
        format!("OW{code}")
    }
}

fn unknown(asked: &str, all: &[Explained]) -> Failure {
    let names: Vec<&str> = all.iter().map(|(code, ..)| *code).collect();
    let help = match (did_you_mean(asked, &names), names.first(), names.last()) {
        (Some(close), ..) => format!("did you mean `{close}`?"),
        (None, Some(first), Some(last)) => {
            format!("codes run from {first} to {last}; every finding shows its own")
        }
        _ => String::new(),
    };
    failure(
        Exit::Usage,
        codes::UNKNOWN_NAME,
        format!("there is no finding `{asked}`"),
        help,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_for_two_things() {
        let all = all();
        assert!(
            all.is_sorted_by(|(one, ..), (other, ..)| one < other),
            "{all:?}"
        );
        for (code, title, explanation) in all {
            let well_formed = code.len() == 6
                && code.starts_with("OW")
                && code[2..].bytes().all(|digit| digit.is_ascii_digit());
            assert!(
                well_formed && !title.is_empty() && !explanation.is_empty(),
                "{code}"
            );
        }
    }

    #[test]
    fn a_code_may_be_written_short() {
        assert_eq!(normalised("ow1003"), "OW1003");
        assert_eq!(normalised("1003"), "OW1003");
    }
}
