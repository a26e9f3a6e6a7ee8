//! What a manifest wants of a company: the file for the program, and the company that comes of it for the evaluator.

use std::fmt::Write;

use proptest::prelude::*;

use super::company::{
    Company, Condition, Level, Logic, Model, Object, Party, Role, Rule, User, Which, condition,
};

/// A manifest about one object.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) object: Object,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) logic: Logic,
    pub(crate) level: Level,
    /// The number of a user who is there already.
    pub(crate) user: Option<usize>,
    /// The number of a role that is there already.
    pub(crate) role: Option<usize>,
}

/// A company and what somebody wants of it.
pub(crate) fn wishes(
    company: impl Strategy<Value = Company>,
) -> impl Strategy<Value = (Company, Wish)> {
    (company, prop::collection::vec(any::<u8>(), 9)).prop_map(|(company, raw)| {
        let wish = Wish::of(&company, &raw);
        (company, wish)
    })
}

impl Wish {
    /// To read the leads of a word.
    pub(crate) fn of_word(word: &'static str) -> Self {
        Self {
            object: Object::Lead,
            conditions: vec![Condition::Word(vec![word])],
            logic: Logic::All,
            level: Level::Read,
            user: None,
            role: None,
        }
    }

    fn of(company: &Company, raw: &[u8]) -> Wish {
        let objects = [
            Object::Lead,
            Object::Thing,
            Object::Contact,
            Object::Opportunity,
            Object::Case,
        ];
        let object = objects[usize::from(raw[0]) % objects.len()];
        let count = 1 + usize::from(raw[1]) % 3;
        let active = |user: &usize| company.users[*user].active && !company.users[*user].system;
        let user = (raw[6] % 3 == 2)
            .then(|| usize::from(raw[6] / 3) % company.users.len())
            .filter(active);
        let role = (raw[7] % 3 == 2 && !company.roles.is_empty())
            .then(|| usize::from(raw[7] / 3) % company.roles.len());
        Wish {
            object,
            conditions: raw[2..2 + count]
                .iter()
                .map(|number| condition(*number))
                .collect(),
            logic: [Logic::All, Logic::Any, Logic::FirstAndAny][usize::from(raw[5]) % 3],
            level: [Level::Read, Level::Edit][usize::from(raw[8]) % 2],
            user,
            role,
        }
    }

    /// The number of the profile the user has, or that its own is cloned from.
    fn profile(&self, company: &Company) -> usize {
        self.user.map_or(company.profiles.len() - 1, |user| {
            company.users[user].profile
        })
    }

    /// Whether the outcome of a condition is the same whether case counts or not.
    pub(crate) fn ignores_case(&self) -> bool {
        self.conditions
            .iter()
            .all(|condition| matches!(condition, Condition::Flag(_) | Condition::CountAbove(_)))
    }

