//! Records that are private whatever is shared, and the fields that say so.

use crate::store::{ObjectSchema, Org, PrivateOpportunities, Row};

/// A contact without account is private whatever is shared (Salesforce Help, "Considerations for Sharing Contacts").
pub(super) fn is_private_contact(object: &ObjectSchema, row: &Row) -> bool {
    object.name == "Contact" && text(row, "AccountId").is_none()
}

/// A private opportunity is not reached by rules, nor by the default (Salesforce Help, "Sharing Considerations").
pub(super) fn is_private_opportunity(object: &ObjectSchema, row: &Row) -> bool {
    let private = || row.get("IsPrivate").and_then(|value| value.as_bool());
    object.name == "Opportunity" && private() == Some(true)
}

/// What no rule reaches.
pub(super) fn takes_no_rules(object: &ObjectSchema, row: &Row) -> bool {
    is_private_contact(object, row) || is_private_opportunity(object, row)
}

/// Whether a record is out of reach of everything but ownership.
pub(super) fn is_owned_only(org: &Org, object: &ObjectSchema, row: &Row) -> bool {
    let shared = org.platform.private_opportunities == Some(PrivateOpportunities::Shared);
    is_private_contact(object, row) || !shared && is_private_opportunity(object, row)
}

pub(super) fn owner(row: &Row) -> Option<&str> {
    text(row, "OwnerId")
}

/// The text in a field; `None` for null and for empty.
pub(super) fn text<'row>(row: &'row Row, field: &str) -> Option<&'row str> {
    row.get(field)
        .and_then(|value| value.as_str())
        .filter(|text| !text.is_empty())
}
