//! Mail addresses that wait for their owner's confirmation.

use serde_json::{Value, json};

use super::Refused;
use crate::store::{Org, User};

/// The changes that nobody has confirmed.
pub(super) fn waiting(org: &Org) -> Value {
    let change = |user: &User| {
        let wanted = user.pending_email.as_ref()?;
        Some(json!({"username": user.username, "from": user.email, "to": wanted}))
    };
    let waiting: Vec<Value> = org.users.values().filter_map(change).collect();
    json!({"waiting": waiting})
}

/// Confirms the change of a user's address, as the owner of the new one does.
pub(super) fn confirm(org: &mut Org, username: &str) -> Result<Value, Refused> {
    let nothing = || {
        (
            404,
            format!("no change of {username:?} waits for its owner"),
        )
    };
    let id = org.user_by_username(username).map(|user| user.id.clone());
    let users = org.users.make_mut();
    let user = users
        .get_mut(&id.ok_or_else(nothing)?)
        .ok_or_else(nothing)?;
    user.email = user.pending_email.take().ok_or_else(nothing)?;
    Ok(json!({"username": user.username, "email": user.email}))
}
