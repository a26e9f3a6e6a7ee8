//! What one user can do by everything that it holds, one ability at a time.

use super::{ALL_FIELDS, OF_READER, compound_by_name, global_need};
use crate::access::demanded::Ability;
use crate::access::held::{HeldSet, SetStanding, address_of_container, over_all_data};
use crate::kinds::find_permission_set;
use crate::live::{
    CapabilityNeed, Container, DescribedField, GrantedNames, Known, Live, LiveUser, ObjectRights,
    Refused,
};
use crate::manifest::ObjectPermission;
use std::collections::BTreeSet;

/// The compound field whose parts everybody reads who reads the object.
const NAME: &str = "Name";

/// A user with everything that tells what it can do.
pub(super) struct CapableUser<'a> {
    pub(super) user: &'a LiveUser,
    pub(super) live: &'a Live,
    pub(super) held: Known<Vec<HeldSet<'a>>>,
    /// Why it is not known which assignments are void, where it is not.
    pub(super) doubt: Option<Refused>,
    pub(super) permissions: CapabilityNeed,
    pub(super) fields: Option<CapabilityNeed>,
}

/// Whether something can be done, by what, and what would give it and does not.
pub(super) struct HeldAbility {
    has: Known<bool>,
    from: BTreeSet<String>,
    void: Vec<String>,
}

impl HeldAbility {
    fn plain(has: Known<bool>) -> Self {
        Self {
            has,
            from: BTreeSet::new(),
            void: Vec::new(),
        }
    }

    /// Not known instead of "no", where no profile and no set of the org lists the object: some objects go without.
    fn unless_nobody_is_listed(self, live: &Live, object: &str) -> Self {
        let grants = live.grants_on(object);
        let nobody = grants.learnt().is_some_and(|grants| grants.is_empty());
        match self.has {
            Known::Is(false) if nobody => {
                let what = format!("who may use {object}, which no profile lists");
                Self::plain(Known::Refused(Refused::not_told(what)))
            }
            _ => self,
        }
    }

    pub(super) fn parts(self) -> (Known<bool>, BTreeSet<String>, Vec<String>) {
        (self.has, self.from, self.void)
    }
}

impl<'a> CapableUser<'a> {
    pub(super) fn can(&self, ability: &Ability) -> HeldAbility {
        match ability {
            Ability::Active => HeldAbility::plain(Known::Is(self.user.active)),
            Ability::NotFrozen => HeldAbility::plain(self.is_not_frozen()),
            Ability::Permission(name) => self.by_sets(|set| self.grants_permission(name, set)),
            Ability::SetInForce(name) => {
                self.holds(find_permission_set(self.live, name).ok().flatten())
            }
            Ability::GroupInForce(name) => {
                let containers = self.live.containers().learnt();
                self.holds(containers.and_then(|all| all.group_called(name)))
            }
            Ability::Object(object, right) => self.on_object(object, *right),
            Ability::Field(object, field) => self.reads_field(object, field),
        }
    }

    /// The refusal, where who asks does not hold what makes the org show something.
    fn hidden(&self, permission: &'static str, label: &str, what: &str) -> Option<Refused> {
        match self.live.held_by_reader(&OF_READER.into()) {
            Known::Is(held) if held.contains(permission) => None,
            Known::Is(_) => Some(Refused {
                message: format!("you do not hold {label}, and without it rows are missing"),
                ..Refused::not_told(what)
            }),
            Known::Refused(refused) => Some(refused),
            Known::NotAsked => Some(Refused::not_told("what it shows to you")),
        }
    }

    fn is_not_frozen(&self) -> Known<bool> {
        match self.live.frozen(&self.user.username) {
            // A row is no less true where others are missing.
            Known::Is(true) => Known::Is(false),
            told => match self.hidden("ManageUsers", "Manage Users", "whether it is frozen") {
                Some(refused) => Known::Refused(refused),
                None => told.map(|frozen| !frozen),
            },
        }
    }

