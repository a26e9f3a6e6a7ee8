//! What `doctor` found, for machines.

use serde::Serialize;

use super::{FORMAT_VERSION, OrgJson, pretty};
use crate::doctor::{Check, Diagnosis, Licence, Limit, Permission, RunningUser};

/// The whole report.
pub fn diagnosis(diagnosis: &Diagnosis) -> String {
    let exit = diagnosis.exit();
    pretty(&DiagnosisJson {
        format_version: FORMAT_VERSION,
        org: OrgJson::from(&diagnosis.org),
        user: &diagnosis.user,
        checks: &diagnosis.checks,
        permissions: &diagnosis.permissions,
        more_than_needed: &diagnosis.beyond,
        licences: &diagnosis.licences,
        limits: &diagnosis.limits,
        hubspot_permission_sets: &diagnosis.package,
        api_requests: diagnosis.requests,
        api_calls: diagnosis.api_calls,
        exit: exit.code(),
        exit_meaning: exit.meaning(),
    })
}

#[derive(Serialize)]
struct DiagnosisJson<'a> {
    format_version: &'static str,
    org: OrgJson<'a>,
    user: &'a RunningUser,
    checks: &'a [Check],
    permissions: &'a [Permission],
    more_than_needed: &'a [&'static str],
    licences: &'a [Licence],
    limits: &'a [Limit],
    hubspot_permission_sets: &'a [String],
    api_requests: u64,
    api_calls: u64,
    exit: u8,
    exit_meaning: &'static str,
}
