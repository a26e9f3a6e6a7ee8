//! What the doctor makes of the answers: one check each, with the next step where there is one.

use std::time::Duration;

use super::{Diagnosis, NeededFor, Status};
use crate::count::{agree, count};
use crate::failure;
use crate::findings;
use crate::live::{Known, Refused};
use crate::org::OrgError;

/// A clock this far from the org's makes signed log-ins fail.
const MAX_SKEW: Duration = Duration::from_secs(120);

impl Diagnosis {
    /// Notes a part that is not known, in the org's own words.
    fn note_unknown<T>(
        &mut self,
        check: &'static str,
        status: Status,
        part: &Known<T>,
        help: Option<&'static str>,
    ) {
        if let Some(why) = part.why_unknown() {
            self.note(check, status, format!("not known: {why}"), help);
        }
    }
}

/// How it is that the org refused to tell what the user needs: a permission is missing, unless it had no time.
fn of_refusal(refused: Option<&Refused>) -> Status {
    match refused.is_some_and(|refused| failure::error_of(refused).is_busy()) {
        true => Status::Warning,
        false => Status::Missing,
    }
}

pub(super) fn log_in(diagnosis: &mut Diagnosis) {
    let help = Some("the user needs read access to its own user record, and API Enabled");
    let username = diagnosis.username.clone();
    let user = match diagnosis.user.clone() {
        Known::Is(Some(user)) => user,
        Known::Is(None) => {
            let message = format!("logged in as {username}, whom the org does not show");
            return diagnosis.note("log-in", Status::Missing, message, help);
        }
        unknown => {
            let status = of_refusal(unknown.refused());
            return diagnosis.note_unknown("log-in", status, &unknown, help);
        }
    };
    let told = |text: Option<String>| text.unwrap_or_else(|| "not shown".to_owned());
    let message = format!(
        "{username} ({}), profile {}, licence {}",
        user.name,
        told(user.profile),
        told(user.licence)
    );
    diagnosis.note("log-in", Status::Ok, message, None);
    if let Some(language) = user
        .language
        .filter(|language| !findings::is_english(language))
    {
        let message = format!("the org speaks `{language}` to {username}");
        diagnosis.note(
            "language",
            Status::Note,
            message,
            Some(findings::OTHER_LANGUAGE),
        );
    }
}

pub(super) fn edition(diagnosis: &mut Diagnosis, trial_end: &Known<Option<&String>>) {
    let org = &diagnosis.org;
    let kind = if org.sandbox { "sandbox" } else { "production" };
    let trial = match trial_end {
        Known::Is(Some(day)) => format!(", expires {day}"),
        Known::Is(None) | Known::NotAsked => String::new(),
        Known::Refused(refused) => format!(", when a trial of it ends is not known: {refused}"),
    };
    let edition = match org.edition.as_str() {
        "" => "an edition that the org does not name",
        edition => edition,
    };
    let message = format!("{edition}, {kind}{trial}");
    let (status, help) = match findings::is_edition_enough(&org.edition) {
        true => (Status::Ok, None),
        false => (
            Status::Warning,
            Some("selective sync needs Enterprise Edition or above"),
        ),
    };
    diagnosis.note("edition", status, message, help);
    let version = format!(
        "{}, of those that both sides know",
        diagnosis.org.api_version
    );
    diagnosis.note("API version", Status::Ok, version, None);
}

pub(super) fn clock(diagnosis: &mut Diagnosis, skew: Option<Duration>) {
    let Some(skew) = skew else {
        return;
    };
    let message = format!("{} seconds apart from the org's", skew.as_secs());
    let (status, help) = match skew > MAX_SKEW {
        true => (
            Status::Warning,
            Some("set this machine's clock: signed log-ins are refused when it is off"),
        ),
        false => (Status::Ok, None),
    };
    diagnosis.note("clock", status, message, help);
}

pub(super) fn metadata_api(diagnosis: &mut Diagnosis, error: Option<&OrgError>) {
    let Some(error) = error else {
        return diagnosis.note("Metadata API", Status::Ok, "answers".to_owned(), None);
    };
    let status = if error.is_login() {
        Status::Missing
    } else {
        Status::Failed
    };
    diagnosis.note("Metadata API", status, error.to_string(), None);
}

