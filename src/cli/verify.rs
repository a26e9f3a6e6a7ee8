//! `verify`: plans again, expecting nothing, and compares the user's sight record by record.

use std::io::IsTerminal;

use super::arguments::Verify as Arguments;
use super::context::Context;
use super::github;
use super::outputs;
use super::progress::Progress;
use super::session::{self, OrgSession};
use super::trace::tell_phases;
use super::values::sample_of;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::manifest::Manifest;
use crate::render;
use crate::report::{self, Frame, Reported, written};
use crate::verify::{self, Verification};

/// Proves, and reports in the format that was asked for.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    arguments.outputs.check(&outputs::ALL)?;
    let manifests = context.manifests(&arguments.manifests)?;
    let choice = context.target()?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let mut progress = Progress::new(&context.output, false, std::io::stderr().is_terminal());
    let mut emit = |event: Event| progress.show(&event);
    let mut verification = session::run(async {
        let sample = sample_of(arguments.sample, arguments.sample_seed);
        let records = verify::needs_of_first_pages(&manifests, sample);
        let (session, live) =
            OrgSession::open_reading(choice, context, &manifests, records).await?;
        let verification = match live {
            Ok(live) => verify::verify(&manifests, &live, &session.reader, sample, &mut emit).await,
            Err(failure) => Err(failure),
        };
        tell_phases(context, &session.reader);
        session.close().await;
        verification
    })?;
    context.know_org(&mut verification.org, embedded);
    if arguments.no_names {
        verification.without_names();
    }
    let denied = arguments.denials.standing(&verification.findings);
    let exit = match (&denied, verification.holds()) {
        (Some(_), _) => Exit::Guarded,
        (None, false) => Exit::Differences,
        (None, true) => Exit::Done,
    };
    verification.findings.splice(0..0, denied);
    report(arguments, context, &manifests, &verification, exit)?;
    Ok(exit)
}

/// Puts the report where it was asked for: into each file, then on standard output.
fn report(
    arguments: &Arguments,
    context: &Context,
    manifests: &[Manifest],
    verification: &Verification,
    exit: Exit,
) -> Result<(), Failure> {
    let ending = arguments.outputs.ending(exit);
    let frame = Frame {
        user: report::user(manifests),
        resources: render::resources(manifests),
        ..context.frame_of_failure(ending.at.clone())
    };
    let reported = Reported::Proof(verification);
    arguments.outputs.write(reported, &frame, &ending)?;
    match arguments.format.of_report() {
        Some(format) => {
            let text = written(format, reported, &frame, &ending);
            context.data(&text);
        }
        None => {
            let (user, style) = (&frame.user, context.output.style);
            let text = report::human::verification(verification, user, &frame, style);
            context.output.say(&text);
        }
    }
    github::tell(context, reported, &frame, &ending);
    arguments.outputs.note(context, "report");
    Ok(())
}
