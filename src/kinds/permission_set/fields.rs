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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Need};
    use crate::manifest::load;
    use serde_json::{Value, json};

    /// A lead as an org describes it: writable texts, an address with a part, a formula, names, two custom fields.
    fn live() -> Live {
        let field = |name: &str, change: Value| {
            let mut field = json!({"name": name, "type": "string", "nillable": true, "permissionable": true,
                "createable": true, "updateable": true});
            let all = field.as_object_mut().expect("a map");
            all.extend(change.as_object().cloned().expect("a map"));
            field
        };
        let fields = [
            field("Phone", json!({})),
            field("Email", json!({})),
            field(
                "Address",
                json!({"createable": false, "updateable": false, "type": "address"}),
            ),
            field("City", json!({"compoundFieldName": "Address"})),
            field(
                "Score__c",
                json!({"calculated": true, "createable": false, "updateable": false}),
            ),
            field(
                "Number__c",
                json!({"autoNumber": true, "createable": false, "updateable": false}),
            ),
            field("Name", json!({"permissionable": false})),
            field(
                "LastName",
                json!({"permissionable": false, "compoundFieldName": "Name"}),
            ),
            field("OwnerId", json!({"permissionable": false})),
            field("SSN__c", json!({})),
        ];
        let described = serde_json::from_value(json!({"fields": fields})).expect("a describe");
        let mut live = Live::default();
        let need = Need::Object("Lead".to_owned());
        live.tell(need, Answer::Described(Some(described)));
        live
    }

    /// What is granted by these words under `fields`, and how many fields came later; with what a set grants today.
    fn told(words: &str, today: &[&str]) -> (String, usize, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: m}}\nspec:\n  grants:\n    - name: A\n      \
             objects: {{Lead: {{fields: {words}}}}}\n"
        );
        std::fs::write(&file, text).expect("written");
        let manifest = load(&[file], &[], &[], &|_| None).expect("valid").remove(0);
        let granted = &manifest.spec.grants[0].objects["Lead"];
        let today: FieldRights = today
            .iter()
            .map(|name| (format!("Lead.{name}"), true))
            .collect();
        let today = (!today.is_empty()).then_some(&today);
        let after = fields_after("Lead", granted, &manifest, today, &live());
        let short = |(field, edits): (&String, &bool)| {
            let right = if *edits { "e" } else { "r" };
            format!("{} {right}", field.trim_start_matches("Lead."))
        };
        let granted: Vec<String> = after.granted.iter().map(short).collect();
        let errors = after.errors.into_iter().map(|error| error.message);
        (granted.join(", "), after.later.len(), errors.collect())
    }

    fn check(words: &str, expected: &str) {
        let (granted, later, errors) = told(words, &[]);
        assert_eq!(
            (granted.as_str(), later, errors),
            (expected, 0, Vec::new()),
            "{words}"
        );
    }

    #[test]
    fn what_a_set_cannot_grant_is_left_to_the_object_and_parts_to_the_whole() {
        check("{read: [Phone, Name, OwnerId, LastName]}", "Phone r");
        check("{read: [City]}", "Address r");
        check("{edit: [City, email]}", "Address e, Email e");
        check("{read: [Score__c], edit: [Phone]}", "Phone e, Score__c r");
    }

    #[test]
    fn all_is_what_can_be_granted_edit_implies_read_and_except_wins() {
        check(
            "{read: all}",
            "Address r, Email r, Number__c r, Phone r, SSN__c r, Score__c r",
        );
        check(
            "{read: all, edit: all}",
            "Address e, Email e, Number__c r, Phone e, SSN__c e, Score__c r",
        );
        check("{edit: all, except: [SSN__c, City]}", "Email e, Phone e");
        check("{edit: [Phone], except: [Phone]}", "");
    }

    #[test]
    fn custom_fields_that_the_set_lacks_are_counted_and_standard_ones_come_back() {
        let (granted, later, _) = told("{read: all}", &["Phone"]);
        assert_eq!(
            (granted.as_str(), later),
            ("Address r, Email r, Phone r", 3)
        );
        let (granted, later, _) = told("{read: all, follow: true}", &["Phone"]);
        assert_eq!(later, 0);
        assert!(granted.contains("SSN__c r"), "{granted}");
        let (_, later, _) = told("{read: all, except: [SSN__c]}", &["Phone"]);
        assert_eq!(later, 2, "what is left out is not missed");
    }

    #[test]
    fn names_that_are_not_there_and_what_is_computed_are_errors() {
        let errors = told(
            "{read: [Fone], edit: [Score__c, Number__c], except: [Gone__c]}",
            &[],
        )
        .2;
        let [gone, fone, score, number] = errors.as_slice() else {
            panic!("{errors:?}");
        };
        assert!(
            gone.contains("`Gone__c`") && fone.contains("`Fone`"),
            "{errors:?}"
        );
        assert!(
            score.contains("Score__c") && number.contains("Number__c"),
            "{errors:?}"
        );
    }
}
