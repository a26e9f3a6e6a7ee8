//! The parts of the org, each as far as it was learnt.

use super::containers::{Containers, ObjectGrant};
use super::defaults::Definition;
use super::described::{Described, DescribedField};
use super::filter::Filter;
use super::known::{Known, Refused};
use super::need::{Columns, Need};
use super::organization::Organization;
use super::populations::Owners;
use super::record_need::RecordNeed;
use super::references::Reference;
use super::roles::Roles;
use super::sharing_need::SharingNeed;
use super::users::{LiveUser, ProfileHolder, RolesOfUsers, UserCounts};
use super::{Live, NeedOutcome, profile_label};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use std::collections::BTreeSet;

/// The code of a query for a column that the org does not have, or hides (REST API guide, Status Codes).
const LACKING_COLUMN: &str = "INVALID_FIELD";
/// The code of a query for an object that the org does not have, or hides.
const LACKING_TABLE: &str = "INVALID_TYPE";

/// The code of a query for an object that the org does not have, or hides (the same).
pub const LACKING_OBJECT: &str = "INVALID_TYPE";

impl Live {
    /// An org that was not asked.
    pub fn offline() -> Self {
        Self {
            offline: true,
            ..Self::default()
        }
    }

    /// The org as it would be without anything that these manifests make.
    pub fn without_what_is_made(&self, manifests: &[Manifest]) -> Self {
        let mut live = self.clone();
        for manifest in manifests {
            let spec = &manifest.spec;
            if let Some(profile) = &spec.profile {
                live.forget(&Need::Profile(profile_label(&profile.name)));
            }
            if let (Some(role), Some(roles)) = (&spec.role, &live.roles) {
                live.roles = Some(roles.without(&role.name));
            }
            if let Some(user) = &spec.user {
                live.users.forget(&user.username);
            }
            let sharing = spec.sharing.iter().map(|sharing| &sharing.object.value);
            for object in sharing.chain(spec.fields.iter().map(|field| &field.object.value)) {
                live.forget(&Need::SharingRules(object.clone()));
                live.forget(&Need::ObjectDocument(object.clone()));
            }
        }
        live
    }

    /// As if the org had no such document.
    fn forget(&mut self, need: &Need) {
        if let Some(document) = self.documents.get_mut(need) {
            *document = None;
        }
    }

    /// Whether something was asked, however the org answered.
    pub fn was_asked(&self, need: &Need) -> bool {
        self.outcomes.contains_key(need)
    }

    /// Refusals of what no true plan can do without, in the order of the needs.
    pub fn refusals_of_needed(&self) -> Vec<&Refused> {
        self.refusals(|need, _| !need.is_only_counted() && !self.is_told_otherwise(need))
    }

    /// Refusals of what is only counted and is not known otherwise either, in the order of the needs.
    pub fn refusals_of_counted(&self) -> Vec<&Refused> {
        self.refusals(|need, refused| match need {
            // The built-in knowledge does as well, a refused tab is left out all the same, records are asked for again, and
            // there is one queue all the same.
            Need::Dependencies(..)
            | Need::DependenciesOf(_)
            | Need::OfUser(_)
            | Need::Tabs
            | Need::RestrictionRules
            | Need::Records(..)
            | Need::FirstRecords(..)
            | Need::Deploys => false,
            // Whoever asks before it is known which fields there are, may ask for one that is still to be made.
            // Before assignments could end (API 52.0), none did.
            // Not every org has every object that may open accounts.
            Need::Count(..)
            | Need::AccountsOf(_)
            | Need::EndingAssignments(_)
            | Need::Holding(_) => refused.code != LACKING_COLUMN && refused.code != LACKING_OBJECT,
            // Where a default opens everything, there is no table of shares.
            Need::Sharing(SharingNeed::Rows(_)) | Need::Record(RecordNeed::Shares(..)) => {
                refused.code != LACKING_TABLE
            }
            // What a manifest expects of records is told entry by entry, and so is what a user can do.
            Need::Record(_) | Need::Capability(_) => false,
            Need::Owners(object) => self.population(object).refused().is_some(),
            need => need.is_only_counted(),
        })
    }

