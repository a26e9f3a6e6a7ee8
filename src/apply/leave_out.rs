//! Leaves out of a cloned profile what the org refuses of it.
//!
//! An entry that a refusal names costs one round, however many there are: each makes the profile smaller. What the
//! manifest states, and what the clone takes away, is never left out.

use super::entry::{RefusedEntry, first_entry_named_in};
use super::{Run, objection};
use crate::address::Address;
use crate::change::{Change, Component, Dropped, Stage, Write};
use crate::clone;
use crate::event::Event;
use crate::kinds;
use crate::org::{ComponentMessage, DeployStatus};
use crate::xml::Element;
use serde_json::Value;
use std::time::Duration;

/// Rounds in which whole lists are left out because the org names no entry.
const MOST_LISTS: usize = 10;

/// The waits before the same is deployed again where a refusal names nothing: as long as that it may be a lock.
const WAITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];

/// Refusals of one deploy that named nothing of it.
#[derive(Default)]
pub(super) struct Nameless {
    /// Times that it was taken for a lock.
    waited: usize,
    /// Lists that went for it.
    lists: usize,
}

impl Nameless {
    /// What the org says, and how long to wait, where that may be a lock in words that nobody here knows.
    pub(super) fn may_be_lock(
        &mut self,
        status: &DeployStatus,
        components: &[Component],
    ) -> Option<(String, Duration)> {
        let wait = *WAITS.get(self.waited)?;
        let words = objection::names_nothing_of(status, components)?;
        self.waited += 1;
        Some((words.to_owned(), wait))
    }
}

