//! `User`: unique names, counted seats, no deletion.

use serde_json::Value;

use super::values::is_email;
use super::{Writer, bad_reference, demand_fields, integrity, truth};
use crate::http::Refusal;
use crate::store::{EmailChanges, Id, ObjectSchema, Org, Row, User, short};
use crate::views;

const REQUIRED: [&str; 9] = [
    "Username",
    "LastName",
    "Email",
    "Alias",
    "ProfileId",
    "TimeZoneSidKey",
    "LocaleSidKey",
    "EmailEncodingKey",
    "LanguageLocaleKey",
];

const PERMISSIONS: [&str; 2] = ["ManageUsers", "ManageInternalUsers"];

/// Creates a user; without a nickname one is made up.
pub(super) fn create(writer: &mut Writer<'_>, _: &ObjectSchema, row: Row) -> Result<Id, Refusal> {
    writer.demand("User", &PERMISSIONS)?;
    demand_fields(&row, &REQUIRED)?;
    let now = writer.world.now();
    let org = &mut writer.world.org;
    let mut user = User {
        active: true,
        created: now,
        modified: now,
        ..User::default()
    };
    apply(org, &mut user, row)?;
    check_names(org, &user)?;
    check_seat(org, &user)?;
    user.id = org.next_id("005");
    if user.nickname.is_empty() {
        user.nickname = format!("User{}", short(&user.id));
    }
    let (id, name) = (user.id.clone(), user.username.clone());
    org.users.make_mut().insert(id.clone(), user);
    org.complete_manager_groups();
    writer.audit(
        "createduser",
        "Manage Users",
        format!("Created new user {name}"),
    );
    Ok(id)
}

/// Changes a user.
pub(super) fn update(writer: &mut Writer<'_>, id: &str, row: Row) -> Result<(), Refusal> {
    if id != writer.user {
        writer.demand("User", &PERMISSIONS)?;
    }
    let now = writer.world.now();
    let org = &mut writer.world.org;
    let before = org.users.get(id).cloned().ok_or_else(Refusal::not_found)?;
    if let Some(emptied) = REQUIRED
        .iter()
        .find(|name| row.get(name).is_some_and(Value::is_null))
    {
        return demand_fields(&row, &[emptied]);
    }
    let mut user = User {
        modified: now,
        ..before.clone()
    };
    let readdressed = row.contains_key("Email");
    apply(org, &mut user, row)?;
    let waits = readdressed && hold_address(org, &before, &mut user);
    check_names(org, &user)?;
    let license = |user: &User| {
        org.profiles
            .get(&user.profile)
            .map(|profile| profile.license.clone())
    };
    if user.active && (!before.active || license(&before) != license(&user)) {
        check_seat(org, &user)?;
    }
    let name = user.username.clone();
    if !user.active {
        // What they were given ends with them and does not come back (Salesforce Help, "Considerations for Deactivating
        // Users").
        let shares = &mut org.manual_shares;
        shares.retain(|_, share| share.user_or_group != id || !share.ends_with_its_holder());
    }
    org.users.make_mut().insert(id.to_owned(), user);
    writer.audit(
        "changeduser",
        "Manage Users",
        format!("Changed user {name}"),
    );
    if waits {
        let display = format!("Sent a request to confirm the new email address of {name}");
        writer.audit("useremailchangesent", "Manage Users", display);
    }
    Ok(())
}

/// Keeps the address of an active user until the owner of the new one confirms the change (Salesforce Help, "Change a
/// user's email address"), and tells whether there is something to confirm.
fn hold_address(org: &Org, before: &User, user: &mut User) -> bool {
    let at_once = org.platform.email_changes == Some(EmailChanges::AtOnce);
    user.pending_email = None;
    if at_once || !before.active || user.email.eq_ignore_ascii_case(&before.email) {
        return false;
    }
    let wanted = std::mem::replace(&mut user.email, before.email.clone());
    user.pending_email = Some(wanted);
    true
}

/// Freezes a user, or lets a frozen one log in again (object reference, `UserLogin`).
pub(super) fn freeze(writer: &mut Writer<'_>, id: &str, row: &Row) -> Result<(), Refusal> {
    writer.demand("UserLogin", &PERMISSIONS)?;
    let users = writer.world.org.users.make_mut();
    let user = users.keys().find(|user| views::login_id(user) == id);
    let user = user.cloned().ok_or_else(Refusal::not_found)?;
    let user = users.get_mut(&user).ok_or_else(Refusal::not_found)?;
    user.frozen = truth(row, "IsFrozen", user.frozen);
    let verb = if user.frozen { "Froze" } else { "Unfroze" };
    let display = format!("{verb} user {}", user.username);
    writer.audit("frozeuser", "Manage Users", display);
    Ok(())
}

/// Lays values over a user.
fn apply(org: &Org, user: &mut User, row: Row) -> Result<(), Refusal> {
    for (name, value) in row {
        let given = value.as_str().map(str::to_owned);
        let said = given.clone().unwrap_or_default();
        match name.as_str() {
            "Username" => user.username = said.to_lowercase(),
            "Email" => user.email = said,
            "FirstName" => user.first_name = given,
            "LastName" => user.last_name = said,
            "Alias" => user.alias = said,
            "CommunityNickname" => user.nickname = said,
            "ProfileId" => {
                user.profile = org
                    .profiles
                    .contains_key(&said)
                    .then_some(said)
                    .ok_or_else(|| bad_reference("ProfileId"))?
            }
            "UserRoleId" => user.role = given,
            "ManagerId" => user.manager = given,
            "IsActive" => user.active = value.as_bool().unwrap_or(user.active),
            "TimeZoneSidKey" => user.time_zone = said,
            "LocaleSidKey" => user.locale = said,
            "LanguageLocaleKey" => user.language = said,
            "EmailEncodingKey" => user.email_encoding = said,
            _ => {
                user.other.insert(name, value);
            }
        }
    }
    if let Some(profile) = org.profiles.get(&user.profile) {
        user.user_type = views::user_type(org, &profile.license).to_owned();
    }
    Ok(())
}

fn check_names(org: &Org, user: &User) -> Result<(), Refusal> {
    if !is_email(&user.username) {
        let message =
            "Username must be in the form of an email address (for example, john@acme.com).";
        return Err(Refusal::new(400, "INVALID_EMAIL_ADDRESS", message).about(["Username"]));
    }
    let others = || org.users.values().filter(|other| other.id != user.id);
    if others().any(|other| other.username.eq_ignore_ascii_case(&user.username)) {
        let message = "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address).";
        return Err(Refusal::new(400, "DUPLICATE_USERNAME", message).about(["Username"]));
    }
    if !user.nickname.is_empty()
        && others().any(|other| other.nickname.eq_ignore_ascii_case(&user.nickname))
    {
        let message = "Duplicate Nickname.<br>Another user has already selected this nickname.<br>Please select another.";
        return Err(
            Refusal::new(400, "DUPLICATE_COMM_NICKNAME", message).about(["CommunityNickname"])
        );
    }
    Ok(())
}

fn check_seat(org: &Org, user: &User) -> Result<(), Refusal> {
    let license = org
        .profiles
        .get(&user.profile)
        .and_then(|profile| org.licenses.get(&profile.license));
    match license {
        Some(license) if user.active && org.seats_used(&license.id) >= license.total => Err(
            Refusal::new(400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded")
                .about(Vec::<String>::new()),
        ),
        Some(_) => Ok(()),
        None => Err(integrity("The profile has no user license")),
    }
}
