//! What an org can say about a deploy that it has accepted, for each deploy of the reference apply; an org that is slow;
//! and a session that ends at each request.

use std::time::Duration;

use orgwright::apply::ChangeResult as Became;
use orgwright::diagnostic::Exit;
use salesforce_emulator::Server;

use crate::cases::faults;
use crate::clock::holds_fewer;
use crate::invariants;
use crate::run::{Run, WAIT, Way};
use crate::{DEPLOY_TIME, Reference, Stage, runtime};

/// Deploys of the reference apply; the first is the rehearsal.
const DEPLOYS: usize = 4;

/// Looks for a default that never comes into force, as long as the run waits.
const LOOKS: usize = 30;

/// The least time between two looks at a deploy.
const FINEST: Duration = Duration::from_millis(150);

/// What the org says about a deploy that it has accepted and never carries out; how a run may end, and how where it is the
/// rehearsal, which leaves nothing in doubt.
const OUTCOMES: [(&str, &str, &[Exit], Exit); 9] = [
    (
        "succeeded, and changed nothing",
        "<done>true</done><status>Succeeded</status><success>true</success><details><componentSuccesses><componentType>\
         </componentType><fullName>package.xml</fullName><success>true</success></componentSuccesses></details>",
        &[Exit::Failed],
        Exit::Done,
    ),
    (
        "succeeded, and tells nothing of what it deployed",
        "<done>true</done><status>Succeeded</status><success>true</success>",
        &[Exit::Partial],
        Exit::Failed,
    ),
    (
        "succeeded in part",
        "<done>true</done><status>SucceededPartial</status><success>true</success><numberComponentErrors>1\
         </numberComponentErrors><details><componentFailures><componentType>Role</componentType><fullName>X</fullName>\
         <problem>Lead does not fit.</problem><problemType>Error</problemType><success>false</success></componentFailures>\
         </details>",
        &[Exit::Failed, Exit::Partial],
        Exit::Failed,
    ),
    (
        "failed",
        "<done>true</done><status>Failed</status><success>false</success><details><componentFailures><componentType>Role\
         </componentType><fullName>X</fullName><problem>Lead does not fit.</problem><problemType>Error</problemType>\
         <success>false</success></componentFailures></details>",
        &[Exit::Failed, Exit::Partial],
        Exit::Failed,
    ),
    (
        "failed in words that name nothing, as a lock does",
        "<done>true</done><status>Failed</status><success>false</success><details><componentFailures><componentType>Role\
         </componentType><fullName>X</fullName><problem>It does not fit.</problem><problemType>Error</problemType>\
         <success>false</success></componentFailures></details>",
        &[Exit::Done],
        Exit::Done,
    ),
    (
        "cannot be checked without being saved",
        "<done>true</done><status>Failed</status><success>false</success><details><componentFailures><componentType>Role\
         </componentType><fullName>X</fullName><problem>Test only deployment cannot update this.</problem><problemType>Error\
         </problemType><success>false</success></componentFailures></details>",
        &[Exit::Done],
        Exit::Done,
    ),
    (
        "cancelled by somebody",
        "<done>true</done><status>Canceled</status><success>false</success><canceledByName>Ada</canceledByName>",
        &[Exit::Failed, Exit::Partial],
        Exit::Failed,
    ),
    (
        "pending for ever",
        "<done>false</done><status>Pending</status><success>false</success>",
        &[Exit::Partial],
        Exit::Busy,
    ),
    ("vanished", "", &[Exit::Partial], Exit::Failed),
];

/// The answer of the Metadata API to an operation.
fn answer(operation: &str, result: &str) -> String {
    let text = format!(
        "<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns='http://soap.sforce.com/2006/04/metadata'><soapenv:Body><{operation}Response><result>{result}</result>\
         </{operation}Response></soapenv:Body></soapenv:Envelope>"
    );
    serde_json::to_string(&text).expect("a text is JSON")
}

