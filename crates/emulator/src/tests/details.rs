//! Details of a master: no owner, no default of their own.

use super::*;
use crate::deploy::{self, Occasion};
use crate::sharing::Timing;
use crate::store::SharingModel;
use crate::{documents, xml};

const CRATE: &str = "<deploymentStatus>Deployed</deploymentStatus><label>Crate</label><nameField><label>Name</label><type>Text</type></nameField><pluralLabel>Crates</pluralLabel>";
const MASTER: &str = "<fullName>Barge__c</fullName><label>Barge</label><referenceTo>Barge__c</referenceTo><relationshipName>Crates</relationshipName><type>MasterDetail</type>";

/// Barges that are private, one of them the clerk's, with a crate on each.
fn harbour() -> Client {
    let private = "<label>Barge</label><sharingModel>Private</sharingModel>";
    let read = |object: &str| {
        format!(
            "<objectPermissions><allowRead>true</allowRead><object>{object}</object></objectPermissions>"
        )
    };
    let profile = [read("Barge__c"), read("Crate__c")].concat();
    Client::seeded(&[
        (
            "objects/Barge__c/Barge__c.object",
            &document("CustomObject", private),
        ),
        (
            "objects/Crate__c/Crate__c.object",
            &document("CustomObject", CRATE),
        ),
        (
            "objects/Crate__c/fields/Barge__c.field",
            &document("CustomField", MASTER),
        ),
        ("profiles/Clerk.profile", &document("Profile", &profile)),
        (
            "User.csv",
            "Username,Profile.Name\nclerk@barge.example,Clerk\n",
        ),
        (
            "Barge__c.csv",
            "Name,Owner.Username\nAnna,clerk@barge.example\nBelle,admin@embedded-org.example\n",
        ),
        ("Crate__c.csv", "Name,Barge__r.Name\nTea,Anna\nRope,Belle\n"),
    ])
}

/// What a deploy or a call of the metadata service says to a component.
pub(super) fn apply(
    client: &mut Client,
    kind: &str,
    name: &str,
    inside: &str,
) -> documents::Applied {
    let text = document(kind, inside);
    let parsed = xml::parse(&text).unwrap();
    let occasion = Occasion {
        user: client.world.org.organization.administrator.clone(),
        now: 0,
        timing: Timing::Due(0),
    };
    let setting = documents::Setting {
        single_call: true,
        version: 66,
    };
    deploy::change(&mut client.world.org, &occasion, (kind, name), |org| {
        documents::apply(org, kind, name, parsed.root_element(), &setting)
    })
}

#[test]
fn a_detail_has_neither_owner_nor_default() {
    let mut client = harbour();
    let soql = "SELECT InternalSharingModel, ExternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Crate__c'";
    let shown = client.query(soql)["records"][0].clone();
    assert_eq!(shown["InternalSharingModel"], "ControlledByParent");
    assert_eq!(shown["ExternalSharingModel"], "ControlledByParent");
    let (_, described) = client.call("GET", "sobjects/Crate__c/describe", Value::Null);
    let fields = described["fields"].as_array().unwrap();
    assert!(fields.iter().all(|field| field["name"] != "OwnerId"));
    assert_eq!(
        code(&client.query("SELECT OwnerId FROM Crate__c")),
        "INVALID_FIELD"
    );
    assert_eq!(
        code(&client.query("SELECT Id FROM Crate__Share")),
        "INVALID_TYPE"
    );
    let barge = client.id("SELECT Id FROM Barge__c WHERE Name = 'Anna'");
    let owner = client.world.org.organization.administrator.clone();
    let (status, refused) = client.call(
        "POST",
        "sobjects/Crate__c",
        json!({"Name": "Salt", "Barge__c": barge, "OwnerId": owner}),
    );
    assert_eq!((status, code(&refused)), (400, "INVALID_FIELD"));
    let crates = json!({"Name": "Salt", "Barge__c": barge});
    assert_eq!(client.call("POST", "sobjects/Crate__c", crates).0, 201);
}

