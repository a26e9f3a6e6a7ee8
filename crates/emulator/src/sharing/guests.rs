//! Guests: visitors of a site who did not log in. Whatever the defaults say, records are private to them; only rules for
//! guests share any, and to read only (Salesforce Help, "Securing Guest User Sharing").

use crate::store::{Org, SharingModel, SharingRule, User};

/// Whether somebody did not log in.
pub(super) fn is_guest(user: &User) -> bool {
    user.user_type == "Guest"
}

/// The default that applies to a guest, given the one that applies to others from outside.
pub(super) fn model(model: SharingModel) -> SharingModel {
    match model {
        SharingModel::ControlledByParent => SharingModel::ControlledByParent,
        _ => SharingModel::Private,
    }
}

/// The rules of an object that share records with this guest.
pub(super) fn rules_for<'org>(
    org: &'org Org,
    object: &str,
    guest: &User,
) -> impl Iterator<Item = &'org SharingRule> {
    let rules = rules_of(org, object).filter(|_| is_guest(guest));
    rules.filter(|rule| is_for(rule, guest))
}

fn rules_of<'org>(org: &'org Org, object: &str) -> impl Iterator<Item = &'org SharingRule> {
    let rules = org.guest_rules.values();
    rules.filter(move |rule| rule.object == object)
}

/// A rule names a guest by the nickname, which is that of the site.
fn is_for(rule: &SharingRule, guest: &User) -> bool {
    let name = rule.shared_to.name.as_deref();
    name.is_some_and(|name| name.eq_ignore_ascii_case(&guest.nickname))
}

/// Each rule for guests of an object, with the guests it shares to.
pub(super) fn rules<'org>(
    org: &'org Org,
    object: &str,
) -> impl Iterator<Item = (&'org SharingRule, Vec<&'org User>)> {
    rules_of(org, object).map(|rule| {
        let guests = org.users.values().filter(|user| is_guest(user));
        let guests = guests.filter(|user| is_for(rule, user)).collect();
        (rule, guests)
    })
}
