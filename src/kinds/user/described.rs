//! What a user takes, as the org describes it: found out before one is made, for nobody can delete a user.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds::picklist::Picklist;
use crate::live::{Described, DescribedField, Live, LiveUser};
use crate::manifest::{self, Sp};

/// What is wrong with what the manifest says of the user, as far as the org describes users.
pub(super) fn check(
    wanted: &manifest::User,
    user: Option<&LiveUser>,
    live: &Live,
) -> Vec<Diagnostic> {
    let Some(described) = live.user_fields().found() else {
        return Vec::new();
    };
    let mut errors: Vec<Diagnostic> = stated(wanted, user)
        .into_iter()
        .filter_map(|stated| unlisted(&stated, described))
        .collect();
    if user.is_none() {
        errors.extend(lacking(wanted, described));
    }
    errors
}

/// A value that the manifest states, of a field that lists what it takes.
struct Stated<'a> {
    key: &'static str,
    column: &'static str,
    value: &'a Option<Sp<String>>,
    today: Option<&'a String>,
}

fn stated<'a>(wanted: &'a manifest::User, user: Option<&'a LiveUser>) -> [Stated<'a>; 4] {
    let stated = |key, column, value, today: fn(&LiveUser) -> &Option<String>| Stated {
        key,
        column,
        value,
        today: user.and_then(|user| today(user).as_ref()),
    };
    [
        stated("timeZone", "TimeZoneSidKey", &wanted.time_zone, |user| {
            &user.time_zone
        }),
        stated("locale", "LocaleSidKey", &wanted.locale, |user| {
            &user.locale
        }),
        stated("language", "LanguageLocaleKey", &wanted.language, |user| {
            &user.language
        }),
        stated(
            "emailEncoding",
            "EmailEncodingKey",
            &wanted.email_encoding,
            |user| &user.email_encoding,
        ),
    ]
}

/// A value that would be written and that the org does not take. The four fields are restricted picklists (Object
/// reference, User).
fn unlisted(stated: &Stated, described: &Described) -> Option<Diagnostic> {
    let value = stated.value.as_ref()?;
    if stated.today == Some(&value.value) {
        return None;
    }
    let field = DescribedField {
        restricted_picklist: true,
        ..described.field(stated.column)?.clone()
    };
    Picklist::described(&field, None).unlisted(stated.key, value, &value.place)
}

/// Fields that a new user needs and that a manifest has no key for.
fn lacking(wanted: &manifest::User, described: &Described) -> Option<Diagnostic> {
    let needed = |field: &&DescribedField| {
        let filled = field.defaulted_on_create || field.default_value_formula.is_some();
        let required = field.nillable == Some(false) && field.kind != "boolean";
        field.custom && field.createable && required && !filled
    };
    let fields = described.fields.iter().filter(needed);
    let names: Vec<String> = fields.map(|field| format!("`{}`", field.name)).collect();
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    let message = format!("the org makes no user without {names}, and a manifest cannot state it");
    let help = "give the field a default value, or no longer require it (Setup > Object Manager > User); or make the \
                user by hand with this username, lastName and email, and plan again";
    let error = Diagnostic::error(Code::UserFieldNotStated, message);
    Some(error.at(&wanted.username.place).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Need};
    use serde_json::{Value, json};

    /// The messages for a new user with these lines, in an org that describes users so.
    fn messages(lines: &str, fields: &Value) -> Vec<(String, Option<String>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  user:\n    \
             username: a@acme.example\n    email: a@acme.example\n    lastName: A\n{lines}"
        );
        std::fs::write(&file, text).expect("written");
        let manifests = manifest::load(&[file], &[], &[], &|_| None).expect("valid");
        let spec = &manifests.first().expect("one").spec;
        let mut live = Live::default();
        let described = serde_json::from_value(json!({"fields": fields})).expect("a describe");
        live.tell(Need::UserFields, Answer::Described(Some(described)));
        let errors = check(spec.user.as_ref().expect("a user"), None, &live);
        let each = errors.into_iter();
        each.map(|error| (error.message, error.help)).collect()
    }

    fn picklist(name: &str, values: &[(&str, &str)]) -> Value {
        let value =
            |(value, label): &(&str, &str)| json!({"value": value, "label": label, "active": true});
        let values: Vec<Value> = values.iter().map(value).collect();
        json!({"name": name, "type": "picklist", "picklistValues": values})
    }

    #[test]
    fn what_the_org_lists_is_all_it_takes() {
        let zones: Vec<String> = (0..9)
            .map(|number| format!("Africa/Town{number}"))
            .collect();
        let mut zones: Vec<(&str, &str)> = zones.iter().map(|zone| (zone.as_str(), "")).collect();
        zones.push(("Europe/Lisbon", "Western"));
        let languages = [("pt_PT", "Portuguese"), ("pt_BR", "Portuguese (Brazil)")];
        let fields = json!([
            picklist("TimeZoneSidKey", &zones),
            picklist("LanguageLocaleKey", &languages),
            picklist("LocaleSidKey", &[]),
        ]);
        let wrong =
            "    timeZone: Europe/Oberammergau\n    language: Portuguese\n    locale: xx_YY\n";
        let messages = messages(wrong, &fields);
        let [(zone, zones), (language, write)] = messages.as_slice() else {
            panic!("{messages:?}");
        };
        assert_eq!(
            zone,
            "`Europe/Oberammergau` is no value of the picklist `timeZone`"
        );
        let zones = zones.as_deref().unwrap_or_default();
        assert!(zones.starts_with("it has Europe/Lisbon, "), "{zones}");
        assert!(language.starts_with("`Portuguese` is a label of the picklist `language`"));
        assert_eq!(write.as_deref(), Some("write `pt_PT`"));
        let right = "    timeZone: Europe/Lisbon\n    language: pt_BR\n";
        assert!(super::tests::messages(right, &fields).is_empty());
    }

    #[test]
    fn a_field_that_no_manifest_can_state_and_no_user_can_lack_is_told() {
        let field = |name: &str, change: Value| {
            let mut field = json!({"name": name, "type": "string", "custom": true, "createable": true,
                "nillable": false, "defaultedOnCreate": false, "defaultValueFormula": null});
            let all = field.as_object_mut().expect("a map");
            all.extend(change.as_object().cloned().expect("a map"));
            field
        };
        let harmless = [
            field("A__c", json!({"nillable": true})),
            field("B__c", json!({"defaultedOnCreate": true})),
            field("C__c", json!({"defaultValueFormula": "'x'"})),
            field("D__c", json!({"createable": false})),
            field("E__c", json!({"type": "boolean"})),
            field("Alias", json!({"custom": false})),
        ];
        assert!(messages("", &json!(harmless)).is_empty());
        let needed = [field("Plant__c", json!({})), field("Badge__c", json!({}))];
        let told =
            "the org makes no user without `Plant__c`, `Badge__c`, and a manifest cannot state it";
        let messages = messages("", &json!(needed));
        assert_eq!(
            messages.first().map(|(message, _)| message.as_str()),
            Some(told)
        );
        assert_eq!(messages.len(), 1);
    }
}
