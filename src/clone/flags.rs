//! What a profile may do on one object: single rights, and the flags that hold them.

use crate::live::ObjectRights;
use crate::xml::Element;

/// A right on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See records.
    Read,
    /// Make records.
    Create,
    /// Change records.
    Edit,
    /// Remove records.
    Delete,
    /// See all records, whatever sharing says.
    ViewAll,
    /// Change all records, whatever sharing says.
    ModifyAll,
    /// See all fields.
    ViewAllFields,
}

impl Right {
    /// Every right, in the order in which people list them.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Create,
        Self::Edit,
        Self::Delete,
        Self::ViewAll,
        Self::ModifyAll,
        Self::ViewAllFields,
    ];

    /// The right as the manifest spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::ViewAll => "viewAll",
            Self::ModifyAll => "modifyAll",
            Self::ViewAllFields => "viewAllFields",
        }
    }

    /// The right as Setup calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Create => "Create",
            Self::Edit => "Edit",
            Self::Delete => "Delete",
            Self::ViewAll => "View All",
            Self::ModifyAll => "Modify All",
            Self::ViewAllFields => "View All Fields",
        }
    }

    /// The spellings in `PermissionDependency`, the one that orgs were seen to use first.
    pub fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["read"],
            Self::Create => &["create"],
            Self::Edit => &["update", "edit"],
            Self::Delete => &["delete"],
            Self::ViewAll => &["viewAllRecords"],
            Self::ModifyAll => &["modifyAllRecords"],
            Self::ViewAllFields => &["viewAllFields"],
        }
    }

    /// The rights on the same object without which this one cannot be (object reference, ObjectPermissions). Modify
    /// All does not require Create.
    pub fn requires(self) -> &'static [Self] {
        match self {
            Self::Read => &[],
            Self::Create | Self::Edit | Self::ViewAll | Self::ViewAllFields => &[Self::Read],
            Self::Delete => &[Self::Read, Self::Edit],
            Self::ModifyAll => &[Self::Read, Self::Edit, Self::Delete, Self::ViewAll],
        }
    }
}

/// The permissions of a profile on one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectFlags {
    /// See records.
    pub read: bool,
    /// Make records.
    pub create: bool,
    /// Change records.
    pub edit: bool,
    /// Remove records.
    pub delete: bool,
    /// See all records, whatever sharing says.
    pub view_all: bool,
    /// Change all records, whatever sharing says.
    pub modify_all: bool,
    /// See all fields; only where the API version (63 and later) knows it.
    pub view_all_fields: Option<bool>,
}

impl From<ObjectRights> for ObjectFlags {
    fn from(rights: ObjectRights) -> Self {
        Self {
            read: rights.read,
            create: rights.create,
            edit: rights.edit,
            delete: rights.delete,
            view_all: rights.view_all,
            modify_all: rights.modify_all,
            view_all_fields: None,
        }
    }
}

