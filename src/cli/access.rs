//! `access`: what users can see and do, and by which ways they can get more.

use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::{Manifests, PlanFormat};
use super::context::Context;
use super::exits::exits;
use super::files::{must_be_writable, write_private};
use super::finding::failure;
use super::plan::by_ending;
use super::session::{self, OrgSession};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::inventory::{self, AskedUsers, Inventory};
use crate::manifest::Manifest;
use crate::report;
use crate::report::style::Style;

pub(crate) const HELP: &str = concat!(
    "Examples:
  orgwright access --user sync@acme.example --org sf:uat
  orgwright access user.yaml --org sf:uat --format json
  orgwright access --user sync@acme.example --user bi@acme.example --out access.html

",
    exits!()
);

/// `access`.
#[derive(Debug, Args)]
pub(crate) struct AccessArguments {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// A user, by username (repeatable); besides the users of the manifests that are named.
    #[arg(long, value_name = "USERNAME")]
    pub(crate) user: Vec<String>,
    /// An object whose records are counted, by API name (repeatable); default: 14 of them.
    #[arg(long, value_name = "NAME")]
    pub(crate) object: Vec<String>,
    /// How to say it; default: human, and with --out as the file's ending says.
    #[arg(long, value_enum)]
    pub(crate) format: Option<PlanFormat>,
    /// Write the report to a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Asks the org about each user, and reports in the format that was asked for.
pub(crate) fn run(arguments: &AccessArguments, context: &Context) -> Result<Exit, Failure> {
    arguments.out.as_deref().map_or(Ok(()), must_be_writable)?;
    let asked = AskedUsers {
        usernames: usernames(arguments, context)?,
        objects: arguments.object.clone(),
    };
    let choice = context.target()?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let mut inventory = session::run(async {
        let session = OrgSession::open(choice, context).await?;
        let inventory = inventory::take(&asked, &session.reader).await;
        session.close().await;
        inventory
    })?;
    context.know_org(&mut inventory.org, embedded);
    write(arguments, context, &inventory)?;
    Ok(Exit::Done)
}

/// The users that are named, and those of the manifests; the nearest manifest only where no user is named.
fn usernames(arguments: &AccessArguments, context: &Context) -> Result<Vec<String>, Failure> {
    let mut usernames = arguments.user.clone();
    if usernames.is_empty() || !arguments.manifests.files.is_empty() {
        let manifests = context.manifests(&arguments.manifests)?;
        usernames.extend(manifests.iter().filter_map(username));
    }
    match usernames.is_empty() {
        false => Ok(usernames),
        true => Err(failure(
            Exit::Usage,
            Code::NothingToExplain,
            "nobody says whose access is meant",
            "name a user with `--user NAME`, or a manifest that has one",
        )),
    }
}

fn username(manifest: &Manifest) -> Option<String> {
    let user = manifest.spec.user.as_ref()?;
    Some(user.username.value.clone())
}

/// Puts the report where it was asked for.
fn write(
    arguments: &AccessArguments,
    context: &Context,
    inventory: &Inventory,
) -> Result<(), Failure> {
    let ending = || by_ending(arguments.out.as_deref());
    let format = arguments.format.unwrap_or_else(ending);
    let style = context.output.style;
    let Some(path) = &arguments.out else {
        show(format, context, inventory, style);
        return Ok(());
    };
    let plain = Style {
        color: false,
        ..style
    };
    write_private(path, text(format, inventory, context, plain).as_bytes())?;
    if arguments.format.is_none() {
        show(PlanFormat::Human, context, inventory, style);
    }
    note_saved(context, path);
    Ok(())
}

fn note_saved(context: &Context, path: &Path) {
    let path = report::text::printable(&path.to_string_lossy()).into_owned();
    context
        .output
        .note(&format!("the report is saved in {path}\n"));
}

/// Prints the report: text for people as it is, data with the org's lines beside it.
fn show(format: PlanFormat, context: &Context, inventory: &Inventory, style: Style) {
    let told = text(format, inventory, context, style);
    if format == PlanFormat::Human {
        context.org_was_named();
        return context.output.say(&told);
    }
    context.name_org_first();
    context.output.data(&told);
    context.name_org_last();
}

fn text(format: PlanFormat, inventory: &Inventory, context: &Context, style: Style) -> String {
    let org = context.org();
    match format {
        PlanFormat::Human => report::human::inventory(inventory, &org, style),
        PlanFormat::Json => report::json::inventory(inventory),
        PlanFormat::Markdown => report::markdown::inventory(inventory, &org),
        PlanFormat::Html => report::html::inventory(inventory, &org),
    }
}
