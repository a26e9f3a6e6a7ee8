//! Failures: the one place that turns what an org answered into how a run ends.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::Refused;
use crate::org::{OrgError, Refusal, RefusalClass};

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

/// The failure that refusals of needed reads mean: each in the org's own words, the class by the first that passes by
/// itself, else by the first.
pub fn of_refused(refused: &[&Refused]) -> Failure {
    let errors: Vec<OrgError> = refused.iter().map(|refused| error_of(refused)).collect();
    let mut failure = Failure::new(Exit::Failed, Vec::new());
    let busy = errors.iter().find(|error| error.is_busy());
    if let Some(decides) = busy.or_else(|| errors.first()) {
        failure.exit = class(decides).0;
    }
    for error in &errors {
        failure.diagnostics.extend(of_org(error).diagnostics);
    }
    failure
}

/// The org's error that a refused read is, or one that was answered and does not say.
pub fn error_of(refused: &Refused) -> OrgError {
    if refused.code.is_empty() {
        return OrgError::Garbled {
            what: refused.to_string(),
            excerpt: "(nothing)".to_owned(),
        };
    }
    let refusal = Refusal {
        status: refused.status,
        code: refused.code.clone(),
        message: refused.message.clone(),
        fields: Vec::new(),
    };
    refusal.of(&format!("find out {}", refused.what))
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
        OrgError::Refused { refusal, .. } => match refusal.class() {
            RefusalClass::UsernameTaken => (Exit::Manifest, Code::UsernameTaken),
            RefusalClass::LicenceLimit => (Exit::Guarded, Code::NoLicenseFree),
            _ => (Exit::Failed, Code::OrgRefused),
        },
        OrgError::Busy { .. } => (Exit::Busy, Code::OrgBusy),
        OrgError::Login { .. } | OrgError::JsonWebToken => (Exit::Login, Code::LogInOrPermission),
    }
}

fn help(error: &OrgError) -> Option<&'static str> {
    let refusal = error.refusal().map(Refusal::class);
    Some(match (error, refusal) {
        (_, Some(RefusalClass::UsernameTaken)) => {
            "usernames are unique over all Salesforce orgs, and this org has no user of that name: another org has it. \
             Add a suffix, such as `.acme`; it does not have to be a mailbox"
        }
        (_, Some(RefusalClass::LicenceLimit)) => "deactivate a user of that licence or buy a seat",
        (OrgError::Login { .. }, _) | (_, Some(RefusalClass::Session)) => {
            "log in again, then run the same command"
        }
        (_, Some(RefusalClass::Permission)) => {
            "log in as an administrator with Modify Metadata, Manage Users, Manage Sharing and View Setup"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_orgs_words_and_ends_as_its_class_says() {
        for (code, exit) in [
            ("QUERY_TIMEOUT", Exit::Busy),
            ("UNKNOWN_EXCEPTION", Exit::Busy),
            ("REQUEST_LIMIT_EXCEEDED", Exit::Busy),
            ("INSUFFICIENT_ACCESS", Exit::Login),
            ("INVALID_SESSION_ID", Exit::Login),
            ("DUPLICATE_USERNAME", Exit::Manifest),
            ("LICENSE_LIMIT_EXCEEDED", Exit::Guarded),
            ("INVALID_TYPE", Exit::Failed),
        ] {
            let refusal = Refusal {
                status: 400,
                code: code.to_owned(),
                message: "the org's own words".to_owned(),
                fields: Vec::new(),
            };
            let failure = of_org(&refusal.of("read the roles"));
            assert_eq!(failure.exit, exit, "{code}");
            let told = &failure.diagnostics[0].message;
            assert_eq!(
                told,
                &format!("read the roles: {code}: the org's own words")
            );
        }
    }

    #[test]
    fn a_refused_read_with_a_code_that_is_not_known_ends_as_its_status_says() {
        for (status, exit) in [(503, Exit::Busy), (403, Exit::Login), (400, Exit::Failed)] {
            let refused = Refused {
                what: "its roles".to_owned(),
                status,
                code: "SOMETHING_NEW".to_owned(),
                message: String::new(),
            };
            assert_eq!(of_refused(&[&refused]).exit, exit, "{status}");
        }
    }
}
