//! What `doctor` found, for machines.

use serde::Serialize;

use super::ended::Ended;
use super::{FORMAT_VERSION, OrgJson, pretty};
use crate::doctor::{Check, Diagnosis, Limit, Permission};
use crate::live::{Known, Licence, RunningUser};
use crate::report::Ending;
use std::collections::BTreeMap;

/// The whole report.
pub fn diagnosis(diagnosis: &Diagnosis) -> String {
    let exit = diagnosis.exit();
    let user = diagnosis.user.as_ref().learnt().and_then(Option::as_ref);
    let body = DiagnosisJson {
        format_version: FORMAT_VERSION,
        org: OrgJson::from(&diagnosis.org),
        user: UserJson::new(&diagnosis.username, user),
        checks: &diagnosis.checks,
        permissions: slice(&diagnosis.permissions),
        more_than_needed: slice(&diagnosis.beyond),
        licences: slice(&diagnosis.licences),
        limits: slice(&diagnosis.limits),
        hubspot_permission_sets: slice(&diagnosis.package),
        unknown: diagnosis.unknown(),
        api_requests: diagnosis.requests,
        api_calls: diagnosis.api_calls,
    };
    pretty(&Ended::new(body, &Ending::of(exit)))
}

/// What was learnt: `null` where that is nothing, for a reason that stands under `unknown`.
fn slice<T>(known: &Known<Vec<T>>) -> Option<&[T]> {
    known.as_ref().learnt().map(Vec::as_slice)
}

#[derive(Serialize)]
struct DiagnosisJson<'a> {
    format_version: &'static str,
    org: OrgJson<'a>,
    user: UserJson<'a>,
    checks: &'a [Check],
    permissions: Option<&'a [Permission]>,
    more_than_needed: Option<&'a [&'static str]>,
    licences: Option<&'a [Licence]>,
    limits: Option<&'a [Limit]>,
    hubspot_permission_sets: Option<&'a [String]>,
    unknown: BTreeMap<&'static str, String>,
    api_requests: u64,
    api_calls: u64,
}

/// Who is logged in: the username is known from the log-in, the rest is what the org shows.
#[derive(Serialize)]
struct UserJson<'a> {
    username: &'a str,
    name: Option<&'a str>,
    profile: Option<&'a str>,
    licence: Option<&'a str>,
}

impl<'a> UserJson<'a> {
    fn new(username: &'a str, user: Option<&'a RunningUser>) -> Self {
        Self {
            username,
            name: user.map(|user| user.name.as_str()),
            profile: user.and_then(|user| user.profile.as_deref()),
            licence: user.and_then(|user| user.licence.as_deref()),
        }
    }
}