pub(super) fn permissions(diagnosis: &mut Diagnosis) {
    let permissions = match diagnosis.permissions.clone() {
        Known::Is(permissions) => permissions,
        unknown => {
            let status = of_refusal(unknown.refused());
            let help = Some("the user needs View Setup and Configuration");
            return diagnosis.note_unknown("permissions", status, &unknown, help);
        }
    };
    for (check, command) in [
        ("may plan", NeededFor::Plan),
        ("may apply", NeededFor::Apply),
    ] {
        let missing = permissions
            .iter()
            .filter(|permission| permission.needed_for == command && !permission.held);
        let missing: Vec<&str> = missing.map(|permission| permission.label).collect();
        let (status, message, help) = match missing.as_slice() {
            [] => (
                Status::Ok,
                "every permission it needs is held".to_owned(),
                None,
            ),
            _ => (
                Status::Missing,
                format!("lacks {}", missing.join(", ")),
                Some("grant them to the user with a permission set"),
            ),
        };
        diagnosis.note(check, status, message, help);
    }
    let beyond = diagnosis.beyond.as_ref().learnt();
    if let Some(beyond) = beyond.filter(|beyond| !beyond.is_empty()) {
        let message = format!("more than is needed: {}", beyond.join(", "));
        let help = "a user of its own with a permission set of what is needed does as well";
        diagnosis.note("least privilege", Status::Warning, message, Some(help));
    }
}

pub(super) fn seats(diagnosis: &mut Diagnosis) {
    let licences = match diagnosis.licences.clone() {
        Known::Is(licences) => licences,
        unknown => return diagnosis.note_unknown("licences", Status::Warning, &unknown, None),
    };
    let mut licences = licences.iter();
    let Some(licence) = licences.find(|licence| licence.name == "Salesforce") else {
        return;
    };
    let free = licence.total.saturating_sub(licence.used);
    let message = format!(
        "{free} of {} of the licence Salesforce {} free",
        count(licence.total, "seat"),
        agree(free, "is", "are")
    );
    let (status, help) = match free {
        0 => (
            Status::Warning,
            Some("a new user needs one: deactivate a user of that licence, or buy a seat"),
        ),
        _ => (Status::Ok, None),
    };
    diagnosis.note("licences", status, message, help);
}

pub(super) fn api_calls(diagnosis: &mut Diagnosis) {
    let limits = match diagnosis.limits.clone() {
        Known::Is(limits) => limits,
        unknown => return diagnosis.note_unknown("API calls", Status::Warning, &unknown, None),
    };
    let mut limits = limits.iter();
    let Some(limit) = limits.find(|limit| limit.name == "DailyApiRequests") else {
        return;
    };
    let message = format!(
        "{} of {} API calls are left today",
        limit.remaining, limit.max
    );
    let help = Some("calls used in the last 24 hours count: wait, or ask who else uses them");
    let (status, help) = match limit.remaining {
        0 => (Status::Failed, help),
        left if left < limit.max / 20 => (Status::Warning, help),
        _ => (Status::Ok, None),
    };
    diagnosis.note("API calls", status, message, help);
}