    fn refusals(&self, are_meant: impl Fn(&Need, &Refused) -> bool) -> Vec<&Refused> {
        let refused = self.outcomes.iter().filter_map(|(need, outcome)| {
            let NeedOutcome::Refused(refused) = outcome else {
                return None;
            };
            are_meant(need, refused).then_some((need, refused))
        });
        let mut refused: Vec<_> = refused.collect();
        refused.sort();
        refused.into_iter().map(|(_, refused)| refused).collect()
    }

    /// Whether the org told the same to a question with fewer columns.
    fn is_told_otherwise(&self, need: &Need) -> bool {
        let least = match need {
            Need::Organization(Columns::All) => Need::Organization(Columns::InEveryOrg),
            Need::Roles(Columns::All) => Need::Roles(Columns::InEveryOrg),
            _ => return false,
        };
        self.outcomes.get(&least) == Some(&NeedOutcome::Told)
    }

    /// Whether the org lacks a column that was asked for.
    pub(super) fn lacks_columns(&self, need: &Need) -> bool {
        let refused = self.known(need, Some(&()));
        refused
            .refused()
            .is_some_and(|refused| refused.code == LACKING_COLUMN)
    }

    /// A part, as the need that it belongs to was answered.
    pub(super) fn known<'a, T: ?Sized>(&self, need: &Need, part: Option<&'a T>) -> Known<&'a T> {
        match (self.outcomes.get(need), part) {
            (Some(NeedOutcome::Refused(refused)), _) => Known::Refused(refused.clone()),
            (Some(NeedOutcome::Told), Some(part)) => Known::Is(part),
            _ => Known::NotAsked,
        }
    }

    /// One of what there may be.
    pub(super) fn found<'a, T>(&self, need: &Need, part: Option<&'a T>) -> Known<Option<&'a T>> {
        self.known(need, Some(&())).map(|()| part)
    }

    /// The organization's own row.
    pub fn organization(&self) -> Known<&Organization> {
        match &self.organization {
            Some(organization) => Known::Is(organization),
            None => {
                let asked = [Columns::All, Columns::InEveryOrg].map(Need::Organization);
                let answers = asked.map(|need| self.known(&need, None));
                let refused = answers.into_iter().find(Known::was_asked);
                refused.unwrap_or(Known::NotAsked)
            }
        }
    }

    /// The day on which the organization's trial ends; `None` where it is none.
    pub fn trial_end(&self) -> Known<Option<&String>> {
        self.found(&Need::TrialEnd, self.trial_end.as_ref())
    }

    /// The roles of internal users.
    pub fn roles(&self) -> Known<&Roles> {
        match &self.roles {
            Some(roles) => Known::Is(roles),
            None => self.known(&Need::Roles(Columns::All), None),
        }
    }

    /// A role's document, made of its row where the row has all of it.
    pub fn role_document(&self, name: &str) -> Known<Option<Element>> {
        let need = Need::RoleDocument(name.to_owned());
        match self.document(&need) {
            Known::Is(Some(document)) => Known::Is(Some(document.clone())),
            Known::Refused(refused) => Known::Refused(refused),
            Known::Is(None) | Known::NotAsked => self.roles().map(|roles| roles.document(name)),
        }
    }

    /// Profiles, permission sets, groups of them, and licences.
    pub fn containers(&self) -> Known<&Containers> {
        self.known(&Need::Containers, self.containers.as_ref())
    }

    /// The user of a name.
    pub fn user(&self, username: &str) -> Known<Option<&LiveUser>> {
        let known = self.users.named(username);
        match self.found(&Need::User(username.to_owned()), known) {
            Known::NotAsked if self.users.has_administrator(username) => Known::Is(known),
            asked => asked,
        }
    }

    /// The user that a manifest means; by its earlier name, where that is renamed.
    pub fn user_of(&self, wanted: &manifest::User) -> Option<&LiveUser> {
        let names = std::iter::once(&wanted.username).chain(&wanted.renamed_from);
        names.into_iter().find_map(|name| self.user(name).found())
    }

    /// The user of a manifest, where it means one and the org has it.
    pub fn own_user(&self, manifest: &Manifest) -> Option<&LiveUser> {
        self.user_of(manifest.spec.user.as_ref()?)
    }

    /// The users with a role, by its API name.
    pub fn members<'a>(&'a self, role: &'a str) -> Known<Vec<&'a LiveUser>> {
        self.known(&Need::Members(role.to_owned()), Some(&()))
            .map(|()| self.users.with_role(role).collect())
    }

    /// Active users of a profile, by its label.
    pub fn holders(&self, profile: &str) -> Known<&[ProfileHolder]> {
        let part = self.holders.get(profile).map(Vec::as_slice);
        self.known(&Need::Holders(profile.to_owned()), part)
    }

    /// An active user among the holders of the profiles that were asked for.
    pub fn holder(&self, username: &str) -> Option<&ProfileHolder> {
        let mut holders = self.holders.values().flatten();
        holders.find(|holder| holder.username.eq_ignore_ascii_case(username))
    }

    /// How many active users each profile has, by the profile's id.
    pub fn users_by_profile(&self) -> Known<&UserCounts> {
        self.known(&Need::UsersByProfile, self.users_by_profile.as_ref())
    }

    /// How many active users each role has, by the role's id.
    pub fn users_by_role(&self) -> Known<&UserCounts> {
        self.known(&Need::UsersByRole, self.users_by_role.as_ref())
    }

    /// The role of each user.
    pub fn roles_of_users(&self) -> Known<&RolesOfUsers> {
        self.known(&Need::RolesOfUsers, self.roles_of_users.as_ref())
    }

    /// API names of public groups and queues.
    pub fn groups(&self) -> Known<&[String]> {
        self.known(&Need::Groups, Some(self.groups.as_slice()))
    }

    /// An object as it is described; `None` where the org has none of that name, or hides it.
    pub fn object(&self, object: &str) -> Known<Option<&Described>> {
        let described = self.described.get(object).and_then(Option::as_deref);
        self.found(&Need::Object(object.to_owned()), described)
    }

    /// A described field of an object, by name without regard to case.
    pub fn field(&self, object: &str, name: &str) -> Option<&DescribedField> {
        self.object(object).found()?.field(name)
    }

    /// The describe type of a field.
    pub fn field_type(&self, object: &str, name: &str) -> Option<&str> {
        Some(&self.field(object, name)?.kind)
    }

    /// The user permissions this org knows; `None` where it was not asked, or did not tell.
    pub fn user_permissions(&self) -> Option<BTreeSet<String>> {
        let described = self.object("PermissionSet").found()?;
        let permission = |field: &DescribedField| {
            let name = field.name.strip_prefix("Permissions");
            name.map(str::to_owned)
        };
        Some(described.fields.iter().filter_map(permission).collect())
    }

    /// The settings of an object.
    pub fn object_document(&self, object: &str) -> Known<Option<&Element>> {
        self.document(&Need::ObjectDocument(object.to_owned()))
    }

    /// The sharing rules of an object, as one document.
    pub fn sharing_rules(&self, object: &str) -> Known<Option<&Element>> {
        self.document(&Need::SharingRules(object.to_owned()))
    }

    /// A profile's document, by label or API name, as the org gives it.
    pub fn profile_document(&self, name: &str) -> Known<Option<&Element>> {
        self.document(&Need::Profile(self.profile_label(name)))
    }

    /// A permission set's document, by API name.
    pub fn permission_set_document(&self, name: &str) -> Known<Option<&Element>> {
        self.document(&Need::PermissionSet(name.to_owned()))
    }

    pub(super) fn document(&self, need: &Need) -> Known<Option<&Element>> {
        let document = self.documents.get(need).and_then(Option::as_deref);
        self.found(need, document)
    }

    /// The defaults in force as an object's definition tells them.
    pub(super) fn definition(&self, object: &str) -> Known<Option<Definition>> {
        let told = self.definitions.get(object);
        self.found(&Need::DefaultInForce(object.to_owned()), told)
            .map(Option::<&_>::copied)
    }

    /// The user permissions of a profile, by label, where its document came without; `None` where the org shows no
    /// permission set behind it.
    pub fn profile_permissions(&self, label: &str) -> Known<Option<&BTreeSet<String>>> {
        let need = Need::ProfilePermissions(label.to_owned());
        let permissions = self.profile_permissions.get(label).and_then(Option::as_ref);
        self.found(&need, permissions)
    }

    /// What a profile grants on objects, by label.
    pub fn profile_objects(&self, label: &str) -> Known<&[ObjectGrant]> {
        let need = Need::ProfileObjects(label.to_owned());
        self.known(&need, Some(self.object_grants.of_profile(label)))
    }

    /// Fields of an object that a profile can read, by label, and whether it can edit them.
    pub fn profile_fields(&self, label: &str, object: &str) -> Known<Vec<(&str, bool)>> {
        let need = Need::ProfileFields(label.to_owned(), object.to_owned());
        self.known(&need, Some(&()))
            .map(|()| self.field_grants.of_profile(label, object).collect())
    }

    /// All fields that a profile can read, by label, and whether it can edit them.
    pub fn all_profile_fields(&self, label: &str) -> Known<Vec<(&str, bool)>> {
        let need = Need::AllProfileFields(label.to_owned());
        self.known(&need, Some(&()))
            .map(|()| self.field_grants.all_of_profile(label).collect())
    }

    /// The whole of a profile, by label, that came in part, with what it came without.
    pub fn complete_profile(&mut self, label: &str, whole: Element, missing: Vec<&'static str>) {
        let need = Need::Profile(label.to_owned());
        self.documents.insert(need, Some(Box::new(whole)));
        self.retrieved.insert(label.to_owned(), missing);
    }

    /// Labels of the profiles that may edit a field.
    pub fn field_editors(&self, object: &str, field: &str) -> Known<&BTreeSet<String>> {
        let need = Need::FieldViewers(object.to_owned(), field.to_owned());
        self.known(&need, Some(self.field_grants.editors(object, field)))
    }

    /// What profiles and permission sets grant on an object.
    pub fn grants_on(&self, object: &str) -> Known<&[ObjectGrant]> {
        let need = Need::Grants(object.to_owned());
        self.known(&need, Some(self.object_grants.on(object)))
    }

    /// How many records of an object there are.
    pub fn population(&self, object: &str) -> Known<u64> {
        match self.owners(object) {
            Known::Is(owners) => Known::Is(owners.all()),
            _ => self.count(&Need::population(object)),
        }
    }

    /// How many records of an object a user owns.
    pub fn owned_by(&self, object: &str, user: &LiveUser) -> Known<u64> {
        match self.owners(object) {
            Known::Is(owners) => Known::Is(owners.of(&user.id)),
            _ => {
                let filter = Filter::owned_by(&user.username);
                self.count(&Need::Count(object.to_owned(), Some(filter)))
            }
        }
    }

    /// How many records of an object each owner has.
    pub fn owners(&self, object: &str) -> Known<&Owners> {
        let need = Need::Owners(object.to_owned());
        self.known(&need, self.owners.get(object))
    }

    /// The number that answers a need to count.
    pub fn count(&self, need: &Need) -> Known<u64> {
        self.known(need, self.counts.get(need)).cloned()
    }

    /// The id, or of a record type the label, that a name stands for.
    pub fn reference(&self, reference: &Reference) -> Known<Option<&str>> {
        let found = self.references.get(reference).and_then(Option::as_ref);
        self.found(&Need::Reference(reference.clone()), found)
            .map(|found| found.map(String::as_str))
    }
}
