//! Users. A user can never be deleted, only deactivated, and a username is unique across all orgs: it is looked up
//! before anything is written, and a lost answer is looked up too.

use super::{Draft, Kind, Resource, column, compare, unknown};
use crate::address::Address;
use crate::change::{Action, Attributes, FieldChange, Lookup, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{Facts, LICENSES, PROFILES, Question, Row, Selection};
use crate::manifest::{self, Manifest, Sp};
use crate::soql;
use serde_json::{Value, json};

/// Users.
pub(super) static KIND: Kind = Kind {
    name: "user",
    noun: "user",
    ask,
    propose,
};

/// Attributes with the column each is written to.
const COLUMNS: [(&str, &str); 12] = [
    ("username", "Username"),
    ("email", "Email"),
    ("firstName", "FirstName"),
    ("lastName", "LastName"),
    ("alias", "Alias"),
    ("nickname", "CommunityNickname"),
    ("timeZone", "TimeZoneSidKey"),
    ("locale", "LocaleSidKey"),
    ("language", "LanguageLocaleKey"),
    ("emailEncoding", "EmailEncodingKey"),
    ("active", "IsActive"),
    ("profile", "ProfileId"),
];

#[derive(Clone, Debug, PartialEq)]
struct User {
    /// In the order of [`COLUMNS`], the profile by label; then the role by API name.
    values: [Value; 12],
    role: Option<String>,
}

impl Resource for User {
    fn attributes(&self) -> Attributes {
        let named = COLUMNS.iter().zip(&self.values);
        let mut attributes: Attributes = named
            .map(|((attribute, _), value)| ((*attribute).into(), value.clone(), None))
            .collect();
        attributes.push(("role".into(), json!(self.role), None));
        attributes
    }
}

/// Everything that is ever asked about a user.
const USERS: &str = "SELECT Id, Username, Email, FirstName, LastName, Alias, CommunityNickname, TimeZoneSidKey, LocaleSidKey, \
     LanguageLocaleKey, EmailEncodingKey, IsActive, ProfileId, Profile.Name, Profile.PermissionsViewAllData, UserRoleId, \
     UserRole.DeveloperName, (SELECT Id, PermissionSetId, PermissionSet.Name, PermissionSet.Label, \
     PermissionSet.NamespacePrefix, PermissionSet.IsOwnedByProfile FROM PermissionSetAssignments) FROM User";

/// The user of this name, with profile, role and permission sets.
pub fn question(username: &str) -> Selection {
    Selection::of(USERS, "Username", [username])
}

/// Active users whose profile sees all data: whoever plans is one of them, as a rule.
pub fn administrators() -> Selection {
    Selection {
        select: USERS,
        terms: Vec::new(),
    }
    .and_true("IsActive")
    .and_true("Profile.PermissionsViewAllData")
}

/// The users of a role.
pub fn members(role: &str) -> Selection {
    Selection::of(USERS, "UserRole.DeveloperName", [role])
}

/// The manifest's user as the org has it: under its earlier username where it is still to be renamed.
pub fn live<'a>(wanted: &manifest::User, facts: &'a Facts) -> Option<&'a Row> {
    let earlier = wanted.renamed_from.iter();
    std::iter::once(&wanted.username)
        .chain(earlier)
        .find_map(|username| facts.selected(&question(username)).first())
}