impl Run<'_> {
    /// Takes out of the cloned profile what the org refused of it; says whether that was anything. `nameless` counts the
    /// rounds in which the org named nothing.
    pub(super) fn leave_out(
        &mut self,
        stage: Stage,
        status: &DeployStatus,
        changes: &[usize],
        components: &mut [Component],
        nameless: &mut Nameless,
    ) -> bool {
        let plan = self.plan;
        let mut changes = changes.iter().map(|index| &plan.changes[*index]);
        let is_cloned =
            |change: &&Change| change.address.kind == "profile" && change.fingerprint.is_some();
        let Some(change) = changes.find(is_cloned) else {
            return false;
        };
        let Some(profile) = profile_of(change, components) else {
            return false;
        };
        let before = (profile.clone(), self.left_out.len());
        let failures = status.failures.iter();
        let problems: Vec<&str> = failures
            .filter(|failure| is_about(failure, change))
            .filter_map(|failure| failure.problem.as_deref())
            .collect();
        for problem in &problems {
            self.leave_out_named(stage, change, profile, problem);
        }
        if self.left_out.len() == before.1 && problems.len() == status.failures.len() {
            self.leave_out_list(stage, change, profile, &problems, nameless);
        }
        clone::keep_defaults(&before.0, profile);
        self.left_out.len() > before.1
    }

    /// Takes out what the org refused when the plan was checked, by the sentences that it refused it in.
    pub(super) fn leave_out_as_checked(&mut self, changes: &[usize], components: &mut [Component]) {
        let plan = self.plan;
        for left_out in std::mem::take(&mut self.options.left_out) {
            let mut changes = changes.iter().map(|index| &plan.changes[*index]);
            let Some(change) = changes.find(|change| change.address == left_out.address) else {
                self.options.left_out.push(left_out);
                continue;
            };
            if change.address.kind == "profile" {
                let Some(profile) = profile_of(change, components) else {
                    continue;
                };
                let before = profile.clone();
                match RefusedEntry::list_called(&left_out.entry) {
                    Some(list) if list.take_out_of(profile, &|_| false) => {
                        self.keep_left_out(
                            change.stage,
                            &change.address,
                            &left_out.entry,
                            &left_out.problem,
                        );
                    }
                    Some(_) => {}
                    None => self.leave_out_named(change.stage, change, profile, &left_out.problem),
                }
                clone::keep_defaults(&before, profile);
                continue;
            }
            for component in components
                .iter_mut()
                .filter(|one| writes(change, one.kind, &one.full_name))
            {
                let Some(body) = &mut component.body else {
                    continue;
                };
                for setting in
                    kinds::leave_out_settings(&component.full_name, body, &left_out.problem)
                {
                    self.keep_left_out(change.stage, &change.address, &setting, &left_out.problem);
                }
            }
        }
    }

    /// Takes out of the documents of defaults what the org refused of their objects' settings; says whether that was
    /// anything. A default that is refused itself leaves nothing out.
    pub(super) fn leave_out_settings(
        &mut self,
        status: &DeployStatus,
        changes: &[usize],
        components: &mut [Component],
    ) -> bool {
        let before = self.left_out.len();
        for component in components {
            let of_object = |failure: &&ComponentMessage| failure.full_name == component.full_name;
            let mut failures = status.failures.iter().filter(of_object);
            let problem = failures.find_map(|failure| failure.problem.as_deref());
            let object = std::slice::from_ref(&component.full_name);
            let is_final = objection::refuses_a_default(status, object);
            let (Some(problem), Some(body), false) = (problem, &mut component.body, is_final)
            else {
                continue;
            };
            let gone = kinds::leave_out_settings(&component.full_name, body, problem);
            let of_change = |index: &&usize| {
                writes(
                    &self.plan.changes[**index],
                    component.kind,
                    &component.full_name,
                )
            };
            let Some(index) = changes.iter().find(of_change) else {
                continue;
            };
            let address = self.plan.changes[*index].address.clone();
            for setting in gone {
                self.keep_left_out(Stage::Defaults, &address, &setting, problem);
            }
        }
        self.left_out.len() > before
    }

    /// Takes what a problem names out of the cloned profile, unless the manifest states it or it is a removal: the entries
    /// of one of the platform's English sentences, or the first one that any other sentence names.
    fn leave_out_named(
        &mut self,
        stage: Stage,
        change: &Change,
        profile: &mut Element,
        problem: &str,
    ) {
        if self.stated(&change.address, problem).is_some() || objection::is_about_no_entry(problem)
        {
            return;
        }
        let owned = owned_by(change, problem);
        let mut entries = objection::entries(problem);
        if entries.is_empty() {
            entries.extend(first_entry_named_in(profile, problem));
        }
        for entry in entries {
            if entry.take_out_of(profile, &owned) {
                self.keep_left_out(stage, &change.address, &entry.to_string(), problem);
            }
        }
    }

    /// Leaves out a whole list where the org says that the profile is wrong and names nothing of it.
    fn leave_out_list(
        &mut self,
        stage: Stage,
        change: &Change,
        profile: &mut Element,
        problems: &[&str],
        nameless: &mut Nameless,
    ) {
        let names_something = |problem: &&str| {
            objection::is_about_no_entry(problem)
                || !objection::entries(problem).is_empty()
                || self.stated(&change.address, problem).is_some()
                || first_entry_named_in(profile, problem).is_some()
        };
        let Some(problem) = problems.first() else {
            return;
        };
        if nameless.lists == MOST_LISTS || problems.iter().any(names_something) {
            return;
        }
        let Some(list) = RefusedEntry::next_list(profile) else {
            return;
        };
        if list.take_out_of(profile, &|_| false) {
            nameless.lists += 1;
            self.keep_left_out(stage, &change.address, &list.to_string(), problem);
        }
    }

    fn keep_left_out(&mut self, stage: Stage, address: &Address, entry: &str, problem: &str) {
        (self.emit)(Event::EntryDropped {
            stage,
            address: address.clone(),
            entry: entry.to_owned(),
            problem: problem.to_owned(),
        });
        self.left_out.push(Dropped {
            address: address.clone(),
            entry: entry.to_owned(),
            problem: problem.to_owned(),
        });
    }
}

/// The document of a profile that a change makes. Fields of the same deploy say in a document of their own, of the same
/// name, that the profile sees them.
fn profile_of<'a>(change: &Change, components: &'a mut [Component]) -> Option<&'a mut Element> {
    let profiles = components.iter_mut().filter(|component| {
        component.kind == "Profile" && writes(change, component.kind, &component.full_name)
    });
    let documents = profiles.filter_map(|component| component.body.as_mut());
    documents.max_by_key(|document| document.children.len())
}

/// Whether a message is about the profile of a change.
fn is_about(failure: &ComponentMessage, change: &Change) -> bool {
    writes(change, &failure.component_type, &failure.full_name)
}

fn writes(change: &Change, kind: &str, full_name: &str) -> bool {
    let Write::Deploy(components) = &change.write else {
        return false;
    };
    let mut components = components.iter();
    components.any(|component| component.kind == kind && component.full_name == full_name)
}

/// Whether the manifest says something of an entry of the cloned profile by that name. Taking away what nobody can be
/// granted here says nothing.
fn owned_by<'a>(change: &'a Change, problem: &str) -> impl Fn(&str) -> bool + use<'a> {
    let no_one_has_it = objection::cannot_be_granted(problem);
    move |name: &str| {
        let paths = [
            format!("userPermissions.{name}"),
            format!("objectPermissions.{name}"),
        ];
        let mut fields = change.fields.iter();
        fields.any(|field| {
            paths.contains(&field.path) && !(no_one_has_it && field.after == Value::Bool(false))
        })
    }
}
