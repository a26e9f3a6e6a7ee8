//! What must hold in every case, one function each.

use std::collections::BTreeSet;
use std::time::Duration;

use orgwright::apply::ChangeResult as Became;
use orgwright::diagnostic::Exit;
use salesforce_emulator::store::Org;

use crate::cases::Case;
use crate::run::{CANARY, Run, WAIT};
use crate::state;

pub(crate) type Holds = Result<(), String>;

/// How a run may end that met a failure: done, failed, to be run again, busy, or without a session.
const ALLOWED: [Exit; 5] = [
    Exit::Done,
    Exit::Failed,
    Exit::Partial,
    Exit::Busy,
    Exit::Login,
];

/// Looks at the org that a failure may add to three times the usual requests.
const PROBES: usize = 20;

/// Longest run: the wait that was asked for, and each of five requests until it is given up, with their pauses.
const DEADLINE: Duration = Duration::from_secs(WAIT.as_secs() + 5 * 120 + 300);

fn holds(holds: bool, what: impl FnOnce() -> String) -> Holds {
    if holds { Ok(()) } else { Err(what()) }
}

/// (1) The org is as a run without failures leaves it.
pub(crate) fn the_org_is_as_it_should_be(org: &Org, expected: &Org) -> Holds {
    holds(state::settled(org.clone()) == *expected, || {
        "the org is not as it should be".to_owned()
    })
}

/// (2) There is at most one user of the name; an insert that was sent twice would have made a second one.
pub(crate) fn there_is_one_user_at_most(org: &Org) -> Holds {
    holds(state::users(org) <= 1, || {
        "there is more than one user".to_owned()
    })
}

/// (3) What the manifest does not own is as it was.
pub(crate) fn the_rest_is_untouched(before: &Org, after: &Org) -> Holds {
    match state::moved(before, after) {
        None => Ok(()),
        Some(part) => Err(format!("{part} moved that is not the manifest's")),
    }
}

/// (4) The run proved that planning again finds nothing, and that the records are visible that should be.
pub(crate) fn it_is_proved(run: &Run) -> Holds {
    let proof = run
        .applied
        .as_ref()
        .and_then(|applied| applied.verification.as_ref());
    holds(
        proof.is_some_and(|proof| proof.converged && proof.holds()),
        || "it proves nothing".to_owned(),
    )
}

/// (4) A run with nothing to do writes nothing.
pub(crate) fn nothing_was_left_to_do(run: &Run) -> Holds {
    let changes = run.applied.as_ref().map(|applied| applied.outcomes.len());
    holds(run.exit == Exit::Done && changes == Some(0), || {
        format!(
            "the run after the next has {changes:?} changes and ends with {:?}",
            run.exit
        )
    })?;
    let written = run.asked.iter().find(|(asked, _)| is_write(asked));
    holds(written.is_none(), || {
        format!("with nothing to do it asks to {written:?}")
    })
}

/// (5) It ends as it may, and done only where it is.
pub(crate) fn the_exit_is_allowed(run: &Run, org: &Org, expected: &Org) -> Holds {
    holds(ALLOWED.contains(&run.exit), || {
        format!("it ended with {:?}", run.exit)
    })?;
    match run.exit {
        Exit::Done => the_org_is_as_it_should_be(org, expected),
        _ => Ok(()),
    }
}

/// (5) What it says was done is in the org, what is in the org it says, and it doubts only what it cannot know.
pub(crate) fn the_report_is_true(run: &Run, before: &Org, org: &Org, case: Option<&Case>) -> Holds {
    let made = state::made(before, org);
    let Some(applied) = &run.applied else {
        return holds(made.is_empty(), || {
            format!("it did not apply, but made {made:?}")
        });
    };
    let became = |wanted: Became| -> BTreeSet<String> {
        let outcomes = applied.outcomes.iter();
        let alike = outcomes.filter(|outcome| outcome.result == wanted);
        alike.map(|outcome| outcome.address.to_string()).collect()
    };
    let (done, doubted) = (became(Became::Done), became(Became::Unknown));
    holds(done.is_subset(&made), || {
        format!("it says that {done:?} were made, but only {made:?} were")
    })?;
    let told: BTreeSet<String> = done.union(&doubted).cloned().collect();
    holds(made.is_subset(&told), || {
        format!("it made {made:?}, but says so only of {told:?}")
    })?;
    let may_doubt = case.is_none_or(|case| case.kind.hides) || lost_sight(run);
    holds(doubted.is_empty() || may_doubt, || {
        format!("it need not doubt {doubted:?}")
    })
}

