//! The groups that the platform makes by itself: those that stand for roles, for managers and for territories.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AccessLevel, Group, GroupKind, Id, Org, RoleGroups};

/// A territory of the active model (object reference, `Territory2`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Territory {
    /// `0MI…`.
    pub id: Id,
    /// Metadata name.
    pub developer_name: String,
    /// The territory above.
    pub parent: Option<Id>,
    /// Who is assigned to it.
    pub users: BTreeSet<Id>,
    /// Level on its accounts, `All` for "like an owner".
    pub account: AccessLevel,
    /// Levels on what hangs on its accounts.
    pub children: super::AccountLevels,
}

impl Org {
    /// Makes the groups that stand for a role, where they are missing. Every new role needs them: share rows point at
    /// them.
    pub fn add_role_groups(&mut self, role: &str) {
        for kind in self.role_group_kinds() {
            if self.group_for(*kind, Some(role)).is_none() {
                self.add_derived_group(*kind, role);
            }
        }
    }

    /// Makes the groups of a role that is new, which nothing stands for yet.
    pub fn new_role_groups(&mut self, role: &str) {
        for kind in self.role_group_kinds() {
            self.add_derived_group(*kind, role);
        }
    }

    /// The group with people from outside is there only with digital experiences (Record Access guide, group
    /// maintenance tables).
    fn role_group_kinds(&self) -> &'static [GroupKind] {
        use GroupKind::{Role, RoleAndSubordinates, RoleAndSubordinatesInternal};
        let experiences = self.organization.digital_experiences_enabled;
        match experiences || self.platform.role_groups == Some(RoleGroups::All) {
            true => &[Role, RoleAndSubordinates, RoleAndSubordinatesInternal],
            false => &[Role, RoleAndSubordinatesInternal],
        }
    }

    /// Makes the groups of roles that a switch or experiences ask for and that are missing.
    pub(super) fn complete_role_groups(&mut self) {
        for kind in self.role_group_kinds() {
            let standing: BTreeSet<Id> = self.related_of(*kind);
            let missing = self.roles.keys().filter(|role| !standing.contains(*role));
            let missing: Vec<Id> = missing.cloned().collect();
            for role in missing {
                self.add_derived_group(*kind, &role);
            }
        }
    }

    /// Makes the two groups of every user's managers, where the org has such groups (Salesforce Help, "Sharing Records
    /// with Manager Groups").
    pub fn complete_manager_groups(&mut self) {
        if !self.manager_groups {
            return;
        }
        for kind in [
            GroupKind::Manager,
            GroupKind::ManagerAndSubordinatesInternal,
        ] {
            let standing = self.related_of(kind);
            let missing = self.users.keys().filter(|user| !standing.contains(*user));
            let missing: Vec<Id> = missing.cloned().collect();
            for user in missing {
                self.add_derived_group(kind, &user);
            }
        }
    }

    fn related_of(&self, kind: GroupKind) -> BTreeSet<Id> {
        let of_kind = self.groups.values().filter(|group| group.kind == kind);
        of_kind.filter_map(|group| group.related.clone()).collect()
    }

    /// Makes the group of one of the kinds that stand for something else.
    pub fn add_derived_group(&mut self, kind: GroupKind, related: &str) -> Id {
        let id = self.next_id("00G");
        let role = self.roles.get(related);
        let name = role.map(|role| role.developer_name.clone());
        let territory = || Some(self.territories.get(related)?.developer_name.clone());
        let group = Group {
            id: id.clone(),
            kind,
            related: Some(related.to_owned()),
            developer_name: name.or_else(territory),
            ..Group::default()
        };
        self.groups.insert(id.clone(), group);
        id
    }

    /// The group of a role and those below that rules to "roles and subordinates" mean: that with people from outside
    /// where it is there.
    pub fn subordinates_group(&self, role: &str) -> Option<&Group> {
        let outside = self.group_for(GroupKind::RoleAndSubordinates, Some(role));
        let inside = || self.group_for(GroupKind::RoleAndSubordinatesInternal, Some(role));
        outside.or_else(inside)
    }

    /// The territory with this developer name.
    pub fn territory(&self, developer_name: &str) -> Option<&Territory> {
        let mut territories = self.territories.values();
        territories.find(|territory| territory.developer_name == developer_name)
    }

    /// Whether a territory is another or stands below it. Ends on a cycle.
    pub fn is_in_territory(&self, territory: &str, top: &str) -> bool {
        let mut current = Some(territory);
        for _ in 0..=self.territories.len() {
            match current {
                Some(territory) if territory == top => return true,
                Some(territory) => current = parent(&self.territories, territory),
                None => return false,
            }
        }
        false
    }
}

fn parent<'t>(territories: &'t BTreeMap<Id, Territory>, territory: &str) -> Option<&'t str> {
    territories.get(territory)?.parent.as_deref()
}
