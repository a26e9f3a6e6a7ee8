//! What a refresh does to users: a sandbox holds production's, under longer names and with addresses that take no mail.

use crate::live::Live;

/// What a refresh appends to every address (help, Sandbox refreshes and e-mail addresses).
const UNREACHABLE: &str = ".invalid";

/// Whether an address is the wanted one as a refresh has left it.
pub(super) fn is_address_of_copy(known: &str, wanted: &str, live: &Live) -> bool {
    let original = known.strip_suffix(UNREACHABLE);
    let same = original.is_some_and(|original| original.eq_ignore_ascii_case(wanted));
    same && live.is_sandbox()
}