pub(super) fn package(diagnosis: &mut Diagnosis) {
    let sets = match diagnosis.package.clone() {
        Known::Is(sets) => sets,
        unknown => return diagnosis.note_unknown("package", Status::Warning, &unknown, None),
    };
    if sets.is_empty() {
        let message = "HubSpot's package is not installed, or not visible".to_owned();
        let help = "for a HubSpot integration, install it first: HubSpot's set-up begins with it";
        return diagnosis.note("package", Status::Note, message, Some(help));
    }
    let message = format!("HubSpot's package is there, with {}", sets.join(", "));
    diagnosis.note("package", Status::Ok, message, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Exit;
    use crate::doctor::Limit;
    use crate::live::{Licence, OrgIdentity, RunningUser};

    fn checked(prepare: impl Fn(&mut Diagnosis)) -> (Status, Exit) {
        let (check, exit) = examined(prepare);
        (check.status, exit)
    }

    /// The last check, and how the run ends.
    fn examined(prepare: impl Fn(&mut Diagnosis)) -> (crate::doctor::Check, Exit) {
        let mut diagnosis = Diagnosis::new(OrgIdentity::default(), "ada@acme.example");
        prepare(&mut diagnosis);
        let check = diagnosis.checks.last().expect("a check").clone();
        (check, diagnosis.exit())
    }

    fn refused<T>(code: &str) -> Known<T> {
        Known::Refused(Refused {
            what: "it".into(),
            status: 400,
            code: code.into(),
            message: "no".into(),
        })
    }

    #[test]
    fn what_is_used_up_is_told_and_only_api_calls_end_the_run_badly() {
        let left = |remaining| {
            checked(|diagnosis| {
                diagnosis.limits = Known::Is(vec![Limit {
                    name: "DailyApiRequests".into(),
                    max: 1000,
                    remaining,
                }]);
                api_calls(diagnosis);
            })
        };
        assert_eq!(left(500), (Status::Ok, Exit::Done));
        assert_eq!(left(49), (Status::Warning, Exit::Done));
        assert_eq!(left(0), (Status::Failed, Exit::Failed));
        let used = |used| {
            checked(|diagnosis| {
                diagnosis.licences = Known::Is(vec![Licence {
                    name: "Salesforce".into(),
                    total: 10,
                    used,
                }]);
                seats(diagnosis);
            })
        };
        assert_eq!(used(9), (Status::Ok, Exit::Done));
        assert_eq!(used(12), (Status::Warning, Exit::Done));
    }

    #[test]
    fn a_clock_that_is_off_is_a_warning() {
        let apart =
            |seconds| checked(|diagnosis| clock(diagnosis, Some(Duration::from_secs(seconds))));
        assert_eq!(apart(3).0, Status::Ok);
        assert_eq!(apart(900).0, Status::Warning);
    }

    #[test]
    fn what_the_org_refuses_to_tell_is_not_known() {
        let not_known = |code: &str, prepare: &dyn Fn(&mut Diagnosis)| {
            let (check, exit) = examined(prepare);
            let told = format!("not known: the org refused to tell it: {code}: no");
            assert_eq!(check.message, told);
            (check.status, exit)
        };
        for (code, status, exit) in [
            ("INVALID_TYPE", Status::Missing, Exit::Login),
            ("INSUFFICIENT_ACCESS", Status::Missing, Exit::Login),
            ("QUERY_TIMEOUT", Status::Warning, Exit::Busy),
        ] {
            let ended = not_known(code, &|diagnosis| {
                diagnosis.permissions = refused(code);
                permissions(diagnosis);
            });
            assert_eq!(ended, (status, exit), "{code}");
        }
        let code = "INSUFFICIENT_ACCESS";
        let ended = not_known(code, &|diagnosis| {
            diagnosis.user = refused(code);
            log_in(diagnosis);
        });
        assert_eq!(ended, (Status::Missing, Exit::Login));
        let counted: [&dyn Fn(&mut Diagnosis); 3] = [
            &|diagnosis| {
                diagnosis.licences = refused(code);
                seats(diagnosis);
            },
            &|diagnosis| {
                diagnosis.limits = refused(code);
                api_calls(diagnosis);
            },
            &|diagnosis| {
                diagnosis.package = refused(code);
                package(diagnosis);
            },
        ];
        for prepare in counted {
            assert_eq!(not_known(code, prepare), (Status::Warning, Exit::Done));
        }
    }

    #[test]
    fn what_the_org_does_not_show_is_said_to_be_not_shown() {
        let (check, exit) = examined(|diagnosis| {
            diagnosis.user = Known::Is(None);
            log_in(diagnosis);
        });
        assert_eq!(exit, Exit::Login);
        assert!(check.message.ends_with("whom the org does not show"));
        let (check, _) = examined(|diagnosis| {
            diagnosis.user = Known::Is(Some(RunningUser {
                name: "Ada".into(),
                language: Some("en_GB".to_owned()),
                profile: None,
                licence: Some("Salesforce".into()),
            }));
            log_in(diagnosis);
        });
        let told = "ada@acme.example (Ada), profile not shown, licence Salesforce";
        assert_eq!((check.status, check.message.as_str()), (Status::Ok, told));
        let (other, exit) = examined(|diagnosis| {
            diagnosis.user = Known::Is(Some(RunningUser {
                name: "Ada".into(),
                language: Some("ja".to_owned()),
                profile: None,
                licence: None,
            }));
            log_in(diagnosis);
        });
        let told = "the org speaks `ja` to ada@acme.example";
        assert_eq!((other.status, other.message.as_str()), (Status::Note, told));
        assert_eq!(exit, Exit::Done);
        let hidden = checked(|diagnosis| {
            diagnosis.package = Known::Is(Vec::new());
            package(diagnosis);
        });
        assert_eq!(hidden.0, Status::Note);
    }

    #[test]
    fn an_edition_is_named_with_the_end_of_its_trial() {
        let told = |name: &str, trial_end: Known<Option<&String>>| {
            let mut diagnosis = Diagnosis::new(OrgIdentity::default(), "ada@acme.example");
            diagnosis.org.edition = name.into();
            edition(&mut diagnosis, &trial_end);
            let check = diagnosis.checks.swap_remove(0);
            (check.status, check.message)
        };
        let day = "2026-03-01".to_owned();
        let (status, message) = told("Professional Edition", Known::Is(Some(&day)));
        assert_eq!(status, Status::Warning);
        assert_eq!(
            message,
            "Professional Edition, production, expires 2026-03-01"
        );
        let (status, message) = told("Enterprise Edition", refused("INVALID_FIELD"));
        assert_eq!(status, Status::Ok);
        let unknown = "when a trial of it ends is not known: the org refused to tell it";
        assert!(message.contains(unknown), "{message}");
        let (status, message) = told("", Known::Is(None));
        assert_eq!(status, Status::Warning);
        assert_eq!(message, "an edition that the org does not name, production");
    }
}
