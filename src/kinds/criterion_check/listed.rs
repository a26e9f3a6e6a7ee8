//! Values out of a list: those of a picklist by API name, those of record types by label.

use crate::code::Code;
use crate::criteria::{Criteria, stored_text};
use crate::diagnostic::{Diagnostic, Place};
use crate::kinds::picklist::{Picklist, instead};
use crate::live::{DescribedRecordType, Live};
use crate::manifest::{Criterion, Operator, Sharing, Value};

/// Whether a criterion is about record types.
pub(super) fn is_record_type(criterion: &Criterion) -> bool {
    criterion.field.eq_ignore_ascii_case("RecordTypeId")
}

/// Literal values of a criterion that compares whole values, with their places; blanks are in no list.
fn compared(criterion: &Criterion) -> Vec<(String, &Place)> {
    if !matches!(
        criterion.operator.value,
        Operator::Equals | Operator::NotEqual
    ) {
        return Vec::new();
    }
    let single = |value: &Value| match value {
        Value::Literal(scalar) if !value.is_blank() => Some(stored_text(scalar)),
        _ => None,
    };
    match &criterion.value.value {
        Value::List(items) => {
            let texts = items.iter();
            texts
                .filter_map(|item| Some((single(&item.value)?, &item.place)))
                .collect()
        }
        value => {
            let text = single(value).into_iter();
            text.map(|text| (text, &criterion.value.place)).collect()
        }
    }
}

/// Whether the rule as the org has it asks for a value already.
fn stands(criterion: &Criterion, value: &str, standing: Option<&Criteria>) -> bool {
    let conditions = standing
        .into_iter()
        .flat_map(|standing| &standing.conditions);
    let mut same = conditions.filter(|one| one.field.eq_ignore_ascii_case(&criterion.field));
    same.any(|one| one.values.iter().any(|known| known == value))
}

/// Values that the picklist does not list.
pub(super) fn check(
    criterion: &Criterion,
    picklist: &Picklist,
    standing: Option<&Criteria>,
) -> Vec<Diagnostic> {
    let values = compared(criterion).into_iter();
    let new = values.filter(|(value, _)| !stands(criterion, value, standing));
    new.filter_map(|(value, place)| picklist.unlisted(&criterion.field, &value, place))
        .collect()
}

/// Texts that no record type has for a label: rules hold labels, so that an API name shares nothing.
pub(super) fn record_types(
    criterion: &Criterion,
    sharing: &Sharing,
    live: &Live,
    standing: Option<&Criteria>,
) -> Vec<Diagnostic> {
    let described = live.object(&sharing.object).found();
    let kinds = described.map_or(&[][..], |described| described.record_types.as_slice());
    if kinds.is_empty() {
        return Vec::new();
    }
    let values = compared(criterion).into_iter();
    let unknown = values.filter(|(value, _)| {
        let known = kinds.iter().any(|kind| kind.name == *value);
        !known && !stands(criterion, value, standing)
    });
    unknown
        .map(|(value, place)| no_record_type(&value, sharing, kinds, place))
        .collect()
}

