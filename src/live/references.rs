//! What names in criteria stand for: ids are looked up, never written by hand.

use super::profile_label;
use crate::soql;
use crate::soql::Row;

/// A name whose id is needed. Of a record type it is the label, which is what criteria hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// The user of this username.
    Username(String),
    /// The user of this username or name.
    User(String),
    /// The queue of this API name or label.
    Queue(String),
    /// The public group of this API name.
    PublicGroup(String),
    /// The record type of an object, by this API name or label.
    RecordType(String, String),
    /// The role of this API name.
    Role(String),
    /// The profile of this label.
    Profile(String),
    /// The permission set of this API name, with its namespace.
    PermissionSet(String),
    /// The group of permission sets of this API name.
    PermissionSetGroup(String),
    /// The permission set licence of this API name.
    SetLicence(String),
    /// The log-in of the user of this username: what is frozen of it (object reference, UserLogin).
    LogIn(String),
}

impl Reference {
    /// The name of a deployed component whose id records refer to.
    pub fn of_component(kind: &str, full_name: &str) -> Option<Self> {
        match kind {
            "Role" => Some(Self::Role(full_name.to_owned())),
            "Profile" => Some(Self::Profile(profile_label(full_name))),
            _ => None,
        }
    }

    /// What it is, for a sentence: `queue Support`.
    pub fn what(&self) -> String {
        match self {
            Self::Username(name) | Self::User(name) => format!("user {name}"),
            Self::Queue(name) => format!("queue {name}"),
            Self::PublicGroup(name) => format!("public group {name}"),
            Self::RecordType(_, name) => format!("record type {name}"),
            Self::Role(name) => format!("role `{name}`"),
            Self::Profile(label) => format!("profile `{label}`"),
            Self::PermissionSet(name) => format!("permission set `{name}`"),
            Self::PermissionSetGroup(name) => format!("permission set group `{name}`"),
            Self::SetLicence(name) => format!("permission set licence `{name}`"),
            Self::LogIn(name) => format!("the log-in of {name}"),
        }
    }

    /// The query that finds it.
    pub fn query(&self) -> String {
        let by_name =
            |name: &str| format!("(DeveloperName = {0} OR Name = {0})", soql::literal(name));
        match self {
            Self::Username(name) => {
                format!(
                    "SELECT Id FROM User WHERE Username = {}",
                    soql::literal(name)
                )
            }
            Self::User(name) => format!(
                "SELECT Id FROM User WHERE Username = {0} OR Name = {0}",
                soql::literal(name)
            ),
            Self::Queue(name) => format!(
                "SELECT Id FROM Group WHERE Type = 'Queue' AND {}",
                by_name(name)
            ),
            Self::PublicGroup(name) => format!(
                "SELECT Id FROM Group WHERE Type = 'Regular' AND DeveloperName = {}",
                soql::literal(name)
            ),
            Self::RecordType(object, name) => format!(
                "SELECT Id, Name FROM RecordType WHERE SobjectType = {} AND {}",
                soql::literal(object),
                by_name(name)
            ),
            Self::Role(name) => format!(
                "SELECT Id FROM UserRole WHERE DeveloperName = {}",
                soql::literal(name)
            ),
            Self::Profile(label) => {
                format!(
                    "SELECT Id FROM Profile WHERE Name = {}",
                    soql::literal(label)
                )
            }
            Self::PermissionSet(name) => permission_set(name),
            Self::PermissionSetGroup(name) => format!(
                "SELECT Id FROM PermissionSetGroup WHERE DeveloperName = {}",
                soql::literal(name)
            ),
            Self::SetLicence(name) => format!(
                "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = {}",
                soql::literal(name)
            ),
            Self::LogIn(name) => format!(
                "SELECT Id FROM UserLogin WHERE UserId IN (SELECT Id FROM User WHERE Username = {})",
                soql::literal(name)
            ),
        }
    }

    /// What criteria hold of it, out of the rows that the query found.
    pub fn found_in(&self, rows: &[Row]) -> Option<String> {
        let column = match self {
            Self::RecordType(..) => "Name",
            _ => "Id",
        };
        rows.first()?.text(column).map(str::to_owned)
    }
}

fn permission_set(name: &str) -> String {
    let (namespace, name) = match name.split_once("__") {
        Some((namespace, name)) => (soql::literal(namespace), name),
        None => ("null".to_owned(), name),
    };
    let name = soql::literal(name);
    format!(
        "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = false AND Name = {name} AND NamespacePrefix = {namespace}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_type_stands_for_its_label_and_all_else_for_its_id() {
        let rows = [Row::of(&json!({"Id": "0121", "Name": "Partner"}))];
        let kind = Reference::RecordType("Lead".into(), "Partner_Lead".into());
        assert_eq!(kind.found_in(&rows).as_deref(), Some("Partner"));
        let queue = Reference::Queue("Inbox".into());
        assert_eq!(queue.found_in(&rows).as_deref(), Some("0121"));
        assert_eq!(queue.found_in(&[]), None);
    }

    #[test]
    fn a_permission_set_is_found_in_its_namespace_alone() {
        let query = |name: &str| Reference::PermissionSet(name.to_owned()).query();
        let packaged = query("HubSpot_Inc__Sync");
        let condition = "Name = 'Sync' AND NamespacePrefix = 'HubSpot_Inc'";
        assert!(packaged.ends_with(condition), "{packaged}");
        let own = query("Sync");
        assert!(
            own.ends_with("Name = 'Sync' AND NamespacePrefix = null"),
            "{own}"
        );
    }

    #[test]
    fn a_name_cannot_end_its_own_quotes() {
        for reference in [
            Reference::Username("o'neill".into()),
            Reference::User("o'neill".into()),
            Reference::Queue("o'neill".into()),
            Reference::PublicGroup("o'neill".into()),
            Reference::RecordType("Lead".into(), "o'neill".into()),
            Reference::Role("o'neill".into()),
            Reference::Profile("o'neill".into()),
            Reference::PermissionSet("o'neill".into()),
            Reference::PermissionSetGroup("o'neill".into()),
            Reference::SetLicence("o'neill".into()),
        ] {
            let query = reference.query();
            assert!(query.contains(r"'o\'neill'"), "{query}");
        }
    }
}
