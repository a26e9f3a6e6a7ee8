//! Users. A user can never be deleted, only deactivated, and a username is unique across all orgs: it is looked up
//! before anything is written, and a lost answer is looked up too.

mod described;
mod further;
mod licence;
mod profile;
mod sandbox;

use super::stands::laid_open;
use super::{Attributed, Draft, Kind, compare};
use crate::address::Address;
use crate::change::{Action, Attributes, FieldChange, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Live, LiveUser, Need, Reference};
use crate::manifest::{self, Manifest, Sp};
use serde_json::json;
use std::borrow::Cow;

use further::Further;
use licence::no_seat;
pub(super) use licence::profile_after;
pub use licence::unchanged_profile;
use profile::{label_after, lacks_profile, unknown_profile};

/// Users.
pub(super) static KIND: Kind = Kind {
    name: "user",
    noun: "user",
    needs,
    propose,
};

/// Attributes with the column each is written to (object reference, User). Profile and role are written by id.
const COLUMNS: [(&str, &str); 11] = [
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
];

/// A text is `None` where there is none, in the org or in the manifest.
#[derive(Clone, Debug, PartialEq)]
struct UserState {
    username: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    alias: Option<String>,
    nickname: Option<String>,
    time_zone: Option<String>,
    locale: Option<String>,
    language: Option<String>,
    email_encoding: Option<String>,
    active: bool,
    /// Its profile's label.
    profile: Option<String>,
    /// Its role's API name.
    role: Option<String>,
    /// What the manifest states besides.
    further: Further,
}

impl Attributed for UserState {
    fn attributes(&self) -> Attributes {
        let attributes = [
            ("username", json!(self.username)),
            ("email", json!(self.email)),
            ("firstName", json!(self.first_name)),
            ("lastName", json!(self.last_name)),
            ("alias", json!(self.alias)),
            ("nickname", json!(self.nickname)),
            ("timeZone", json!(self.time_zone)),
            ("locale", json!(self.locale)),
            ("language", json!(self.language)),
            ("emailEncoding", json!(self.email_encoding)),
            ("active", json!(self.active)),
            ("profile", json!(self.profile)),
            ("role", json!(self.role)),
        ];
        let named = attributes.into_iter();
        let named = named.map(|(name, value)| (name.to_owned(), value));
        let further = self.further.iter();
        let further = further.map(|(path, value)| (path.clone(), value.clone()));
        named
            .chain(further)
            .map(|(path, value)| (path, value, None))
            .collect()
    }
}

