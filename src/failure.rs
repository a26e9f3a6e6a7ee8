//! Failures: the one place that turns what an org answered into how a run ends.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::org::OrgError;

/// What a run did to an org when it only read.
pub const NOTHING_CHANGED: &str = "nothing was changed";

/// The failure that an org's error means.
pub fn of_org(error: &OrgError) -> Failure {
    let (exit, code) = class(error);
    let mut diagnostic = Diagnostic::error(code, error.to_string());
    if let Some(help) = help(error) {
        diagnostic = diagnostic.help(help);
    }
    Failure::new(exit, vec![diagnostic])
}

/// Exit class and code of an org's error.
pub fn class(error: &OrgError) -> (Exit, Code) {
    if error.is_busy() {
        return (Exit::Busy, Code::OrgBusy);
    }
    if error.is_login() {
        return (Exit::Login, Code::LogInOrPermission);
    }
    match error {
        OrgError::Usage(_) | OrgError::Untrusted { .. } => (Exit::Usage, Code::TargetUnusable),
        OrgError::Unreachable { .. }
        | OrgError::Redirected { .. }
        | OrgError::Certificate { .. } => (Exit::Failed, Code::OrgUnreachable),
        OrgError::LostAnswer { .. } => (Exit::Partial, Code::AnswerLost),
        OrgError::HtmlPage { .. } | OrgError::Garbled { .. } | OrgError::TooLarge { .. } => {
            (Exit::Failed, Code::NotAnAnswerOfSalesforce)
        }
        OrgError::Refused { refusal, .. } if refusal.code == "DUPLICATE_USERNAME" => {
            (Exit::Manifest, Code::UsernameTaken)
        }
        OrgError::Refused { refusal, .. } if refusal.code == "LICENSE_LIMIT_EXCEEDED" => {
            (Exit::Guarded, Code::NoLicenseFree)
        }
        OrgError::Refused { .. } => (Exit::Failed, Code::OrgRefused),
        OrgError::Busy { .. } => (Exit::Busy, Code::OrgBusy),
        OrgError::Login { .. } | OrgError::JsonWebToken => (Exit::Login, Code::LogInOrPermission),
    }
}

fn help(error: &OrgError) -> Option<&'static str> {
    let refusal = error.refusal().map(|refusal| refusal.code.as_str());
    Some(match (error, refusal) {
        (_, Some("DUPLICATE_USERNAME")) => {
            "usernames are unique over all Salesforce orgs, and this org has no user of that name: another org has it. \
             Add a suffix, such as `.acme`; it does not have to be a mailbox"
        }
        (_, Some("LICENSE_LIMIT_EXCEEDED")) => "deactivate a user of that licence or buy a seat",
        (_, Some("INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY")) => {
            "log in as an administrator with Modify Metadata, Manage Users, Manage Sharing and View Setup"
        }
        (OrgError::Login { .. }, _) | (_, Some("INVALID_SESSION_ID")) => {
            "log in again, then run the same command"
        }
        (OrgError::Unreachable { .. }, _) => {
            "check the host, the network and the proxy, then run the same command"
        }
        (OrgError::LostAnswer { .. }, _) => {
            "run the same command again: it looks first, and finishes what is left"
        }
        (OrgError::Busy { .. }, _) => "run the same command again later",
        (error, _) if error.is_busy() => "run the same command again later",
        _ => return None,
    })
}
