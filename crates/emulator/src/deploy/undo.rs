//! How the org was where one component of a deploy changes it, so that a refused one can be taken back.
//!
//! A copy of the org for each component would make a deploy as slow as the square of its size.

use std::collections::BTreeMap;

use crate::problem::{INTEGRITY, Problem};
use crate::sharing;
use crate::store::{ObjectSchema, Org, SharingRule};

/// What a refused component may have touched (see [`crate::documents::apply`]).
pub(super) struct Undo {
    name: String,
    counters: BTreeMap<String, u64>,
    /// The object of this name, for a component that is one.
    object: Option<Option<ObjectSchema>>,
    rule: Option<SharingRule>,
}

impl Undo {
    /// Remembers the org as it is before this component.
    pub(super) fn before(org: &Org, kind: &str, name: &str) -> Undo {
        Undo {
            name: name.to_owned(),
            counters: org.counters.clone(),
            object: (kind == "CustomObject").then(|| org.objects.get(name).cloned()),
            rule: org.rules.get(name).cloned(),
        }
    }

    /// Sharing cannot be changed while it is recalculated: the locks are those of the org before the deploy, the changes
    /// those of this component.
    pub(super) fn unlocked(&self, locks: &Org, after: &Org) -> Result<(), Vec<Problem>> {
        let known = self.object.as_ref().and_then(Option::as_ref);
        let now = known.and_then(|before| after.objects.get(&before.name));
        let differs =
            now.map(|now| now.sharing.requested) != known.map(|before| before.sharing.requested);
        let of_default = differs.then(|| sharing::locked_defaults(locks)).flatten();
        let of_rule = || {
            let object = self.name.split('.').next()?;
            let changed = after.rules.get(&self.name) != self.rule.as_ref();
            changed.then(|| sharing::locked_rules(locks, object))?
        };
        match of_default.or_else(of_rule) {
            Some(message) => Err(vec![Problem::new(INTEGRITY, message)]),
            None => Ok(()),
        }
    }

    /// Makes the org what it was.
    pub(super) fn restore(self, org: &mut Org) {
        org.counters = self.counters;
        match self.object {
            Some(Some(object)) => drop(org.objects.make_mut().insert(self.name.clone(), object)),
            Some(None) => drop(org.objects.make_mut().remove(&self.name)),
            None => {}
        }
        match self.rule {
            Some(rule) => drop(org.rules.insert(self.name, rule)),
            None => drop(org.rules.remove(&self.name)),
        }
    }
}
