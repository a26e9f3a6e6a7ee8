//! The closed vocabularies of the manifest: each an enum whose variants are single words.

use schemars::{Schema, json_schema};

/// A closed vocabulary. The word of a variant is what a manifest, a plan and the schema say.
pub trait Word: Copy + 'static {
    /// Every variant, in the order to name them.
    const ALL: &'static [Self];

    /// The word for this variant.
    fn word(self) -> &'static str;

    /// The variant that `word` stands for.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|item| item.word() == word)
    }
}

/// Declares an enum of words: the variants, their spelling, how they are shown, serialised and described.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$item_meta:meta])* $item:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$item_meta])* $item,)+ }

        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$item),+];

            fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schema_of_words::<$name>()
            }
        }
    };
}

fn schema_of_words<T: Word>() -> Schema {
    let words: Vec<&str> = T::ALL.iter().map(|item| item.word()).collect();
    json_schema!({ "type": "string", "enum": words })
}

words! {
    /// An object's organization-wide default, in the Metadata API's own words.
    SharingModel {
        /// Only owners, and whom they or rules share with.
        Private = "Private",
        /// Everybody reads.
        Read = "Read",
        /// Everybody reads and edits.
        ReadWrite = "ReadWrite",
        /// Everybody reads, edits and gives away; Lead and Case only.
        ReadWriteTransfer = "ReadWriteTransfer",
        /// Everybody may do everything; Campaign only.
        FullAccess = "FullAccess",
        /// As the parent record says.
        ControlledByParent = "ControlledByParent",
        /// Everybody may use it; price books only.
        ReadSelect = "ReadSelect",
    }
}

words! {
    /// The default that an object has while its rules are being made, on its way to Private.
    NarrowThrough {
        /// Everybody reads: nobody loses sight before the rules stand.
        Read = "Read",
    }
}

impl NarrowThrough {
    /// That default.
    pub fn model(self) -> SharingModel {
        match self {
            Self::Read => SharingModel::Read,
        }
    }
}

impl SharingModel {
    /// How wide it opens the object, from 0; none where the parent decides.
    pub fn width(self) -> Option<u8> {
        match self {
            Self::Private => Some(0),
            Self::ReadSelect => Some(1),
            Self::Read => Some(2),
            Self::ReadWrite => Some(3),
            Self::ReadWriteTransfer => Some(4),
            Self::FullAccess => Some(5),
            Self::ControlledByParent => None,
        }
    }

    /// Whether everybody can edit every record, so that sharing can add nothing.
    pub fn is_public_to_edit(self) -> bool {
        self.width() >= Self::ReadWrite.width()
    }
}

words! {
    /// What a sharing rule grants.
    RuleAccess {
        /// See the record.
        ReadOnly = "ReadOnly",
        /// See and edit the record.
        ReadWrite = "ReadWrite",
    }
}

words! {
    /// What members of a role may do with records under accounts they own.
    AccessLevel {
        /// Nothing beyond what sharing gives.
        None = "None",
        /// See them.
        Read = "Read",
        /// See and edit them.
        Edit = "Edit",
    }
}

words! {
    /// How a criterion compares a field with its value.
    Operator {
        /// Is one of the values.
        Equals = "equals",
        /// Is none of the values.
        NotEqual = "notEqual",
        /// Is below the value.
        LessThan = "lessThan",
        /// Is above the value.
        GreaterThan = "greaterThan",
        /// Is the value or below it.
        LessOrEqual = "lessOrEqual",
        /// Is the value or above it.
        GreaterOrEqual = "greaterOrEqual",
        /// Holds one of the values.
        Contains = "contains",
        /// Holds none of the values.
        NotContain = "notContain",
        /// Begins with one of the values.
        StartsWith = "startsWith",
    }
}

impl Operator {
    /// Whether a blank field is likely to match.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotEqual | Self::NotContain)
    }

    /// Whether it compares by order, and so takes exactly one value that is not blank.
    pub fn is_ordering(self) -> bool {
        matches!(
            self,
            Self::LessThan | Self::GreaterThan | Self::LessOrEqual | Self::GreaterOrEqual
        )
    }
}