/// A user of that name who is somebody else: other name, other address, and not in the manifest's profile. Who means
/// it anyway writes that user's own name and address into the manifest.
fn somebody_else(wanted: &manifest::User, manifest: &Manifest, row: &Row) -> Option<Diagnostic> {
    let profile = manifest
        .spec
        .profile
        .as_ref()
        .map(|profile| profile.name.value.as_str());
    let same = |column: &str, value: &str| {
        row.text(column)
            .is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let ours = row.text("Profile.Name") == profile;
    if ours || (same("LastName", &wanted.last_name) && same("Email", &wanted.email)) {
        return None;
    }
    let text = |column: &str| row.text(column).unwrap_or("-");
    let message = format!(
        "`{}` exists and is {} {} <{}>, {}: apply would take this user over",
        wanted.username,
        text("FirstName"),
        text("LastName"),
        text("Email"),
        text("Profile.Name")
    );
    let help =
        "choose another username; if this user is meant, write its own lastName and email here";
    Some(
        Diagnostic::error(Code::UsernameOfAnother, message)
            .at(&wanted.username.place)
            .help(help),
    )
}

fn ask(manifest: &Manifest) -> Vec<Question> {
    let Some(user) = &manifest.spec.user else {
        return Vec::new();
    };
    let earlier = user
        .renamed_from
        .as_ref()
        .map(|earlier| Question::Rows(question(earlier)));
    std::iter::once(Question::Rows(question(&user.username)))
        .chain(earlier)
        .collect()
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.user else {
        return draft;
    };
    let row = live(wanted, facts);
    draft
        .findings
        .extend(row.and_then(|row| somebody_else(wanted, manifest, row)));
    draft.errors.extend(needs(manifest, wanted, row.is_some()));
    draft.errors.extend(unknown_names(manifest, facts));
    let live = row.map(read);
    let desired = overlay(wanted, manifest, live.as_ref(), facts);
    let address = Address::new(KIND.name, wanted.username.value.clone());
    let Some((action, fields)) = compare(live.as_ref(), Some(&desired)) else {
        return draft;
    };
    let Some(id) = row.and_then(|row| row.text("Id")) else {
        draft.errors.extend(no_seat(wanted, manifest, facts));
        let write = Write::Insert(record(&fields, manifest));
        draft.change(address, (action, fields), Stage::User, &wanted.place, write);
        if let Some(change) = draft.changes.last_mut() {
            change.irreversible = true;
        }
        return draft;
    };
    split(id, fields, manifest, address, &wanted.place, &mut draft);
    draft
}

/// A user in use keeps profile and role until the rules stand: those two come with the removals.
fn split(
    id: &str,
    fields: Vec<FieldChange>,
    manifest: &Manifest,
    address: Address,
    place: &Place,
    draft: &mut Draft,
) {
    let late = |field: &FieldChange| matches!(field.path.as_str(), "profile" | "role");
    let (last, first): (Vec<_>, Vec<_>) = fields.into_iter().partition(late);
    for (stage, fields) in [(Stage::User, first), (Stage::Removals, last)] {
        if !fields.is_empty() {
            let write = Write::Update(id.to_owned(), record(&fields, manifest));
            draft.change(
                address.clone(),
                (Action::Update, fields),
                stage,
                place,
                write,
            );
        }
    }
}

/// A new user needs a profile; that is the platform's rule, and the manifest is where it has to be said.
fn needs(manifest: &Manifest, wanted: &manifest::User, exists: bool) -> Option<Diagnostic> {
    let lacking = manifest.spec.profile.is_none() && !exists;
    let error = || {
        Diagnostic::error(Code::NewUserWithoutProfile, "a new user needs a profile")
            .at(&wanted.place)
    };
    lacking.then(|| error().help("add `spec.profile`"))
}

fn unknown_names(manifest: &Manifest, facts: &Facts) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    if let Some(profile) = &manifest.spec.profile {
        let known = || column(facts.rows(PROFILES), "Name");
        let lacking = profile.absent && !known().any(|name| name == profile.name.value);
        if lacking && !facts.offline {
            errors.push(unknown(
                Code::UnknownProfile,
                "profile",
                &profile.name,
                &profile.name.place,
                known(),
            ));
        }
    }
    errors
}

fn read(row: &Row) -> User {
    let values = COLUMNS.map(|(_, column)| match column {
        "ProfileId" => json!(row.text("Profile.Name")),
        other => row.get(other).cloned().unwrap_or(Value::Null),
    });
    User {
        values,
        role: row.text("UserRole.DeveloperName").map(str::to_owned),
    }
}

fn overlay(
    wanted: &manifest::User,
    manifest: &Manifest,
    live: Option<&User>,
    facts: &Facts,
) -> User {
    let organization = |column: &str, offline: &str| {
        let own = facts.organization().and_then(|row| row.text(column));
        own.or(facts.offline.then_some(offline)).map(str::to_owned)
    };
    let text = |stated: &Option<Sp<String>>| stated.as_ref().map(|stated| stated.value.clone());
    let profile = manifest
        .spec
        .profile
        .as_ref()
        .map(|profile| profile.name.value.clone());
    let stated: [Option<Value>; 12] = [
        Some(json!(wanted.username.value)),
        Some(json!(wanted.email.value)),
        text(&wanted.first_name).map(Value::from),
        Some(json!(wanted.last_name.value)),
        text(&wanted.alias).map(Value::from),
        text(&wanted.nickname).map(Value::from),
        text(&wanted.time_zone).map(Value::from),
        text(&wanted.locale).map(Value::from),
        text(&wanted.language).map(Value::from),
        text(&wanted.email_encoding).map(Value::from),
        wanted.active.as_ref().map(|active| json!(active.value)),
        profile.map(Value::from),
    ];
    let fallback = |attribute: &str| match attribute {
        "alias" => json!(alias(wanted)),
        "timeZone" => json!(organization("TimeZoneSidKey", "GMT")),
        "locale" => json!(organization("DefaultLocaleSidKey", "en_US")),
        "language" => json!(organization("LanguageLocaleKey", "en_US")),
        "emailEncoding" => json!("UTF-8"),
        "active" => json!(true),
        _ => Value::Null,
    };
    let mut values = stated.map(|value| value.unwrap_or(Value::Null));
    for (index, (attribute, _)) in COLUMNS.iter().enumerate() {
        if values[index].is_null() {
            values[index] =
                live.map_or_else(|| fallback(attribute), |live| live.values[index].clone());
        }
    }
    let role = manifest
        .spec
        .role
        .as_ref()
        .filter(|role| !role.absent)
        .map(|role| role.name.value.clone());
    User {
        values,
        role: role.or_else(|| live.and_then(|live| live.role.clone())),
    }
}

