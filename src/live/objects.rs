//! Objects whose documents the org fails to give: what else tells of their default and of the fields that a manifest owns.

use super::known::{Known, Refused};
use super::need::Need;
use super::{Live, NeedOutcome};
use crate::manifest::{Manifest, SharingModel, Sp, Word};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// Names of the fields that manifests own, by object; objects under `sharing` are among them.
fn owned_fields(manifests: &[Manifest]) -> BTreeMap<&str, Vec<&str>> {
    let mut owned: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for manifest in manifests {
        for sharing in &manifest.spec.sharing {
            owned.entry(&sharing.object).or_default();
        }
        for field in &manifest.spec.fields {
            owned.entry(&field.object).or_default().push(&field.name);
        }
    }
    owned
}

impl Live {
    /// What tells of objects that the org did not give as a whole: their defaults in force, and each owned field by itself.
    pub(super) fn needs_in_place_of_objects(&self, manifests: &[Manifest]) -> BTreeSet<Need> {
        let owned = owned_fields(manifests).into_iter();
        let refused = owned.filter(|(object, _)| self.object_document(object).refused().is_some());
        let needs = refused.flat_map(|(object, fields)| {
            let field = |name: &str| Need::FieldDocument(object.to_owned(), name.to_owned());
            let fields: Vec<Need> = fields.into_iter().map(field).collect();
            fields
                .into_iter()
                .chain([Need::DefaultInForce(object.to_owned())])
        });
        needs.collect()
    }

    /// Puts an object together from these, where they were all told. The default of a custom object cannot be written so:
    /// its deploy has to carry settings that only the document holds.
    pub fn stand_in_for_objects(&mut self, manifests: &[Manifest]) {
        for (object, fields) in owned_fields(manifests) {
            let Some(refused) = self.object_document(object).refused().cloned() else {
                continue;
            };
            if object.ends_with("__c") && !self.is_default_as_stated(manifests, object) {
                continue;
            }
            let Some(document) = self.stand_in(object, &fields) else {
                continue;
            };
            let need = Need::ObjectDocument(object.to_owned());
            self.documents
                .insert(need.clone(), Some(Box::new(document)));
            self.outcomes.insert(need, NeedOutcome::Told);
            self.stood_in.insert(object.to_owned(), refused);
        }
    }

    /// Whether no manifest wants another default of an object than its definition tells.
    fn is_default_as_stated(&self, manifests: &[Manifest], object: &str) -> bool {
        let told = self.definition(object).found().unwrap_or_default();
        let is_told = |stated: &Option<Sp<SharingModel>>, told: Option<SharingModel>| {
            let mut stated = stated.iter();
            stated.all(|model| Some(model.value) == told)
        };
        let sharing = manifests.iter().flat_map(|manifest| &manifest.spec.sharing);
        sharing
            .filter(|sharing| *sharing.object == *object)
            .all(|sharing| {
                is_told(&sharing.organization_wide_default, told.internal)
                    && is_told(&sharing.external_default, told.external)
            })
    }

    fn stand_in(&self, object: &str, fields: &[&str]) -> Option<Element> {
        let defaults = self.definition(object).found()?;
        let (internal, external) = (Some(defaults.internal?), defaults.external);
        let mut document = Element::new("CustomObject");
        for name in fields {
            let need = Need::FieldDocument(object.to_owned(), (*name).to_owned());
            let Known::Is(field) = self.document(&need) else {
                return None;
            };
            document.children.extend(field.map(|field| {
                let mut field = field.clone();
                field.name = "fields".into();
                field.set_text("fullName", name);
                field
            }));
        }
        for (name, model) in [
            ("externalSharingModel", external),
            ("sharingModel", internal),
        ] {
            if let Some(model) = model {
                document.set_text(name, model.word());
            }
        }
        Some(document)
    }

    /// Why an object is only known by its default and the fields that the manifest owns, where that is so.
    pub fn object_stood_in(&self, object: &str) -> Option<&Refused> {
        self.stood_in.get(object)
    }
}