words! {
    /// What a profile may do with an object's records.
    ObjectPermission {
        /// See records.
        Read = "read",
        /// Make records.
        Create = "create",
        /// Change records.
        Edit = "edit",
        /// Delete records.
        Delete = "delete",
        /// See every record, whatever sharing says.
        ViewAll = "viewAll",
        /// Change and delete every record, whatever sharing says.
        ModifyAll = "modifyAll",
        /// See every field.
        ViewAllFields = "viewAllFields",
    }
}

impl ObjectPermission {
    /// The permissions on the same object without which the platform refuses this one.
    pub fn requires(self) -> &'static [ObjectPermission] {
        match self {
            Self::Read => &[],
            Self::Create | Self::Edit | Self::ViewAll | Self::ViewAllFields => &[Self::Read],
            Self::Delete => &[Self::Read, Self::Edit],
            Self::ModifyAll => &[Self::Read, Self::Edit, Self::Delete, Self::ViewAll],
        }
    }

    /// Whether it lets the user see records that sharing would hide.
    pub fn bypasses_sharing(self) -> bool {
        matches!(self, Self::ViewAll | Self::ModifyAll)
    }
}

words! {
    /// What becomes of the log-in restrictions of the profile that is cloned.
    LoginRestrictions {
        /// IP ranges, hours and flows are left out.
        LeaveOut = "leaveOut",
        /// They are cloned like everything else.
        Clone = "clone",
    }
}

words! {
    /// What becomes of fields that are made after a permission set was given all that there were.
    #[derive(Default)]
    NewFields {
        /// They are counted and not granted.
        #[default]
        Note = "note",
        /// They are granted.
        Grant = "true",
        /// Each is a difference until somebody decides.
        Difference = "error",
    }
}

words! {
    /// Whose integration the user is for.
    VendorName {
        /// Nobody's that anything particular is known of.
        None = "none",
        /// HubSpot.
        HubSpot = "hubspot",
        /// Marketo Engage.
        Marketo = "marketo",
        /// Gong.
        Gong = "gong",
        /// UserGems.
        UserGems = "usergems",
        /// A warehouse that reads: Fivetran, Airbyte, Snowflake.
        Warehouse = "warehouse",
    }
}

words! {
    /// What somebody keeps when an object becomes narrower.
    KeptAccess {
        /// A profile's users go on seeing every record.
        ViewAll = "ViewAll",
        /// A profile's users go on seeing and editing every record.
        ModifyAll = "ModifyAll",
        /// A role goes on seeing every record.
        ReadOnly = "ReadOnly",
        /// A role goes on seeing and editing every record.
        ReadWrite = "ReadWrite",
    }
}

words! {
    /// The type of a custom field, as the `type` key spells it.
    FieldKind {
        /// True or false.
        Checkbox = "Checkbox",
        /// One line of text, of a stated `length`.
        Text = "Text",
        /// Several lines of text, up to 255 characters.
        TextArea = "TextArea",
        /// An e-mail address.
        Email = "Email",
        /// A phone number.
        Phone = "Phone",
        /// A web address.
        Url = "Url",
        /// A number, of a stated `precision` and `scale`.
        Number = "Number",
        /// A day.
        Date = "Date",
        /// A day and a time.
        DateTime = "DateTime",
        /// One of the stated `values`.
        Picklist = "Picklist",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_round_trip<T: Word + PartialEq + std::fmt::Debug>() {
        for item in T::ALL {
            assert_eq!(T::of(item.word()), Some(*item));
        }
        assert_eq!(T::of("no such word"), None);
    }

    #[test]
    fn every_word_finds_its_variant() {
        check_round_trip::<SharingModel>();
        check_round_trip::<RuleAccess>();
        check_round_trip::<AccessLevel>();
        check_round_trip::<Operator>();
        check_round_trip::<ObjectPermission>();
        check_round_trip::<LoginRestrictions>();
        check_round_trip::<KeptAccess>();
        check_round_trip::<FieldKind>();
    }

    #[test]
    fn only_models_that_let_everybody_edit_are_public_to_edit() {
        let public: Vec<&str> = SharingModel::ALL
            .iter()
            .filter(|model| model.is_public_to_edit())
            .map(|model| model.word())
            .collect();
        assert_eq!(public, ["ReadWrite", "ReadWriteTransfer", "FullAccess"]);
    }
}
