//! Runs of a plan that somebody agreed to, ended at requests and events, then the unchanged command in the same folder.
//!
//! **Promise:** the run's own progress never makes its plan stale: the same command finishes the work and proves it, whether
//! the plan was agreed to by its file or by its digest. What somebody else made meanwhile of what the plan changes is never
//! written over in silence.

use super::*;
use salesforce_emulator::store::{SharingModel, SharingState};

/// How a plan is agreed to.
#[derive(Clone, Copy, Debug)]
enum Agreed {
    ByFile,
    ByDigest,
}

/// How a run is ended.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Kill,
    Terminate,
}

/// What somebody else does after the run has ended.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    Nothing,
    /// Something that the plan does not change.
    Elsewhere,
    /// The role has another label.
    RoleRenamed,
    /// The default is neither the old nor the planned one.
    DefaultMoved,
}

const ROLE: &str = "HubSpot_Integration";
const OTHER_LABEL: &str = "Somebody else's label";

fn agreed_stage<'a>(runtime: &'a Runtime, seeded: &Org, agreed: Agreed) -> Stage<'a> {
    let mut stage = Stage::new(runtime, seeded);
    let plan = finish(&mut stage.command(&["plan", MANIFEST, "--out", "plan.json"]));
    assert_eq!(plan.code, 0, "{}", plan.words());
    let text = std::fs::read_to_string(stage.folder.path().join("work/plan.json")).expect("a plan");
    let saved: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let digest = saved["digest"].as_str().expect("a digest");
    let digest = digest
        .trim_start_matches("sha256:")
        .get(..12)
        .expect("digits");
    let words: &[&str] = match agreed {
        Agreed::ByFile => &["--plan", "plan.json", "--yes"],
        Agreed::ByDigest => &["--expect", digest],
    };
    stage.consent = words.iter().map(|word| (*word).to_owned()).collect();
    stage.earlier = stage.answered();
    stage
}

/// Asks the process to end until it has: the first signal may wait for an answer that never comes.
pub(super) fn terminate(child: &mut Child) {
    for _ in 0..MOST_LOOKS {
        if child.try_wait().expect("its state").is_some() {
            return;
        }
        let id = child.id().to_string();
        let _ = Command::new("kill")
            .args(["-TERM", &id])
            .stderr(Stdio::null())
            .status();
        std::thread::sleep(BETWEEN_LOOKS * 20);
    }
}

/// Whether the edit was possible: what is not made yet cannot be edited, and what a deploy of the run is about to make, that
/// deploy writes over it in the org.
fn edit(org: &mut Org, meanwhile: Meanwhile) -> bool {
    if org.deploys.values().any(|job| job.completed.is_none()) || !org.recalculations.is_empty() {
        return false;
    }
    match meanwhile {
        Meanwhile::Nothing => false,
        Meanwhile::Elsewhere => {
            let mut users = org.users.make_mut().values_mut();
            let user = users.find(|user| user.username.starts_with("saul"));
            user.expect("a colleague").modified += 1;
            true
        }
        Meanwhile::RoleRenamed => {
            let mut roles = org.roles.values_mut();
            let Some(role) = roles.find(|role| role.developer_name == ROLE) else {
                return false;
            };
            OTHER_LABEL.clone_into(&mut role.name);
            true
        }
        Meanwhile::DefaultMoved => {
            let lead = org.objects.make_mut().get_mut("Lead").expect("leads");
            lead.sharing = SharingState::settled(SharingModel::Read, SharingModel::Read);
            true
        }
    }
}

/// Whether what somebody else made is as they made it.
fn stands(org: &Org, meanwhile: Meanwhile) -> bool {
    match meanwhile {
        Meanwhile::Nothing | Meanwhile::Elsewhere => true,
        Meanwhile::RoleRenamed => org.role(ROLE).is_some_and(|role| role.name == OTHER_LABEL),
        Meanwhile::DefaultMoved => {
            let lead = org.object("Lead").expect("leads");
            lead.sharing.requested.internal == SharingModel::Read
        }
    }
}

fn problem(
    stage: &Stage<'_>,
    expected: &Org,
    point: Point,
    signal: Signal,
    meanwhile: Meanwhile,
) -> Option<String> {
    let ended = match signal {
        Signal::Kill => stage.killed(point),
        Signal::Terminate => stage.ended(point, terminate),
    };
    if !ended {
        return Some("the run ended before it came there".to_owned());
    }
    let mut is_edited = false;
    stage.server.change(|org| is_edited = edit(org, meanwhile));
    // Where the run ended before it was sure of the plan, the digest is all there is.
    let is_known = stage.consent.first().is_some_and(|word| word == "--plan")
        || stage
            .left()
            .iter()
            .any(|path| path.contains(".orgwright/plans/"));
    let run = finish(&mut stage.apply());
    let is_stopped = is_edited && !matches!(meanwhile, Meanwhile::Elsewhere);
    if is_stopped {
        let parts = ["planned", "was", "now", "changed by"];
        let told = parts.iter().all(|part| run.words().contains(part));
        let told = told || (!is_known && run.words().contains("the saved plan is needed"));
        let stopped = run.code == 5 && told && stands(&stage.server.org(), meanwhile);
        return (!stopped).then(|| format!("not stopped: {}: {}", run.code, run.words()));
    }
    if run.code != 0 || !is_proved(&run) {
        return Some(format!(
            "the same command ended with {}: {}",
            run.code,
            run.words()
        ));
    }
    if !matches!(meanwhile, Meanwhile::Elsewhere) && state::settled(stage.server.org()) != *expected
    {
        return Some("the org is not as it should be".to_owned());
    }
    let again = finish(&mut stage.command(&["plan", MANIFEST, "--detailed-exitcode"]));
    (again.code != 0).then(|| format!("something is left to plan: {}", again.words()))
}

#[test]
fn an_agreed_plan_is_finished_by_the_same_command() {
    let runtime = Runtime::new().expect("a runtime");
    let seeded = state::seeded();
    let (mut cases, mut expected) = (Vec::new(), None);
    for agreed in [Agreed::ByFile, Agreed::ByDigest] {
        let reference = Reference::on(agreed_stage(&runtime, &seeded, agreed));
        let moments = [
            Meanwhile::Nothing,
            Meanwhile::Elsewhere,
            Meanwhile::RoleRenamed,
            Meanwhile::DefaultMoved,
        ];
        for point in reference.points() {
            for signal in [Signal::Kill, Signal::Terminate] {
                let more = moments
                    .iter()
                    .map(|meanwhile| (agreed, point, signal, *meanwhile));
                cases.extend(more);
            }
        }
        expected = Some(reference.expected);
    }
    let expected = expected.expect("a reference");
    let chosen = testing::chosen(&cases, 48);
    let (all, started) = (chosen.len(), Instant::now());
    let queue = Mutex::new(chosen);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        while let Some((agreed, point, signal, meanwhile)) =
            { queue.lock().expect("no panic").pop() }
        {
            let stage = agreed_stage(&runtime, &seeded, *agreed);
            if let Some(problem) = problem(&stage, &expected, *point, *signal, *meanwhile) {
                let text = format!(
                    "{agreed:?} {} {signal:?} {meanwhile:?}: {problem}",
                    point.name()
                );
                wrong.lock().expect("no panic").push(text);
            }
            stage.end();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let wrong = wrong.into_inner().expect("no panic");
    let _ = writeln!(
        std::io::stderr().lock(),
        "agreed plans: ended {all} times of {} in {:.1} s, {} wrong",
        cases.len(),
        started.elapsed().as_secs_f64(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all > 0, "no such point");
}
