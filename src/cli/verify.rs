//! `verify`: plans again, expecting nothing, and compares the user's sight record by record.

use std::io::IsTerminal;

use super::arguments::{ProofFormat, Verify as Arguments};
use super::context::Context;
use super::files::{must_be_writable, write_private};
use super::progress::Progress;
use super::session::{self, OrgSession};
use super::trace::tell_phases;
use super::values::sample_of;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::report::style::Style;
use crate::report::{self, Frame};
use crate::verify::{self, Verification};

/// Proves, and reports in the format that was asked for.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    arguments.out.as_deref().map_or(Ok(()), must_be_writable)?;
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
    let frame = Frame {
        name: report::names(&manifests),
        org: context.org(),
        ..Frame::default()
    };
    let user = report::user(&manifests);
    write(arguments, context, &verification, &user, &frame)?;
    Ok(if verification.holds() {
        Exit::Done
    } else {
        Exit::Differences
    })
}

/// Puts the report where it was asked for.
fn write(
    arguments: &Arguments,
    context: &Context,
    verification: &Verification,
    user: &str,
    frame: &Frame,
) -> Result<(), Failure> {
    let text = |style: Style| match arguments.format {
        ProofFormat::Human => report::human::verification(verification, user, frame, style),
        ProofFormat::Json => report::json::verification(verification),
        ProofFormat::Markdown => report::markdown::verification(verification, user, frame),
    };
    if let Some(path) = &arguments.out {
        context.name_org_first();
        write_private(
            path,
            text(Style {
                color: false,
                ..context.output.style
            })
            .as_bytes(),
        )?;
        context.name_org_last();
        return Ok(());
    }
    if arguments.format == ProofFormat::Human {
        context.output.say(&text(context.output.style));
        return Ok(());
    }
    context.name_org_first();
    context.output.data(&text(context.output.style));
    context.name_org_last();
    Ok(())
}