/// Whether looks at an accepted deploy ended without an answer.
fn lost_sight(run: &Run) -> bool {
    run.asked.last().is_some_and(|(asked, status)| {
        *status != Some(200) && (asked.starts_with("look at a deploy") || !is_write(asked))
    })
}

fn is_write(asked: &str) -> bool {
    ["create ", "update ", "delete ", "start a deploy"]
        .iter()
        .any(|verb| asked.starts_with(verb))
}

/// (6) No insert and no deploy goes twice without a look in between; a session that had ended was refused before anybody
/// looked at the request.
pub(crate) fn nothing_goes_twice_blindly(run: &Run) -> Holds {
    let once = |asked: &str| {
        let deploys = ["start a deploy", "start a check-only deploy"];
        asked.starts_with("create ") || deploys.contains(&asked)
    };
    let pairs = run.asked.iter().zip(run.asked.iter().skip(1));
    let mut blind = pairs.filter(|((first, status), (second, _))| {
        first == second && once(first) && *status != Some(401)
    });
    match blind.next() {
        None => Ok(()),
        Some(((asked, status), _)) => Err(format!(
            "\"{asked}\" ({status:?}) was sent twice without a look"
        )),
    }
}

/// (7) No text of it holds a secret or a token.
pub(crate) fn no_secret_is_told(run: &Run, org: &Org) -> Holds {
    let tokens = org.sessions.keys().map(String::as_str);
    let mut secrets = tokens.chain([CANARY, org.organization.access_token.as_str()]);
    match secrets.find(|secret| run.told.contains(secret)) {
        None => Ok(()),
        Some(_) => Err("it tells a secret".to_owned()),
    }
}

/// (8) It asks a bounded number of times, ends in time, and no two deploys are ever in the queue, be they of two runs.
pub(crate) fn it_is_bounded(run: &Run, org: &Org, requests: usize) -> Holds {
    let asked = run.asked.len() - run.count("look at a deploy");
    holds(asked <= 3 * requests + PROBES, || {
        format!("it asks {asked} times")
    })?;
    holds(run.took <= DEADLINE, || {
        format!("it takes {} s", run.took.as_secs())
    })?;
    let jobs: Vec<_> = org.deploys.values().collect();
    let queued = jobs
        .iter()
        .zip(jobs.iter().skip(1))
        .find(|(first, second)| {
            first
                .completed
                .is_none_or(|completed| second.created < completed)
        });
    match queued {
        None => Ok(()),
        Some((first, second)) => Err(format!("{} was queued behind {}", second.id, first.id)),
    }
}

/// (9) Before it applies it writes nothing.
pub(crate) fn reading_writes_nothing(run: &Run, before: &Org, org: &Org) -> Holds {
    let read_only = run.applied.is_none();
    let same = !read_only || state::settled(org.clone()) == state::settled(before.clone());
    holds(same && (!read_only || org.deploys.is_empty()), || {
        "it wrote before it applied".to_owned()
    })
}

/// (11) The same seed gives the same bytes.
pub(crate) fn the_same_comes_again(first: &Run, again: &Run) -> Holds {
    // Two that are given up at the same moment are noted in either order.
    let sorted = |run: &Run| {
        let mut asked = run.asked.clone();
        asked.sort();
        asked
    };
    holds(sorted(first) == sorted(again), || {
        format!(
            "the same case asks differently: {:?} and {:?}",
            first.asked, again.asked
        )
    })?;
    holds(first.told == again.told, || {
        "the same case tells differently".to_owned()
    })?;
    holds(first.took == again.took, || {
        "the same case takes another time".to_owned()
    })
}
