//! Runs that end between the restricted default and its rule, in every way there is.
//!
//! **Promise:** none ends there without a sentence that says who sees nothing until it is finished, with the command that
//! finishes it; and what looks at such an org next says it first and last.

use super::*;
use salesforce_emulator::store::SharingModel;

const SENTENCE: &str =
    "1 person and the integration user see no Lead they do not own until this is finished";
const RULE: &str = "Lead.Sync_to_HubSpot";

/// The usual org, with somebody who owns no lead.
fn seeded() -> Org {
    let users = "Username,FirstName,LastName,Profile.Name\n\
                 saul@acme.example,Saul,Seller,Standard User\nada@acme.example,Ada,Onlooker,Standard User\n";
    state::seeded_with(&[("User.csv", users)])
}

/// How a run ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// It is asked to stop, and again until it has.
    Terminated,
    /// Every request from there on is refused.
    Refused,
    /// Every request from there on meets a session that has ended.
    LoggedOut,
    /// It is killed; the next looks.
    Killed,
}

fn is_in_gap(org: &Org) -> bool {
    let lead = org.object("Lead").expect("leads");
    lead.sharing.requested.internal == SharingModel::Private && !org.rules.contains_key(RULE)
}

/// The run, ended at a request; `None` where it was killed.
fn ended(stage: &Stage<'_>, number: usize, ending: Ending) -> Option<Run> {
    let faults = match ending {
        Ending::Terminated | Ending::Killed => Point::AfterSend(number).faults(),
        Ending::Refused => lasting(number, r#""status": 403, "code": "INSUFFICIENT_ACCESS""#),
        Ending::LoggedOut => lasting(number, r#""status": 401, "code": "INVALID_SESSION_ID""#),
    };
    stage.server.set_faults(faults);
    let mut command = stage.command(&["apply", MANIFEST, "--yes"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    match ending {
        Ending::Terminated if looked_for(&mut child, || !stage.server.held().is_empty()) => {
            agreed::terminate(&mut child);
        }
        Ending::Killed if looked_for(&mut child, || !stage.server.held().is_empty()) => {
            let _ = child.kill();
        }
        _ => {}
    }
    let run = Run::from(child.wait_with_output().expect("it has ended"));
    stage.server.set_faults(Faults::default());
    (!matches!(ending, Ending::Killed)).then_some(run)
}

fn lasting(number: usize, what: &str) -> Faults {
    Faults::parse(format!(r#"[{{"skip": {number}, {what}}}]"#).as_bytes()).expect("faults")
}

/// What is wrong with how a run tells of the gap, if anything is.
fn untold(run: &Run) -> Option<String> {
    let told = run.words();
    if !told.contains(SENTENCE) {
        return Some(format!("not a word of it: {told}"));
    }
    let has_command =
        told.contains("next: orgwright apply") || told.contains("next: orgwright plan");
    (!has_command).then(|| format!("no command to copy: {told}"))
}

/// The same for what looks at the org next: on the first lines and the last.
fn untold_by_next(run: &Run) -> Option<String> {
    let lines: Vec<String> = run.out.lines().map(str::to_owned).collect();
    let flat = |lines: &[String]| {
        lines
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let first = flat(lines.get(..5).unwrap_or(&lines));
    let last = flat(lines.get(lines.len().saturating_sub(4)..).unwrap_or(&lines));
    (!first.contains(SENTENCE) || !last.contains(SENTENCE))
        .then(|| format!("not first and last: {}", run.out))
}

#[test]
fn no_run_ends_in_the_gap_without_saying_so() {
    let runtime = Runtime::new().expect("a runtime");
    let seeded = seeded();
    let reference = Reference::of(&runtime, &seeded);
    let endings = [
        Ending::Terminated,
        Ending::Refused,
        Ending::LoggedOut,
        Ending::Killed,
    ];
    let numbers = 0..reference.requests;
    let cases: Vec<(usize, Ending)> = numbers
        .flat_map(|number| endings.map(|ending| (number, ending)))
        .collect();
    let (mut wrong, mut in_gap) = (Vec::new(), 0);
    let chosen = testing::chosen(&cases, 60);
    for (number, ending) in &chosen {
        let stage = Stage::new(&runtime, &seeded);
        let run = ended(&stage, *number, *ending);
        if is_in_gap(&stage.server.org()) {
            in_gap += 1;
            let told = run.as_ref().and_then(untold);
            let looks =
                ["plan", "verify"].map(|verb| finish(&mut stage.command(&[verb, MANIFEST])));
            // What the run had sent may come through meanwhile: then there is no gap to tell of.
            let is_open = is_in_gap(&stage.server.org());
            let looks = looks.iter().filter(|_| is_open);
            let problems = told.into_iter().chain(looks.filter_map(untold_by_next));
            wrong.extend(problems.map(|problem| format!("{ending:?} at {number}: {problem}")));
        }
        stage.end();
    }
    let _ = writeln!(
        std::io::stderr().lock(),
        "{} endings, {in_gap} of them in the gap, {} untold",
        chosen.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(in_gap > 0, "no run ended in the gap");
}

#[test]
fn a_run_that_is_to_end_in_the_gap_says_so_and_the_plan_beforehand() {
    let runtime = Runtime::new().expect("a runtime");
    let stage = Stage::new(&runtime, &seeded());
    let plan = finish(&mut stage.command(&["plan", MANIFEST]));
    assert!(plan.words().contains(SENTENCE), "{}", plan.words());
    let narrowed = finish(&mut stage.command(&["apply", MANIFEST, "--yes", "--until", "narrowed"]));
    assert_eq!(narrowed.code, 0, "{}", narrowed.words());
    assert!(is_in_gap(&stage.server.org()));
    assert_eq!(untold(&narrowed), None);
    let last = narrowed.out.lines().rev().take(3).collect::<String>();
    assert!(last.contains("until this"), "{last}");
    let stale = finish(&mut stage.command(&["apply", MANIFEST, "--expect", "123456789012"]));
    assert_eq!((stale.code, untold(&stale)), (5, None));
    let done = finish(&mut stage.command(&["apply", MANIFEST, "--yes"]));
    assert_eq!(done.code, 0, "{}", done.words());
    let end = done.out.lines().rev().take(3).collect::<String>();
    assert!(!end.contains("until this"), "{end}");
    stage.end();
}
