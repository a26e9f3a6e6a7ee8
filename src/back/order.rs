//! The order of what is written: by stage, and within one so that what is taken away comes before what is given.

use crate::change::{Action, Change, Write};

/// Sorts changes into the order in which they are written.
pub(super) fn sort(changes: &mut [Change]) {
    changes.sort_by_key(|change| (change.stage, within_stage(change)));
}

/// Memberships and assignments that go, then the user, then assignments that come back; what is deployed is a deploy of its
/// own.
fn within_stage(change: &Change) -> u8 {
    match (&change.write, change.action) {
        (Write::Remove(..), _) => 0,
        (Write::Update(..), _) => 1,
        (Write::Insert(_), _) => 2,
        (Write::Deploy(_), Action::Update | Action::Replace | Action::Create) => 3,
        (Write::Deploy(_), Action::Delete) => 4,
    }
}
