//! The way back, as `undo` and `retire` go it: read, plan, show, ask, write stage by stage, and look again.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::Args;

use super::arguments::TextFormat;
use super::consent;
use super::context::Context;
use super::finding::failure;
use super::output::can_ask;
use super::progress::Progress;
use super::session::OrgSession;
use super::signals::{Signals, ended_by_signal, until_stopped};
use super::underway::phase;
use super::values::{digest, duration};
use crate::apply::{self, Applied, ApplyOptions};
use crate::back::{self, BackPlan, WayBack};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::live::Live;
use crate::observe;
use crate::org::{Reader, Writer};
use crate::plan::Plan;
use crate::report::json::Took;
use crate::report::text::short_digest;
use crate::report::{self, Ending};

/// What `undo` and `retire` are told alike.
#[derive(Debug, Args)]
pub(crate) struct BackArguments {
    /// Ask nothing: whatever is planned is wanted.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write this plan and no other: its digest, 12 hexadecimal digits or more.
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) expect: Option<String>,
    /// Every session and token of the user was ended by hand, after the org refused to deactivate it and it was frozen.
    #[arg(long)]
    pub(crate) sessions_revoked: bool,
    /// How long to wait for the org to recalculate, such as 90s or 10m.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) wait: Duration,
    /// How to say it; json is one event a line, the result last.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

impl BackArguments {
    /// Refuses, before any request, what nobody has agreed to and nobody can be asked about.
    pub(crate) fn check(&self, verb: &str) -> Result<(), Failure> {
        if self.yes || self.expect.is_some() || can_ask() {
            return Ok(());
        }
        let problem = format!("{verb} needs consent, and there is no terminal to ask at");
        let help = "give --expect DIGEST (as it prints it), or --yes";
        Err(failure(Exit::Usage, Code::ConsentNeeded, problem, help)
            .state("nothing was sent to any org"))
    }
}

/// One way back under way.
pub(crate) struct BackRun<'a> {
    pub(crate) arguments: &'a BackArguments,
    pub(crate) context: &'a Context,
    pub(crate) embedded: bool,
    /// The words of the command, from its verb on.
    pub(crate) command: Vec<String>,
    pub(crate) began: Instant,
}

/// How the writing ended, and the plan that it was of.
struct BackEnd {
    plan: Plan,
    applied: Applied,
    signal: Option<Exit>,
    /// Whether the user was frozen, and its sessions ended by hand.
    is_frozen: bool,
}

