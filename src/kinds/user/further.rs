//! What a manifest states of a user beyond the columns that every user has: features, currency, the id for single sign-on and
//! other fields.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::kinds::unknown_name;
use crate::live::{Described, Known, Live, LiveUser, Need, UserNeed};
use crate::manifest::{self, Scalar};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How columns of features begin (object reference, User).
const FEATURE: &str = "UserPermissions";
/// The column of a user's currency, in orgs with several.
const CURRENCY: &str = "DefaultCurrencyIsoCode";
/// The column of the id for single sign-on.
const FEDERATION_ID: &str = "FederationIdentifier";

/// A value that the manifest states.
pub(super) struct FurtherValue<'a> {
    /// The attribute, in the manifest's words: `features.MarketingUser`.
    pub(super) path: String,
    /// The column that holds it.
    pub(super) column: String,
    value: Value,
    /// What it is, for the sentence that the org has none of that name.
    what: &'static str,
    /// Its name in the manifest.
    name: &'a str,
    place: &'a Place,
}

/// Values by path.
pub(super) type Further = BTreeMap<String, Value>;

pub(super) fn stated(wanted: &manifest::User) -> Vec<FurtherValue<'_>> {
    let features = wanted.features.iter().map(|name| FurtherValue {
        path: format!("features.{name}"),
        column: format!("{FEATURE}{name}"),
        value: json!(true),
        what: "feature of users",
        name,
        place: &name.place,
    });
    let single = [
        ("currency", CURRENCY, &wanted.currency),
        ("federationId", FEDERATION_ID, &wanted.federation_id),
    ];
    let single = single.into_iter().filter_map(|(path, column, stated)| {
        let stated = stated.as_ref()?;
        Some(FurtherValue {
            path: path.to_owned(),
            column: column.to_owned(),
            value: json!(stated.value),
            what: path,
            name: path,
            place: &stated.place,
        })
    });
    let fields = wanted.fields.iter().map(|(name, value)| FurtherValue {
        path: format!("fields.{name}"),
        column: name.clone(),
        value: plain(value),
        what: "field of users",
        name,
        place: &value.place,
    });
    features.chain(single).chain(fields).collect()
}

/// The column of an attribute.
pub(super) fn column(path: &str) -> Option<String> {
    match path.split_once('.') {
        Some(("features", name)) => Some(format!("{FEATURE}{name}")),
        Some(("fields", name)) => Some(name.to_owned()),
        None if path == "currency" => Some(CURRENCY.to_owned()),
        None if path == "federationId" => Some(FEDERATION_ID.to_owned()),
        _ => None,
    }
}

fn plain(value: &Scalar) -> Value {
    match value {
        Scalar::Bool(on) => json!(on),
        Scalar::Number(digits) => digits
            .parse::<f64>()
            .map_or_else(|_| json!(digits), |number| json!(number)),
        Scalar::Text(text) => json!(text),
    }
}

fn columns(wanted: &manifest::User) -> BTreeSet<String> {
    stated(wanted).into_iter().map(|one| one.column).collect()
}

pub(super) fn needs(wanted: &manifest::User) -> Vec<Need> {
    let columns = columns(wanted);
    let names = wanted.names().filter(|_| !columns.is_empty());
    names
        .map(|name| Need::OfUser(UserNeed::Values(name.clone(), columns.clone())))
        .collect()
}

/// What the manifest states, all of it.
pub(super) fn desired(wanted: &manifest::User) -> Further {
    let stated = stated(wanted).into_iter();
    stated.map(|one| (one.path, one.value)).collect()
}

/// The same as the org has it.
pub(super) fn today(wanted: &manifest::User, user: &LiveUser, live: &Live) -> Further {
    let known = known(wanted, user, live).learnt();
    let value = |one: &FurtherValue| {
        let value = known.and_then(|values| values.get(&one.column)).cloned();
        let value = value.unwrap_or_default();
        match (&one.value, &value) {
            (Value::Bool(_), Value::Null) => json!(false),
            (Value::Number(_), Value::Number(number)) => json!(number.as_f64()),
            _ => value,
        }
    };
    let stated = stated(wanted).into_iter();
    stated.map(|one| (one.path.clone(), value(&one))).collect()
}

fn known<'a>(
    wanted: &manifest::User,
    user: &LiveUser,
    live: &'a Live,
) -> Known<&'a BTreeMap<String, Value>> {
    let asked = |name: &str| live.user_values(name, columns(wanted));
    let mut names = wanted
        .names()
        .filter(|name| name.eq_ignore_ascii_case(&user.username));
    names.next().map_or(Known::NotAsked, |name| asked(name))
}

/// Columns that users of this org do not have, and values that it did not tell.
pub(super) fn check(
    wanted: &manifest::User,
    user: Option<&LiveUser>,
    live: &Live,
) -> Vec<Diagnostic> {
    let stated = stated(wanted);
    let Some(described) = live.user_fields().found() else {
        return Vec::new();
    };
    let lacking = stated
        .iter()
        .filter(|one| described.field(&one.column).is_none());
    let lacking: Vec<Diagnostic> = lacking.map(|one| one.unknown(described)).collect();
    let refused = user.map(|user| known(wanted, user, live));
    let refused = refused.as_ref().and_then(|known| known.refused());
    match (refused, stated.first()) {
        (Some(refused), Some(first)) if lacking.is_empty() => {
            let message = format!("what the user has is not known: {refused}");
            let error = Diagnostic::error(Code::OrgRefused, message).at(first.place);
            vec![error.help("log in as an administrator who may see these fields of users")]
        }
        _ => lacking,
    }
}

impl FurtherValue<'_> {
    fn unknown(&self, described: &Described) -> Diagnostic {
        if self.column == CURRENCY {
            let message = "users of this org have no currency of their own: it has one currency";
            let error = Diagnostic::error(Code::UnknownField, message).at(self.place);
            return error.help("take `currency` out");
        }
        let is_feature = self.path.starts_with("features.");
        let known = described
            .fields
            .iter()
            .filter_map(|field| match is_feature {
                true => field.name.strip_prefix(FEATURE),
                false => Some(field.name.as_str()),
            });
        unknown_name(Code::UnknownField, self.what, self.name, self.place, known)
    }
}