/// First letter of the first name and the last name, up to eight characters, as Setup proposes it.
fn alias(wanted: &manifest::User) -> String {
    let initial = wanted
        .first_name
        .as_ref()
        .and_then(|name| name.chars().next());
    let letters = initial.into_iter().chain(wanted.last_name.chars());
    letters
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(8)
        .collect()
}

/// The licence of the profile the user will have has no seat left.
fn no_seat(wanted: &manifest::User, manifest: &Manifest, facts: &Facts) -> Option<Diagnostic> {
    let name = licence(manifest, facts)?;
    let row = facts
        .rows(LICENSES)
        .iter()
        .find(|row| row.text("Name") == Some(&name))?;
    let (total, used) = (row.number("TotalLicenses")?, row.number("UsedLicenses")?);
    if used < total {
        return None;
    }
    let message = format!("no `{name}` licence is free: {used} of {total} are used");
    let help = "deactivate a user of that licence or buy a seat; nothing has been written";
    Some(
        Diagnostic::error(Code::NoLicenseFree, message)
            .at(&wanted.username.place)
            .help(help),
    )
}

fn licence(manifest: &Manifest, facts: &Facts) -> Option<String> {
    let profile = manifest.spec.profile.as_ref()?;
    let labels = [
        Some(profile.name.value.clone()),
        profile.clone_from.as_ref().map(|s| super::profile_label(s)),
    ];
    let rows = facts.rows(PROFILES);
    let find = |label: &String| rows.iter().find(|row| row.text("Name") == Some(label));
    let row = labels.iter().flatten().find_map(find)?;
    row.text("UserLicense.Name").map(str::to_owned)
}

fn record(fields: &[FieldChange], manifest: &Manifest) -> Record {
    let mut record = Record {
        object: "User",
        ..Record::default()
    };
    for field in fields {
        if let Some((column, value)) = column_value(field, manifest) {
            record.values.insert(column, value);
        }
    }
    record
}

fn role_id(name: &str) -> String {
    format!(
        "SELECT Id FROM UserRole WHERE DeveloperName = {}",
        soql::literal(name)
    )
}

fn profile_id(label: &str) -> String {
    format!(
        "SELECT Id FROM Profile WHERE Name = {}",
        soql::literal(label)
    )
}

/// The query that would look up the id of a component that a user refers to.
pub fn id_query(kind: &str, full_name: &str) -> Option<String> {
    match kind {
        "Role" => Some(role_id(full_name)),
        "Profile" => Some(profile_id(&super::profile_label(full_name))),
        _ => None,
    }
}

fn column_value(field: &FieldChange, manifest: &Manifest) -> Option<(&'static str, RecordValue)> {
    let name = field.after.as_str().unwrap_or_default();
    let by_name = |soql: String, what: &str| {
        RecordValue::Lookup(Lookup {
            what: format!("{what} `{name}`"),
            soql,
        })
    };
    match field.path.as_str() {
        "role" => Some(("UserRoleId", by_name(role_id(name), "role"))),
        "profile" => {
            manifest.spec.profile.as_ref()?;
            Some(("ProfileId", by_name(profile_id(name), "profile")))
        }
        path => {
            let (_, column) = COLUMNS.iter().find(|(attribute, _)| *attribute == path)?;
            Some((column, RecordValue::Literal(field.after.clone())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;

    #[test]
    fn an_alias_is_made_of_the_names_and_fits_eight_characters() {
        let place = Place::start_of(&"m.yaml".into());
        let text = |value: &str| Sp::new(value.to_owned(), place.clone());
        let user = |first: Option<&str>, last: &str| manifest::User {
            username: text("a@b.example"),
            email: text("a@b.example"),
            first_name: first.map(text),
            last_name: text(last),
            alias: None,
            nickname: None,
            time_zone: None,
            locale: None,
            language: None,
            email_encoding: None,
            active: None,
            renamed_from: None,
            place: place.clone(),
        };
        for (first, last, expected) in [
            (Some("HubSpot"), "Integration", "hintegra"),
            (None, "Bot", "bot"),
            (Some("Éva"), "O'Neil", "éoneil"),
        ] {
            assert_eq!(alias(&user(first, last)), expected);
        }
    }
}
