//! Manifests of every kind and spelling, generated: each is valid by itself.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A label or description with what XML, YAML and file names have trouble with.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9 &<>\"'%é–]{0,12}[A-Za-z]"
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9]{0,8}"
}

/// An object of the entries that are under `present`, in one.
fn with(required: Value, optional: Vec<(&str, Option<Value>)>) -> Value {
    let mut object = match required {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let stated = optional
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    object.extend(stated);
    Value::Object(object)
}

fn maybe<T: Into<Value> + std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<Value>> {
    prop::option::of(strategy.prop_map(Into::into))
}

/// A custom field of any type, on an object of any sort.
fn field() -> impl Strategy<Value = Value> {
    let plain = prop::sample::select(vec![
        "TextArea", "Email", "Phone", "Url", "Date", "DateTime",
    ]);
    let kind = prop_oneof![
        any::<bool>().prop_map(|default| json!({"type": "Checkbox", "default": default})),
        (1..=255u32).prop_map(|length| json!({"type": "Text", "length": length})),
        (1..=18u32, 0..18u32).prop_map(|(precision, scale)| json!({
            "type": "Number", "precision": precision, "scale": scale % precision
        })),
        prop::collection::btree_set(words(), 1..4)
            .prop_map(|values| json!({"type": "Picklist", "values": values})),
        plain.prop_map(|kind| json!({"type": kind})),
    ];
    let texts = (words(), maybe(words()), maybe(words()));
    (object(), name(), kind, texts).prop_map(|(object, name, kind, (label, help, description))| {
        let field = with(kind, vec![("helpText", help), ("description", description)]);
        with(
            field,
            vec![
                ("object", Some(json!(object))),
                ("name", Some(json!(format!("{name}__c")))),
                ("label", Some(json!(label))),
            ],
        )
    })
}

fn object() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Lead", "Contact", "Account", "Case", "Campaign", "Deal__c",
    ])
}

fn profile() -> impl Strategy<Value = Value> {
    let flags = ["read", "edit", "delete", "viewAll", "modifyAll"];
    let granted = (0..=flags.len()).prop_map(move |count| json!(flags[..count]));
    let others = prop::sample::select(vec!["Opportunity", "Product2", "Other__c", "ns__Its__c"]);
    let objects = prop::collection::btree_map(others, granted, 0..4);
    let permission =
        prop::sample::select(vec!["ApiEnabled", "ViewSetup", "RunReports", "EditTask"]);
    let permissions = prop::collection::btree_map(permission, any::<bool>(), 0..4);
    (words(), objects, permissions, maybe(words())).prop_map(
        |(name, objects, permissions, description)| {
            let profile = json!({
                "name": name, "cloneFrom": "System Administrator",
                "objectPermissions": objects, "userPermissions": permissions,
            });
            with(profile, vec![("description", description)])
        },
    )
}

fn role() -> impl Strategy<Value = Value> {
    (name(), maybe(words()), maybe(name()), any::<[bool; 3]>()).prop_map(
        |(name, label, parent, levels)| {
            let role = json!({"name": format!("R{name}")});
            let edit = |stated: bool| stated.then(|| json!("Edit"));
            let [contact, opportunity, case] = levels.map(edit);
            with(
                role,
                vec![
                    ("label", label),
                    (
                        "parent",
                        parent.map(|parent| {
                            json!(format!("P{}", parent.as_str().unwrap_or_default()))
                        }),
                    ),
                    ("contactAccess", contact),
                    ("opportunityAccess", opportunity),
                    ("caseAccess", case),
                ],
            )
        },
    )
}

/// Somebody to share with, or whose records are shared.
fn principal() -> impl Strategy<Value = Value> {
    let keys = [
        "role",
        "roleAndSubordinates",
        "roleAndSubordinatesInternal",
        "group",
    ];
    prop_oneof![
        Just(json!("allInternalUsers")),
        (prop::sample::select(keys.to_vec()), name())
            .prop_map(|(key, name)| json!({key: format!("A{name}")})),
    ]
}

