//! What a manifest says, typed: the fields, profile, role, user and limits it asks for.
//!
//! The doc comments of keys become the descriptions in the JSON Schema, so they speak to the person
//! who writes a manifest.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;

use super::expectation::AccessExpectation;
use super::granted::{ExistingProfile, GrantedSet, SetLicenseRef};
use super::login::{AcceptedPower, LoginLimits};
use super::schema;
use super::sharing::{Scalar, Sharing};
use super::spanned::Sp;
use super::words::{AccessLevel, FieldKind, LoginRestrictions, ObjectPermission, VendorName};
use crate::diagnostic::Place;

/// What is asked for. What is left out stays as the org has it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Custom fields that the sharing rules need.
    #[schemars(default)]
    pub fields: Vec<Field>,
    /// The user's profile: one of this manifest, or one that the org has.
    #[schemars(with = "Option<schema::ProfileForm>")]
    pub profile: Option<Profile>,
    /// Profiles of others, of which the first that there is, is the user's.
    #[schemars(skip)]
    pub existing_profile: Option<ExistingProfile>,
    /// The user's role.
    pub role: Option<Role>,
    /// The integration user.
    pub user: Option<User>,
    /// Permission set licences whose seats the user takes, before its permission sets: API name, or label.
    #[schemars(default)]
    pub permission_set_licenses: Vec<SetLicenseRef>,
    /// Permission sets of this manifest: made, owned whole and assigned to the user.
    #[schemars(default, with = "schema::GrantsForm")]
    pub grants: Vec<GrantedSet>,
    /// Permission sets assigned to the user: API name, or label when it is unambiguous.
    #[schemars(default)]
    pub permission_sets: Vec<PermissionSetRef>,
    /// From where, and by what, the user may log in.
    pub login: Option<LoginLimits>,
    /// Whose checks, words and steps apply; absent: HubSpot's where its package or its name is named, else nobody's.
    pub integration: Option<Sp<VendorName>>,
    /// Permissions whose power somebody has accepted, why, and until when.
    #[schemars(default)]
    pub accepts: Vec<AcceptedPower>,
    /// Organization-wide defaults and sharing rules, by object.
    #[schemars(default)]
    pub sharing: Vec<Sharing>,
    /// Counts beyond which `apply` refuses the plan.
    #[schemars(default)]
    pub limits: Limits,
    /// Who reads or edits which records: each is predicted by a plan and proved by `verify`.
    #[schemars(default)]
    pub expect: Vec<AccessExpectation>,
    /// Whether `apply` refuses a plan whose deploys make validations of other people void for quick deploy.
    pub protect_validations: Option<Sp<bool>>,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

impl Spec {
    /// Nothing asked for, but for whose sight of which object it is about.
    pub(super) fn bare(username: &str, object: &str) -> Self {
        let place = Place::start_of(&"".into());
        let text = |text: &str| Sp::new(text.to_owned(), place.clone());
        let user = User {
            username: text(username),
            email: text(""),
            first_name: None,
            last_name: text(""),
            alias: None,
            nickname: None,
            time_zone: None,
            locale: None,
            language: None,
            email_encoding: None,
            active: None,
            features: Vec::new(),
            currency: None,
            federation_id: None,
            fields: BTreeMap::new(),
            renamed_from: None,
            place: place.clone(),
        };
        Self {
            fields: Vec::new(),
            profile: None,
            existing_profile: None,
            role: None,
            user: Some(user),
            permission_set_licenses: Vec::new(),
            grants: Vec::new(),
            permission_sets: Vec::new(),
            login: None,
            integration: None,
            accepts: Vec::new(),
            sharing: vec![Sharing::bare(object)],
            limits: Limits::default(),
            expect: Vec::new(),
            protect_validations: None,
            place,
        }
    }

    /// What the manifest says about a custom field: that it is there, or that it goes.
    pub fn field(&self, object: &str, name: &str) -> Option<&Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.object.value == object && field.name.value == name)
    }

    /// The permission sets that the manifest makes.
    pub fn granted_sets(&self) -> impl Iterator<Item = &GrantedSet> {
        self.grants.iter().filter(|set| !set.absent)
    }

    /// What the manifest says about the sharing of an object.
    pub fn sharing_of(&self, object: &str) -> Option<&Sharing> {
        let mut sharing = self.sharing.iter();
        sharing.find(|sharing| sharing.object.value == object)
    }

    /// Whether it states the organization-wide default of an object.
    pub fn sets_default_of(&self, object: &str) -> bool {
        let sharing = self.sharing_of(object);
        sharing.is_some_and(|sharing| sharing.organization_wide_default.is_some())
    }
}

