//! `login`: with a browser where the target is made for it; anywhere else it tries the way in and says who came out.

use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::exits::exits;
use super::files;
use super::output::can_ask;
use super::session::{self, OrgSession};
use super::target::{self, Choice};
use super::values::duration;
use crate::diagnostic::{Exit, Failure};
use crate::failure::{NOTHING_CHANGED, of_org};
use crate::live::organization_query;
use crate::org::{NamedTarget, Target, browser};
use crate::report::EMBEDDED_ORG;
use crate::report::text::printable;

/// What stands below the help.
pub(super) const HELP: &str = concat!(
    "A target of orgwright.toml with auth = \"browser\" is logged in to here, once: the page to open is printed, and opened
where there is a browser. The refresh token is kept in the target's refresh_token_file, which only you can read;
access tokens are never kept. Other targets need nobody: their way in is tried.

Examples:
  orgwright login uat
  orgwright login uat --no-browser
  orgwright login sf:uat

",
    exits!()
);

/// `login`.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The org, as --org names it; default: the one of --org.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// How long to wait for the browser to come back.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub(crate) wait: Duration,
    /// Only print the page to open.
    #[arg(long)]
    pub(crate) no_browser: bool,
}

/// Logs in, and says as whom.
pub(crate) fn run(arguments: &Login, context: &Context) -> Result<Exit, Failure> {
    let choice = chosen(arguments.target.as_deref(), context)?;
    context.set_org(&choice.line());
    if choice.is_embedded() {
        context
            .output
            .say(&format!("{EMBEDDED_ORG}; it needs no log-in\n"));
        return Ok(Exit::Done);
    }
    context.name_org_first();
    let kept = session::run(async {
        let kept = match browser_target(&choice) {
            Some(target) => with_browser(target.clone(), arguments, context).await?,
            None => "nothing is kept: each run logs in anew".to_owned(),
        };
        let session = OrgSession::open(choice, context).await?;
        // A token that nobody asked anything of yet may be dead.
        let answered = session.reader.query(&organization_query("Id")).await;
        let identity = session.reader.identity().clone();
        session.close().await;
        answered.map_err(|error| of_org(&error).state(NOTHING_CHANGED))?;
        let user = identity.username.as_deref().unwrap_or("(nobody it names)");
        let lines = [
            format!("logged in as {user}"),
            format!("org {}, {}", identity.org_id, identity.instance_url),
            kept,
        ];
        Ok(lines.map(|line| printable(&line).into_owned()).join("\n"))
    })?;
    context.output.say(&format!("{kept}\n"));
    context.name_org_last();
    Ok(Exit::Done)
}

/// The target named behind the command, or else the one of `--org`.
pub(super) fn chosen(named: Option<&str>, context: &Context) -> Result<Choice, Failure> {
    match named {
        Some(name) => target::choose(Some(name), &files::here()?),
        None => context.target(),
    }
}

/// The target, where it is one that somebody logs in to with a browser.
pub(super) fn browser_target(choice: &Choice) -> Option<&NamedTarget> {
    let Choice::Salesforce(_, target) = choice else {
        return None;
    };
    match &**target {
        Target::Named(named) if named.log_in_file().is_some() => Some(named),
        _ => None,
    }
}

async fn with_browser(
    target: NamedTarget,
    arguments: &Login,
    context: &Context,
) -> Result<String, Failure> {
    let failed = |error| of_org(&error).state(NOTHING_CHANGED);
    let options = session::options(context);
    let waiting = browser::begin(target, &options).await.map_err(failed)?;
    let url = waiting.url();
    context
        .output
        .warn(&format!("open this page to log in:\n{url}\n"));
    if !arguments.no_browser {
        open(&url);
    }
    let logged_in = waiting.finish(arguments.wait).await.map_err(failed)?;
    Ok(format!(
        "the refresh token is kept in {}",
        logged_in.file.display()
    ))
}

/// Opens the page where there is something to open it with: what `BROWSER` names, or at a terminal the desktop's own.
/// The page is printed in any case, so nothing is lost where this does not work.
fn open(url: &str) {
    let named = std::env::var("BROWSER")
        .ok()
        .filter(|name| !name.is_empty());
    let program = match named {
        Some(program) => program,
        None if can_ask() => desktop_opener().to_owned(),
        None => return,
    };
    let _whether_it_started = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

fn desktop_opener() -> &'static str {
    if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        // `start` belongs to the shell, which would read the `&` of the address; this one takes it as it is.
        "explorer"
    } else {
        "xdg-open"
    }
}
