//! `field-test`: asks an org what plans and proofs ask, and what nobody has confirmed; records it under other names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::arguments::{Manifests, TextFormat};
use super::command::quoted;
use super::context::Context;
use super::exits::exits;
use super::files::{must_be_writable, unwritable, write_private};
use super::finding::failure;
use super::progress::Progress;
use super::recording;
use super::session::{self, OrgSession, Recorded};
use super::trace::tell_phases;
use super::values::digest;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::failure::NOTHING_CHANGED;
use crate::field_test::{self, FieldRecord, FieldTest, Pace};
use crate::live::OrgIdentity;
use crate::manifest::Manifest;
use crate::org::Tape;
use crate::private_file;
use crate::report;
use crate::report::text::printable;

/// What stands below the help.
pub(crate) const HELP: &str = concat!(
    "Reads only. Every expectation has an id; what does not hold says what it means.
A record keeps the shape of the org and replaces its content. Nobody can use it
before a person has approved its page.

Examples:
  orgwright field-test --org sf:uat
  orgwright field-test --org sf:uat --record uat-record --names uat-names.json
  orgwright field-test --approve uat-record
  orgwright plan uat-record/orgwright.yaml --org replay:uat-record

",
    exits!()
);

/// Least and most days by which a record moves all days.
const DAYS_MOVED: (u32, u32) = (1_000, 4_000);

/// `field-test`.
#[derive(Debug, Args)]
pub(crate) struct FieldTestArguments {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// Write what was asked and answered into this new folder, under other names, with a page to read before sending.
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
    /// Write which pseudonym stands for what into this file, which stays with you.
    #[arg(long, value_name = "FILE", requires = "record")]
    pub(crate) names: Option<PathBuf>,
    /// Ask a production org of this name: one query at a time, and without counting users and records.
    #[arg(long, value_name = "ORGANIZATION")]
    pub(crate) production: Option<String>,
    /// Show the page of a record and ask whether the folder may be used.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["record", "production", "files", "overlay", "set"])]
    pub(crate) approve: Option<PathBuf>,
    /// With --approve, in place of an answer at a terminal: the digest that the page was read under.
    #[arg(long, value_name = "DIGEST", requires = "approve", value_parser = digest)]
    pub(crate) expect: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// Asks, reports, and records where that is wanted.
pub(crate) fn run(arguments: &FieldTestArguments, context: &Context) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.approve {
        return recording::approve(folder, arguments.expect.as_deref(), context);
    }
    can_be_recorded(arguments)?;
    let manifests = context.manifests(&arguments.manifests)?;
    let choice = context.target()?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let tape = arguments.record.as_ref().map(|_| Arc::new(Tape::default()));
    let mut progress = Progress::new(&context.output, false, false);
    let mut emit = |event: Event| progress.show(&event);
    let (mut test, record) = session::run(async {
        let recorded = Recorded {
            tape: tape.clone(),
            most_in_flight: arguments.production.is_some().then_some(1),
        };
        let session = OrgSession::open_recorded(choice, context, recorded).await?;
        let reader = &session.reader;
        let tested = async {
            let org = field_test::which_org(reader).await?;
            let pace = pace(&org, embedded, arguments.production.as_deref())?;
            field_test::run(&manifests, org, pace, reader, &mut emit).await
        };
        let tested = tested.await;
        tell_phases(context, reader);
        let record = match (&tested, &tape) {
            (Ok(_), Some(tape)) => Some(made(tape, &manifests, reader.identity())),
            _ => None,
        };
        session.close().await;
        Ok((tested?, record))
    })?;
    context.know_org(&mut test.org, embedded);
    let record = record.map(|record| {
        let record = record?;
        match &arguments.record {
            Some(folder) => write(&record, folder, arguments.names.as_deref()),
            None => Ok(()),
        }
    });
    // What was found is told, whatever became of the record.
    let is_written = matches!(record, Some(Ok(())));
    say(&test, arguments, is_written, context);
    record.transpose()?;
    Ok(test.exit())
}

