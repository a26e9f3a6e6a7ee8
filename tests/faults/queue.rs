//! Deploys of two runs: the second run finds those that the first has left in the org's queue.

use std::time::Duration;

use orgwright::diagnostic::Exit;

use crate::cases::faults;
use crate::run::Way;
use crate::{Reference, Stage, invariants, runtime, state};

/// How long a deploy takes here: longer than a run looks for it in vain, shorter than it waits.
const SLOW: Duration = Duration::from_secs(240);

#[test]
fn what_an_earlier_run_left_in_the_queue_is_waited_for() {
    let stage = Stage::new();
    runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let folder = stage.target();
        let way = Way::Credentials(&folder);
        for deploy in 0..4 {
            let server = stage.start_with(SLOW).await;
            // The answer to the deploy of this number is lost, and so are the looks for it; the look at the queue between the
            // rehearsal and the first deploy that saves something is answered.
            let answered = deploy.min(1);
            let blind = format!(
                r#"[{{"body": "ZipFile", "skip": {deploy}, "drop": "after"}},
                    {{"path": "tooling/query", "skip": {answered}, "status": 503}}]"#
            );
            server.set_faults(faults(&blind));
            let first = stage.run(&server, &way).await;
            // The first is the rehearsal, which leaves nothing in doubt.
            let expected = if deploy == 0 {
                Exit::Busy
            } else {
                Exit::Partial
            };
            assert_eq!(first.exit, expected, "deploy {deploy}: {}", first.told);
            let left = server.org();
            let running = left.deploys.values().filter(|job| job.completed.is_none());
            assert_eq!(running.count(), 1, "deploy {deploy}");
            server.set_faults(faults("[]"));
            let second = stage.run(&server, &way).await;
            assert_eq!(second.exit, Exit::Done, "deploy {deploy}: {}", second.told);
            let org = server.org();
            let held = invariants::it_is_bounded(&second, &org, reference.requests)
                .and_then(|()| invariants::it_is_proved(&second))
                .and_then(|()| invariants::the_org_is_as_it_should_be(&org, &reference.expected));
            assert_eq!(held, Ok(()), "deploy {deploy}");
            assert_eq!(state::users(&org), 1);
        }
    });
}