/// A custom field.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = schema::field_type_keys)]
pub struct Field {
    /// API name of the object, for example `Lead`.
    pub object: Sp<String>,
    /// API name of the field, ending in `__c`.
    pub name: Sp<String>,
    /// Label, up to 40 characters; required unless `absent`.
    pub label: Sp<String>,
    /// Type of the field; required unless `absent`.
    #[schemars(rename = "type", with = "FieldKind")]
    pub field_type: Sp<FieldType>,
    /// Whether a new record's checkbox is ticked; absent: it is not.
    pub default: Option<Sp<bool>>,
    /// What the field is for, as administrators read it.
    pub description: Option<Sp<String>>,
    /// What the field is for, as users read it.
    pub help_text: Option<Sp<String>>,
    /// Profiles that see and edit the field; absent: this manifest's profile and its clone source.
    pub visible_to: Option<Vec<Sp<String>>>,
    /// `true` asks for the field to be deleted.
    #[schemars(default)]
    pub absent: bool,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

/// The type of a custom field, with what the type needs to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// True or false.
    Checkbox,
    /// One line of text.
    Text {
        /// Longest value, in characters (1 to 255).
        length: u32,
    },
    /// Several lines of text, up to 255 characters.
    TextArea,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A web address.
    Url,
    /// A number.
    Number {
        /// Digits in all (1 to 18).
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// One of the stated values.
    Picklist {
        /// The values, in order.
        values: Vec<Sp<String>>,
    },
}

impl FieldType {
    /// The word of the `type` key, which is the Metadata API's as well.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Checkbox => FieldKind::Checkbox,
            Self::Text { .. } => FieldKind::Text,
            Self::TextArea => FieldKind::TextArea,
            Self::Email => FieldKind::Email,
            Self::Phone => FieldKind::Phone,
            Self::Url => FieldKind::Url,
            Self::Number { .. } => FieldKind::Number,
            Self::Date => FieldKind::Date,
            Self::DateTime => FieldKind::DateTime,
            Self::Picklist { .. } => FieldKind::Picklist,
        }
    }
}

/// The user's profile.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// Name of the profile, as Setup shows it.
    pub name: Sp<String>,
    /// Profile to start from: label or API name.
    pub clone_from: Option<Sp<String>>,
    /// Objects whose View All and Modify All are taken off; absent: every object under `sharing`.
    pub without_data_administration: Option<Vec<Sp<String>>>,
    /// Takes off what lets the user give itself more, run code, act as others or weaken the org; `{keep: [NAME]}` leaves these.
    #[schemars(with = "Option<schema::WithoutAdministrationForm>")]
    pub without_administration: Option<WithoutAdministration>,
    /// What the profile may do with records, by object; the flags of a listed object are owned whole.
    #[schemars(default)]
    pub object_permissions: BTreeMap<String, Sp<BTreeSet<ObjectPermission>>>,
    /// System permissions to grant or take, by API name.
    #[schemars(default)]
    pub user_permissions: BTreeMap<String, Sp<bool>>,
    /// Entries of the clone source that are left out when the profile is made, because the org does not take them.
    pub leave_out: Option<LeaveOut>,
    /// `clone` keeps the source's log-in IP ranges, hours and flows; absent: they are left out.
    #[schemars(default = "schema::leave_out")]
    pub login_restrictions: LoginRestrictions,
    /// `source`: what the clone source gains later is taken over; absent: it is only reported.
    #[schemars(with = "Option<schema::Follow>")]
    pub follow: bool,
    /// What the profile is for.
    pub description: Option<Sp<String>>,
    /// Earlier name, to rename instead of making a second one.
    pub renamed_from: Option<Sp<String>>,
    /// `true` asks for the profile to be deleted.
    #[schemars(default)]
    pub absent: bool,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

/// What a profile keeps of an administrator's permissions.
#[derive(Clone, Debug)]
pub struct WithoutAdministration {
    /// User permissions that it keeps all the same, by API name.
    pub keep: Vec<Sp<String>>,
    /// Where it is stated.
    pub place: Place,
}

impl WithoutAdministration {
    /// Whether a user permission stays.
    pub fn keeps(&self, permission: &str) -> bool {
        self.keep.iter().any(|kept| kept.value == permission)
    }
}

