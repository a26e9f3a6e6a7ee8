//! What somebody else has come to use stays, or keeps an integration from being retired: a role with other people in it, a
//! profile that others have, what a rule of others names.

use super::fate::BackFate;
use super::{BackDraft, Made};
use crate::code::Code;
use crate::count::first_few;
use crate::diagnostic::Diagnostic;
use crate::live::Live;
use std::collections::BTreeSet;

impl BackDraft<'_> {
    /// Keeps what is used by what stays, or by somebody else.
    pub(super) fn keep_what_is_used(&mut self) {
        for index in 0..self.way.made.len() {
            let made = &self.way.made[index];
            if self.fates[index] != BackFate::Goes {
                continue;
            }
            let users = match made.address.kind {
                "role" => self.users_of_role(made),
                "profile" => self.users_of_profile(made),
                "public_group" => self.rules_that_name(&format!("group:{}", made.address.name)),
                "permission_set_assignment" => self.set_that_stays(made),
                _ => BTreeSet::new(),
            };
            if users.is_empty() {
                continue;
            }
            self.fates[index] = BackFate::Stays;
            self.tell_of_use(made, users.into_iter().collect());
        }
    }

    fn tell_of_use(&mut self, made: &Made, users: Vec<String>) {
        let is_of_others = matches!(made.address.kind, "role" | "profile");
        let used = first_few(&users);
        let words = format!("{} stays: {used}", made.address);
        match self.is_undo() || !is_of_others {
            true => {
                let code = match is_of_others {
                    true => Code::StillUsed,
                    false => Code::DefaultStays,
                };
                let finding = match is_of_others {
                    true => Diagnostic::warning(code, words),
                    false => Diagnostic::note(code, words),
                };
                self.findings.push(finding.about(made.address.clone()));
            }
            false => {
                let words = format!("{} is used by others: {used}", made.address);
                let help = "give them another one first, then retire the integration";
                let error = Diagnostic::error(Code::UsedByOthers, words)
                    .at(made.place.as_ref())
                    .help(help);
                self.refusals
                    .push(error.about(made.address.clone()).naming(&users));
            }
        }
    }

    /// Whether a user is one that the plan is about.
    fn is_own(&self, username: &str) -> bool {
        let mut users = self
            .way
            .made
            .iter()
            .filter(|made| made.address.kind == "user");
        users.any(|made| made.address.name.eq_ignore_ascii_case(username))
    }

    fn users_of_role(&self, made: &Made) -> BTreeSet<String> {
        let name = made.address.name.as_str();
        let members = self.live.members(name).learnt().unwrap_or_default();
        let members = members.into_iter().map(|user| user.username.clone());
        let mut users: BTreeSet<String> = members
            .filter(|username| !self.is_own(username))
            .map(|username| format!("user {username}"))
            .collect();
        let below = roles_below(name, self.live).into_iter();
        users.extend(below.map(|role| format!("role {role}")));
        for words in ["role", "roleAndSubordinates", "roleAndSubordinatesInternal"] {
            users.extend(self.rules_that_name(&format!("{words}:{name}")));
        }
        users
    }

    fn users_of_profile(&self, made: &Made) -> BTreeSet<String> {
        let holders = self.live.holders(&made.address.name).learnt();
        let holders = holders.into_iter().flatten();
        let others = holders.filter(|holder| !self.is_own(&holder.username));
        others
            .map(|holder| format!("user {}", holder.username))
            .collect()
    }

    /// Rules that go on sharing with somebody: those of others, and those of the plan that stay.
    fn rules_that_name(&self, principal: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for object in super::needs::objects(&self.way.made) {
            for rule in self.live.rules(object) {
                let name = format!("{object}.{}", rule.name);
                let goes = self.decided().any(|(made, fate)| {
                    made.address.kind == "sharing_rule"
                        && made.address.name == name
                        && *fate == BackFate::Goes
                });
                let shared = ["sharedTo", "sharedFrom"].into_iter();
                let mut parties = shared.filter_map(|party| rule.element.child(party));
                let is_named = parties.any(|party| {
                    let mut named = party.children.iter();
                    named.any(|named| format!("{}:{}", named.name, named.text) == principal)
                });
                if is_named && !goes {
                    names.insert(format!("sharing rule {name}"));
                }
            }
        }
        names
    }

    fn set_that_stays(&self, made: &Made) -> BTreeSet<String> {
        let set = made.text("permissionSet").unwrap_or_default();
        let stays = self.decided().any(|(other, fate)| {
            other.address.kind == "permission_set"
                && other.address.name == set
                && *fate == BackFate::Stays
        });
        let set = stays.then(|| format!("permission set {set}"));
        set.into_iter().collect()
    }
}

fn roles_below(name: &str, live: &Live) -> Vec<String> {
    let Some(roles) = live.roles().learnt() else {
        return Vec::new();
    };
    let parent = roles.named(name).map(|role| role.id.as_str());
    let below = roles.all().iter();
    below
        .filter(|role| parent.is_some() && role.parent() == parent)
        .map(|role| role.name.clone())
        .collect()
}