    /// Whether any set in force grants something.
    fn by_sets(&self, grants: impl Fn(&'a Container) -> Known<bool>) -> HeldAbility {
        let hidden = self.hidden("ViewSetup", "View Setup", "what its sets grant");
        let held = match (&self.held, hidden) {
            (_, Some(refused)) => return HeldAbility::plain(Known::Refused(refused)),
            (Known::Is(held), None) => held,
            (other, None) => return HeldAbility::plain(other.as_ref().map(|_| false)),
        };
        let mut found = HeldAbility::plain(Known::Is(false));
        let mut not_known = None;
        for HeldSet {
            container,
            standing,
        } in held
        {
            let doubt = self
                .doubt
                .as_ref()
                .filter(|_| container.profile().is_none());
            match (grants(container), standing, doubt) {
                (Known::Is(false), ..) => {}
                (Known::Is(true), SetStanding::InForce, None) => {
                    found.from.insert(address_of_container(container));
                }
                (Known::Is(true), SetStanding::InForce, Some(doubt)) => {
                    not_known = Some(Known::Refused(doubt.clone()));
                }
                (Known::Is(true), standing, _) => found.void.push(why_void(container, standing)),
                (unknown, SetStanding::InForce, _) => not_known = Some(unknown),
                _ => {}
            }
        }
        found.has = match (found.from.is_empty(), not_known) {
            (false, _) => Known::Is(true),
            (true, Some(unknown)) => unknown,
            (true, None) => Known::Is(false),
        };
        found
    }

    fn grants_permission(&self, name: &str, set: &Container) -> Known<bool> {
        let granted = self.live.granted_by_sets(&self.permissions);
        granted.map(|granted| names(granted, set).contains(name))
    }

    /// Whether a set is in force for the user. One that the org does not have, or does not show, is held by nobody as far as
    /// who asks is shown all: the plan says what is wrong with the name.
    fn holds(&self, set: Option<&Container>) -> HeldAbility {
        self.by_sets(|held| Known::Is(set.is_some_and(|set| held.id == set.id)))
    }

    fn on_object(&self, object: &str, right: ObjectPermission) -> HeldAbility {
        if right == ObjectPermission::ViewAllFields {
            return self.by_sets(|set| self.reads_all_fields(object, set));
        }
        self.by_sets(|set| {
            let grants = self.live.grants_on(object);
            grants.map(|grants| {
                let granted = grants.iter().find(|grant| grant.container == set.id);
                let granted = granted.map(|grant| grant.rights).unwrap_or_default();
                [granted, over_all_data(set)]
                    .iter()
                    .any(|rights| gives(*rights, right))
            })
        })
        .unless_nobody_is_listed(self.live, object)
    }

    /// Whether a set lets read all fields of an object; "no" as long as nobody asked, which is done before a field is called
    /// hidden.
    fn reads_all_fields(&self, object: &str, set: &Container) -> Known<bool> {
        let username = self.user.username.to_lowercase();
        let of = |need: CapabilityNeed, name: &str| match self.live.granted_by_sets(&need) {
            Known::NotAsked => Known::Is(false),
            told => told.map(|granted| names(granted, set).contains(name)),
        };
        match of(CapabilityNeed::AllFields(username.clone()), object) {
            Known::Is(false) => of(global_need(&username), ALL_FIELDS),
            told => told,
        }
    }

    /// A field that nothing can grant by itself is read by whoever reads the object; any other takes both.
    fn reads_field(&self, object: &str, field: &str) -> HeldAbility {
        let on_object = self.on_object(object, ObjectPermission::Read);
        let described = self.live.field(object, field);
        if described.is_some_and(|field| !is_granted_by_itself(field)) {
            return on_object;
        }
        let by_field = self.by_sets(|set| self.grants_field(object, field, described, set));
        let has = match (&by_field.has, &on_object.has) {
            (Known::Is(false), _) if described.is_none() && !self.is_custom_of(object, field) => {
                let what = format!("what the field `{object}.{field}` is");
                Known::Refused(Refused::not_told(what))
            }
            (Known::Is(by_field), Known::Is(on_object)) => Known::Is(*by_field && *on_object),
            (Known::Is(false), _) | (_, Known::Is(false)) => Known::Is(false),
            (Known::Is(_), unknown) | (unknown, _) => unknown.clone(),
        };
        let from = match has {
            Known::Is(true) => by_field.from,
            _ => BTreeSet::new(),
        };
        let void = by_field.void;
        HeldAbility { has, from, void }
    }

    /// Whether a field that the org does not describe is one that profiles list: a custom field of an object that it does
    /// describe, since whoever reads the object is shown the others.
    fn is_custom_of(&self, object: &str, field: &str) -> bool {
        field.ends_with("__c") && self.live.object(object).found().is_some()
    }

    fn grants_field(
        &self,
        object: &str,
        field: &str,
        described: Option<&DescribedField>,
        set: &Container,
    ) -> Known<bool> {
        let Some(need) = &self.fields else {
            return Known::NotAsked;
        };
        let compound = described.and_then(|field| field.compound_field_name.clone());
        let compound = compound.or_else(|| compound_by_name(field));
        let granted = self.live.granted_by_sets(need).map(|granted| {
            let granted = names(granted, set);
            let is_there = |name: &str| {
                let name = format!("{object}.{name}");
                granted.iter().any(|one| one.eq_ignore_ascii_case(&name))
            };
            is_there(field) || compound.as_deref().is_some_and(is_there)
        });
        match granted {
            Known::Is(false) => self.reads_all_fields(object, set),
            told => told,
        }
    }
}

/// What the org's describe says: a part of a name, and what no profile can list, goes with the object.
pub(super) fn is_granted_by_itself(field: &DescribedField) -> bool {
    match field.compound_field_name.as_deref() {
        Some(NAME) => false,
        Some(_) => true,
        None => !field.is_fixed(),
    }
}

fn names<'g>(granted: &'g GrantedNames, set: &Container) -> &'g BTreeSet<String> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    granted.get(&set.id).unwrap_or(&NONE)
}

fn why_void(container: &Container, standing: &SetStanding) -> String {
    let set = address_of_container(container);
    match standing {
        SetStanding::InForce => format!("`{set}` is in force"),
        SetStanding::OnlyActivated => {
            format!("`{set}` gives nothing until a session activates it")
        }
        SetStanding::Over(Some(day)) => format!("the assignment of `{set}` ended on {day}"),
        SetStanding::Over(None) => format!("the assignment of `{set}` is over"),
        SetStanding::TakenBack => format!("a user access policy took `{set}` back"),
    }
}

/// Whether rights hold this one, by what follows from them as well.
fn gives(rights: ObjectRights, right: ObjectPermission) -> bool {
    let views = rights.view_all || rights.modify_all;
    match right {
        ObjectPermission::Read => rights.read || views,
        ObjectPermission::Create => rights.create,
        ObjectPermission::Edit => rights.edit || rights.modify_all,
        ObjectPermission::Delete => rights.delete || rights.modify_all,
        ObjectPermission::ViewAll => views,
        ObjectPermission::ModifyAll => rights.modify_all,
        ObjectPermission::ViewAllFields => false,
    }
}
