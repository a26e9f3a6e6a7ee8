//! `retire`: an integration taken apart, in the order in which nothing leaks and nobody is left in the dark.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::arguments::Manifests;
use super::back::{BackArguments, BackRun};
use super::command::{command, quoted};
use super::context::Context;
use super::exits::exits;
use super::finding::failure;
use super::recording;
use super::session::{self, OrgSession};
use super::signals::Signals;
use super::snapshots::{self, BackSource};
use crate::back::{self, Made};
use crate::change::FieldChange;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::manifest::{Manifest, SharingModel, Word};

/// Help after the arguments.
pub(crate) const HELP: &str = concat!(
    "The user goes out of use first, then, with --restore-default, the default widens and the org recalculates; only then go
rules, assignments, role, profile and sets. Without --restore-default the default stays, and so does whatever shows
other people what it hides. Without --yes or --expect it asks.

Examples:
  orgwright retire
  orgwright retire user.yaml --org sf:uat --restore-default
  orgwright retire user.yaml --restore-default=ReadWrite --expect 7f3a91c2d4e5

",
    exits!()
);

/// What stands for the snapshots of the org.
const FROM_SNAPSHOT: &str = "snapshot";

/// `retire`.
#[derive(Debug, Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// Widen the defaults of the manifests again: as the newest snapshot of the org has them, as a snapshot or saved plan has
    /// them, or to a value such as ReadWrite.
    #[arg(long, value_name = "VALUE|SNAPSHOT", num_args = 0..=1, require_equals = true,
          default_missing_value = FROM_SNAPSHOT)]
    pub(crate) restore_default: Option<String>,
    /// The folder of snapshots, where it is not `.orgwright/snapshots`.
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshot_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) back: BackArguments,
}

/// Where the defaults of a retired integration come from.
enum Restored {
    /// They stay.
    Not,
    /// All become this.
    To(SharingModel),
    /// They become what this has.
    Of(Box<BackSource>),
    /// They become what the snapshots of the org have.
    OfSnapshots,
}

/// Retires, after everything that can be refused without an org was refused.
pub(crate) fn run(arguments: &Retire, context: &Context) -> Result<Exit, Failure> {
    let began = Instant::now();
    let mut named = arguments.manifests.clone();
    named.files = context.manifest_files(&named)?;
    let manifests = context.manifests(&named)?;
    let restored = restored(arguments)?;
    arguments.back.check("retire")?;
    let choice = context.target()?;
    if choice.is_record() {
        return Err(recording::cannot_be_changed());
    }
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let run = BackRun {
        arguments: &arguments.back,
        context,
        embedded,
        command: words(arguments, &named, context),
        began,
    };
    session::block_on(async {
        let mut signals = Signals::listen()?;
        let session = OrgSession::open(choice, context).await?;
        let org_id = &session.reader.identity().org_id;
        let folder = arguments.snapshot_dir.as_deref();
        let way = of_org(&restored, org_id, folder, &manifests)
            .and_then(|defaults| back::retired(&manifests, &defaults));
        let result = match way {
            Ok(way) => run.go(&way, &session, &mut signals).await,
            Err(failure) => Err(failure),
        };
        session.close().await;
        result
    })
}

fn words(arguments: &Retire, named: &Manifests, context: &Context) -> Vec<String> {
    let mut words = command("retire", named, context);
    match arguments.restore_default.as_deref() {
        None => {}
        Some(FROM_SNAPSHOT) => words.push("--restore-default".to_owned()),
        Some(value) => words.push(format!("--restore-default={}", quoted(value))),
    }
    if let Some(folder) = &arguments.snapshot_dir {
        words.extend([
            "--snapshot-dir".to_owned(),
            quoted(&folder.to_string_lossy()),
        ]);
    }
    words.extend(arguments.back.yes.then(|| "--yes".to_owned()));
    words
}

/// What `--restore-default` means.
fn restored(arguments: &Retire) -> Result<Restored, Failure> {
    let Some(value) = arguments.restore_default.as_deref() else {
        return Ok(Restored::Not);
    };
    if value == FROM_SNAPSHOT {
        return Ok(Restored::OfSnapshots);
    }
    if let Some(model) = SharingModel::of(value) {
        return Ok(Restored::To(model));
    }
    let path = Path::new(value);
    if path.is_file() {
        return Ok(Restored::Of(Box::new(snapshots::read(path)?)));
    }
    let models: Vec<&str> = SharingModel::ALL.iter().map(|model| model.word()).collect();
    let problem = format!("`{value}` is neither a default nor a snapshot nor a saved plan");
    let help = format!("defaults are {}", models.join(", "));
    Err(failure(Exit::Usage, Code::UnknownName, problem, help).state("nothing was sent to any org"))
}

/// What the defaults of the manifests become in this org, by object.
fn of_org(
    restored: &Restored,
    org_id: &str,
    folder: Option<&Path>,
    manifests: &[Manifest],
) -> Result<BTreeMap<String, Vec<FieldChange>>, Failure> {
    let objects: Vec<String> = back::defaults_of(manifests)
        .into_iter()
        .map(|(object, _)| object)
        .collect();
    let found = match restored {
        Restored::Not => return Ok(BTreeMap::new()),
        Restored::To(model) => {
            let to = |object: String| (object, back::restored_to(*model));
            return Ok(objects.into_iter().map(to).collect());
        }
        Restored::Of(source) if source.plan.org_id.get(..15) == org_id.get(..15) => {
            defaults_in(source)
        }
        Restored::Of(source) => {
            let problem = format!(
                "it was made for the org {}, and this is {org_id}",
                source.plan.org_id
            );
            return Err(failure(
                Exit::Stale,
                Code::SavedPlanOfAnotherOrg,
                problem,
                "choose that org with --org",
            )
            .state("nothing was changed"));
        }
        Restored::OfSnapshots => {
            let mut found = BTreeMap::new();
            for source in snapshots::of_org(org_id, folder) {
                for (object, fields) in defaults_in(&source) {
                    found.entry(object).or_insert(fields);
                }
            }
            found
        }
    };
    match objects.iter().find(|object| !found.contains_key(*object)) {
        None => Ok(found),
        Some(object) => {
            let problem = format!("no snapshot says what the default of {object} was");
            let help = "name one with `--restore-default=SNAPSHOT`, or give a value: `--restore-default=ReadWrite`";
            Err(failure(Exit::Usage, Code::NotASnapshot, problem, help)
                .state("nothing was changed"))
        }
    }
}

/// The defaults that a plan changed, as they were before, by object.
fn defaults_in(source: &BackSource) -> BTreeMap<String, Vec<FieldChange>> {
    let made = back::made_by(&source.plan.changes).unwrap_or_default();
    let defaults = made
        .into_iter()
        .filter(|made: &Made| made.address.kind == "organization_wide_default");
    defaults
        .map(|made| (made.address.name, made.fields))
        .collect()
}