/// The org takes the deploy of this number, counted from 0, says the same about it at every look, and does nothing.
fn pretends(deploy: usize, said: &str) -> String {
    let id = "<id>0AfOw0000000099KAA</id>";
    let taken = answer(
        "deploy",
        &format!("{id}<done>false</done><state>Queued</state>"),
    );
    let look = match said {
        "" => r#""code": "INVALID_CROSS_REFERENCE_KEY", "answer": "no such deploy""#.to_owned(),
        said => {
            let text = answer("checkDeployStatus", &format!("{id}{said}"));
            format!(r#""status": 200, "content_type": "text/xml", "answer": {text}"#)
        }
    };
    format!(
        r#"[{{"body": "ZipFile", "skip": {deploy}, "times": 1, "status": 200, "content_type": "text/xml", "answer": {taken}}},
            {{"body": "0AfOw0000000099KAA", {look}}}]"#
    )
}

fn became(run: &Run, wanted: Became) -> usize {
    let outcomes = run.applied.iter().flat_map(|applied| &applied.outcomes);
    outcomes.filter(|outcome| outcome.result == wanted).count()
}

fn failure_of(run: &Run) -> String {
    format!(
        "{:?}",
        run.applied
            .as_ref()
            .and_then(|applied| applied.failure.as_ref())
    )
}

#[test]
fn whatever_an_org_says_about_a_deploy_the_next_run_finishes() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        let way = Way::Credentials(&folder);
        for deploy in 0..DEPLOYS {
            for (name, said, exits, of_rehearsal) in OUTCOMES {
                let case = format!("deploy {deploy} {name}");
                let server = stage.start().await;
                server.set_faults(faults(&pretends(deploy, said)));
                let first = stage.run(&server, &way).await;
                let is_allowed = match deploy {
                    0 => first.exit == of_rehearsal,
                    _ => exits.contains(&first.exit),
                };
                assert!(
                    is_allowed,
                    "{case}: {:?} {}",
                    first.exit,
                    failure_of(&first)
                );
                let org = server.org();
                let held = invariants::the_rest_is_untouched(&stage.seeded, &org)
                    .and_then(|()| invariants::nothing_goes_twice_blindly(&first))
                    .and_then(|()| {
                        invariants::it_is_bounded(&first, &org, reference.requests + LOOKS)
                    });
                assert_eq!(held, Ok(()), "{case}");
                server.set_faults(faults("[]"));
                let held = stage.finishes(&server, &way, &reference).await;
                assert_eq!(held, Ok(()), "{case}");
            }
        }
    });
}

#[test]
fn a_rehearsal_that_stays_pending_is_cancelled_and_the_work_done_later() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        let way = Way::Credentials(&folder);
        let server = stage.start_with(Duration::from_secs(36_000)).await;
        let first = stage.run(&server, &way).await;
        assert_eq!(first.exit, Exit::Busy, "{}", failure_of(&first));
        assert!(failure_of(&first).contains("is cancelled"));
        assert!(failure_of(&first).contains("nothing was changed"));
        assert_eq!(became(&first, Became::Unknown), 0, "{:?}", first.applied);
        assert!((WAIT..WAIT * 2).contains(&first.took), "{:?}", first.took);
        let looks = first.count("look at a deploy");
        assert!(looks < 120, "{looks} looks at a deploy that stays pending");
        assert_eq!(server.org().deploys.len(), 1);
        let held = invariants::the_report_is_true(&first, &stage.seeded, &server.org(), None);
        assert_eq!(held, Ok(()));
        drained(&server);
        let second = stage.start_over(&server.org()).await;
        let held = stage.finishes(&second, &way, &reference).await;
        assert_eq!(held, Ok(()));
    });
}

/// Lets everything in the org's queue come through.
fn drained(server: &Server) {
    server.advance(Duration::from_secs(100_000));
}

#[test]
fn progress_may_go_backwards() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        let server = stage.start().await;
        let progress = |done: u32| {
            let result = format!(
                "<id>0AfOw0000000001KAA</id><done>false</done><status>InProgress</status><success>false</success>\
                 <numberComponentsDeployed>{done}</numberComponentsDeployed><numberComponentsTotal>9\
                 </numberComponentsTotal>"
            );
            let text = answer("checkDeployStatus", &result);
            format!(r#""status": 200, "content_type": "text/xml", "answer": {text}"#)
        };
        let looks = [7, 8, 1, 2].iter().enumerate().map(|(skip, done)| {
            let progress = progress(*done);
            format!(r#"{{"body": "checkDeployStatus", "skip": {skip}, "times": 1, {progress}}}"#)
        });
        let looks: Vec<String> = looks.collect();
        server.set_faults(faults(&format!("[{}]", looks.join(","))));
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Done, "{}", failure_of(&run));
        for done in [7, 8, 1, 2] {
            assert!(run.told.contains(&format!("\"done\":{done},\"total\":9")), "{}", run.told);
        }
        let held = invariants::the_org_is_as_it_should_be(&server.org(), &reference.expected);
        assert_eq!(held, Ok(()));
    });
}

