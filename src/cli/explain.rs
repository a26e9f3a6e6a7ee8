//! `explain CODE`: what a finding means. `explain FILE --record ID…`: why the user can or cannot see a record.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::arguments::{Explain as Arguments, Manifests, TextFormat};
use super::context::Context;
use super::finding::{did_you_mean, failure};
use super::session::{self, OrgSession};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::{explain, report};

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
        Code::NothingToExplain,
        "`explain` takes one code, or manifests with `--record ID`",
        "for example `orgwright explain OW2004`",
    )
}

fn explain_code(code: &str, context: &Context) -> Result<Exit, Failure> {
    let asked = normalised(code);
    let found = Code::named(&asked).ok_or_else(|| unknown(&asked))?;
    let told = report::human::explanation(found, context.output.style);
    context.output.say(&told);
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
        let (session, live) =
            OrgSession::open_reading(choice, context, &manifests, BTreeSet::new()).await?;
        let explained = match live {
            Ok(live) => {
                explain::explain(&manifests, &live, &session.reader, &arguments.record).await
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

/// `OW1003` of `ow1003` or `1003`.
fn normalised(code: &str) -> String {
    let code = code.trim().to_ascii_uppercase();
    if code.starts_with("OW") {
        code
    } else {
        format!("OW{code}")
    }
}

fn unknown(asked: &str) -> Failure {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let help = match (did_you_mean(asked, &names), names.first(), names.last()) {
        (Some(close), ..) => format!("did you mean `{close}`?"),
        (None, Some(first), Some(last)) => {
            format!("codes run from {first} to {last}; every finding shows its own")
        }
        _ => String::new(),
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
