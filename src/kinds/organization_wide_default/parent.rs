//! Objects whose records belong to a master: the master decides who sees them, and they have no owner.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Known, Live};
use crate::manifest::{Sharing, SharingModel};

/// A master, as far as it is known.
struct Master {
    /// The field that leads to it.
    field: String,
    /// Its object, where that is told.
    object: Option<String>,
}

/// What an object cannot have, for what it belongs to or does not.
pub(super) fn check(sharing: &Sharing, live: &Live) -> Option<Diagnostic> {
    match master(&sharing.object, live) {
        Some(master) => of_detail(sharing, &master).or_else(|| without_owner(sharing, live)),
        None => without_master(sharing, live).or_else(|| without_owner(sharing, live)),
    }
}

/// The first master of an object, by its describe or by its metadata.
fn master(object: &str, live: &Live) -> Option<Master> {
    let described = live.object(object).found();
    let mut fields = described
        .into_iter()
        .flat_map(|described| &described.fields);
    let described = fields.find(|field| field.relationship_order.is_some());
    if let Some(field) = described {
        return Some(Master {
            field: field.name.clone(),
            object: field.reference_to.first().cloned(),
        });
    }
    let document = live.object_document(object).found()?;
    let mut fields = document.children_named("fields");
    let field = fields.find(|field| field.text_of("type") == Some("MasterDetail"))?;
    Some(Master {
        field: field.text_of("fullName")?.to_owned(),
        object: field.text_of("referenceTo").map(str::to_owned),
    })
}

/// The platform: "Cannot set sharingModel to Private on a CustomObject with a MasterDetail relationship field".
fn of_detail(sharing: &Sharing, master: &Master) -> Option<Diagnostic> {
    let stated = sharing.organization_wide_default.as_ref();
    let stated = stated.filter(|model| model.value != SharingModel::ControlledByParent)?;
    let object = &sharing.object;
    let of = master.object.as_deref().unwrap_or("another object");
    let message = format!(
        "{object} cannot be {stated}: it is a detail of {of}, by its field `{}`, and is seen with its master",
        master.field
    );
    let help = format!("put the default and the rules on {of}, and leave {object} out");
    let error = Diagnostic::error(Code::DetailOfMaster, message);
    Some(error.at(&stated.place).help(help))
}

/// The platform: "Cannot set sharingModel to ControlledByParent on a CustomObject without a MasterDetail relationship
/// field". Standard objects have parents of their own.
fn without_master(sharing: &Sharing, live: &Live) -> Option<Diagnostic> {
    let stated = sharing.organization_wide_default.as_ref();
    let stated = stated.filter(|model| model.value == SharingModel::ControlledByParent)?;
    let object = &sharing.object;
    let told = matches!(live.object(object), Known::Is(Some(_)) | Known::NotAsked)
        && matches!(live.object_document(object), Known::Is(Some(_)));
    if !told || !object.ends_with("__c") {
        return None;
    }
    let message = format!("{object} cannot be {stated}: it has no master");
    let help =
        "say `organizationWideDefault: Private`, or make a master-detail field in Setup first";
    let error = Diagnostic::error(Code::DefaultNotPossible, message);
    Some(error.at(&stated.place).help(help))
}

/// Records without an owner: no rule can share them by owner, and who should see them cannot be proved.
fn without_owner(sharing: &Sharing, live: &Live) -> Option<Diagnostic> {
    let described = live.object(&sharing.object).found()?;
    if described.fields.is_empty() || described.field("OwnerId").is_some() {
        return None;
    }
    let object = &sharing.object;
    let message =
        format!("{object} records have no owner: who sees them is not decided record by record");
    let help = "leave it out of `sharing`; of a detail, list the master instead";
    let error = Diagnostic::error(Code::ObjectWithoutOwner, message);
    Some(error.at(&object.place).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Need};
    use crate::manifest;
    use crate::xml::Element;
    use serde_json::{Value, json};

    /// The message for an object of this default, whose fields are described so and have these types in metadata.
    fn message(default: &str, described: &Value, document: &[(&str, &str)]) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  sharing:\n\
             \u{20}   - object: Rung__c\n      organizationWideDefault: {default}\n"
        );
        std::fs::write(&file, text).expect("written");
        let manifests = manifest::load(&[file], &[], &[], &|_| None).expect("valid");
        let sharing = &manifests.first().expect("one").spec.sharing[0];
        let mut live = Live::default();
        let fields = serde_json::from_value(json!({"fields": described})).expect("a describe");
        let object = || "Rung__c".to_owned();
        live.tell(Need::Object(object()), Answer::Described(Some(fields)));
        let field = |(name, kind): &(&str, &str)| {
            Element::new("fields")
                .with(Element::leaf("fullName", *name))
                .with(Element::leaf("type", *kind))
        };
        let mut element = Element::new("CustomObject");
        element.children.extend(document.iter().map(field));
        live.tell(
            Need::ObjectDocument(object()),
            Answer::Component(Some(Box::new(element))),
        );
        check(sharing, &live).map(|error| format!("{}: {}", error.code, error.message))
    }

    #[test]
    fn a_detail_is_seen_with_its_master_and_only_a_detail() {
        let owner = || json!({"name": "OwnerId"});
        let ladder =
            json!({"name": "Ladder__c", "relationshipOrder": 0, "referenceTo": ["Ladder__c"]});
        let told = |message: Option<String>, words: &str| {
            let message = message.unwrap_or_default();
            assert!(message.starts_with(words), "{message}");
        };
        let detail =
            "OW2130: Rung__c cannot be Read: it is a detail of Ladder__c, by its field `Ladder__c`";
        told(message("Read", &json!([ladder]), &[]), detail);
        let hidden = "OW2130: Rung__c cannot be Private: it is a detail of another object, by its field `L__c`";
        told(
            message("Private", &json!([owner()]), &[("L__c", "MasterDetail")]),
            hidden,
        );
        let parent = "ControlledByParent";
        told(
            message(parent, &json!([ladder]), &[]),
            "OW2131: Rung__c records have no owner",
        );
        told(
            message(parent, &json!([owner()]), &[("L__c", "Lookup")]),
            "OW1050: Rung__c cannot be",
        );
        told(
            message("Private", &json!([{"name": "Name"}]), &[]),
            "OW2131: ",
        );
        assert_eq!(
            message("Private", &json!([owner()]), &[("L__c", "Lookup")]),
            None
        );
        assert_eq!(
            message("Private", &json!([]), &[]),
            None,
            "the org does not say"
        );
    }
}