impl ObjectFlags {
    /// Reads a profile's `objectPermissions` entry.
    pub fn of_element(entry: &Element) -> Self {
        let flag = |name: &str| {
            entry
                .text_of(name)
                .is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        Self {
            read: flag("allowRead"),
            create: flag("allowCreate"),
            edit: flag("allowEdit"),
            delete: flag("allowDelete"),
            view_all: flag("viewAllRecords"),
            modify_all: flag("modifyAllRecords"),
            view_all_fields: entry.child("viewAllFields").map(|_| flag("viewAllFields")),
        }
    }

    /// Whether a right is granted.
    pub fn has(self, right: Right) -> bool {
        match right {
            Right::Read => self.read,
            Right::Create => self.create,
            Right::Edit => self.edit,
            Right::Delete => self.delete,
            Right::ViewAll => self.view_all,
            Right::ModifyAll => self.modify_all,
            Right::ViewAllFields => self.view_all_fields == Some(true),
        }
    }

    /// The same with one right.
    pub fn with(mut self, right: Right) -> Self {
        match right {
            Right::Read => self.read = true,
            Right::Create => self.create = true,
            Right::Edit => self.edit = true,
            Right::Delete => self.delete = true,
            Right::ViewAll => self.view_all = true,
            Right::ModifyAll => self.modify_all = true,
            Right::ViewAllFields => self.view_all_fields = Some(true),
        }
        self
    }

    /// The same without one right.
    pub fn without(mut self, right: Right) -> Self {
        match right {
            Right::Read => self.read = false,
            Right::Create => self.create = false,
            Right::Edit => self.edit = false,
            Right::Delete => self.delete = false,
            Right::ViewAll => self.view_all = false,
            Right::ModifyAll => self.modify_all = false,
            Right::ViewAllFields => self.view_all_fields = self.view_all_fields.map(|_| false),
        }
        self
    }

    /// The same without the rights that lack what they require on this object. The order of [`Right::ALL`] has what
    /// is required before what requires it, so one pass is enough.
    pub fn consistent(self) -> Self {
        Right::ALL.into_iter().fold(self, |flags, right| {
            let stands = right.requires().iter().all(|needed| flags.has(*needed));
            if stands { flags } else { flags.without(right) }
        })
    }

    /// The flags in words, as the manifest spells them: `read, create, edit`.
    pub fn words(self) -> Vec<&'static str> {
        let granted = Right::ALL.into_iter().filter(|right| self.has(*right));
        granted.map(Right::word).collect()
    }

    /// The flags that words say; of all fields it is said where the words know of it.
    pub fn of_words(words: &[String]) -> Self {
        let has = |right: Right| words.iter().any(|word| word == right.word());
        Self {
            read: has(Right::Read),
            create: has(Right::Create),
            edit: has(Right::Edit),
            delete: has(Right::Delete),
            view_all: has(Right::ViewAll),
            modify_all: has(Right::ModifyAll),
            view_all_fields: has(Right::ViewAllFields).then_some(true),
        }
    }

    /// These, and reading, making, changing and removing records as the others have it.
    pub fn and_records(self, others: Self) -> Self {
        Self {
            read: self.read || others.read,
            create: self.create || others.create,
            edit: self.edit || others.edit,
            delete: self.delete || others.delete,
            ..self
        }
    }

    /// The entry of a profile: every flag is written, since the platform ignores an entry that leaves some out.
    pub(super) fn to_element(self, object: &str) -> Element {
        let leaf = |name: &str, on: bool| Element::leaf(name, if on { "true" } else { "false" });
        let mut entry = Element::new("objectPermissions")
            .with(leaf("allowCreate", self.create))
            .with(leaf("allowDelete", self.delete))
            .with(leaf("allowEdit", self.edit))
            .with(leaf("allowRead", self.read))
            .with(leaf("modifyAllRecords", self.modify_all))
            .with(Element::leaf("object", object));
        if let Some(on) = self.view_all_fields {
            entry = entry.with(leaf("viewAllFields", on));
        }
        entry.with(leaf("viewAllRecords", self.view_all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(flags: ObjectFlags, expected: &[&str]) {
        assert_eq!(flags.consistent().words(), expected, "{flags:?}");
    }

    #[test]
    fn a_right_falls_with_what_it_requires() {
        let full = ObjectFlags {
            read: true,
            create: true,
            edit: true,
            delete: true,
            view_all: true,
            modify_all: true,
            view_all_fields: Some(true),
        };
        check(
            full,
            &[
                "read",
                "create",
                "edit",
                "delete",
                "viewAll",
                "modifyAll",
                "viewAllFields",
            ],
        );
        check(full.without(Right::Read), &[]);
        check(
            full.without(Right::Edit),
            &["read", "create", "viewAll", "viewAllFields"],
        );
        check(
            full.without(Right::ViewAll).without(Right::ViewAllFields),
            &["read", "create", "edit", "delete"],
        );
        check(
            full.without(Right::Create),
            &[
                "read",
                "edit",
                "delete",
                "viewAll",
                "modifyAll",
                "viewAllFields",
            ],
        );
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let flags = ObjectFlags {
            read: true,
            edit: true,
            view_all_fields: Some(false),
            ..ObjectFlags::default()
        };
        assert_eq!(ObjectFlags::of_element(&flags.to_element("Lead")), flags);
    }
}
