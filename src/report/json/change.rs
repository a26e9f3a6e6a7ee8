//! A change, as it stands in plans and proofs.

use serde::Serialize;
use serde_json::Value;

use crate::address::Address;
use crate::change::{Action, Change, FieldChange, Stage};

#[derive(Serialize)]
pub(super) struct ChangeJson<'a> {
    address: &'a Address,
    kind: &'static str,
    action: Action,
    stage: Stage,
    irreversible: bool,
    file: Option<&'a str>,
    line: Option<usize>,
    fields: Vec<FieldJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

impl<'a> From<&'a Change> for ChangeJson<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            kind: change.address.kind,
            action: change.action,
            stage: change.stage,
            irreversible: change.irreversible,
            file: change.place.as_ref().map(|place| &*place.file),
            line: change.place.as_ref().map(|place| place.line),
            fields: change.fields.iter().map(FieldJson::from).collect(),
            fingerprint: change.fingerprint_digest(),
        }
    }
}

#[derive(Serialize)]
struct FieldJson<'a> {
    path: &'a str,
    before: &'a Value,
    after: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<&'a Value>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a FieldChange> for FieldJson<'a> {
    fn from(field: &'a FieldChange) -> Self {
        Self {
            path: &field.path,
            before: &field.before,
            after: &field.after,
            through: field.through.as_ref(),
            reason: field.reason.as_deref(),
        }
    }
}
