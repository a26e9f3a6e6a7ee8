//! Rules as the org has them: all four types, with every form of `sharedTo` (Metadata API guide, SharingRules and
//! SharedTo), the manifest's and other people's.

use super::Live;
use super::everyone::everyone_name;
use crate::manifest::{Manifest, Principal, Sharing};
use crate::xml::Element;
use std::collections::BTreeSet;

/// The type of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// Records that meet criteria.
    Criteria,
    /// Records by their owners.
    Owner,
    /// Records that meet criteria, for the guest user of a site.
    Guest,
    /// Accounts by their territory.
    Territory,
}

impl RuleKind {
    /// The type of an element of a `SharingRules` document.
    pub fn of(element: &Element) -> Option<Self> {
        match element.name.as_str() {
            "sharingCriteriaRules" => Some(Self::Criteria),
            "sharingOwnerRules" => Some(Self::Owner),
            "sharingGuestRules" => Some(Self::Guest),
            "sharingTerritoryRules" => Some(Self::Territory),
            _ => None,
        }
    }

    /// The type's name in the Metadata API.
    pub fn metadata_type(self) -> &'static str {
        match self {
            Self::Criteria => "SharingCriteriaRule",
            Self::Owner => "SharingOwnerRule",
            Self::Guest => "SharingGuestRule",
            Self::Territory => "SharingTerritoryRule",
        }
    }

    /// What people call such a rule; manifests make the first two only, which are just rules.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Criteria | Self::Owner => "rule",
            Self::Guest => "guest user rule",
            Self::Territory => "territory rule",
        }
    }
}

/// A rule as the org has it.
#[derive(Clone, Copy, Debug)]
pub struct LiveRule<'a> {
    /// Its API name, without the object's.
    pub name: &'a str,
    /// Its type.
    pub kind: RuleKind,
    /// The whole of it.
    pub element: &'a Element,
}

/// How a rule reaches the integration user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// By its role, or by a group that the manifest's own rules share with.
    Own,
    /// With everybody else.
    Everybody,
    /// Perhaps: through subordinates, or a group, queue or territory, whose members are for the org to say.
    Possible,
}

impl Live {
    /// The rules of an object, in the order of the document; none where the org has none, or was not asked.
    pub fn rules(&self, object: &str) -> impl Iterator<Item = LiveRule<'_>> {
        let document = self.sharing_rules(object).found();
        let elements = document.into_iter().flat_map(|document| &document.children);
        elements.filter_map(|element| {
            Some(LiveRule {
                name: element.text_of("fullName")?,
                kind: RuleKind::of(element)?,
                element,
            })
        })
    }

    /// The rules that share records of an object with the integration user, or may, although the manifest does not name
    /// them.
    pub fn foreign_rules(
        &self,
        sharing: &Sharing,
        manifest: &Manifest,
    ) -> Vec<(LiveRule<'_>, Reach)> {
        let kept = sharing.keep_everyone.as_ref();
        let kept = kept.map(|_| everyone_name(manifest));
        let ours = |name: &str| {
            kept.as_deref() == Some(name) || sharing.rules.iter().any(|rule| rule.answers_to(name))
        };
        let mut rules = self
            .rules(&sharing.object)
            .filter(|rule| !ours(rule.name))
            .peekable();
        if rules.peek().is_none() {
            return Vec::new();
        }
        let user = Membership::of(sharing, manifest, self);
        let of_everyone = |rule: &LiveRule| {
            let group = rule.element.child("sharedTo")?.child("group")?;
            self.reach_of_everyone(&group.text, manifest)
        };
        rules
            .filter_map(|rule| {
                let known = of_everyone(&rule);
                let reach = known.unwrap_or_else(|| user.reach(rule.element));
                Some((rule, reach?))
            })
            .collect()
    }
}

/// Public groups and queues, by which rules share.
pub(super) const GROUPS: &str =
    "SELECT Id, Name, DeveloperName, Type FROM Group WHERE Type IN ('Regular', 'Queue')";

/// What the integration user belongs to, as far as the manifest and the role hierarchy tell.
pub struct Membership<'a> {
    role: Option<&'a str>,
    /// Roles whose subordinates the user is among, its own included.
    branches: BTreeSet<&'a str>,
    /// Roles below the user's own: what they see, the user sees.
    below: BTreeSet<&'a str>,
    groups: BTreeSet<&'a str>,
    /// Nobody has put a user into a group who is yet to be made, in a role that is yet to be made and reports to nobody.
    is_new: bool,
}

impl<'a> Membership<'a> {
    /// What the manifest's user belongs to.
    pub fn of(sharing: &'a Sharing, manifest: &'a Manifest, live: &'a Live) -> Self {
        let role = manifest.spec.role.as_ref();
        let parent = role.and_then(|role| role.parent.as_ref());
        let mut branches =
            parent.map_or_else(BTreeSet::new, |parent| with_those_above(parent, live));
        let role = role.map(|role| role.name.value.as_str());
        branches.extend(role);
        let targets = (sharing.rules.iter()).filter_map(|rule| rule.shared_to.as_ref());
        let groups = targets.filter_map(|target| match &target.value {
            Principal::Group(group) => Some(group.as_str()),
            _ => None,
        });
        let roles = live.roles().learnt();
        let own = role.and_then(|role| roles?.named(role));
        let below = roles.zip(own).map(|(roles, own)| roles.below(own));
        let user = manifest.spec.user.as_ref();
        let user = user.and_then(|user| live.user_of(user));
        Self {
            role,
            branches,
            below: below
                .into_iter()
                .flatten()
                .map(|role| role.name.as_str())
                .collect(),
            groups: groups.collect(),
            is_new: user.is_none() && parent.is_none() && own.is_none(),
        }
    }

