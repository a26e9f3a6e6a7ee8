//! What is asked again to see whether a limit still holds: what moves by itself, and nothing that a plan would change.

use super::Live;
use super::need::Need;
use super::sharing_need::SharingNeed;
use std::collections::BTreeSet;

impl Live {
    /// What was asked of how many records there are and, where that is meant, of who loses sight of them.
    pub fn asked_of_numbers(&self, with_people: bool) -> BTreeSet<Need> {
        let is_number = |need: &&Need| match need {
            Need::Count(..)
            | Need::Owners(_)
            | Need::AccountsOf(_)
            | Need::GivenTo(_)
            | Need::Shared(..) => true,
            Need::Sharing(SharingNeed::People | SharingNeed::Groups | SharingNeed::Members) => true,
            Need::Sharing(_)
            | Need::UsersByProfile
            | Need::UsersByRole
            | Need::RolesOfUsers
            | Need::Readers(_) => with_people,
            _ => false,
        };
        self.outcomes.keys().filter(is_number).cloned().collect()
    }

    /// The same org as if nobody had asked for these: what the next answer tells stands alone.
    pub fn without_answers_to(&self, needs: &BTreeSet<Need>) -> Self {
        let mut live = self.clone();
        for need in needs {
            live.outcomes.remove(need);
            live.counts.remove(need);
            if let Need::Owners(object) = need {
                live.owners.remove(object);
            }
        }
        // These come as one table, which answers are added to.
        if needs.iter().any(|need| matches!(need, Need::Readers(_))) {
            live.readers.clear();
        }
        live
    }
}
