//! `explain CODE`: what a finding means. `explain RECORD… [FILE…]`: why a user can or cannot see and edit a record.

mod words;

use super::arguments::{Explain as Arguments, Manifests, TextFormat};
use super::context::{Context, MANIFEST};
use super::files;
use super::finding::{did_you_mean, failure};
use super::session::{self, OrgSession};
use super::trust;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::explain::{self, AskedRecords, Explanation};
use crate::manifest::Manifest;
use crate::report::{self, Ending};
use words::Words;

/// Prints the explanation of a code, or of records.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let words = Words::of(&arguments.what, &arguments.record)?;
    match words.codes.as_slice() {
        [] if !words.records.is_empty() => explain_records(arguments, &words, context),
        [code] if words.records.is_empty() && words.files.is_empty() => explain_code(code, context),
        _ => Err(nothing_asked()),
    }
}

fn nothing_asked() -> Failure {
    failure(
        Exit::Usage,
        Code::NothingToExplain,
        "`explain` takes one code, or records with manifests or `--user`",
        "for example `orgwright explain OW2004`, or `orgwright explain orgwright.yaml 00Q…`",
    )
}

fn explain_code(code: &str, context: &Context) -> Result<Exit, Failure> {
    let asked = normalised(code);
    let found = Code::named(&asked).ok_or_else(|| unknown(code, &asked))?;
    let told = report::human::explanation(found, context.output.style);
    context.output.say(&told);
    Ok(Exit::Done)
}

/// Asks the org about each record, and lays the manifest beside its answer.
fn explain_records(
    arguments: &Arguments,
    words: &Words,
    context: &Context,
) -> Result<Exit, Failure> {
    let manifests = manifests(arguments, words, context)?;
    let asked = AskedRecords {
        records: &words.records,
        user: arguments.user.as_deref(),
    };
    let choice = context.target()?;
    context.set_org(&choice.line());
    let needs = explain::needs(&manifests, arguments.user.as_deref());
    let explanations = session::run(async {
        let (session, live) = OrgSession::open_reading(choice, context, &manifests, needs).await?;
        let explained = match live {
            Ok(live) => explain::explain(&manifests, &live, &session.reader, &asked).await,
            Err(failure) => Err(failure),
        };
        session.close().await;
        explained
    })?;
    let exit = Explanation::exit(&explanations);
    if arguments.format == TextFormat::Json {
        context.data(&report::json::explained(&explanations, &Ending::of(exit)));
        return Ok(exit);
    }
    let org = context.org();
    context.output.say(&report::human::explained(
        &explanations,
        &org,
        context.output.style,
    ));
    Ok(exit)
}

/// The manifests that are named, or the nearest one; where a user is named there need not be one.
fn manifests(
    arguments: &Arguments,
    words: &Words,
    context: &Context,
) -> Result<Vec<Manifest>, Failure> {
    let named = Manifests {
        files: words.files.clone(),
        overlay: arguments.overlay.clone(),
        set: arguments.set.clone(),
        env: arguments.env.clone(),
    };
    let is_found = !words.files.is_empty() || trust::find(&files::here()?, MANIFEST)?.is_some();
    match (is_found, &arguments.user) {
        (true, _) => context.manifests(&named),
        (false, Some(_)) => Ok(Vec::new()),
        (false, None) => Err(explain::nobody()),
    }
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

fn unknown(code: &str, asked: &str) -> Failure {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let is_code = code.chars().any(|character| character.is_ascii_digit());
    let help = match (did_you_mean(asked, &names), names.first(), names.last()) {
        (Some(close), ..) => format!("did you mean `{close}`?"),
        (None, Some(first), Some(last)) if is_code => {
            format!("codes run from {first} to {last}; every finding shows its own")
        }
        _ => "it is no file, no record's id or address, and no e-mail address either".to_owned(),
    };
    failure(
        Exit::Usage,
        Code::UnknownName,
        format!("there is no finding `{asked}`"),
        help,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_written_short() {
        assert_eq!(normalised("ow1003"), "OW1003");
        assert_eq!(normalised("1003"), "OW1003");
    }
}
