//! How each thing is written: it goes, its attributes go back, or it is made again.

use super::fate::{
    BackFate, GROUP, SEAT, StandingValues, assignment, by_hand, held, is_assignment, seat, standing,
};
use super::{BackDraft, Made};
use crate::change::{Action, Change, Component, FieldChange, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{AssignedThing, Reference, RuleKind, profile_full_name};
use serde_json::Value;

impl BackDraft<'_> {
    /// Puts a change for everything that goes, goes back, or is made again.
    pub(super) fn put(&mut self) {
        let decided: Vec<(&Made, BackFate)> = self
            .decided()
            .map(|(made, fate)| (made, fate.clone()))
            .collect();
        for (made, fate) in decided {
            match fate {
                _ if made.address.kind == "user" => self.put_user(made, &fate),
                BackFate::AsBefore | BackFate::Stays => {}
                BackFate::Goes => self.take_away(made),
                BackFate::Back(fields) => self.put_back(made, &fields),
                BackFate::Again => self.make_again(made),
            }
        }
    }

    /// What was made goes.
    fn take_away(&mut self, made: &Made) {
        let name = &made.address.name;
        let (stage, write) = match made.address.kind {
            "permission_set_assignment" | "permission_set_group_assignment" => {
                return self.unassign(made);
            }
            SEAT => return self.give_back(made),
            "public_group_member" => return self.take_out(made),
            "custom_field" => return self.keep_field(made),
            "sharing_rule" => {
                let Some(removal) = self.removal_of_rule(name) else {
                    return;
                };
                (Stage::Rules, removal)
            }
            "role" => (Stage::Removals, Component::removal("Role", name)),
            "profile" => {
                let full_name = profile_full_name(name);
                (Stage::Removals, Component::removal("Profile", full_name))
            }
            "permission_set" => (Stage::Removals, Component::removal("PermissionSet", name)),
            "public_group" => (Stage::Removals, Component::removal("Group", name)),
            _ => return,
        };
        let gone = self.gone(made);
        self.change(
            made,
            (Action::Delete, gone),
            stage,
            Write::Deploy(vec![write]),
        );
    }

    /// The attributes that were made, on their way out. A profile's are too many to be of use.
    fn gone(&self, made: &Made) -> Vec<FieldChange> {
        let now = standing(made, self.live).unwrap_or_default();
        let fields = made
            .fields
            .iter()
            .filter(|_| made.address.kind != "profile");
        let fields = fields.filter_map(|field| {
            let before = now.get(&field.path).filter(|value| !value.is_null())?;
            Some(FieldChange {
                path: field.path.clone(),
                before: before.clone(),
                after: Value::Null,
                reason: None,
                through: None,
            })
        });
        fields.collect()
    }

    fn removal_of_rule(&self, name: &str) -> Option<Component> {
        let (object, own) = name.split_once('.')?;
        let rule = self.live.rules(object).find(|rule| rule.name == own)?;
        Some(Component::removal(rule.kind.metadata_type(), name))
    }

    /// An assignment goes before the user changes; that of a user that was made, and those of other people, once nobody
    /// loses sight by it.
    fn unassign(&mut self, made: &Made) {
        let (Some((_, user)), Some(held)) = (assignment(made), held(made, self.live)) else {
            return;
        };
        let write = Write::Remove("PermissionSetAssignment".to_owned(), held.id.clone());
        let stage = match self.is_of_user_in_use(made, user) {
            true => Stage::User,
            false => Stage::Removals,
        };
        let gone = self.gone(made);
        self.change(made, (Action::Delete, gone), stage, write);
    }

    /// A seat of a licence is given back after the sets that need it.
    fn give_back(&mut self, made: &Made) {
        let held =
            seat(made).and_then(|(licence, user)| kinds::held_seat(licence, user, self.live));
        let Some(held) = held else {
            return;
        };
        let object = AssignedThing::SetLicence.object().to_owned();
        let write = Write::Remove(object, held.id.clone());
        let gone = self.gone(made);
        self.change(made, (Action::Delete, gone), Stage::Removals, write);
    }

    /// Whether it is the user of the plan, and was there before it.
    fn is_of_user_in_use(&self, made: &Made, username: &str) -> bool {
        match self.user() {
            Some(user) if user.address.name.eq_ignore_ascii_case(username) => !user.is_new(),
            Some(_) => false,
            // A plan that left the user itself alone gave it sets all the same; other people's say whose they are.
            None => !made.address.name.contains(':'),
        }
    }

    /// Members go with their group.
    fn take_out(&mut self, made: &Made) {
        let group = made.address.name.split(':').next().unwrap_or_default();
        let goes_with_group = self.decided().any(|(other, fate)| {
            other.address.kind == "public_group"
                && other.address.name == group
                && *fate == BackFate::Goes
        });
        let member = kinds::standing_member(&made.address.name, self.live);
        if let Some(member) = member.filter(|_| !goes_with_group) {
            let write = Write::Remove("GroupMember".to_owned(), member.id.clone());
            let gone = self.gone(made);
            self.change(made, (Action::Delete, gone), Stage::Removals, write);
        }
    }

    /// A field that was made stays: its values go with it, and others may have come to ask for it.
    fn keep_field(&mut self, made: &Made) {
        let words = format!(
            "{} stays: what records hold in it would go with it",
            made.address
        );
        let note = Diagnostic::note(Code::NotPutBack, words)
            .help("delete it in Setup > Object Manager once nothing asks for it")
            .about(made.address.clone());
        self.findings.push(note);
    }

    /// What was changed is put back.
    fn put_back(&mut self, made: &Made, fields: &[FieldChange]) {
        let name = made.address.name.as_str();
        let put = match made.address.kind {
            "organization_wide_default" => self.default_back(name, fields),
            "role" => self.role_back(name, fields),
            "profile" => Some((self.of_rights(), self.profile_back(name, fields))),
            "permission_set" => self.set_back(name, fields),
            "custom_field" => self.field_back(name, fields),
            "sharing_rule" => self.rule_back(made, fields),
            _ => None,
        };
        match put {
            // What only a thing that goes had of it goes with that.
            Some((_, components)) if components.is_empty() => {}
            Some((stage, components)) => {
                let action = match components.len() > 1 && made.address.kind == "sharing_rule" {
                    true => Action::Replace,
                    false => Action::Update,
                };
                let write = Write::Deploy(components);
                self.change(made, (action, fields.to_vec()), stage, write);
            }
            None => {
                let told = fields.iter().map(|field| {
                    let was = FieldChange {
                        before: field.after.clone(),
                        ..field.clone()
                    };
                    by_hand(made, &was)
                });
                self.findings.extend(told.collect::<Vec<_>>());
            }
        }
    }

    /// What was removed is made again, where enough of it is known.
    fn make_again(&mut self, made: &Made) {
        if is_assignment(made) || made.address.kind == SEAT {
            return self.assign_again(made);
        }
        let before = self.way.before.get(&made.address);
        let rule = before.and_then(|document| Some((RuleKind::of(document)?, document)));
        match (made.address.kind, rule, before) {
            ("sharing_rule", Some((kind, document)), _) => {
                let name = made.address.name.clone();
                let component = Component::new(kind.metadata_type(), name, document.clone());
                self.again(made, Stage::Rules, component);
            }
            ("role", _, Some(document)) => {
                let component = Component::new("Role", made.address.name.clone(), document.clone());
                self.again(made, Stage::Containers, component);
            }
            _ => {
                let words = format!("{} was removed, and is not made again", made.address);
                let finding = Diagnostic::warning(Code::NotPutBack, words)
                    .help("make it by hand, or by a manifest, where it is still wanted");
                self.findings.push(finding.about(made.address.clone()));
            }
        }
    }

    fn again(&mut self, made: &Made, stage: Stage, component: Component) {
        let fields = reversed(made);
        self.change(
            made,
            (Action::Create, fields),
            stage,
            Write::Deploy(vec![component]),
        );
    }

    fn assign_again(&mut self, made: &Made) {
        let of_set = || {
            let (set, user) = assignment(made)?;
            Some(match made.text(GROUP) {
                Some(group) => {
                    let reference = Reference::PermissionSetGroup(group.to_owned());
                    (AssignedThing::Group, reference, user)
                }
                None => {
                    let reference = Reference::PermissionSet(set.to_owned());
                    (AssignedThing::Set, reference, user)
                }
            })
        };
        let of_seat = || {
            let (licence, user) = seat(made)?;
            let reference = Reference::SetLicence(licence.to_owned());
            Some((AssignedThing::SetLicence, reference, user))
        };
        let Some((thing, reference, user)) = of_set().or_else(of_seat) else {
            return;
        };
        let user = RecordValue::Lookup(Reference::Username(user.to_owned()));
        let record = Record {
            object: thing.object(),
            values: [
                ("AssigneeId".into(), user),
                (thing.column().into(), RecordValue::Lookup(reference)),
            ]
            .into(),
        };
        let fields = reversed(made);
        self.change(
            made,
            (Action::Create, fields),
            Stage::User,
            Write::Insert(record),
        );
    }

    pub(super) fn change(
        &mut self,
        made: &Made,
        (action, fields): (Action, Vec<FieldChange>),
        stage: Stage,
        write: Write,
    ) {
        self.changes.push(Change {
            address: made.address.clone(),
            action,
            stage,
            irreversible: false,
            place: made.place.clone(),
            fields,
            fingerprint: None,
            write,
        });
    }
}

fn reversed(made: &Made) -> Vec<FieldChange> {
    let fields = made.fields.iter().map(|field| FieldChange {
        path: field.path.clone(),
        before: Value::Null,
        after: field.before.clone(),
        reason: None,
        through: None,
    });
    fields.collect()
}

/// What is read of a thing, for rooms beside.
pub(super) fn value_now(standing: &StandingValues, path: &str) -> Value {
    standing.get(path).cloned().unwrap_or_default()
}
