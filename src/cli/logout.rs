//! `logout`: the org takes the refresh token back, then its file goes.

use clap::Args;

use super::context::Context;
use super::login::{browser_target, chosen};
use super::session;
use super::target::Choice;
use crate::diagnostic::{Exit, Failure};
use crate::failure::of_org;
use crate::org::{LoggedOut, Target, log_out};
use crate::report::text::printable;

/// `logout`.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The org, as --org names it; default: the one of --org.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
}

/// Logs out of what `login` left behind.
pub(crate) fn run(arguments: &Logout, context: &Context) -> Result<Exit, Failure> {
    let choice = chosen(arguments.target.as_deref(), context)?;
    context.set_org(&choice.line());
    context.name_org_first();
    let said = match browser_target(&choice) {
        Some(target) => session::run(async {
            let outcome = log_out(target.clone(), &session::options(context)).await;
            outcome.map(outcome_said).map_err(|error| {
                of_org(&error).state("the log-in is as it was, and its file is kept")
            })
        })?,
        None => nothing_kept(&choice),
    };
    context.output.say(&format!("{}\n", printable(&said)));
    context.name_org_last();
    Ok(Exit::Done)
}

fn outcome_said(outcome: LoggedOut) -> String {
    let said = match outcome {
        LoggedOut::Revoked => {
            "logged out: the org took the refresh token back, and its file is gone"
        }
        LoggedOut::Expired => {
            "logged out: the org knew the refresh token no more, and its file is gone"
        }
        LoggedOut::NotLoggedIn => "nobody was logged in",
    };
    said.to_owned()
}

/// What to do about a log-in that is not this program's.
fn nothing_kept(choice: &Choice) -> String {
    let target = match choice {
        Choice::Embedded => None,
        Choice::Salesforce(_, target) => Some(&**target),
    };
    match target {
        Some(Target::SfAlias(alias)) => format!(
            "nothing to log out of: the log-in is the Salesforce CLI's, which ends it with `sf org logout -o {alias}`"
        ),
        _ => {
            "nothing to log out of: orgwright keeps nothing of this org on this machine".to_owned()
        }
    }
}