/// Entries of a clone source, by list.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeaveOut {
    /// Tabs, as the profile names them, with or without `standard-`.
    pub tabs: Option<Vec<Sp<String>>>,
    /// Fields, as `Object.Field`.
    pub fields: Option<Vec<Sp<String>>>,
    /// Applications, by API name.
    pub apps: Option<Vec<Sp<String>>>,
    /// Apex classes, by API name.
    pub classes: Option<Vec<Sp<String>>>,
    /// Page layouts, as `Object-Name of the layout`.
    pub layouts: Option<Vec<Sp<String>>>,
    /// Record types, as `Object.RecordType`.
    pub record_types: Option<Vec<Sp<String>>>,
}

/// The user's role.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// API name of the role.
    pub name: Sp<String>,
    /// Label; absent: the name with spaces.
    pub label: Option<Sp<String>>,
    /// Role it reports to; absent: the top of the hierarchy.
    pub parent: Option<Sp<String>>,
    /// Contacts of owned accounts; absent: the narrowest level that the default allows.
    pub contact_access: Option<Sp<AccessLevel>>,
    /// Opportunities of owned accounts; absent: the narrowest level that the default allows.
    pub opportunity_access: Option<Sp<AccessLevel>>,
    /// Cases of owned accounts; absent: the narrowest level that the default allows.
    pub case_access: Option<Sp<AccessLevel>>,
    /// Role name as reports show it.
    pub description: Option<Sp<String>>,
    /// Earlier name, to rename instead of making a second one.
    pub renamed_from: Option<Sp<String>>,
    /// `true` asks for the role to be deleted.
    #[schemars(default)]
    pub absent: bool,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

/// The integration user. A user cannot be deleted, only deactivated.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Log-in name in the form of an e-mail address, unique across all orgs.
    pub username: Sp<String>,
    /// Where the platform sends the user's mail.
    pub email: Sp<String>,
    /// First name.
    pub first_name: Option<Sp<String>>,
    /// Last name.
    pub last_name: Sp<String>,
    /// Short name, up to 8 characters; absent: made from the names.
    pub alias: Option<Sp<String>>,
    /// Nickname, unique in the org; absent: the org makes one.
    pub nickname: Option<Sp<String>>,
    /// Time zone such as `Europe/Dublin`; absent: the org's.
    pub time_zone: Option<Sp<String>>,
    /// Locale such as `en_IE`; absent: the org's.
    pub locale: Option<Sp<String>>,
    /// Language such as `en_US`; absent: the org's.
    pub language: Option<Sp<String>>,
    /// E-mail encoding such as `UTF-8`; absent: `UTF-8`.
    pub email_encoding: Option<Sp<String>>,
    /// Whether the user may log in; absent: yes for a new user, else as it is.
    pub active: Option<Sp<bool>>,
    /// Features that the user is given, such as `MarketingUser`: the names of its boxes in the API, without `UserPermissions`.
    #[schemars(default)]
    pub features: Vec<Sp<String>>,
    /// Currency, where the org has several, such as `USD`; absent: as the org has it.
    pub currency: Option<Sp<String>>,
    /// Id by which single sign-on knows the user; absent: as the org has it.
    pub federation_id: Option<Sp<String>>,
    /// Other fields of the user, by API name.
    #[schemars(default, with = "BTreeMap<String, schema::PlainValue>")]
    pub fields: BTreeMap<String, Sp<Scalar>>,
    /// Earlier username, to rename instead of making a second user.
    pub renamed_from: Option<Sp<String>>,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

impl User {
    /// Its username, and the earlier one.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        let names = std::iter::once(&self.username).chain(&self.renamed_from);
        names.map(|name| &name.value)
    }
}

/// A permission set assigned to the user.
#[derive(Clone, Debug)]
pub struct PermissionSetRef {
    /// API name with its namespace, or label when it is unambiguous.
    pub name: Sp<String>,
    /// Whether it is a group of permission sets that is named.
    pub is_group: bool,
    /// The last day on which it is held, as `2027-03-31`; `None` where the manifest says nothing of that.
    pub expires: Option<Sp<String>>,
    /// Whether the assignment is to be taken away.
    pub absent: bool,
}

/// Counts beyond which `apply` refuses; absent: no count refuses.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Most users, over all objects, who may lose sight of records.
    pub users_losing_access: Option<Sp<u64>>,
    /// Most records that may become visible to the integration user.
    pub records_becoming_visible: Option<Sp<u64>>,
}