    /// How a rule reaches the user, if it may.
    pub fn reach(&self, rule: &Element) -> Option<Reach> {
        let targets = rule.child("sharedTo")?.children.iter();
        targets.filter_map(|target| self.reach_of(target)).min()
    }

    /// Guests, portal users and partners are others.
    fn reach_of(&self, target: &Element) -> Option<Reach> {
        let named = target.text.as_str();
        let supervised = || self.below.contains(named).then_some(Reach::Possible);
        match target.name.as_str() {
            "allInternalUsers" => Some(Reach::Everybody),
            "role" | "roles" if self.role == Some(named) => Some(Reach::Own),
            "roleAndSubordinates" | "roleAndSubordinatesInternal" | "rolesAndSubordinates"
                if self.branches.contains(named) =>
            {
                Some(Reach::Own)
            }
            kind if kind.starts_with("role") => supervised(),
            "group" | "groups" if self.groups.contains(named) => Some(Reach::Own),
            "group"
            | "groups"
            | "managers"
            | "managerSubordinates"
            | "queue"
            | "queues"
            | "territory"
            | "territories"
            | "territoryAndSubordinates"
            | "territoriesAndSubordinates" => (!self.is_new).then_some(Reach::Possible),
            _ => None,
        }
    }
}

/// A role and those above it, by API name.
fn with_those_above<'a>(name: &'a str, live: &'a Live) -> BTreeSet<&'a str> {
    let roles = live.roles().learnt();
    let role = roles.and_then(|roles| roles.named(name));
    let above = roles.zip(role).map(|(roles, role)| roles.above(role));
    let above = above.into_iter().flatten().map(|role| role.name.as_str());
    above.chain([name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Columns, Need};
    use crate::manifest::load;
    use crate::soql::Row;
    use crate::xml;
    use serde_json::json;

    /// A manifest whose role reports to `Middle`, which reports to `Top`.
    fn manifest() -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        let text = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  \
                    role: {name: Ours, parent: Middle}\n  sharing:\n    - object: Account\n      rules:\n        \
                    - name: Mine\n          access: ReadWrite\n          ownedBy: allInternalUsers\n          \
                    sharedTo: {group: Machines}\n";
        std::fs::write(&path, text).unwrap();
        load(&[path], &[], &[], &|_| None).unwrap().remove(0)
    }

    fn live(rules: &str) -> Live {
        let roles = json!([
            {"Id": "3", "DeveloperName": "Top", "ParentRoleId": null},
            {"Id": "2", "DeveloperName": "Middle", "ParentRoleId": "3"},
            {"Id": "1", "DeveloperName": "Ours", "ParentRoleId": "2"},
            {"Id": "0", "DeveloperName": "Under", "ParentRoleId": "1"},
        ]);
        let rows = roles
            .as_array()
            .into_iter()
            .flatten()
            .map(Row::of)
            .collect();
        let document = xml::read(&format!("<SharingRules>{rules}</SharingRules>")).unwrap();
        let mut live = Live::default();
        live.tell(Need::Roles(Columns::All), Answer::Rows(rows));
        let document = Answer::Component(Some(Box::new(document)));
        live.tell(Need::SharingRules("Account".to_owned()), document);
        live
    }

    #[test]
    fn a_rule_reaches_the_user_by_its_role_a_branch_above_or_a_group() {
        let check = |list: &str, target: &str, expected: Option<(&str, Reach)>| {
            let rule = format!(
                "<{list}><fullName>Theirs</fullName><sharedTo>{target}</sharedTo></{list}>"
            );
            let (manifest, live) = (manifest(), live(&rule));
            let found = live.foreign_rules(&manifest.spec.sharing[0], &manifest);
            let found: Vec<_> = (found.iter())
                .map(|(rule, reach)| (rule.kind.noun(), *reach))
                .collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{rule}");
        };
        let (owner, territory, guest) = (
            "sharingOwnerRules",
            "sharingTerritoryRules",
            "sharingGuestRules",
        );
        check(owner, "<role>Ours</role>", Some(("rule", Reach::Own)));
        check(owner, "<role>Middle</role>", None);
        check(
            territory,
            "<roleAndSubordinates>Top</roleAndSubordinates>",
            Some(("territory rule", Reach::Own)),
        );
        check(
            owner,
            "<roleAndSubordinates>Other</roleAndSubordinates>",
            None,
        );
        check(owner, "<group>Machines</group>", Some(("rule", Reach::Own)));
        let possible = |noun: &'static str| Some((noun, Reach::Possible));
        check(owner, "<group>Others</group>", possible("rule"));
        check(owner, "<role>Under</role>", possible("rule"));
        check(
            owner,
            "<roleAndSubordinates>Under</roleAndSubordinates>",
            possible("rule"),
        );
        check(
            "sharingCriteriaRules",
            "<allInternalUsers></allInternalUsers>",
            Some(("rule", Reach::Everybody)),
        );
        check(guest, "<guestUser>Site</guestUser>", None);
        check(
            territory,
            "<territory>North</territory>",
            possible("territory rule"),
        );
        check(owner, "<portalRole>Ours</portalRole>", None);
    }
}
