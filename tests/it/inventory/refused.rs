//! Each read of `access` refused by itself: whatever is told then is what is told without, or is not known.

use super::*;

/// What each read has in its address. That of the user itself and of what holds permissions is apart: nothing can be said
/// without.
const READS: [&str; 13] = [
    "sobjects/Organization",
    "PermissionSet/describe",
    "ExpirationDate",
    "IsRevoked",
    "LastLoginDate",
    "FROM%20UserLogin",
    "GROUP%20BY%20ProfileId",
    "Parent.IsOwnedByProfile%20%3D%20false",
    "PermissionSet.PermissionsViewSetup",
    "PermissionsAuthorApex",
    "FROM%20FieldPermissions",
    "FROM%20EntityDefinition",
    "FROM%20UserRecordAccess",
];

/// What may be worded otherwise: why something is not known, what a path comes to, and what follows from that.
const WORDED: [&str; 6] = [
    "unknown",
    "worst",
    "reaches",
    "reaches_all_data",
    "api_requests",
    "org",
];

/// Whether a number is within bounds.
fn holds(bounds: &serde_json::Map<String, Value>, number: Option<u64>) -> bool {
    let bound = |key: &str| bounds.get(key).and_then(Value::as_u64);
    bound("at_least") <= number && number <= bound("at_most")
}

/// Where something is told that is neither what is told without a refusal nor unknown.
fn untrue(whole: &Value, told: &Value, place: &str, found: &mut Vec<String>) {
    match (whole, told) {
        (_, Value::Null) => {}
        (Value::Number(number), Value::Object(bounds))
        | (Value::Object(bounds), Value::Number(number))
            if holds(bounds, number.as_u64()) => {}
        (Value::Object(whole), Value::Object(told)) => {
            for (key, value) in told {
                if !WORDED.contains(&key.as_str()) {
                    let whole = whole.get(key).unwrap_or(&Value::Null);
                    untrue(whole, value, &format!("{place}.{key}"), found);
                }
            }
        }
        (Value::Array(whole), Value::Array(told)) if whole.len() == told.len() => {
            for (index, (whole, told)) in whole.iter().zip(told).enumerate() {
                untrue(whole, told, &format!("{place}.{index}"), found);
            }
        }
        (whole, told) if whole == told => {}
        (whole, told) => found.push(format!("{place}: {whole} became {told}")),
    }
}

#[test]
fn a_refused_read_makes_nothing_untrue() {
    let stage = Stage::demo();
    let users = [ADMINISTRATOR, SELLER];
    let sorted = |mut told: Value| {
        for user in told["users"].as_array_mut().unwrap() {
            if let Some(paths) = user["escalation_paths"].as_array_mut() {
                paths.sort_by_key(|path| path["path"].to_string());
            }
        }
        told
    };
    let whole = sorted(stage.told(&users));
    let mut problems = Vec::new();
    let mut without_effect = Vec::new();
    for read in READS {
        stage.refuse(read);
        let told = sorted(stage.told(&users));
        let mut found = Vec::new();
        untrue(&whole, &told, "", &mut found);
        problems.extend(found.into_iter().map(|one| format!("{read}: {one}")));
        if told["users"] == whole["users"] && told["org"] == whole["org"] {
            without_effect.push(read);
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    // Defaults in force stand in the organization's row too, but for objects that it does not name.
    assert!(without_effect.len() <= 1, "{without_effect:?}");
}

#[test]
fn without_what_holds_permissions_the_rest_is_told_and_every_right_is_unknown() {
    let stage = Stage::demo();
    stage.refuse("HasActivationRequired");
    let told = stage.told(&[ADMINISTRATOR]);
    let ada = &told["users"][0];
    for key in ["objects", "permissions", "escalation_paths", "fields"] {
        assert!(ada[key].is_null(), "{key}: {}", ada[key]);
    }
    assert_eq!(ada["profile"], "System Administrator");
    assert_eq!(ada["login"]["mfa"], "phishing_resistant");
}
