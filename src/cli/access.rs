//! `access`: what users can see and do, and by which ways they can get more.

use clap::Args;

use super::arguments::{Manifests, PlanFormat};
use super::context::Context;
use super::exits::exits;
use super::finding::failure;
use super::outputs::{self, OutputFiles};
use super::session::{self, OrgSession};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::inventory::{self, AskedUsers, Inventory};
use crate::manifest::Manifest;
use crate::report::{self, Reported, written};

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
    /// How to say it on standard output; default: human.
    #[arg(long, value_enum)]
    pub(crate) format: Option<PlanFormat>,
    #[command(flatten)]
    pub(crate) outputs: OutputFiles,
}

/// Asks the org about each user, and reports in the format that was asked for.
pub(crate) fn run(arguments: &AccessArguments, context: &Context) -> Result<Exit, Failure> {
    arguments.outputs.check(&outputs::WHOLE)?;
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
    let ending = arguments.outputs.ending(Exit::Done);
    let frame = context.frame_of_failure(ending.at.clone());
    let reported = Reported::Inventory(inventory);
    arguments.outputs.write(reported, &frame, &ending)?;
    match arguments.format.and_then(PlanFormat::of_report) {
        Some(format) => {
            let text = written(format, reported, &frame, &ending);
            context.data(&text);
        }
        None => {
            context.org_was_named();
            let style = context.output.style;
            let told = report::human::inventory(inventory, &context.org(), style);
            context.output.say(&told);
        }
    }
    arguments.outputs.note(context, "report");
    Ok(())
}