fn no_record_type(
    value: &str,
    sharing: &Sharing,
    kinds: &[DescribedRecordType],
    place: &Place,
) -> Diagnostic {
    let error = |message: String| Diagnostic::error(Code::UnknownRecordInRule, message).at(place);
    let named = kinds.iter().find(|kind| kind.developer_name == value);
    if let Some(kind) = named {
        let message =
            format!("`{value}` is the API name of a record type, and rules hold its label");
        let help = format!("write `{{recordType: {value}}}`, or `{}`", kind.name);
        return error(message).help(help);
    }
    let labels: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    let message = format!("{} has no record type labelled `{value}`", sharing.object);
    error(message).help(instead(value, &labels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::criterion_check::{unfit_hidden, unfit_type};
    use crate::live::DescribedField;
    use crate::manifest;
    use crate::xml::Element;
    use serde_json::{Value as Json, json};

    /// A manifest with a rule on Lead of one criterion.
    fn manifest(field: &str, value: &str) -> manifest::Manifest {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  role:\n    name: R\n\
             \u{20} sharing:\n    - object: Lead\n      rules:\n        - name: Some\n          access: ReadOnly\n\
             \u{20}         criteria: [{{field: {field}, operator: equals, value: {value}}}]\n"
        );
        std::fs::write(&file, text).expect("written");
        let manifests = manifest::load(&[file], &[], &[], &|_| None).expect("valid");
        manifests.into_iter().next().expect("one")
    }

    fn messages(remarks: &[Diagnostic]) -> Vec<&str> {
        let each = remarks.iter();
        each.map(|remark| remark.message.as_str()).collect()
    }

    #[test]
    fn what_the_rule_asks_for_already_the_org_has_taken() {
        let wanted = manifest("Tier__c", "[Gold, Lead, Tin]");
        let criterion = &wanted.spec.sharing[0].rules[0].criteria[0];
        let field = json!({"type": "picklist", "restrictedPicklist": true, "picklistValues": [
            {"value": "Gold", "label": "Gold", "active": true}, {"value": "Tin", "label": null, "active": false}]});
        let field: DescribedField = serde_json::from_value(field).expect("a field");
        let picklist = Picklist::described(&field, None);
        let standing = |value: &str| Criteria {
            conditions: vec![crate::criteria::Condition {
                field: "tier__c".to_owned(),
                operator: Operator::Equals,
                values: vec![value.to_owned()],
            }],
            logic: None,
        };
        let unknown = "`Lead` is no value of the picklist `Tier__c`";
        let inactive = "`Tin` is an inactive value of the picklist `Tier__c`";
        assert_eq!(
            messages(&check(criterion, &picklist, None)),
            [unknown, inactive]
        );
        let tin = standing("Tin");
        assert_eq!(
            messages(&check(criterion, &picklist, Some(&tin))),
            [unknown]
        );
    }

    #[test]
    fn a_field_that_the_describe_hides_is_known_by_its_metadata() {
        let wanted = manifest("Tier__c", "Silver");
        let criterion = &wanted.spec.sharing[0].rules[0].criteria[0];
        let value = |name: &str, label: &str| {
            Element::new("value")
                .with(Element::leaf("fullName", name))
                .with(Element::leaf("label", label))
        };
        let definition = Element::new("valueSetDefinition").with(value("AG", "Silver"));
        let set = Element::new("valueSet").with(definition);
        let picklist = Picklist::in_metadata(&Element::new("fields").with(set));
        let label = "`Silver` is a label of the picklist `Tier__c`, which holds API names";
        assert_eq!(messages(&check(criterion, &picklist, None)), [label]);
        let sharing = &wanted.spec.sharing[0];
        let what = |element: &str, text: &str| {
            let field = Element::new("fields").with(Element::leaf(element, text));
            unfit_hidden(criterion, sharing, &field).map(|error| error.message)
        };
        let is = |what: &str| {
            Some(format!(
                "`Lead.Tier__c` is {what}: sharing rules cannot ask for it"
            ))
        };
        assert_eq!(what("type", "Picklist"), None);
        assert_eq!(what("label", "Description"), None);
        assert_eq!(what("type", "Time"), is("of type Time"));
        assert_eq!(what("formula", "Id"), is("a formula"));
        let shared = Picklist::in_metadata(&Element::new("fields"));
        assert!(check(criterion, &shared, None).is_empty());
    }

    #[test]
    fn a_describe_leaves_out_inactive_values_and_metadata_tells_them() {
        let wanted = manifest("Tier__c", "[Gold, Tin, Iron]");
        let criterion = &wanted.spec.sharing[0].rules[0].criteria[0];
        let field =
            json!({"type": "picklist", "picklistValues": [{"value": "Gold", "label": "Gold"}]});
        let field: DescribedField = serde_json::from_value(field).expect("a field");
        let value = |name: &str, active: &str| {
            Element::new("value")
                .with(Element::leaf("fullName", name))
                .with(Element::leaf("isActive", active))
        };
        let definition = Element::new("valueSetDefinition")
            .with(value("Gold", "false"))
            .with(value("Tin", "false"))
            .with(value("Iron", "true"));
        let set = Element::new("valueSet").with(definition);
        let document = Element::new("fields").with(set);
        let picklist = Picklist::described(&field, None).with_inactive_of(Some(&document));
        let inactive = "`Tin` is an inactive value of the picklist `Tier__c`";
        let unknown = "`Iron` is no value of the picklist `Tier__c`";
        assert_eq!(
            messages(&check(criterion, &picklist, None)),
            [inactive, unknown]
        );
    }

    #[test]
    fn what_no_condition_can_be_about_is_no_criterion() {
        let wanted = manifest("Code__c", "x");
        let sharing = &wanted.spec.sharing[0];
        let what = |field: Json| {
            let field: DescribedField = serde_json::from_value(field).expect("a field");
            unfit_type(&sharing.rules[0].criteria[0], sharing, &field).map(|error| error.message)
        };
        let is = |what: &str| {
            Some(format!(
                "`Lead.Code__c` is {what}: sharing rules cannot ask for it"
            ))
        };
        let text = |filterable: Json, encrypted: bool| json!({"type": "string", "length": 80, "filterable": filterable, "encrypted": encrypted});
        assert_eq!(what(text(json!(true), false)), None);
        assert_eq!(what(text(Json::Null, false)), None);
        assert_eq!(
            what(text(json!(true), true)),
            None,
            "encrypted so that equals is equals"
        );
        assert_eq!(what(text(json!(false), true)), is("encrypted"));
        assert_eq!(
            what(text(json!(false), false)),
            is("not open to conditions")
        );
        assert_eq!(what(json!({"type": "time"})), is("of type time"));
        assert_eq!(
            what(json!({"type": "multipicklist"})),
            is("of type multipicklist")
        );
    }
}
