//! `doctor`: who is logged in, to which org, and whether that is enough.

use clap::Args;

use super::arguments::TextFormat;
use super::context::Context;
use super::login::chosen;
use super::session::{self, OrgSession};
use crate::diagnostic::{Exit, Failure};
use crate::doctor;
use crate::report;

/// `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The org, as --org names it; default: the one of --org.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// Looks, and says what is missing.
pub(crate) fn run(arguments: &Doctor, context: &Context) -> Result<Exit, Failure> {
    let choice = chosen(arguments.target.as_deref(), context)?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let mut diagnosis = session::run(async {
        let session = OrgSession::open(choice, context).await?;
        let diagnosis = doctor::examine(&session.reader).await;
        session.close().await;
        diagnosis
    })?;
    context.know_org(&mut diagnosis.org, embedded);
    if arguments.format == TextFormat::Json {
        context.data(&report::json::diagnosis(&diagnosis));
    } else {
        let org = context.org();
        let style = context.output.style;
        context
            .output
            .say(&report::human::diagnosis(&diagnosis, &org, style));
    }
    Ok(diagnosis.exit())
}
