//! `undo`: everything as it was before a plan was applied, but for what somebody changed since.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::back::{BackArguments, BackRun};
use super::command::{command, quoted};
use super::context::Context;
use super::exits::exits;
use super::finding::failure;
use super::recording;
use super::session::{self, OrgSession};
use super::signals::Signals;
use super::snapshots::{self, BackSource};
use crate::back::{self, BackBy, WayBack};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::report::text::printable;

/// Help after the arguments.
pub(crate) const HELP: &str = concat!(
    "What somebody changed since the plan was applied stays, and is told. Users cannot be deleted: one that the plan made is
deactivated, before anything widens. Without --yes or --expect it asks.

Examples:
  orgwright undo .orgwright/snapshots/00D000000000001AAA/20260101T120000Z.zip
  orgwright undo plan.json --org sf:uat --expect 7f3a91c2d4e5

",
    exits!()
);

/// `undo`.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The snapshot that `apply` wrote, or the plan that was saved with `plan --out plan.json`.
    #[arg(value_name = "SNAPSHOT|PLAN.json")]
    pub(crate) what: PathBuf,
    #[command(flatten)]
    pub(crate) back: BackArguments,
}

/// Goes back, after everything that can be refused without an org was refused.
pub(crate) fn run(arguments: &Undo, context: &Context) -> Result<Exit, Failure> {
    let began = Instant::now();
    let source = snapshots::read(&arguments.what)?;
    let way = way_of(&source)?;
    arguments.back.check("undo")?;
    let choice = context.target()?;
    if choice.is_record() {
        return Err(recording::cannot_be_changed());
    }
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let mut words = command("undo", &Default::default(), context);
    words.insert(2, quoted(&arguments.what.to_string_lossy()));
    words.extend(arguments.back.yes.then(|| "--yes".to_owned()));
    let run = BackRun {
        arguments: &arguments.back,
        context,
        embedded,
        command: words,
        began,
    };
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let session = OrgSession::open(choice, context).await?;
        let result = match of_another_org(&source, &session) {
            Some(failure) => Err(failure),
            None => run.go(&way, &session, &mut signals).await,
        };
        session.close().await;
        result
    })
}

/// The way back from what was read.
fn way_of(source: &BackSource) -> Result<WayBack, Failure> {
    let made = back::made_by(&source.plan.changes).map_err(|problem| {
        failure(Exit::Manifest, Code::NotASnapshot, printable(&problem), "")
            .state("nothing was sent to any org")
    })?;
    Ok(WayBack {
        by: BackBy::Undo,
        name: source.plan.name.clone(),
        digest: source.plan.digest.clone(),
        made,
        before: source.before.clone(),
        limit: source.plan.most_becoming_visible,
        kept_defaults: Vec::new(),
        keepers: Vec::new(),
    })
}

fn of_another_org(source: &BackSource, session: &OrgSession) -> Option<Failure> {
    let here = &session.reader.identity().org_id;
    let there = &source.plan.org_id;
    if here.get(..15) == there.get(..15) {
        return None;
    }
    let problem = format!(
        "it was made for the org {} ({}), and this is {here}",
        printable(&source.plan.org_name),
        printable(there)
    );
    let help = "choose that org with --org";
    Some(
        failure(Exit::Stale, Code::SavedPlanOfAnotherOrg, problem, help)
            .state("nothing was changed"),
    )
}
