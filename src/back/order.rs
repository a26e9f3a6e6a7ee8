//! The order of what is written: by stage, and within one so that what is taken away comes before what is given.

use super::fate::SEAT;
use crate::change::{Action, Change, Write};

/// Sorts changes into the order in which they are written.
pub(super) fn sort(changes: &mut [Change]) {
    changes.sort_by_key(|change| (change.stage, within_stage(change)));
}

/// Memberships and assignments that go, then seats that sets needed, then the user, then seats and assignments that come
/// back; what is deployed is a deploy of its own.
fn within_stage(change: &Change) -> u8 {
    let is_seat = change.address.kind == SEAT;
    match (&change.write, change.action) {
        (Write::Remove(..), _) => u8::from(is_seat),
        (Write::Update(..), _) => 2,
        (Write::Insert(_), _) => {
            if is_seat {
                3
            } else {
                4
            }
        }
        (Write::Deploy(_), Action::Update | Action::Replace | Action::Create) => 5,
        (Write::Deploy(_), Action::Delete) => 6,
    }
}
