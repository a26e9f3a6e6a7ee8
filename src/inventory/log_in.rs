//! How a user logs in, as far as the org shows it.

use super::{API_ONLY, ReaderSight};
use crate::access::HeldPermissions;
use crate::live::{Known, Live, LiveUser, Refused};
use crate::power::NEEDS_PASSKEY;
use crate::xml::Element;
use serde::Serialize;

/// The label of the profile whose holders need a passkey by its name alone.
const ADMINISTRATOR: &str = "System Administrator";

/// How a user logs in.
#[derive(Clone, Debug)]
pub struct LogInFacts {
    /// Whether it may log in at all.
    pub active: bool,
    /// Whether it is kept from logging in for the time being.
    pub frozen: Known<bool>,
    /// Whether it can use the API only.
    pub api_only: Known<bool>,
    /// What a person who logs in as the user has to show.
    pub mfa: Known<MfaClass>,
    /// The addresses that its profile lets it log in from, each `first - last`; none: any.
    pub ip_ranges: Known<Vec<String>>,
    /// Whether its profile lets it log in at some hours only.
    pub hours: Known<bool>,
    /// The moment of its last log-in; `None` inside where there was none.
    pub last: Known<Option<String>>,
    /// `UserType`, such as `Standard`.
    pub user_type: Known<Option<String>>,
}

impl LogInFacts {
    /// Whether the user is certain to be one of the company's own.
    pub(super) fn is_internal(&self) -> bool {
        let user_type = self.user_type.as_ref().learnt().and_then(Option::as_deref);
        user_type == Some("Standard")
    }
}

/// What a person who logs in as a user by hand has to show since July 2026; the API asks for neither (Salesforce Help,
/// multi-factor authentication of privileged users).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MfaClass {
    /// A passkey or security key.
    PhishingResistant,
    /// Any second factor.
    Ordinary,
}

/// What the org says of how a user logs in.
pub(super) fn facts(
    user: &LiveUser,
    permissions: &Known<HeldPermissions>,
    sight: &ReaderSight,
    live: &Live,
) -> LogInFacts {
    let log_in = live.log_in(&user.username);
    let document = document(user, live);
    let what = "whether it is frozen";
    let frozen = match sight.hides(what, &["ManageUsers"], "Manage Users") {
        Some(refused) => Known::Refused(refused),
        None => live.frozen(&user.username.to_lowercase()),
    };
    LogInFacts {
        active: user.active,
        frozen,
        api_only: permissions.as_ref().map(|held| held.contains_key(API_ONLY)),
        mfa: mfa(user, permissions),
        ip_ranges: document.clone().map(ip_ranges),
        hours: document.map(|document| document.child("loginHours").is_some()),
        last: log_in
            .clone()
            .map(|log_in| log_in.and_then(|log_in| log_in.last.clone())),
        user_type: log_in.map(|log_in| log_in.and_then(|log_in| log_in.user_type.clone())),
    }
}

fn mfa(user: &LiveUser, permissions: &Known<HeldPermissions>) -> Known<MfaClass> {
    if user.profile.as_deref() == Some(ADMINISTRATOR) {
        return Known::Is(MfaClass::PhishingResistant);
    }
    permissions.as_ref().map(|held| {
        match NEEDS_PASSKEY.iter().any(|name| held.contains_key(*name)) {
            true => MfaClass::PhishingResistant,
            false => MfaClass::Ordinary,
        }
    })
}

fn document<'a>(user: &LiveUser, live: &'a Live) -> Known<&'a Element> {
    let Some(label) = &user.profile else {
        return Known::Refused(Refused::not_told("which profile it has"));
    };
    live.profile_document(label)
        .and_then(|document| match document {
            Some(document) => Known::Is(document),
            None => Known::Refused(Refused::not_told(format!("the profile `{label}`"))),
        })
}

fn ip_ranges(document: &Element) -> Vec<String> {
    let ranges = document.children_named("loginIpRanges");
    let end = |range: &Element, name: &str| range.text_of(name).unwrap_or("?").to_owned();
    ranges
        .map(|range| {
            format!(
                "{} - {}",
                end(range, "startAddress"),
                end(range, "endAddress")
            )
        })
        .collect()
}
