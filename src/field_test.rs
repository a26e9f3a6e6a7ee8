//! Field test: what a plan and a proof ask of an org, and what nobody has confirmed about the platform, each as an
//! expectation that holds or does not. Reads only.
//!
//! `record` makes of everything that was asked and answered a folder that can be sent: the shape kept, the content replaced.

mod content;
mod names;
mod page;
mod reads;
mod record;
mod vocabulary;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Emit;
use crate::failure::{self, NOTHING_CHANGED};
use crate::live::{
    Answer, Circumstances, Columns, Live, Need, Next, OPEN_QUESTIONS, OpenQuestion, OrgIdentity,
    TAKE_A_WRITE,
};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{OrgError, Reader};
use crate::verify::{self, Sample};
use serde::Serialize;
use std::collections::BTreeSet;

pub use names::Pseudonyms;
pub use record::{APPROVAL, FieldRecord, PAGE, RECORD, digest, record, recording};

/// Calls of the day that are to be left to others, in percent.
const LEFT_TO_OTHERS: u64 = 20;

/// What a field test found.
#[derive(Clone, Debug)]
pub struct FieldTest {
    /// Which org.
    pub org: OrgIdentity,
    /// Every expectation, by id.
    pub expectations: Vec<Expectation>,
    /// HTTP requests since the log-in.
    pub requests: u64,
    /// What the org counts of them.
    pub api_calls: u64,
}

/// One thing that is expected of an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// Its id, for good.
    pub id: &'static str,
    /// What is expected, as a sentence.
    pub expects: &'static str,
    /// What became of it.
    pub outcome: FieldOutcome,
    /// What was seen, or why it was not tried.
    pub seen: String,
    /// What it means for this program where it does not hold.
    pub otherwise: &'static str,
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOutcome {
    /// The org is as expected.
    Holds,
    /// It is not.
    DoesNotHold,
    /// It was not looked at.
    NotTried,
}

/// How an org is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As plans do: together.
    AsPlans,
    /// One query at a time, and none that counts users or records.
    Careful,
}

impl FieldTest {
    /// How many expectations came to this.
    pub fn count(&self, outcome: FieldOutcome) -> usize {
        let these = self.expectations.iter();
        these.filter(|one| one.outcome == outcome).count()
    }

    /// How the run ends: with differences where something that was tried does not hold.
    pub fn exit(&self) -> Exit {
        match self.count(FieldOutcome::DoesNotHold) {
            0 => Exit::Done,
            _ => Exit::Differences,
        }
    }
}

/// Finds out which org it is: with one request, before anything else is asked.
///
/// # Errors
/// What the org or the way to it made impossible, its refusal to say who it is, and too few calls left.
pub async fn which_org(reader: &Reader) -> Result<OrgIdentity, Failure> {
    let mut live = Live::default();
    for columns in [Columns::All, Columns::InEveryOrg] {
        if live.organization().learnt().is_none() {
            let need = BTreeSet::from([Need::Organization(columns)]);
            let asked = observe::ask_org(need, reader, &mut live).await;
            asked.map_err(not_asked)?;
        }
    }
    enough_calls_left(reader.usage().allocation)?;
    if let Some(refused) = live.organization().refused() {
        return Err(failure::of_refused(&[refused]).state(NOTHING_CHANGED));
    }
    Ok(observe::which_org(live.organization().learnt(), reader))
}

