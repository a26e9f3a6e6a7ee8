//! What the doctor makes of the answers: one check each, with the next step where there is one.

use std::time::Duration;

use super::permissions::{beyond, needed};
use super::{Diagnosis, NeededFor, Status};
use crate::count::{agree, count};
use crate::facts::Row;
use crate::findings;
use crate::org::{OrgError, Refusal};

/// A clock this far from the org's makes signed log-ins fail.
const MAX_SKEW: Duration = Duration::from_secs(120);

pub(super) fn log_in(diagnosis: &mut Diagnosis) {
    let user = &diagnosis.user;
    if user.name.is_empty() {
        let message = format!("logged in as {}, whom the org does not show", user.username);
        let help = "the user needs read access to its own user record, and API Enabled";
        return diagnosis.note("log-in", Status::Missing, message, Some(help));
    }
    let message = format!(
        "{} ({}), profile {}, licence {}",
        user.username, user.name, user.profile, user.licence
    );
    diagnosis.note("log-in", Status::Ok, message, None);
}

pub(super) fn edition(diagnosis: &mut Diagnosis, trial: Option<&str>) {
    let org = &diagnosis.org;
    let kind = if org.sandbox { "sandbox" } else { "production" };
    let trial = trial.map_or_else(String::new, |date| {
        format!(", expires {}", date.get(..10).unwrap_or(date))
    });
    let message = format!("{}, {kind}{trial}", org.edition);
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

pub(super) fn permissions(diagnosis: &mut Diagnosis, rows: &Result<Vec<Row>, Refusal>) {
    let rows = match rows {
        Ok(rows) => rows,
        Err(refusal) => {
            let message = format!("the org does not show them: {refusal}");
            let help = "the user needs View Setup and Configuration";
            return diagnosis.note("permissions", Status::Missing, message, Some(help));
        }
    };
    diagnosis.permissions = needed(rows);
    diagnosis.beyond = beyond(rows);
    for (check, command) in [
        ("may plan", NeededFor::Plan),
        ("may apply", NeededFor::Apply),
    ] {
        let missing = diagnosis
            .permissions
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
    if !diagnosis.beyond.is_empty() {
        let message = format!("more than is needed: {}", diagnosis.beyond.join(", "));
        let help = "a user of its own with a permission set of what is needed does as well";
        diagnosis.note("least privilege", Status::Warning, message, Some(help));
    }
}

pub(super) fn seats(diagnosis: &mut Diagnosis) {
    let salesforce = diagnosis
        .licences
        .iter()
        .find(|licence| licence.name == "Salesforce");
    let Some(licence) = salesforce else {
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
    let daily = diagnosis
        .limits
        .iter()
        .find(|limit| limit.name == "DailyApiRequests");
    let Some(limit) = daily else {
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
    if diagnosis.package.is_empty() {
        let message = "HubSpot's package is not installed, or not visible".to_owned();
        let help = "for a HubSpot integration, install it first: HubSpot's set-up begins with it";
        return diagnosis.note("package", Status::Note, message, Some(help));
    }
    let message = format!(
        "HubSpot's package is there, with {}",
        diagnosis.package.join(", ")
    );
    diagnosis.note("package", Status::Ok, message, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Exit;
    use crate::doctor::{Licence, Limit};

    fn checked(prepare: impl Fn(&mut Diagnosis)) -> (Status, Exit) {
        let mut diagnosis = Diagnosis::default();
        prepare(&mut diagnosis);
        let status = diagnosis.checks.last().expect("a check").status;
        (status, diagnosis.exit())
    }

    #[test]
    fn what_is_used_up_is_told_and_only_api_calls_end_the_run_badly() {
        let left = |remaining| {
            checked(|diagnosis| {
                diagnosis.limits = vec![Limit {
                    name: "DailyApiRequests".into(),
                    max: 1000,
                    remaining,
                }];
                api_calls(diagnosis);
            })
        };
        assert_eq!(left(500), (Status::Ok, Exit::Done));
        assert_eq!(left(49), (Status::Warning, Exit::Done));
        assert_eq!(left(0), (Status::Failed, Exit::Failed));
        let used = |used| {
            checked(|diagnosis| {
                diagnosis.licences = vec![Licence {
                    name: "Salesforce".into(),
                    total: 10,
                    used,
                }];
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
    fn what_the_org_hides_is_not_taken_for_what_is_not_there() {
        let refusal = Refusal {
            status: 400,
            code: "INVALID_TYPE".into(),
            message: "sObject type 'PermissionSetAssignment' is not supported.".into(),
            fields: Vec::new(),
        };
        let (status, exit) = checked(|diagnosis| permissions(diagnosis, &Err(refusal.clone())));
        assert_eq!((status, exit), (Status::Missing, Exit::Login));
        let hidden = checked(package);
        assert_eq!(hidden.0, Status::Note);
        let edition = checked(|diagnosis| {
            diagnosis.org.edition = "Professional Edition".into();
            edition(diagnosis, None);
            diagnosis.checks.truncate(1);
        });
        assert_eq!(edition.0, Status::Warning);
    }
}