impl BackRun<'_> {
    /// Goes the way back.
    pub(crate) async fn go(
        &self,
        way: &WayBack,
        session: &OrgSession,
        signals: &mut Signals,
    ) -> Result<Exit, Failure> {
        let reader = &session.reader;
        let (live, back) = tokio::select! {
            found = self.look(way, reader) => found?,
            exit = signals.next() => return Err(ended_by_signal(exit)),
        };
        self.show(&back);
        if !back.refusals.is_empty() {
            let refused = Failure::new(Exit::Guarded, back.refusals);
            return Err(refused.state("nothing was changed"));
        }
        let plan = back.plan;
        if plan.changes.is_empty() {
            self.end(&plan, None, Exit::Done, reader);
            return Ok(Exit::Done);
        }
        tokio::select! {
            agreed = self.agree(&plan) => agreed?,
            exit = signals.next() => return Err(ended_by_signal(exit)),
        };
        let mut end = self.write(plan, &live, reader, signals).await?;
        if end.applied.failure.is_none() {
            end.applied.failure = self.what_is_left(way, &end, reader).await.err();
        }
        if let Some(failure) = &mut end.applied.failure
            && failure.next.is_none()
        {
            failure.next = Some(self.command.join(" "));
        }
        let told = end
            .applied
            .failure
            .as_ref()
            .map_or(Exit::Done, |failure| failure.exit);
        let exit = end.signal.filter(|_| told != Exit::Done).unwrap_or(told);
        self.end(&end.plan, Some(&end.applied), exit, reader);
        Ok(exit)
    }

    /// Reads the org and plans.
    async fn look(&self, way: &WayBack, reader: &Reader) -> Result<(Live, BackPlan), Failure> {
        let needs = back::needs(way);
        let live = observe::observe_again(&Live::default(), &[], needs, reader).await?;
        let mut back = back::plan(way, &live);
        self.context.know_org(&mut back.plan.org, self.embedded);
        Ok((live, back))
    }

    fn verb(&self) -> &str {
        self.command.get(1).map_or("", String::as_str)
    }

    fn json(&self) -> bool {
        self.arguments.format == TextFormat::Json
    }

    fn show(&self, back: &BackPlan) {
        let output = &self.context.output;
        if self.json() {
            self.context.name_org_first();
            return output.data(&report::json::planned(&back.plan));
        }
        self.context.org_was_named();
        let org = self.context.org();
        let style = output.style;
        output.say(&report::human::way_back(
            &back.plan,
            self.verb(),
            &org,
            style,
        ));
    }

    /// Somebody has agreed to this very plan, or agrees now.
    async fn agree(&self, plan: &Plan) -> Result<(), Failure> {
        if let Some(expected) = &self.arguments.expect {
            let made = plan.digest.trim_start_matches("sha256:");
            if made.starts_with(expected.as_str()) {
                return Ok(());
            }
            let problem = format!(
                "the plan is {} now, not {}: the org has changed since",
                short_digest(made),
                short_digest(expected)
            );
            let help = "run it without --expect, read the plan, and give its digest";
            return Err(
                failure(Exit::Stale, Code::NotTheExpectedPlan, problem, help)
                    .state("nothing was changed"),
            );
        }
        match self.arguments.yes {
            true => Ok(()),
            false => consent::ask(plan, self.embedded, &self.context.output).await,
        }
    }

    /// Writes; where the org does not let go of the user, freezes it, and goes on only where its sessions are ended.
    async fn write(
        &self,
        plan: Plan,
        live: &Live,
        reader: &Reader,
        signals: &mut Signals,
    ) -> Result<BackEnd, Failure> {
        let (applied, signal) = self.carry_out(&plan, reader, signals).await?;
        let end = |plan: Plan, applied: Applied, signal: Option<Exit>, is_frozen: bool| BackEnd {
            plan,
            applied,
            signal,
            is_frozen,
        };
        let refusal = refusal_of_user(&applied).cloned();
        let (Some(refusal), Some((freeze, rest))) = (refusal, back::freezing(&plan, live)) else {
            return Ok(end(plan, applied, signal, false));
        };
        let (mut frozen, signal) = self.carry_out(&freeze, reader, signals).await?;
        if frozen.failure.is_some() {
            return Ok(end(freeze, frozen, signal, false));
        }
        self.context.output.warn(&format!(
            "the org refused to deactivate the user, and its log-in was frozen: {refusal}\n"
        ));
        if self.arguments.sessions_revoked {
            let (applied, signal) = self.carry_out(&rest, reader, signals).await?;
            return Ok(end(rest, applied, signal, true));
        }
        frozen.failure = Some(self.stopped_at_frozen(&refusal));
        Ok(end(freeze, frozen, signal, false))
    }

    fn stopped_at_frozen(&self, refusal: &str) -> Failure {
        let words = format!(
            "the user is frozen, because the org refused to deactivate it: {refusal}. Freezing ends no session and no token that it has"
        );
        let help = "end them (Setup > Session Management, and Setup > Connected Apps OAuth Usage > Revoke), or mend what the org names and run the same command again";
        let stopped = Diagnostic::error(Code::FrozenInstead, words).help(help);
        let mut command = self.command.clone();
        command.push("--sessions-revoked".to_owned());
        Failure::new(Exit::Partial, vec![stopped])
            .state("the user cannot log in any more; nothing else was changed")
            .next(command.join(" "))
    }

    async fn carry_out(
        &self,
        plan: &Plan,
        reader: &Reader,
        signals: &mut Signals,
    ) -> Result<(Applied, Option<Exit>), Failure> {
        let output = &self.context.output;
        let stop = Arc::new(AtomicBool::new(false));
        let options = ApplyOptions {
            wait: self.arguments.wait,
            stop: Arc::clone(&stop),
            ..ApplyOptions::default()
        };
        let mut progress = Progress::new(output, self.json(), std::io::stderr().is_terminal());
        let mut emit = |event: Event| progress.show(&event);
        let writer = Writer::new(reader.clone());
        let work = apply::carry_out(plan, &writer, options, &mut emit);
        let notice = || {
            output.warn("stopping after the step that is running; once more ends at once\n");
        };
        let ended = until_stopped(work, &stop, signals, notice).await;
        ended.map_err(|exit| {
            let state =
                "it is not known which changes were made; a deploy that runs goes on in the org";
            Failure::new(exit, Vec::new())
                .state(state)
                .next(self.command.join(" "))
        })
    }

    /// Looks at the org again: nothing may be left to put back.
    async fn what_is_left(
        &self,
        way: &WayBack,
        end: &BackEnd,
        reader: &Reader,
    ) -> Result<(), Failure> {
        let (_, mut again) = self.look(way, reader).await?;
        if end.is_frozen {
            let ends_use = |path: &str| path == "active";
            again
                .plan
                .changes
                .retain(|change| !change.fields.iter().any(|field| ends_use(&field.path)));
        }
        let left = again.plan.changes.iter();
        let left: Vec<String> = left.map(|change| change.address.to_string()).collect();
        if left.is_empty() {
            return Ok(());
        }
        let words = format!(
            "looking again still finds something to put back: {}",
            left.join(", ")
        );
        let error = Diagnostic::error(Code::NotAllWentBack, words);
        Err(Failure::new(Exit::ProofFailed, vec![error]).state("everything was written"))
    }

    /// How it ended.
    fn end(&self, plan: &Plan, applied: Option<&Applied>, exit: Exit, reader: &Reader) {
        let output = &self.context.output;
        let usage = reader.usage();
        let took = Took {
            requests: usage.requests,
            api_calls: usage.api_calls,
            milliseconds: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            phases: reader.phases().into_iter().map(phase).collect(),
        };
        if let Some(applied) = applied {
            if !self.json() {
                output.say(&report::human::applied(applied, plan, "", output.style));
                output.say(&report::human::stays(plan, output.style));
            }
            if let Some(failure) = &applied.failure {
                output.warn(&report::human::failure(failure, output.notes));
            }
            if self.json() {
                output.data(&report::json::result(
                    plan,
                    applied,
                    &Ending::of(exit),
                    &took,
                ));
            }
        }
        if self.json() {
            return self.context.name_org_last();
        }
        let (facts, org) = (took, self.context.org());
        output.say(&report::human::back_end(&facts, &org, output.style));
    }
}

/// The org's words where the first thing of all, putting the user out of use, was refused for good.
fn refusal_of_user(applied: &Applied) -> Option<&String> {
    let failure = applied.failure.as_ref().filter(|_| !applied.wrote())?;
    let passing = [
        Exit::Busy,
        Exit::Partial,
        Exit::Interrupted,
        Exit::Terminated,
        Exit::Login,
    ];
    let about_user = |finding: &&Diagnostic| {
        let address = finding.address.as_ref();
        address.is_some_and(|address| address.kind == "user")
    };
    let finding = failure.diagnostics.iter().find(about_user)?;
    (!passing.contains(&failure.exit)).then_some(&finding.message)
}