/// Asks everything, and says what became of each expectation.
///
/// # Errors
/// What the org or the way to it made impossible, and too few calls left.
pub async fn run(
    manifests: &[Manifest],
    org: OrgIdentity,
    pace: Pace,
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<FieldTest, Failure> {
    let live = match pace {
        Pace::AsPlans => read_together(manifests, reader, emit).await?,
        Pace::Careful => read_carefully(manifests, reader).await?,
    };
    let mut expectations = reads::expectations(manifests, &live, pace);
    expectations.push(proof(manifests, &live, pace, reader, emit).await?);
    let object = manifests.iter().flat_map(|manifest| &manifest.spec.sharing);
    let object = object.map(|sharing| sharing.object.value.as_str()).next();
    let circumstances = Circumstances {
        live: &live,
        org: &org,
        object,
    };
    for question in OPEN_QUESTIONS {
        expectations.push(answered(question, &circumstances, pace, reader).await?);
    }
    expectations.extend(TAKE_A_WRITE.iter().map(|(id, expects)| Expectation {
        id,
        expects,
        outcome: FieldOutcome::NotTried,
        seen: "it takes a write to find out, and a field test writes nothing".to_owned(),
        otherwise: "",
    }));
    let used = reader.usage();
    Ok(FieldTest {
        org,
        expectations,
        requests: used.requests,
        api_calls: used.api_calls,
    })
}

/// Everything that a plan asks, as a plan asks it. Where it ends early, what was told by then counts.
async fn read_together(
    manifests: &[Manifest],
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<Live, Failure> {
    let mut beside = verify::needs_of_first_pages(manifests, Sample::AUTO);
    beside.insert(Need::Deploys);
    let first = observe::first_wave(manifests, beside, reader).await;
    let first = first.map_err(not_asked)?;
    enough_calls_left(reader.usage().allocation)?;
    let further = observe::ask_further(first.clone(), manifests, reader, emit).await;
    match further {
        Err(_) if !first.refusals_of_needed().is_empty() => Ok(first),
        further => further,
    }
}

/// The same in single questions, without those that count.
async fn read_carefully(manifests: &[Manifest], reader: &Reader) -> Result<Live, Failure> {
    let mut live = Live::default();
    let mut needs = observe::needs(manifests);
    needs.insert(Need::Deploys);
    needs.insert(observe::running_user(reader).unwrap_or(Need::Administrators));
    needs.retain(|need| !reads::counts(need));
    for asked in live.questions(needs) {
        enough_calls_left(reader.usage().allocation)?;
        let answer = observe::answer_to(asked.question, reader).await;
        if let Some(answer) = answer.map_err(not_asked)? {
            live.learn(&asked.needs, answer);
        }
    }
    Ok(live)
}

/// Whether records can be compared as `verify` does it.
async fn proof(
    manifests: &[Manifest],
    live: &Live,
    pace: Pace,
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<Expectation, Failure> {
    let users = manifests
        .iter()
        .filter_map(|manifest| manifest.spec.user.as_ref());
    let is_there = users.clone().count() > 0
        && users
            .flat_map(|user| user.names())
            .any(|name| live.user(name).found().is_some());
    let (outcome, seen) = match (pace, is_there) {
        (Pace::Careful, _) => (FieldOutcome::NotTried, COUNTS.to_owned()),
        (_, false) => {
            let why = "the user of the manifest is not there yet";
            (FieldOutcome::NotTried, why.to_owned())
        }
        _ => match verify::verify(manifests, live, reader, Sample::AUTO, emit).await {
            Ok(found) => {
                let compared: u64 = found.access.iter().map(|access| access.checked).sum();
                (FieldOutcome::Holds, format!("{compared} records compared"))
            }
            Err(failure) if failure.exit == Exit::Busy => return Err(failure),
            Err(failure) => (FieldOutcome::DoesNotHold, first_words(&failure)),
        },
    };
    enough_calls_left(reader.usage().allocation)?;
    Ok(Expectation {
        id: "FT190",
        expects: "the user's records can be compared with what the org grants",
        outcome,
        seen,
        otherwise: "`verify` proves nothing in this org",
    })
}

/// Why what counts is left out.
const COUNTS: &str = "users and records of a production org are not counted";

/// What an open question came to.
async fn answered(
    question: &OpenQuestion,
    circumstances: &Circumstances<'_>,
    pace: Pace,
    reader: &Reader,
) -> Result<Expectation, Failure> {
    let expectation = |outcome, seen: String| Expectation {
        id: question.id,
        expects: question.expects,
        outcome,
        seen,
        otherwise: question.otherwise,
    };
    if question.counts && pace == Pace::Careful {
        return Ok(expectation(FieldOutcome::NotTried, COUNTS.to_owned()));
    }
    let mut answers: Vec<Answer> = Vec::new();
    loop {
        let asked = match (question.next)(circumstances, &answers) {
            Next::Ask(asked) => asked,
            Next::Holds(seen) => return Ok(expectation(FieldOutcome::Holds, seen)),
            Next::Fails(seen) => return Ok(expectation(FieldOutcome::DoesNotHold, seen)),
            Next::NotTried(why) => {
                return Ok(expectation(FieldOutcome::NotTried, why.to_owned()));
            }
        };
        enough_calls_left(reader.usage().allocation)?;
        let answer = observe::answer_to(asked, reader).await.map_err(not_asked)?;
        match answer {
            Some(Answer::Refused { code, message, .. }) => {
                let seen = format!("the org refuses the question: {code}: {message}");
                return Ok(expectation(FieldOutcome::DoesNotHold, seen));
            }
            Some(answer) => answers.push(answer),
            None => {
                let seen = "the org gave no answer".to_owned();
                return Ok(expectation(FieldOutcome::DoesNotHold, seen));
            }
        }
    }
}

/// Refuses to go on where others need the calls that are left. What the org does not tell is not known to be too few.
fn enough_calls_left(allocation: Option<(u64, u64)>) -> Result<(), Failure> {
    let Some((used, allowed)) = allocation else {
        return Ok(());
    };
    let left = allowed.saturating_sub(used);
    if left.saturating_mul(100) >= allowed.saturating_mul(LEFT_TO_OTHERS) {
        return Ok(());
    }
    let message = format!(
        "the org has {left} of its {allowed} API calls left, less than {LEFT_TO_OTHERS} %: they are left to others"
    );
    let finding = Diagnostic::error(Code::OrgBusy, message)
        .help("run the same command again when the org's calls of the last 24 hours are fewer");
    Err(Failure::new(Exit::Busy, vec![finding]).state(NOTHING_CHANGED))
}

fn not_asked(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

fn first_words(failure: &Failure) -> String {
    let first = failure.diagnostics.first();
    first.map_or_else(|| "it failed".to_owned(), |first| first.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_left_to_others() {
        for (allocation, exit) in [
            (None, None),
            (Some((0, 0)), None),
            (Some((80, 100)), None),
            (Some((81, 100)), Some(Exit::Busy)),
            (Some((101, 100)), Some(Exit::Busy)),
        ] {
            let ended = enough_calls_left(allocation)
                .err()
                .map(|failure| failure.exit);
            assert_eq!(ended, exit, "{allocation:?}");
        }
    }

    #[test]
    fn every_expectation_has_an_id_of_its_own() {
        let reads = reads::expectations(&[], &Live::default(), Pace::AsPlans);
        let ids = reads.iter().map(|one| one.id).chain(["FT190"]);
        let ids = ids.chain(OPEN_QUESTIONS.iter().map(|question| question.id));
        let ids: Vec<&str> = ids.chain(TAKE_A_WRITE.iter().map(|(id, _)| *id)).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