/// A condition that any field can have, as far as nobody asks an org.
fn criterion() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec!["equals", "notEqual", "contains", "startsWith"]);
    let number = prop::sample::select(vec!["lessThan", "greaterOrEqual", "equals"]);
    let compared = prop_oneof![
        (text.clone(), "[a-z][ a-z&<>']{0,8}[a-z]")
            .prop_map(|(operator, value)| (operator, json!(value))),
        (text, prop::collection::btree_set("[a-z]{1,6}", 1..4))
            .prop_map(|(operator, values)| (operator, json!(values))),
        (number, any::<i16>()).prop_map(|(operator, value)| (operator, json!(value))),
        any::<bool>().prop_map(|value| ("equals", json!(value))),
        Just(("notEqual", json!(""))),
    ];
    (name(), compared).prop_map(|(field, (operator, value))| {
        json!({"field": format!("F{field}__c"), "operator": operator, "value": value})
    })
}

/// What a rule shares: records by criteria with logic over them, or by owner.
fn shared() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["AND", "OR"]);
    let criteria = (
        prop::collection::vec(criterion(), 1..4),
        prop::option::of(word),
        prop::option::of(any::<bool>()),
    );
    prop_oneof![
        criteria.prop_map(|(criteria, word, included)| {
            let numbers: Vec<String> = (1..=criteria.len())
                .map(|number| number.to_string())
                .collect();
            let logic = word.map(|word| json!(numbers.join(&format!(" {word} "))));
            let included = included.map(Value::from);
            with(
                json!({"criteria": criteria}),
                vec![("logic", logic), ("includeRecordsOwnedByAll", included)],
            )
        }),
        principal().prop_map(|owner| json!({"ownedBy": owner})),
    ]
}

fn rule() -> impl Strategy<Value = Value> {
    (
        shared(),
        maybe(words()),
        prop::option::of(principal()),
        maybe(words()),
    )
        .prop_map(|(shared, label, shared_to, description)| {
            with(
                shared,
                vec![
                    ("access", Some(json!("ReadWrite"))),
                    ("label", label),
                    ("sharedTo", shared_to),
                    ("description", description),
                ],
            )
        })
}

/// Default, kept access and rules of one object.
fn sharing() -> impl Strategy<Value = Value> {
    let kept = prop_oneof![
        words().prop_map(|profile| json!({"profile": profile, "access": "ViewAll"})),
        name().prop_map(|role| json!({"role": format!("K{role}"), "access": "ReadWrite"})),
        name().prop_map(|role| json!({"role": format!("K{role}"), "access": "ReadOnly", "andSubordinates": true})),
        Just(json!({"everyone": true, "access": "ReadOnly"})),
    ];
    let external = prop::option::of(Just(json!("Private")));
    let rules = prop::collection::vec(rule(), 0..4);
    (external, prop::option::of(kept), rules).prop_map(|(external, kept, rules)| {
        let rules: Vec<Value> = (rules.into_iter().enumerate())
            .map(|(number, rule)| with(rule, vec![("name", Some(json!(format!("Rule_{number}"))))]))
            .collect();
        let sharing = json!({"organizationWideDefault": "Private", "rules": rules});
        with(
            sharing,
            vec![
                ("externalDefault", external),
                ("keepAccess", kept.map(|kept| json!([kept]))),
            ],
        )
    })
}

/// A manifest as text: JSON, which every YAML reader reads.
pub(crate) fn manifest() -> impl Strategy<Value = String> {
    let user =
        json!({"username": "law@acme.example", "email": "a@acme.example", "lastName": "Law"});
    let sharing = prop::collection::btree_map(object(), sharing(), 0..4);
    let fields = prop::collection::vec(field(), 0..4);
    let user = prop::option::of(Just(user));
    (fields, profile(), role(), user, sharing).prop_map(|(fields, profile, role, user, sharing)| {
        let mut seen = std::collections::BTreeSet::new();
        let fields: Vec<Value> = fields
            .into_iter()
            .filter(|field| {
                seen.insert(format!("{}.{}", field["object"], field["name"]).to_lowercase())
            })
            .collect();
        let sharing: Vec<Value> = (sharing.into_iter())
            .map(|(object, sharing)| with(sharing, vec![("object", Some(json!(object)))]))
            .collect();
        let spec = json!({"fields": fields, "profile": profile, "role": role, "sharing": sharing});
        let manifest = json!({
            "apiVersion": "orgwright/v1", "kind": "IntegrationUser",
            "metadata": {"name": "law"}, "spec": with(spec, vec![("user", user)]),
        });
        manifest.to_string()
    })
}
