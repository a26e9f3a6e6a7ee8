//! What an org shows to who asks: without certain permissions it leaves rows out, and says no word about it.

use crate::live::{Known, Live, Refused};
use crate::org::Reader;
use std::collections::BTreeSet;

/// What who asks has to hold: without it the org shows fewer rows, and no error (object reference, the access rules of
/// PermissionSet, ObjectPermissions, FieldPermissions and UserLogin).
pub(super) const OF_THE_READER: [&str; 4] =
    ["ViewSetup", "ViewAllData", "ModifyAllData", "ManageUsers"];

/// What the org shows to who asks.
pub(super) struct ReaderSight {
    /// Which of the permissions that make it show everything are held.
    held: Known<BTreeSet<&'static str>>,
}

impl ReaderSight {
    pub(super) fn of(live: &Live, reader: &Reader) -> Self {
        let names = BTreeSet::from(OF_THE_READER);
        let held = match &reader.identity().username {
            Some(username) => live.held_permissions(username, &names).cloned(),
            None => Known::Refused(Refused::not_told("who you are")),
        };
        Self { held }
    }

    /// Why something is not known, where who asks does not hold any of what makes the org show it.
    pub(super) fn hides(&self, what: &str, unless: &[&str], label: &str) -> Option<Refused> {
        let held = match &self.held {
            Known::Is(held) => held,
            Known::Refused(refused) => return Some(refused.clone()),
            Known::NotAsked => return Some(Refused::not_told("what you may see")),
        };
        let shows = unless.iter().any(|name| held.contains(name));
        (!shows).then(|| Refused {
            message: format!("you do not hold {label}, and without it rows are missing"),
            ..Refused::not_told(what)
        })
    }

    /// A part that the org shows only to who may view setup.
    pub(super) fn of_setup<T>(&self, what: &str, part: Known<T>) -> Known<T> {
        match self.hides(what, &["ViewSetup"], "View Setup") {
            Some(refused) => Known::Refused(refused),
            None => part,
        }
    }
}
