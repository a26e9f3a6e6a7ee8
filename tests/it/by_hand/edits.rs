//! Everything that is taken or added by hand, with how it ends.

use serde_json::{Value, json};

use super::End::{self, ByHand, Healed, Nothing, Told};
use super::{Edit, USER};

/// What is edited, in words, with the edit and how it ends.
pub(super) type Case = (&'static str, Edit, End);

pub(super) fn permission(name: &str, on: bool) -> String {
    format!("<userPermissions><enabled>{on}</enabled><name>{name}</name></userPermissions>")
}

fn off(name: &str) -> String {
    permission(name, false)
}

fn on(name: &str) -> String {
    permission(name, true)
}

/// Rights on an object, by their first letters; `v` and `m` for all records.
fn may(object: &str, rights: &str) -> String {
    let flag = |element: &str, right: char| {
        let on = rights.contains(right);
        format!("<{element}>{on}</{element}>")
    };
    format!(
        "<objectPermissions>{}{}{}{}{}<object>{object}</object>{}</objectPermissions>",
        flag("allowCreate", 'c'),
        flag("allowDelete", 'd'),
        flag("allowEdit", 'e'),
        flag("allowRead", 'r'),
        flag("modifyAllRecords", 'm'),
        flag("viewAllRecords", 'v')
    )
}

fn hidden(field: &str) -> String {
    format!(
        "<fieldPermissions><editable>false</editable><field>{field}</field><readable>false</readable></fieldPermissions>"
    )
}

pub(super) fn profile(entries: String) -> Edit {
    Edit::Metadata("Profile", "Feed", entries)
}

/// Entries of the set that the manifest names and does not own.
fn extra(entries: &str) -> Edit {
    let entries = format!("<label>Extra</label>{entries}");
    Edit::Metadata("PermissionSet", "Extra", entries)
}

fn user(columns: Value) -> Edit {
    Edit::Row("User", format!("Username = '{USER}'"), columns)
}

fn assigned(set: &str) -> Edit {
    let ids = vec![
        ("AssigneeId", format!("User:Username = '{USER}'")),
        ("PermissionSetId", format!("PermissionSet:Name = '{set}'")),
    ];
    Edit::New("PermissionSetAssignment", json!({}), ids)
}

/// Rights and flags of the profile that are stated, needed or taken off.
fn owned() -> Vec<(&'static str, String, &'static str)> {
    let no_contacts = may("Contact", "") + &may("Case", "");
    let no_new_accounts = off("ConvertLeads") + &may("Account", "r");
    vec![
        ("no API", off("ApiEnabled"), "user_permission/ApiEnabled"),
        (
            "no reports",
            off("RunReports"),
            "user_permission/RunReports",
        ),
        (
            "no export",
            off("ExportReport"),
            "user_permission/ExportReport",
        ),
        (
            "has users",
            on("ManageUsers"),
            "user_permission/ManageUsers",
        ),
        ("has Apex", on("AuthorApex"), "user_permission/AuthorApex"),
        ("sees all", on("ViewAllData"), "userPermissions.ViewAllData"),
        (
            "fixed contacts",
            may("Contact", "rc"),
            "object/Contact/edit",
        ),
        (
            "no new contacts",
            may("Contact", "re"),
            "object/Contact/create",
        ),
        ("no contacts", no_contacts, "object/Contact/read"),
        (
            "rid of contacts",
            may("Contact", "rced"),
            "objectPermissions.Contact",
        ),
        ("no new accounts", no_new_accounts, "object/Account/create"),
        ("no cases", may("Case", ""), "object/Case/read"),
        ("edits cases", may("Case", "re"), "objectPermissions.Case"),
        ("no leads", may("Lead", ""), "object/Lead/read"),
        ("fixed leads", may("Lead", "r"), "object/Lead/edit"),
        (
            "sees all leads",
            may("Lead", "rcedv"),
            "objectPermissions.Lead",
        ),
        (
            "has all leads",
            may("Lead", "rcedvm"),
            "objectPermissions.Lead",
        ),
        (
            "own field",
            hidden("Lead.Ready__c"),
            "field/Lead.Ready__c/read",
        ),
        (
            "field of rule",
            hidden("Lead.LeadSource"),
            "field/Lead.LeadSource/read",
        ),
    ]
}

pub(super) fn of_profile() -> Vec<Case> {
    let owned = owned().into_iter();
    let owned = owned.map(|(name, entries, what)| (name, profile(entries), Healed(what)));
    let others = [
        ("no events", off("EditEvent"), "OW2016", "EditEvent"),
        (
            "fixed campaigns",
            may("Campaign", "r"),
            "OW2074",
            "Campaign (create, edit, delete)",
        ),
        (
            "another field",
            hidden("Lead.Phone"),
            "OW2074",
            "Lead.Phone",
        ),
    ];
    let others =
        others.map(|(name, entries, code, what)| (name, profile(entries), Told(code, what)));
    owned.chain(others).collect()
}

/// Sets and their assignments.
pub(super) fn of_sets() -> Vec<Case> {
    const ROW: &str = "PermissionSetAssignment";
    const PACKAGED: &str = "permission_set/HubSpot_Inc__HubSpot_Integration_Permissions";
    const EXTRA: &str = "permission_set/Extra";
    let of = |set: &str| format!("Assignee.Username = '{USER}' AND PermissionSet.Name = '{set}'");
    let (packaged, own) = (of("HubSpot_Integration_Permissions"), of("Extra"));
    let ends = |day: &str| json!({"ExpirationDate": format!("{day}T00:00:00.000+0000")});
    let (past, future) = (ends("2020-03-01"), ends("2131-03-01"));
    let again = "Manage Assignments: take the expiry off";
    let take = "take the permission off what grants it";
    let sleeping = extra("<hasActivationRequired>true</hasActivationRequired>");
    let awake = "switch Session Activation Required off";
    let all_leads = extra(&may("Lead", "rv"));
    let sees_all = "`Extra` lets the user see every Lead";
    let (users, apex) = ("user_permission/ManageUsers", "user_permission/AuthorApex");
    vec![
        (
            "package's set",
            Edit::Gone(ROW, packaged.clone()),
            Healed(PACKAGED),
        ),
        ("other set", Edit::Gone(ROW, own.clone()), Healed(EXTRA)),
        (
            "package's set over",
            Edit::Row(ROW, packaged, past.clone()),
            ByHand(PACKAGED, again),
        ),
        (
            "other set over",
            Edit::Row(ROW, own.clone(), past),
            ByHand(EXTRA, again),
        ),
        ("set asleep", sleeping, ByHand(EXTRA, awake)),
        (
            "set has users",
            extra(&on("ManageUsers")),
            ByHand(users, take),
        ),
        ("set has Apex", extra(&on("AuthorApex")), ByHand(apex, take)),
        (
            "set sees all leads",
            all_leads,
            ByHand(sees_all, "take the permission off it"),
        ),
        ("set with Apex", assigned("Apex"), ByHand(apex, take)),
        (
            "set ends some day",
            Edit::Row(ROW, own, future),
            Told("OW2034", "Extra"),
        ),
        ("plain set", assigned("Plain"), Nothing),
        ("set has campaigns", extra(&may("Campaign", "r")), Nothing),
        ("set has reports too", extra(&on("RunReports")), Nothing),
    ]
}

/// The user, and how it logs in.
pub(super) fn of_user() -> Vec<Case> {
    let saul = "Username = 'saul.seller@acme.example'";
    let own = format!("Username = '{USER}'");
    let login = |of: &str| format!("UserId IN (SELECT Id FROM User WHERE {of})");
    let frozen = |of: &str| Edit::Row("UserLogin", login(of), json!({"IsFrozen": true}));
    let inactive = json!({"IsActive": false});
    let thaw = ByHand("user/not_frozen", "the user > Unfreeze");
    vec![
        ("inactive", user(inactive.clone()), Healed("user/active")),
        ("frozen", frozen(&own), thaw),
        (
            "another name",
            user(json!({"LastName": "Food"})),
            Healed("lastName"),
        ),
        ("no role", user(json!({"UserRoleId": null})), Healed("role")),
        ("another frozen", frozen(saul), Nothing),
        (
            "another inactive",
            Edit::Row("User", saul.into(), inactive),
            Nothing,
        ),
        (
            "time zone",
            user(json!({"TimeZoneSidKey": "Europe/Dublin"})),
            Nothing,
        ),
    ]
}