#[test]
fn a_slow_org_is_waited_for() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        for slow in [
            r#""delay": "80ms""#,
            r#""delay": "20s""#,
            r#""drip": "300ms""#,
        ] {
            let server = stage.start().await;
            server.set_faults(faults(&format!("[{{{slow}}}]")));
            let run = stage.run(&server, &Way::Credentials(&folder)).await;
            assert_eq!(run.exit, Exit::Done, "{slow}: {}", failure_of(&run));
            assert!(run.took > DEPLOY_TIME * 10, "{slow}: {:?}", run.took);
            let held = invariants::the_org_is_as_it_should_be(&server.org(), &reference.expected);
            assert_eq!(held, Ok(()), "{slow}");
        }
    });
}

#[test]
fn a_session_that_ends_at_any_request_is_renewed() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        for request in 0..reference.requests {
            let server = stage.start().await;
            let text = format!(r#"[{{"skip": {request}, "times": 1, "expire": true}}]"#);
            server.set_faults(faults(&text));
            let run = stage.run(&server, &Way::Credentials(&folder)).await;
            assert_eq!(
                run.exit,
                Exit::Done,
                "request {request}: {}",
                failure_of(&run)
            );
            assert!(
                run.count("log in") <= 2,
                "request {request}: {:?}",
                run.asked
            );
            let held = invariants::the_org_is_as_it_should_be(&server.org(), &reference.expected)
                .and_then(|()| invariants::no_secret_is_told(&run, &server.org()));
            assert_eq!(held, Ok(()), "request {request}");
        }
    });
}

/// The run of the reference apply where a deploy takes so long and every look at one is answered so late.
async fn paced(stage: &Stage, deploy: Duration, answer: Duration) -> Run {
    let server = stage.start_with(deploy).await;
    let late = format!(
        r#"[{{"body": "checkDeployStatus", "delay": "{}ms"}}]"#,
        answer.as_millis()
    );
    server.set_faults(faults(&late));
    let folder = stage.target();
    let run = stage.run(&server, &Way::Credentials(&folder)).await;
    assert_eq!(run.exit, Exit::Done, "{deploy:?}: {}", failure_of(&run));
    run
}

#[test]
fn looks_are_aimed_and_do_not_wait_for_the_answers_before() {
    let stage = Stage::new();
    runtime().block_on(async {
        for (deploy, most_looks) in [(300, 18), (2_000, 44), (30_000, 120)] {
            let deploy = Duration::from_millis(deploy);
            for answer in [0, 80, 400].map(Duration::from_millis) {
                let run = paced(&stage, deploy, answer).await;
                // The first deploy may be seen late by an eighth, the others by a twentieth.
                let late = [0.12, 0.05, 0.05, 0.05].map(|part| deploy.mul_f64(part));
                let late: Duration = late.into_iter().map(|late| late.max(FINEST)).sum();
                let bound = DEPLOYS as u32 * (deploy + answer) + late;
                assert!(run.took <= bound, "{deploy:?} {answer:?}: {:?}", run.took);
                let looks = run.count("look at a deploy");
                assert!(looks <= most_looks, "{deploy:?} {answer:?}: {looks} looks");
            }
        }
    });
}

/// Two looks that the org holds for ever, while a third one finds the deploy through; then the run is refused.
const HELD_LOOKS: &str = r#"[{"body": "checkDeployStatus", "times": 2, "silent": "before"},
    {"path": "/composite", "body": "\"allOrNone\":true", "status": 400, "code": "FIELD_INTEGRITY_EXCEPTION"}]"#;

#[test]
fn looks_end_with_their_run() {
    let stage = Stage::new();
    runtime().block_on(async {
        let server = stage.start().await;
        server.set_faults(faults(HELD_LOOKS));
        let folder = stage.target();
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_ne!(run.exit, Exit::Done);
        assert!(run.count("look at a deploy") > 0, "{:?}", run.asked);
        let ended = holds_fewer(&server, 1).await;
        assert!(ended, "the org still holds {:?}", server.held());
    });
}