#[test]
fn whoever_sees_the_master_sees_its_details() {
    let client = harbour();
    let org = &client.world.org;
    let clerk = org.user_by_username("clerk@barge.example").unwrap();
    let seen = |name: &str| {
        let named = |(_, row): &(&String, &crate::store::Row)| row["Name"] == name;
        let (id, _) = org.rows("Crate__c").find(named).unwrap();
        crate::sharing::access(org, &clerk.id, "Crate__c", id, 0).read
    };
    assert_eq!((seen("Tea"), seen("Rope")), (true, false));
}

#[test]
fn whoever_adds_a_detail_edits_its_master() {
    let mut client = harbour();
    let clerk = client.world.org.user_by_username("clerk@barge.example");
    let clerk = clerk.unwrap().id.clone();
    let org = &mut client.world.org;
    let profile = org.profile_by_full_name("Clerk").unwrap().container.clone();
    let set = org.containers.make_mut().get_mut(&profile).unwrap();
    for access in set.object_permissions.values_mut() {
        (access.create, access.edit) = (true, true);
    }
    let granted = crate::store::FieldAccess {
        read: true,
        edit: true,
    };
    set.field_permissions
        .insert("Crate__c.Barge__c".into(), granted);
    set.user_permissions.insert("ApiEnabled".into());
    let added = |client: &mut Client, name: &str| {
        let barge = client
            .world
            .org
            .rows("Barge__c")
            .find(|(_, row)| row["Name"] == name);
        let barge = barge.unwrap().0.clone();
        let fields = json!({"Name": "Coal", "Barge__c": barge});
        let fields = fields.as_object().unwrap().clone();
        crate::write::create(&mut client.world, &clerk, 66, "Crate__c", fields)
    };
    assert!(added(&mut client, "Anna").is_ok());
    let refused = added(&mut client, "Belle").unwrap_err();
    let expected = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY";
    assert!(format!("{refused:?}").contains(expected), "{refused:?}");
}

#[test]
fn a_detail_cannot_be_given_a_default() {
    let mut client = harbour();
    for model in ["Private", "Read", "ReadWrite"] {
        let inside = format!("{CRATE}<sharingModel>{model}</sharingModel>");
        let refused = apply(&mut client, "CustomObject", "Crate__c", &inside).unwrap_err();
        let expected = format!(
            "Cannot set sharingModel to {model} on a CustomObject with a MasterDetail relationship field"
        );
        assert_eq!(refused[0].message, expected);
    }
    let inside = format!("{CRATE}<sharingModel>ControlledByParent</sharingModel>");
    assert!(apply(&mut client, "CustomObject", "Crate__c", &inside).is_ok());
}

#[test]
fn an_object_becomes_a_detail_with_its_field_and_is_none_without_it() {
    let mut client = harbour();
    let sling = format!("{CRATE}<sharingModel>Private</sharingModel>");
    assert!(apply(&mut client, "CustomObject", "Sling__c", &sling).is_ok());
    let state = |client: &Client| {
        let object = &client.world.org.objects["Sling__c"];
        (
            object.sharing.in_force.internal,
            object.fields.contains_key("OwnerId"),
        )
    };
    assert_eq!(state(&client), (SharingModel::Private, true));
    let master = MASTER.replace("Crates", "Slings");
    assert!(apply(&mut client, "CustomField", "Sling__c.Barge__c", &master).is_ok());
    assert_eq!(state(&client), (SharingModel::ControlledByParent, false));
    documents::delete(&mut client.world.org, "CustomField", "Sling__c.Barge__c").unwrap();
    assert_eq!(state(&client), (SharingModel::ReadWrite, true));
    let whole =
        format!("{CRATE}<fields>{MASTER}</fields><sharingModel>ControlledByParent</sharingModel>");
    let whole = whole.replace(">Crates</relationshipName>", ">Hooks</relationshipName>");
    assert!(apply(&mut client, "CustomObject", "Hook__c", &whole).is_ok());
}
