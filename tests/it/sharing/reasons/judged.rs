//! What an emulated org says of a user's sight after changes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use orgwright::verify::{Access, Mismatch};
use salesforce_emulator::sharing;
use salesforce_emulator::store::{GroupKind, Id, Millis, Org, Row, SharingModel, SharingState};

use super::interventions::{Intervention, close, give_away, no_level_of_owner, respect_sharing};

/// The objects whose records hang on accounts.
const CHILDREN: [&str; 4] = ["Contact", "Opportunity", "Case", "Contract"];

/// An org and the user whose sight is judged.
pub(super) struct Judged<'org> {
    org: &'org Org,
    user: &'org str,
    /// The org after changes that regard no single record.
    changed: RefCell<BTreeMap<Vec<Intervention>, Org>>,
}

impl<'org> Judged<'org> {
    pub(super) fn new(org: &'org Org, user: &'org str) -> Self {
        Self {
            org,
            user,
            changed: RefCell::default(),
        }
    }

    /// Whether the user can still do with a record what it should not, once these are done.
    pub(super) fn sees(
        &self,
        interventions: &[Intervention],
        access: &Access,
        leak: &Mismatch,
    ) -> bool {
        let general = |one: &Intervention| {
            matches!(
                one,
                Intervention::Membership(_) | Intervention::RoleMembership(_)
            ) || matches!(
                one,
                Intervention::Hierarchy | Intervention::Share(Some(_), _)
            ) || matches!(
                one,
                Intervention::Rule(Some(_), _) | Intervention::Default(Some(_))
            ) || matches!(one, Intervention::Permission(_) | Intervention::Owner(_))
        };
        if interventions.iter().all(general) {
            let mut changed = self.changed.borrow_mut();
            if changed.len() > 4 {
                changed.clear();
            }
            let org = changed.entry(interventions.to_vec());
            let org = org.or_insert_with(|| self.after(interventions, access, &leak.id));
            return self.may(org, access, leak);
        }
        self.may(&self.after(interventions, access, &leak.id), access, leak)
    }

    fn may(&self, org: &Org, access: &Access, leak: &Mismatch) -> bool {
        let may = sharing::access(org, self.user, &access.object, &leak.id, Millis::default());
        match leak.access {
            "edit" => may.edit,
            _ => may.read,
        }
    }

    fn after(&self, interventions: &[Intervention], access: &Access, record: &str) -> Org {
        let mut org = self.org.clone();
        let object = access.object.as_str();
        let account = || {
            let row = self.org.row(object, record).unwrap();
            row.get("AccountId")
                .and_then(|id| id.as_str())
                .unwrap()
                .to_owned()
        };
        let mut holders = BTreeSet::new();
        for intervention in interventions {
            match intervention {
                Intervention::Permission(id) => respect_sharing(&mut org, id),
                Intervention::Default(of) => {
                    let of = of.as_deref().unwrap_or(object);
                    let schema = org.objects.make_mut().get_mut(of).unwrap();
                    schema.sharing =
                        SharingState::settled(SharingModel::Private, SharingModel::Private);
                }
                Intervention::Rule(of, name) => {
                    let name = format!("{}.{name}", of.as_deref().unwrap_or(object));
                    org.rules.remove(&name).unwrap();
                    org.rules_in_force.remove(&name).unwrap();
                }
                Intervention::Share(of, holder) => {
                    let of = of.as_deref().unwrap_or(record);
                    org.manual_shares.retain(|_, row| {
                        row.record[..15] != of[..15] || row.user_or_group != *holder
                    });
                }
                Intervention::Children(holder) => drop(holders.insert(self.holder(holder))),
                Intervention::Owner(id) => give_away(&mut org, id),
                Intervention::OwnersLevel => no_level_of_owner(&mut org, &account(), object),
                Intervention::RulesLevel(name) => {
                    let name = format!("Account.{name}");
                    let rule = org.rules_in_force.get_mut(&name).unwrap();
                    close(rule.account_levels.as_mut().unwrap(), object);
                }
                Intervention::ShareLevel(holder) => {
                    let account = account();
                    let rows = org.manual_shares.values_mut();
                    for row in
                        rows.filter(|row| row.record == account && row.user_or_group == *holder)
                    {
                        close(row.account_levels.as_mut().unwrap(), object);
                    }
                }
                tie => self.untie(&mut org, tie),
            }
        }
        if !holders.is_empty() {
            let causes = self.causes_of(access, record);
            self.remove_children(&mut org, record, &holders, &causes);
        }
        org
    }

    /// Takes the user out of what ties it to others.
    fn untie(&self, org: &mut Org, tie: &Intervention) {
        match tie {
            Intervention::Membership(id) => {
                org.assignments
                    .retain(|_, held| held.assignee != self.user || held.container != *id);
                if let Some(group) = org.groups.get_mut(id.as_str()) {
                    group.members.retain(|_, member| member != self.user);
                }
            }
            Intervention::RoleMembership(id) => {
                let own = self.groups_of_role();
                let group = org.groups.get_mut(id.as_str()).unwrap();
                group.members.retain(|_, member| !own.contains(member));
            }
            Intervention::Hierarchy => {
                let role = self.org.users.get(self.user).unwrap().role.clone();
                for below in org.roles.values_mut().filter(|one| one.parent == role) {
                    below.parent = None;
                }
            }
            other => panic!("{other:?} is no tie"),
        }
    }

