//! What requests changed in the org, as the control endpoint tells it.
//!
//! The org before a request is compared with the org after it: nothing is written without an entry, and what was rolled
//! back has none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::moment::rest_moment;
use crate::store::{FieldSchema, Millis, ObjectSchema, Org, Shared, Table};

/// Entries kept; the oldest go first.
const MOST: usize = 100_000;

/// What became of the org, request by request.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<(u64, Value)>,
    last: u64,
    setup_changed: Option<Millis>,
}

impl Journal {
    /// Notes what a request changed; nothing, where it changed nothing.
    pub fn note(&mut self, method: &str, path: &str, at: Millis, before: &Org, after: &Org) {
        let (changes, in_setup) = changes(before, after);
        if changes.is_empty() {
            return;
        }
        if in_setup {
            self.setup_changed = Some(at);
        }
        self.last += 1;
        let entry = json!({"number": self.last, "at": rest_moment(at), "method": method, "path": path, "changes": changes});
        self.entries.push_back((self.last, entry));
        if self.entries.len() > MOST {
            self.entries.pop_front();
        }
    }

    /// The entries with greater numbers, oldest first.
    pub fn after(&self, number: u64) -> Vec<&Value> {
        let later = self.entries.iter().filter(|(own, _)| *own > number);
        later.map(|(_, entry)| entry).collect()
    }

    /// Forgets every entry. Numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Forgets every entry, since another state has taken the place of this one.
    pub fn start_over(&mut self, at: Millis) {
        self.clear();
        self.setup_changed = Some(at);
    }

    /// When anything but records was changed last; `None` for not since the start.
    pub fn setup_changed(&self) -> Option<Millis> {
        self.setup_changed
    }
}

/// What differs (action, type, id or full name, and the name people know it by where that is another), and whether any
/// of it is setup.
fn changes(before: &Org, after: &Org) -> (Vec<Value>, bool) {
    let mut changes = Changes::default();
    changes.of("Profile", &before.profiles, &after.profiles, |it| {
        Some(&it.label)
    });
    changes.of("UserRole", &before.roles, &after.roles, |it| {
        Some(&it.developer_name)
    });
    changes.of("Group", &before.groups, &after.groups, |it| {
        it.developer_name.as_ref()
    });
    changes.of(
        "PermissionSetAssignment",
        &before.assignments,
        &after.assignments,
        |_| None,
    );
    changes.of(
        "PermissionSetLicenseAssign",
        &before.set_license_assignments,
        &after.set_license_assignments,
        |_| None,
    );
    changes.of("SharingRule", &before.rules, &after.rules, |_| None);
    changes.of("Share", &before.manual_shares, &after.manual_shares, |it| {
        Some(&it.record)
    });
    if before.containers != after.containers {
        changes.of(
            "PermissionSet",
            &before.containers,
            &after.containers,
            |it| Some(&it.name),
        );
    }
    if before.users != after.users {
        changes.table("User", &before.users, &after.users, |it| Some(&it.username));
    }
    if before.objects != after.objects {
        changes.objects(&before.objects, &after.objects);
    }
    changes.documents(before, after);
    let in_setup = !changes.0.is_empty();
    changes.records(before, after);
    (changes.0, in_setup)
}

#[derive(Default)]
struct Changes(Vec<Value>);

impl Changes {
    fn add(&mut self, action: &str, kind: &str, id: &str, name: Option<&String>) {
        let mut change = json!({"action": action, "type": kind, "id": id});
        if let Some(name) = name {
            change["name"] = json!(name);
        }
        self.0.push(change);
    }

    /// What differs between two maps of one kind of thing.
    fn of<T: PartialEq>(
        &mut self,
        kind: &str,
        before: &BTreeMap<String, T>,
        after: &BTreeMap<String, T>,
        name: impl Fn(&T) -> Option<&String>,
    ) {
        for (id, value) in after {
            match before.get(id) {
                None => self.add("created", kind, id, name(value)),
                Some(was) if was != value => self.add("changed", kind, id, name(value)),
                Some(_) => {}
            }
        }
        for (id, was) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
            self.add("deleted", kind, id, name(was));
        }
    }

    /// What differs between two tables of one kind of record.
    fn table<T: PartialEq>(
        &mut self,
        kind: &str,
        before: &Table<T>,
        after: &Table<T>,
        name: impl Fn(&T) -> Option<&String>,
    ) {
        for (id, record) in after.beyond(before) {
            let action = if before.contains_key(id) {
                "changed"
            } else {
                "created"
            };
            self.add(action, kind, id, name(record));
        }
        let gone = before.beyond(after);
        for (id, record) in gone.filter(|(id, _)| !after.contains_key(id)) {
            self.add("deleted", kind, id, name(record));
        }
    }

    /// Objects and their fields, each on its own.
    fn objects(
        &mut self,
        before: &BTreeMap<String, ObjectSchema>,
        after: &BTreeMap<String, ObjectSchema>,
    ) {
        let bare = |objects: &BTreeMap<String, ObjectSchema>| -> BTreeMap<String, ObjectSchema> {
            let bare = |object: &ObjectSchema| ObjectSchema {
                fields: BTreeMap::new(),
                ..object.clone()
            };
            let named = objects
                .iter()
                .map(|(name, object)| (name.clone(), bare(object)));
            named.collect()
        };
        self.of("CustomObject", &bare(before), &bare(after), |_| None);
        let fields = |objects: &BTreeMap<String, ObjectSchema>| -> BTreeMap<String, FieldSchema> {
            let of = |object: &ObjectSchema| {
                let full_name = |field: &FieldSchema| format!("{}.{}", object.name, field.name);
                let named = object
                    .fields
                    .values()
                    .map(|field| (full_name(field), field.clone()));
                named.collect::<Vec<_>>()
            };
            objects.values().flat_map(of).collect()
        };
        self.of("CustomField", &fields(before), &fields(after), |_| None);
    }

    /// Metadata that is only kept.
    fn documents(&mut self, before: &Org, after: &Org) {
        let none = BTreeMap::new();
        let kinds: BTreeSet<&String> = before
            .documents
            .keys()
            .chain(after.documents.keys())
            .collect();
        for kind in kinds {
            let was = before.documents.get(kind).unwrap_or(&none);
            let is = after.documents.get(kind).unwrap_or(&none);
            self.of(kind, was, is, |_| None);
        }
    }

    /// Records of data objects.
    fn records(&mut self, before: &Org, after: &Org) {
        let none = Shared::default();
        let objects: BTreeSet<&String> =
            before.records.keys().chain(after.records.keys()).collect();
        for object in objects {
            let was = before.records.get(object).unwrap_or(&none);
            let is = after.records.get(object).unwrap_or(&none);
            if was != is {
                self.table(object, was, is, |_| None);
            }
        }
    }
}