/// Refuses, before any work, what could not be written in the end.
fn can_be_recorded(arguments: &FieldTestArguments) -> Result<(), Failure> {
    let Some(folder) = &arguments.record else {
        return Ok(());
    };
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    let refuse = |problem: String, help: &str| {
        Err(failure(Exit::Usage, Code::FileUnusable, problem, help)
            .state("nothing was sent to any org"))
    };
    if !is_free {
        let problem = format!("{} is no new or empty folder", folder.display());
        return refuse(
            problem,
            "name a new folder: a record is never mixed with anything else",
        );
    }
    let Some(names) = &arguments.names else {
        return Ok(());
    };
    if names.starts_with(folder) {
        let problem = format!("{} would lie in the record itself", names.display());
        return refuse(
            problem,
            "the names stay with you: put the file somewhere else",
        );
    }
    must_be_writable(names)
}

/// How the org is asked: production only under its name.
fn pace(org: &OrgIdentity, embedded: bool, named: Option<&str>) -> Result<Pace, Failure> {
    let production = !embedded && !org.sandbox;
    match named {
        None if production => Err(not_named(
            format!(
                "{} is a production org, and it was not named",
                printable(&org.name)
            ),
            format!(
                "say --production {}: it is then asked one query at a time, and nothing is counted",
                quoted(&org.name)
            ),
        )),
        None => Ok(Pace::AsPlans),
        Some(named) if named.trim() != org.name.trim() => Err(not_named(
            format!(
                "the org is called {}, not {}",
                printable(&org.name),
                printable(named)
            ),
            "choose the org with --org, and give its own name with --production".to_owned(),
        )),
        Some(_) => Ok(Pace::Careful),
    }
}

fn not_named(problem: String, help: String) -> Failure {
    failure(Exit::Usage, Code::ProductionNotNamed, problem, help).state(NOTHING_CHANGED)
}

/// The record of what is on the tape.
fn made(
    tape: &Tape,
    manifests: &[Manifest],
    identity: &crate::org::Identity,
) -> Result<FieldRecord, Failure> {
    let record = field_test::record(&tape.transcripts(), manifests, identity, days_moved()?);
    record.map_err(|foreign| {
        let problem = format!(
            "nothing was recorded: {} would stand in it that nobody replaced",
            crate::count::count(foreign.len() as u64, "word")
        );
        let help = "tell us of it, with the version of orgwright; the words themselves are yours";
        failure(Exit::Failed, Code::RecordHoldsForeignWords, problem, help).state(NOTHING_CHANGED)
    })
}

/// By how many days all days are moved, into the past: chance says it, and nobody is told.
fn days_moved() -> Result<i32, Failure> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| {
        let problem = format!("the operating system gave no random number: {error}");
        failure(Exit::Failed, Code::MachineRefused, problem, "")
    })?;
    let (least, most) = DAYS_MOVED;
    let days = least + u32::from_le_bytes(bytes) % (most - least);
    Ok(i32::try_from(days).map_or(0, |days| -days))
}

fn write(record: &FieldRecord, folder: &Path, names: Option<&Path>) -> Result<(), Failure> {
    private_file::create_folder(folder).map_err(|error| unwritable(folder, &error))?;
    for (name, text) in &record.files {
        write_private(&folder.join(name), text.as_bytes())?;
    }
    let Some(path) = names else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(&record.names).unwrap_or_default();
    write_private(path, format!("{text}\n").as_bytes())
}

fn say(test: &FieldTest, arguments: &FieldTestArguments, is_written: bool, context: &Context) {
    let folder = arguments.record.as_ref().filter(|_| is_written);
    let folder = folder.map(|folder| folder.to_string_lossy());
    if arguments.format == TextFormat::Json {
        let text = report::json::field_test(test, folder.as_deref());
        context.data(&text);
        return;
    }
    let folder = folder.map(|folder| quoted(&folder));
    let (org, style) = (context.org(), context.output.style);
    let text = report::human::field_test(test, folder.as_deref(), &org, style);
    context.output.say(&text);
}