    /// Every holder that is named as bringing an account along.
    fn causes_of(&self, access: &Access, record: &str) -> BTreeSet<Id> {
        let leak = access.leaks.iter().find(|leak| leak.id == record).unwrap();
        let along = leak
            .causes
            .iter()
            .filter(|cause| cause.kind == "implicit_parent");
        let holders = along.filter_map(|cause| cause.through.last());
        holders.map(|holder| self.holder(holder)).collect()
    }

    /// Removes what hangs on an account and is held by these, unless others of those that are named hold it as well.
    fn remove_children(
        &self,
        org: &mut Org,
        account: &str,
        holders: &BTreeSet<Id>,
        named: &BTreeSet<Id>,
    ) {
        for child in CHILDREN {
            let mut held: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
            for (id, row) in self.org.rows(child) {
                if row.get("AccountId").and_then(|id| id.as_str()) == Some(account) {
                    let owner = row.get("OwnerId").and_then(|id| id.as_str()).unwrap();
                    let of_record = held.entry(id.clone()).or_default();
                    of_record.insert(
                        self.org
                            .users
                            .get(owner)
                            .map_or(owner.into(), |user| user.id.clone()),
                    );
                }
            }
            for row in sharing::share_rows(self.org, child) {
                if let Some(of_record) = held.get_mut(&row.record) {
                    of_record.insert(row.user_or_group);
                }
            }
            for (id, by) in held {
                let mut by = by.intersection(named).peekable();
                if by.peek().is_some() && by.all(|holder| holders.contains(holder)) {
                    org.table_mut(child).remove(&id);
                }
            }
        }
    }

    /// The id of whom an address names.
    fn holder(&self, address: &str) -> Id {
        let (kind, name) = address.split_once('/').unwrap();
        let role = || {
            let mut roles = self.org.roles.values();
            roles
                .find(|role| role.developer_name == name)
                .map(|role| &role.id)
        };
        let group = match kind {
            "user" => return self.org.users.get(name).unwrap().id.clone(),
            "role" => self
                .org
                .group_for(GroupKind::Role, role().map(|id| id.as_str())),
            "role_and_subordinates" => {
                let kind = GroupKind::RoleAndSubordinatesInternal;
                self.org.group_for(kind, role().map(|id| id.as_str()))
            }
            _ => {
                let mut groups = self.org.groups.values();
                let named = groups.find(|group| group.developer_name.as_deref() == Some(name));
                named.or_else(|| self.org.group_for(GroupKind::Organization, None))
            }
        };
        group.unwrap_or_else(|| panic!("{address}")).id.clone()
    }

    /// The groups that stand for the user's role, alone or with others.
    fn groups_of_role(&self) -> BTreeSet<Id> {
        let mut above = BTreeSet::new();
        let own = self.org.users.get(self.user).unwrap().role.clone();
        let mut next = own.clone();
        while let Some(role) = next {
            next = self.org.roles[&role].parent.clone();
            above.insert(role);
        }
        let groups = self.org.groups.values().filter(|group| match group.kind {
            GroupKind::Role => group.related == own,
            GroupKind::RoleAndSubordinates | GroupKind::RoleAndSubordinatesInternal => group
                .related
                .as_ref()
                .is_some_and(|role| above.contains(role)),
            _ => false,
        });
        groups.map(|group| group.id.clone()).collect()
    }

    /// Every change that there is, one by one.
    pub(super) fn possible(&self) -> Vec<Intervention> {
        let org = self.org;
        let own = self.groups_of_role();
        let rules = org.rules.keys().map(|name| {
            let (object, name) = name.split_once('.').unwrap();
            Intervention::Rule(Some(object.to_owned()), name.to_owned())
        });
        let mut all: Vec<Intervention> = rules.collect();
        // What a territory gives, no removed share takes away.
        let shares = org.manual_shares.values();
        let shares = shares.filter(|row| !row.cause.starts_with("Territory"));
        all.extend(shares.map(|row| {
            Intervention::Share(Some(row.record.to_string()), row.user_or_group.to_string())
        }));
        let profile = &org.users.get(self.user).unwrap().profile;
        all.push(Intervention::Permission(profile.to_string()));
        for held in org
            .assignments
            .values()
            .filter(|held| held.assignee == self.user)
        {
            all.push(Intervention::Permission(held.container.to_string()));
            all.push(Intervention::Membership(held.container.to_string()));
        }
        for group in org.groups.values() {
            if group.members.values().any(|member| member == self.user) {
                all.push(Intervention::Membership(group.id.to_string()));
            }
            if group.members.values().any(|member| own.contains(member)) {
                all.push(Intervention::RoleMembership(group.id.to_string()));
            }
        }
        for object in ["Lead", "Thing__c"] {
            all.push(Intervention::Default(Some(object.to_owned())));
        }
        let owned = |row: &&Row| row.get("OwnerId").and_then(|id| id.as_str()) == Some(self.user);
        let accounts = org.rows("Account").filter(|(_, row)| owned(row));
        all.extend(accounts.map(|(id, _)| Intervention::Owner(id.to_string())));
        all.push(Intervention::Hierarchy);
        all
    }
}