/// A user of that name who is somebody else: other name, other address, and not in the manifest's profile. Who means
/// it anyway writes that user's own name and address into the manifest.
fn somebody_else(
    wanted: &manifest::User,
    manifest: &Manifest,
    user: &LiveUser,
    live: &Live,
) -> Option<Diagnostic> {
    let profile = label_after(manifest, live);
    let same = |known: &Option<String>, value: &str| {
        let known = known.as_ref();
        known.is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let ours = profile.is_some() && user.profile == profile;
    let reached = same(&user.email, &wanted.email) || has_address_of_copy(wanted, user, live);
    if ours || (reached && same(&user.last_name, &wanted.last_name)) {
        return None;
    }
    let text = |known: &Option<String>| known.clone().unwrap_or_else(|| "-".to_owned());
    let message = format!(
        "`{}` exists and is {} {} <{}>, {}: apply would take this user over",
        wanted.username,
        text(&user.first_name),
        text(&user.last_name),
        text(&user.email),
        text(&user.profile)
    );
    let help =
        "choose another username; if this user is meant, write its own lastName and email here";
    Some(
        Diagnostic::error(Code::UsernameOfAnother, message)
            .at(&wanted.username.place)
            .help(help),
    )
}

/// Whether a refresh of the sandbox has made the wanted address the user's.
fn has_address_of_copy(wanted: &manifest::User, user: &LiveUser, live: &Live) -> bool {
    let known = user.email.as_deref();
    known.is_some_and(|known| sandbox::is_address_of_copy(known, &wanted.email, live))
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let user = manifest.spec.user.as_ref();
    let names = user.map(|user| std::iter::once(&user.username).chain(&user.renamed_from));
    let names = names.into_iter().flatten();
    let named = names.map(|name| Need::User(name.value.clone()));
    let further = user.into_iter().flat_map(further::needs);
    named
        .chain(user.map(|_| Need::UserFields))
        .chain(further)
        .collect()
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    let Some(wanted) = &manifest.spec.user else {
        return draft;
    };
    let user = live.user_of(wanted);
    draft
        .findings
        .extend(user.and_then(|user| somebody_else(wanted, manifest, user, live)));
    draft
        .errors
        .extend(lacks_profile(manifest, wanted, user.is_some()));
    draft.errors.extend(unknown_profile(manifest, live));
    draft.errors.extend(described::check(wanted, user, live));
    draft.errors.extend(further::check(wanted, user, live));
    let today = user.map(|user| read(user, further::today(wanted, user, live)));
    let mut desired = overlay(wanted, manifest, today.as_ref(), live);
    if let Some(user) = user.filter(|user| has_address_of_copy(wanted, user, live)) {
        desired.email.clone_from(&user.email);
    }
    let address = Address::new(KIND.name, wanted.username.value.clone());
    let Some((action, fields)) = compare(today.as_ref(), Some(&desired)) else {
        return draft;
    };
    let Some(user) = user else {
        draft.errors.extend(no_seat(wanted, manifest, live));
        let write = Write::Insert(record(&fields, manifest));
        draft.change(address, (action, fields), Stage::User, &wanted.place, write);
        if let Some(change) = draft.changes.last_mut() {
            change.irreversible = true;
        }
        return draft;
    };
    split(
        &user.id,
        fields,
        manifest,
        address,
        &wanted.place,
        &mut draft,
    );
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

/// A user as the org has it, laid open.
pub(super) fn stands(username: &str, live: &Live) -> Option<Attributes> {
    laid_open(&read(live.user(username).found()?, Further::new()))
}

fn read(user: &LiveUser, further: Further) -> UserState {
    UserState {
        username: user.username.clone(),
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        alias: user.alias.clone(),
        nickname: user.nickname.clone(),
        time_zone: user.time_zone.clone(),
        locale: user.locale.clone(),
        language: user.language.clone(),
        email_encoding: user.email_encoding.clone(),
        active: user.active,
        profile: user.profile.clone(),
        role: user.role.clone(),
        further,
    }
}

/// What the manifest states; else what the org has; else what a new user gets.
fn overlay(
    wanted: &manifest::User,
    manifest: &Manifest,
    today: Option<&UserState>,
    live: &Live,
) -> UserState {
    let stated = |stated: &Option<Sp<String>>, today: Option<&Option<String>>| {
        let stated = stated.as_ref().map(|stated| stated.value.clone());
        stated.or_else(|| today.cloned().flatten())
    };
    let organization = live.organization().learnt();
    let new = |of_org: Option<&Option<String>>, offline: &str| match today {
        Some(_) => None,
        None if live.offline => Some(offline.to_owned()),
        None => of_org.cloned().flatten(),
    };
    let profile = label_after(manifest, live);
    let role = manifest.spec.role.as_ref().filter(|role| !role.absent);
    let role = role.map(|role| role.name.value.clone());
    let of_new = |value: String| today.is_none().then_some(value);
    UserState {
        username: wanted.username.value.clone(),
        email: Some(wanted.email.value.clone()),
        first_name: stated(&wanted.first_name, today.map(|user| &user.first_name)),
        last_name: Some(wanted.last_name.value.clone()),
        alias: stated(&wanted.alias, today.map(|user| &user.alias))
            .or_else(|| of_new(alias(wanted))),
        nickname: stated(&wanted.nickname, today.map(|user| &user.nickname)),
        time_zone: stated(&wanted.time_zone, today.map(|user| &user.time_zone))
            .or_else(|| new(organization.map(|org| &org.time_zone), "GMT")),
        locale: stated(&wanted.locale, today.map(|user| &user.locale))
            .or_else(|| new(organization.map(|org| &org.locale), "en_US")),
        language: stated(&wanted.language, today.map(|user| &user.language))
            .or_else(|| new(organization.map(|org| &org.language), "en_US")),
        email_encoding: stated(
            &wanted.email_encoding,
            today.map(|user| &user.email_encoding),
        )
        .or_else(|| of_new("UTF-8".to_owned())),
        active: match &wanted.active {
            Some(active) => active.value,
            None => today.is_none_or(|user| user.active),
        },
        profile: profile.or_else(|| today.and_then(|user| user.profile.clone())),
        role: role.or_else(|| today.and_then(|user| user.role.clone())),
        further: further::desired(wanted),
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

fn column_value(
    field: &FieldChange,
    manifest: &Manifest,
) -> Option<(Cow<'static, str>, RecordValue)> {
    let spec = &manifest.spec;
    let states_profile = spec.profile.is_some() || spec.existing_profile.is_some();
    column_of(field).filter(|_| field.path != "profile" || states_profile)
}

/// The record that gives a user these values; a role that is null goes.
pub fn user_columns(fields: &[FieldChange]) -> Record {
    Record {
        object: "User",
        values: fields.iter().filter_map(column_of).collect(),
    }
}

fn column_of(field: &FieldChange) -> Option<(Cow<'static, str>, RecordValue)> {
    let name = field.after.as_str().unwrap_or_default();
    let name = name.to_owned();
    match field.path.as_str() {
        "role" if field.after.is_null() => {
            Some(("UserRoleId".into(), RecordValue::Literal(json!(null))))
        }
        "role" => Some((
            "UserRoleId".into(),
            RecordValue::Lookup(Reference::Role(name)),
        )),
        "profile" => Some((
            "ProfileId".into(),
            RecordValue::Lookup(Reference::Profile(name)),
        )),
        path => {
            let usual = COLUMNS.iter().find(|(attribute, _)| *attribute == path);
            let usual = usual.map(|(_, column)| Cow::Borrowed(*column));
            let column = usual.or_else(|| further::column(path).map(Cow::Owned))?;
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
            features: Vec::new(),
            currency: None,
            federation_id: None,
            fields: std::collections::BTreeMap::new(),
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