    /// The manifest.
    pub(crate) fn manifest(&self, company: &Company) -> String {
        let profile = self.profile(company);
        let profile = match self.user {
            Some(_) => format!("{{name: Profile {profile}}}"),
            None => format!("{{name: Integration, cloneFrom: Profile {profile}}}"),
        };
        let role = match self.role {
            Some(role) => format!(
                "{{name: Role_{role}, label: Role {role}{}}}",
                parent(company, role)
            ),
            None => "{name: Integration, label: Integration}".to_owned(),
        };
        let name = self
            .user
            .map_or("integration".to_owned(), |user| format!("user{user}"));
        let last = self
            .user
            .map_or("Integration".to_owned(), |user| format!("User {user}"));
        let head = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: generated}}\nspec:\n  profile: {profile}\n  role: {role}\n  \
             user: {{username: {name}@company.example, email: {name}@company.example, lastName: {last}}}\n  sharing:\n"
        );
        head + &self.sharing()
    }

    /// What the manifest says of the object.
    pub(crate) fn sharing(&self) -> String {
        let access = if self.level == Level::Edit {
            "ReadWrite"
        } else {
            "ReadOnly"
        };
        let mut text = format!(
            "    - object: {}\n      organizationWideDefault: Private\n",
            self.object.name()
        );
        if self.conditions.is_empty() {
            return text;
        }
        write!(
            text,
            "      rules:\n        - name: Generated\n          label: Generated\n          access: {access}\n          criteria:\n"
        )
        .unwrap();
        for condition in &self.conditions {
            let (field, operator, value) = in_yaml(condition);
            writeln!(
                text,
                "            - {{field: {field}, operator: {operator}, value: {value}}}"
            )
            .unwrap();
        }
        if let Some(logic) = self.logic() {
            writeln!(text, "          logic: {logic}").unwrap();
        }
        text
    }

    fn logic(&self) -> Option<&'static str> {
        match (self.logic, self.conditions.len()) {
            (Logic::All, _) | (_, 1) => None,
            (Logic::Any, 2) => Some("1 OR 2"),
            (Logic::Any, _) => Some("1 OR 2 OR 3"),
            (Logic::FirstAndAny, 2) => Some("1 AND 2"),
            (Logic::FirstAndAny, _) => Some("1 AND (2 OR 3)"),
        }
    }

    /// The company without what no plan can know: who was given something by hand, and who is in a group or queue.
    pub(crate) fn known(company: &Company) -> Company {
        let mut known = company.clone();
        known.shares.clear();
        known
            .groups
            .iter_mut()
            .for_each(|group| group.members.clear());
        known
            .queues
            .iter_mut()
            .for_each(|queue| queue.members.clear());
        known
    }

    /// The company once the manifest is applied, and the number of its user.
    pub(crate) fn granted(&self, company: &Company) -> (Company, usize) {
        Self::granted_all(std::slice::from_ref(self), company)
    }

    /// The company once a manifest about several objects is applied, and the number of its user, which is that of the first.
    pub(crate) fn granted_all(wishes: &[Wish], company: &Company) -> (Company, usize) {
        let mut after = company.clone();
        for wish in wishes {
            after.defaults.insert(wish.object, Model::Private);
        }
        let (user, role) = wishes[0].placed(&mut after, company, wishes);
        let asking = wishes.iter().filter(|wish| !wish.conditions.is_empty());
        after.rules.extend(asking.map(|wish| wish.rule(role)));
        (after, user)
    }

    /// The numbers of the manifest's user and role.
    fn placed(&self, after: &mut Company, company: &Company, wishes: &[Wish]) -> (usize, usize) {
        let role = self.role.unwrap_or_else(|| {
            after.roles.push(Role {
                above: None,
                contacts: Level::None,
                opportunities: Level::None,
                cases: Level::None,
            });
            after.roles.len() - 1
        });
        let named = |object| self.role.is_none() || wishes.iter().any(|wish| wish.object == object);
        narrow_levels(after, role, named);
        let profile = self.profile(company);
        let mut own = company.profiles[profile].clone();
        for rights in own.objects.values_mut() {
            let everything = own.modify_all_data;
            rights.edit |= everything;
            rights.delete |= everything;
            rights.read |= everything || own.view_all_data;
        }
        (own.view_all_data, own.modify_all_data) = (false, false);
        for wish in wishes {
            let selective = own.objects.get_mut(&wish.object).unwrap();
            (selective.view_all, selective.modify_all) = (false, false);
        }
        let user = match self.user {
            Some(user) => {
                after.profiles[profile] = own;
                after.users[user].role = Some(role);
                user
            }
            None => {
                after.profiles.push(own);
                let profile = after.profiles.len() - 1;
                after.users.push(User {
                    profile,
                    role: Some(role),
                    sets: Vec::new(),
                    active: true,
                    system: false,
                });
                after.users.len() - 1
            }
        };
        (user, role)
    }

    fn rule(&self, role: usize) -> Rule {
        Rule {
            object: self.object,
            level: self.level,
            children: super::company::Children::default(),
            which: Which::Meeting {
                conditions: self.conditions.clone(),
                logic: self.logic,
                owned_by_all: true,
            },
            to: Party::Role(role),
        }
    }
}

/// A role that states no levels gets the narrowest ones that the defaults allow; one that was there keeps what it has on
/// objects whose default the manifest does not name.
fn narrow_levels(company: &mut Company, role: usize, named: impl Fn(Object) -> bool) {
    let level = |object, has: Level| {
        let narrowest = match company.defaults[&object] {
            Model::Private => Level::None,
            Model::Read => Level::Read,
            Model::ReadWrite | Model::ReadWriteTransfer => Level::Edit,
            Model::ControlledByParent => return has,
        };
        match named(object) {
            true => narrowest,
            false => narrowest.max(has),
        }
    };
    let has = &company.roles[role];
    let contacts = level(Object::Contact, has.contacts);
    let opportunities = level(Object::Opportunity, has.opportunities);
    let cases = level(Object::Case, has.cases);
    let role = &mut company.roles[role];
    (role.contacts, role.opportunities, role.cases) = (contacts, opportunities, cases);
}

fn parent(company: &Company, role: usize) -> String {
    let above = company.roles[role].above;
    above.map_or(String::new(), |above| format!(", parent: Role_{above}"))
}

fn in_yaml(condition: &Condition) -> (&'static str, &'static str, String) {
    match condition {
        Condition::Flag(flag) => ("Flag__c", "equals", flag.to_string()),
        Condition::Word(words) => ("Word__c", "equals", format!("{words:?}")),
        Condition::WordIsNot(word) => ("Word__c", "notEqual", format!("{word:?}")),
        Condition::WordContains(part) => ("Word__c", "contains", format!("{part:?}")),
        Condition::WordLacks(part) => ("Word__c", "notContain", format!("{part:?}")),
        Condition::CountAbove(bound) => ("Count__c", "greaterThan", bound.to_string()),
    }
}
