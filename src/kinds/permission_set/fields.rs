//! Which fields a permission set of the manifest grants.
//!
//! **Laws:** a field that no set can grant is not written: required fields, names, owners, look-ups to a master and parts of
//! an address are decided by the object's right, or by the whole that they are parts of (Metadata API guide, PermissionSet,
//! `fieldPermissions`; 0 of 1.5 million entries of public orgs name one). What cannot be written into is not edited.

use super::super::unknown_name;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Described, DescribedField, Live};
use crate::manifest::{AllOrNamed, GrantedObject, Manifest, NewFields, Sp};
use std::collections::{BTreeMap, BTreeSet};

/// Fields as `Object.Field`, and whether each may be edited.
pub(super) type FieldRights = BTreeMap<String, bool>;

/// What becomes of the fields of one object.
#[derive(Default)]
pub(super) struct FieldsAfter {
    /// Those that are granted.
    pub(super) granted: FieldRights,
    /// Custom fields that `all` does not mean, because they came after the set was made.
    pub(super) later: Vec<String>,
    /// What the manifest says that cannot be.
    pub(super) errors: Vec<Diagnostic>,
}

/// One object's fields, as a manifest means them.
struct Meant<'a> {
    object: &'a str,
    granted: &'a GrantedObject,
    manifest: &'a Manifest,
    described: Option<&'a Described>,
    /// What the set grants on the object today; `None` where it has nothing of it yet.
    today: Option<FieldRights>,
}

/// The fields of an object that a set grants, `today` being all that it grants now.
pub(super) fn fields_after(
    object: &str,
    granted: &GrantedObject,
    manifest: &Manifest,
    today: Option<&FieldRights>,
    live: &Live,
) -> FieldsAfter {
    let of_object = |rights: &FieldRights| {
        let own = rights.iter().filter(|(field, _)| is_of(field, object));
        let own: FieldRights = own.map(|(field, edits)| (field.clone(), *edits)).collect();
        (!own.is_empty()).then_some(own)
    };
    let meant = Meant {
        object,
        granted,
        manifest,
        described: live.object(object).found(),
        today: today.and_then(of_object),
    };
    meant.after()
}

fn is_of(field: &str, object: &str) -> bool {
    field.split_once('.').is_some_and(|(of, _)| of == object)
}

impl Meant<'_> {
    fn after(&self) -> FieldsAfter {
        let mut after = FieldsAfter::default();
        let mut left_out: BTreeSet<String> = BTreeSet::new();
        for name in &self.granted.fields.except {
            left_out.extend(self.whole(name, &mut after.errors));
        }
        for (list, edits) in [
            (&self.granted.fields.read, false),
            (&self.granted.fields.edit, true),
        ] {
            match list {
                None => {}
                Some(AllOrNamed::Named(names)) => self.named(names, edits, &mut after),
                Some(AllOrNamed::All(_)) => self.all(edits, &mut after),
            }
        }
        for name in left_out {
            let field = format!("{}.{name}", self.object);
            after.granted.remove(&field);
            after.later.retain(|later| *later != field);
        }
        after.later.sort();
        after.later.dedup();
        after
    }

    fn named(&self, names: &[Sp<String>], edits: bool, after: &mut FieldsAfter) {
        for name in names {
            let Some(field) = self.whole(name, &mut after.errors) else {
                continue;
            };
            if edits && self.field(name).is_some_and(is_computed) {
                after.errors.push(self.computed(name));
                continue;
            }
            grant(
                &mut after.granted,
                format!("{}.{field}", self.object),
                edits,
            );
        }
    }

    fn all(&self, edits: bool, after: &mut FieldsAfter) {
        let fields = self.described.into_iter().flat_map(|one| &one.fields);
        let can = fields.filter(|field| is_grantable(field) && (!edits || self.is_writable(field)));
        let own = self.manifest.spec.fields.iter();
        let own = own.filter(|field| field.object.value == self.object && !field.absent);
        let own: BTreeSet<&str> = own.map(|field| field.name.value.as_str()).collect();
        let described: BTreeSet<&str> = can.map(|field| field.name.as_str()).collect();
        for name in described.union(&own) {
            let field = format!("{}.{name}", self.object);
            match self.came_later(&field) && !own.contains(name) {
                true => after.later.push(field),
                false => grant(&mut after.granted, field, edits),
            }
        }
    }

    /// Whether a field is a custom one that the set, which grants others, does not grant: as far as anybody can tell it was
    /// made later.
    fn came_later(&self, field: &str) -> bool {
        let follows = self.granted.fields.follow == NewFields::Grant;
        let today = self.today.as_ref();
        let lacks = today.is_some_and(|today| !today.contains_key(field));
        lacks && !follows && field.ends_with("__c")
    }

    /// The field that a set grants for this name: the whole where it is a part; `None` where the object's right decides, or
    /// the org has no such field.
    fn whole(&self, name: &Sp<String>, errors: &mut Vec<Diagnostic>) -> Option<String> {
        if let Some(field) = self.field(name) {
            let whole = whole_of(field).and_then(|whole| self.described?.field(whole));
            let field = whole.unwrap_or(field);
            return is_grantable(field).then(|| field.name.clone());
        }
        let own = self.manifest.spec.field(self.object, name);
        if own.is_some_and(|field| !field.absent) || self.described.is_none() {
            return Some(name.value.clone());
        }
        let known = self.described.into_iter().flat_map(|one| &one.fields);
        let known = known.map(|field| field.name.as_str());
        let what = format!("field of {}", self.object);
        errors.push(unknown_name(
            Code::UnknownField,
            &what,
            name,
            &name.place,
            known,
        ));
        None
    }

    fn field(&self, name: &str) -> Option<&DescribedField> {
        self.described?.field(name)
    }

    /// Whether something can be written into a field, or into a part of it.
    fn is_writable(&self, field: &DescribedField) -> bool {
        let parts = self.described.into_iter().flat_map(|one| &one.fields);
        let mut parts = parts.filter(|part| whole_of(part) == Some(field.name.as_str()));
        !is_computed(field) && (takes_values(field) || parts.any(takes_values))
    }

    fn computed(&self, name: &Sp<String>) -> Diagnostic {
        let message = format!(
            "`{}.{name}` is calculated or numbered by the org: nothing can be written into it",
            self.object
        );
        let error = Diagnostic::error(Code::FieldNotGrantable, message).at(&name.place);
        error.help("name it under `read`")
    }
}

/// Who edits a field reads it.
fn grant(granted: &mut FieldRights, field: String, edits: bool) {
    *granted.entry(field).or_default() |= edits;
}

fn is_computed(field: &DescribedField) -> bool {
    field.calculated || field.auto_number
}

fn takes_values(field: &DescribedField) -> bool {
    field.createable || field.updateable == Some(true)
}

/// The whole that a field is a part of, where a set grants that.
fn whole_of(field: &DescribedField) -> Option<&str> {
    let whole = field.compound_field_name.as_deref();
    whole.filter(|whole| *whole != field.name && *whole != "Name")
}

/// Whether a set can grant a field by itself: as the describe says, else by what it is.
fn is_grantable(field: &DescribedField) -> bool {
    if whole_of(field).is_some() {
        return false;
    }
    let required = field.nillable == Some(false) && field.kind != "boolean";
    let fixed = required || field.relationship_order.is_some();
    field.permissionable.unwrap_or(!fixed)
}
