//! Results of deploys that contradict themselves. What an org says of a deploy is believed where all of it fits together;
//! anything else is told as it is, and the next run looks.

use super::Stopped;
use super::deploy::StageDeploy;
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::org::{ComponentMessage, DeployStatus};

/// How a result that says it succeeded contradicts itself; `None` where it fits together. Details are always asked for, and
/// a deploy that went through names in them at least its own package (Metadata API guide, DeployDetails).
pub(super) fn contradiction(status: &DeployStatus) -> Option<String> {
    let is_error = |message: &&ComponentMessage| message.problem_type.as_deref() != Some("Warning");
    let failed = status.failures.iter().filter(is_error).count() as u64;
    let (deployed, total) = (status.components_deployed, status.components_total);
    if let Some(miscount) = status.miscounts.first() {
        return Some(format!("a count of it cannot be: {miscount}"));
    }
    if failed > 0 || status.component_errors > 0 {
        let failed = failed.max(u64::from(status.component_errors));
        return Some(format!(
            "the same answer tells of {} that failed",
            count(failed, "component")
        ));
    }
    if !status.test_failures.is_empty() {
        let failed = count(status.test_failures.len() as u64, "Apex test");
        return Some(format!("the same answer tells of {failed} that failed"));
    }
    if ["Failed", "Canceled", "Canceling"].contains(&status.status.as_str()) {
        return Some(format!("its status is {}", status.status));
    }
    if deployed != total {
        return Some(format!(
            "it counts {deployed} of {total} components as deployed"
        ));
    }
    let is_bare = status.successes.is_empty();
    is_bare.then(|| "it tells nothing of what it deployed, although it was asked to".to_owned())
}

/// The end of a run over such a result.
pub(super) fn not_believed(id: &str, deploy: StageDeploy<'_>, reason: &str) -> Stopped {
    let message =
        format!("the org says that the deploy {id} succeeded, and that is not believed: {reason}");
    let (exit, help) = match deploy.is_rehearsal() {
        true => (
            Exit::Failed,
            "it was only checked, and nothing was saved; look at it in Setup > Deployment Status; `--no-check` leaves the \
             rehearsal out",
        ),
        false => (
            Exit::Partial,
            "what of it is there, nobody knows: look at it in Setup > Deployment Status, and run the same command again, which \
             looks first",
        ),
    };
    let diagnostic = Diagnostic::error(Code::ResultNotBelieved, message).help(help);
    Failure::new(exit, vec![diagnostic]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> DeployStatus {
        DeployStatus {
            done: true,
            success: true,
            status: "Succeeded".to_owned(),
            components_deployed: 2,
            components_total: 2,
            successes: vec![ComponentMessage::default()],
            ..DeployStatus::default()
        }
    }

    #[test]
    fn what_fits_together_is_believed_and_nothing_else() {
        let check = |change: fn(&mut DeployStatus), expected: Option<&str>| {
            let mut status = good();
            change(&mut status);
            let told = contradiction(&status);
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(
                told.unwrap_or_default()
                    .contains(expected.unwrap_or_default())
            );
        };
        check(|_| (), None);
        check(
            |status| status.component_errors = 3,
            Some("3 components that failed"),
        );
        check(
            |status| status.failures.push(ComponentMessage::default()),
            Some("1 component that failed"),
        );
        check(
            |status| status.status = "Failed".to_owned(),
            Some("its status is Failed"),
        );
        check(|status| status.components_total = 900, Some("2 of 900"));
        check(
            |status| {
                status
                    .miscounts
                    .push("numberComponentsTotal is `-5`".to_owned())
            },
            Some("`-5`"),
        );
        check(|status| status.successes.clear(), Some("tells nothing"));
        check(
            |status| {
                status.failures.push(ComponentMessage {
                    problem_type: Some("Warning".to_owned()),
                    ..ComponentMessage::default()
                });
            },
            None,
        );
    }
}
