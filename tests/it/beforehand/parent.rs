//! A detail of a master, whose default nobody can narrow.

use super::*;

const HEAD: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn object(name: &str, model: &str) -> String {
    format!(
        "<CustomObject {HEAD}><fullName>{name}__c</fullName><deploymentStatus>Deployed</deploymentStatus>\
         <label>{name}</label><nameField><label>Name</label><type>Text</type></nameField><pluralLabel>{name}s</pluralLabel>\
         <sharingModel>{model}</sharingModel></CustomObject>"
    )
}

#[test]
fn a_detail_cannot_be_made_private() {
    let master = format!(
        "<CustomField {HEAD}><fullName>Ladder__c</fullName><label>Ladder</label><type>MasterDetail</type>\
         <referenceTo>Ladder__c</referenceTo><relationshipName>Rungs</relationshipName>\
         <relationshipOrder>0</relationshipOrder></CustomField>"
    );
    let stage = Stage::set(&[
        (
            "objects/Ladder__c/Ladder__c.object-meta.xml",
            &object("Ladder", "ReadWrite"),
        ),
        (
            "objects/Rung__c/Rung__c.object-meta.xml",
            &object("Rung", "ControlledByParent"),
        ),
        ("objects/Rung__c/fields/Ladder__c.field-meta.xml", &master),
    ]);
    for model in ["Private", "Read", "ReadWrite"] {
        let sharing =
            format!("  sharing:\n    - object: Rung__c\n      organizationWideDefault: {model}\n");
        let told = format!("Rung__c cannot be {model}: it is a detail of Ladder__c");
        stage.refuses(
            &manifest("", &sharing),
            &["error[OW2130]", &told, "leave Rung__c out"],
        );
    }
    let sharing = "  sharing:\n    - object: Ladder__c\n      organizationWideDefault: Private\n";
    let run = stage.plan(&manifest("", sharing));
    assert_eq!(run.code, 0, "{}", run.words());
}
