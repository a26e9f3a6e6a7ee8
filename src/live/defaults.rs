//! Organization-wide defaults: as they were set, as they are in force, and as a manifest's plan leaves them.

use super::Live;
use super::known::Refused;
use super::selection::Selection;
use crate::manifest::{Manifest, SharingModel, Word};
use crate::soql::Row;

/// What the org says of an object (Tooling and data API, EntityDefinition). Disjunctions are not taken there: several
/// objects are one list.
pub(super) const DEFINITIONS: &str =
    "SELECT QualifiedApiName, InternalSharingModel, ExternalSharingModel FROM EntityDefinition";

/// The definition of one object.
pub(super) fn definition(object: &str) -> Selection {
    Selection::of("QualifiedApiName", object)
}

/// The defaults in force of an object; `None` for a word that nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) internal: Option<SharingModel>,
    pub(super) external: Option<SharingModel>,
}

/// The object of a definition, and its defaults in force.
pub(super) fn of_definition(row: &Row) -> Option<(String, Definition)> {
    let model = |column: &str| row.text(column).and_then(default_of_word);
    let definition = Definition {
        internal: model("InternalSharingModel"),
        external: model("ExternalSharingModel"),
    };
    Some((row.text("QualifiedApiName")?.to_owned(), definition))
}

/// Three interfaces spell the same default three ways (object reference, Organization and EntityDefinition; Metadata
/// API guide, SharingModel).
pub(super) fn default_of_word(text: &str) -> Option<SharingModel> {
    match text {
        "None" => Some(SharingModel::Private),
        "Edit" => Some(SharingModel::ReadWrite),
        "ReadEditTransfer" => Some(SharingModel::ReadWriteTransfer),
        "All" => Some(SharingModel::FullAccess),
        other => SharingModel::of(other),
    }
}

impl Live {
    /// The internal and the external default of an object as they were set last.
    pub fn requested_default(&self, object: &str) -> (Option<SharingModel>, Option<SharingModel>) {
        let Some(document) = self.object_document(object).found() else {
            return (None, None);
        };
        let model = |name: &str| document.text_of(name).and_then(SharingModel::of);
        (model("sharingModel"), model("externalSharingModel"))
    }

    /// The default that record access is decided by now; `None` where the org does not say.
    pub fn default_in_force(&self, object: &str) -> Option<SharingModel> {
        if let Some(model) = self.supposed_defaults.get(object) {
            return Some(*model);
        }
        let organization = self.organization().learnt();
        let told = organization.and_then(|organization| organization.default_of(object));
        let defined = || self.definition(object).found()?.internal;
        told.unwrap_or_else(defined)
    }

    /// The same org, as if this default of an object were in force.
    #[must_use]
    pub fn supposing_default(&self, object: &str, model: SharingModel) -> Self {
        let mut supposed = self.clone();
        supposed.supposed_defaults.insert(object.to_owned(), model);
        supposed
    }

    /// The refusal, where the org told nowhere which default of an object is in force.
    pub fn default_refused(&self, object: &str) -> Option<Refused> {
        if self.default_in_force(object).is_some() {
            return None;
        }
        let definition = self.definition(object);
        definition.refused().cloned()
    }
}

/// The defaults of an org, and those that a manifest's plan ends with.
pub struct Defaults<'a> {
    manifest: &'a Manifest,
    live: &'a Live,
}

impl<'a> Defaults<'a> {
    /// Those of this manifest and org.
    pub fn new(manifest: &'a Manifest, live: &'a Live) -> Self {
        Self { manifest, live }
    }

    /// The default in force, or as it was set where the org does not say which one is.
    pub fn now(&self, object: &str) -> Option<SharingModel> {
        let requested = || self.live.requested_default(object).0;
        self.live.default_in_force(object).or_else(requested)
    }

    /// The default that the plan ends with.
    pub fn after(&self, object: &str) -> Option<SharingModel> {
        let mut sharing = self.manifest.spec.sharing.iter();
        let stated = sharing.find(|sharing| sharing.object.value == object);
        let stated = stated.and_then(|sharing| sharing.organization_wide_default.as_ref());
        stated.map(|model| model.value).or_else(|| self.now(object))
    }

    /// Whether nothing is known of today's default.
    pub fn is_unknown(&self, object: &str) -> bool {
        self.now(object).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Columns, Need};
    use serde_json::json;

    #[test]
    fn a_definition_tells_where_the_organizations_row_does_not() {
        let mut live = Live::default();
        let rows =
            |values: &[serde_json::Value]| Answer::Rows(values.iter().map(Row::of).collect());
        let organization = json!({"Name": "Acme", "DefaultLeadAccess": "None"});
        live.tell(Need::Organization(Columns::All), rows(&[organization]));
        let definition = json!({"QualifiedApiName": "Thing__c", "InternalSharingModel": "Read"});
        live.tell(Need::DefaultInForce("Thing__c".into()), rows(&[definition]));
        assert_eq!(live.default_in_force("Lead"), Some(SharingModel::Private));
        assert_eq!(live.default_in_force("Thing__c"), Some(SharingModel::Read));
        assert_eq!(live.default_in_force("Case"), None);
        let refusal = Answer::Refused {
            status: 400,
            code: "QUERY_TIMEOUT".into(),
            message: String::new(),
        };
        live.tell(Need::DefaultInForce("Case".into()), refusal);
        let refused = live.default_refused("Case").map(|refused| refused.code);
        assert_eq!(refused.as_deref(), Some("QUERY_TIMEOUT"));
        assert_eq!(live.default_refused("Lead"), None);
    }

    #[test]
    fn the_three_spellings_are_one_default() {
        for (text, expected) in [
            ("None", SharingModel::Private),
            ("Private", SharingModel::Private),
            ("Edit", SharingModel::ReadWrite),
            ("ReadEditTransfer", SharingModel::ReadWriteTransfer),
            ("ReadWriteTransfer", SharingModel::ReadWriteTransfer),
            ("All", SharingModel::FullAccess),
            ("ControlledByParent", SharingModel::ControlledByParent),
        ] {
            assert_eq!(default_of_word(text), Some(expected), "{text}");
        }
        assert_eq!(default_of_word("Sideways"), None);
    }
}
