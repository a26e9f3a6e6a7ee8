//! Objects, fields, defaults and sharing rules of the demo org.

use crate::schema;
use crate::store::{
    AccessLevel, CriteriaItem, FieldSchema, FieldType, ObjectSchema, Org, PicklistValue, Principal,
    RuleScope, SharingModel, SharingRule, SharingState,
};

/// The demo org's own object, private so that rules on it mean something.
pub(super) const PARTNER_DEAL: &str = "Partner_Deal__c";
/// The HubSpot package's object.
pub(super) const INTELLIGENCE: &str = "HubSpot_Inc__HubSpot_Intelligence__c";

/// Internal and external default of the standard objects.
const DEFAULTS: [(&str, SharingModel, SharingModel); 6] = [
    ("Account", SharingModel::ReadWrite, SharingModel::Private),
    (
        "Contact",
        SharingModel::ControlledByParent,
        SharingModel::ControlledByParent,
    ),
    (
        "Lead",
        SharingModel::ReadWriteTransfer,
        SharingModel::Private,
    ),
    (
        "Opportunity",
        SharingModel::ReadWrite,
        SharingModel::Private,
    ),
    (
        "Case",
        SharingModel::ReadWriteTransfer,
        SharingModel::Private,
    ),
    ("Campaign", SharingModel::FullAccess, SharingModel::Private),
];

/// Adds everything.
pub(super) fn add(org: &mut Org) {
    for (object, internal, external) in DEFAULTS {
        if let Some(object) = org.objects.make_mut().get_mut(object) {
            object.sharing = SharingState::settled(internal, external);
        }
    }
    add_objects(org);
    add_fields(org);
    add_rules(org);
}

fn add_objects(org: &mut Org) {
    for (name, label, plural, model) in [
        (
            PARTNER_DEAL,
            "Partner Deal",
            "Partner Deals",
            SharingModel::Private,
        ),
        (
            INTELLIGENCE,
            "HubSpot Intelligence",
            "HubSpot Intelligence",
            SharingModel::ReadWrite,
        ),
    ] {
        let prefix = schema::unused_key_prefix(org).unwrap_or_default();
        let mut object = schema::custom_object(name, label, plural, &prefix);
        object.durable_id = org.next_id("01I");
        object.sharing = SharingState::settled(model, SharingModel::Private);
        org.objects.make_mut().insert(name.to_owned(), object);
    }
}

fn add_fields(org: &mut Org) {
    for object in ["Lead", "Contact"] {
        add_field(
            org,
            object,
            checkbox("Sync_to_HubSpot__c", "Sync to HubSpot"),
        );
    }
    add_field(org, "Lead", number("Score__c", "Score", 3, 0));
    add_field(
        org,
        "Lead",
        picklist(
            "Product_Interest__c",
            "Product Interest",
            &["Rooftop", "Field", "Offshore"],
        ),
    );
    add_field(
        org,
        "Account",
        picklist("Tier__c", "Tier", &["Gold", "Silver", "Bronze"]),
    );
    add_field(
        org,
        PARTNER_DEAL,
        picklist("Region__c", "Region", &["North", "South"]),
    );
    add_field(
        org,
        PARTNER_DEAL,
        FieldSchema {
            kind: FieldType::Currency,
            ..number("Value__c", "Value", 18, 2)
        },
    );
    add_field(
        org,
        PARTNER_DEAL,
        lookup("Account__c", "Account", "Account"),
    );
    add_field(
        org,
        INTELLIGENCE,
        lookup("HubSpot_Inc__Lead__c", "Lead", "Lead"),
    );
}

fn add_field(org: &mut Org, object: &str, mut field: FieldSchema) {
    field.id = Some(org.next_id("00N"));
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        object.fields.insert(field.name.clone(), field);
    }
}

fn field(name: &str, label: &str, kind: FieldType) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        label: label.into(),
        kind,
        nillable: true,
        createable: true,
        updateable: true,
        custom: true,
        permissionable: true,
        ..FieldSchema::default()
    }
}

fn checkbox(name: &str, label: &str) -> FieldSchema {
    let default_value = Some(false.into());
    FieldSchema {
        nillable: false,
        defaulted_on_create: true,
        default_value,
        ..field(name, label, FieldType::Boolean)
    }
}

fn number(name: &str, label: &str, precision: u32, scale: u32) -> FieldSchema {
    FieldSchema {
        precision,
        scale,
        ..field(name, label, FieldType::Double)
    }
}

fn picklist(name: &str, label: &str, values: &[&str]) -> FieldSchema {
    let value = |value: &&str| PicklistValue {
        value: (*value).into(),
        label: (*value).into(),
        default: false,
        active: true,
    };
    let picklist = values.iter().map(value).collect();
    FieldSchema {
        length: 255,
        picklist,
        restricted_picklist: true,
        ..field(name, label, FieldType::Picklist)
    }
}

fn lookup(name: &str, label: &str, target: &str) -> FieldSchema {
    let relationship_name = Some(name.replace("__c", "__r"));
    FieldSchema {
        length: 18,
        reference_to: vec![target.into()],
        relationship_name,
        ..field(name, label, FieldType::Reference)
    }
}

fn add_rules(org: &mut Org) {
    let role = |name: &str| Principal {
        kind: "role".into(),
        name: Some(name.into()),
    };
    let channel = SharingRule {
        object: PARTNER_DEAL.into(),
        name: "Channel_deals_to_sales_operations".into(),
        label: "Channel deals to sales operations".into(),
        scope: RuleScope::Owner(role("Channel_Sales")),
        shared_to: role("Sales_Operations"),
        access: AccessLevel::Read,
        ..SharingRule::default()
    };
    let north = SharingRule {
        object: PARTNER_DEAL.into(),
        name: "Northern_deals_to_the_desk".into(),
        label: "Northern deals to the desk".into(),
        scope: RuleScope::Criteria {
            items: vec![CriteriaItem {
                field: "Region__c".into(),
                operation: "equals".into(),
                value: "North".into(),
            }],
            boolean_filter: None,
            include_records_owned_by_all: true,
        },
        shared_to: Principal {
            kind: "group".into(),
            name: Some("Deal_Desk".into()),
        },
        access: AccessLevel::Edit,
        ..SharingRule::default()
    };
    for rule in [channel, north] {
        org.rules.insert(rule.full_name(), rule.clone());
        org.rules_in_force.insert(rule.full_name(), rule);
    }
}

/// The object's API name and the names of its custom fields, for whoever grants them.
pub(super) fn custom_fields(object: &ObjectSchema) -> impl Iterator<Item = String> {
    object
        .fields
        .values()
        .filter(|field| field.custom)
        .map(|field| format!("{}.{}", object.name, field.name))
}
