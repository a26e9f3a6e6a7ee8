//! What a mend is called, and whom else it touches.

use super::{Mend, MendStep};
use crate::access::{self, People, Tie};
use crate::criteria::Verdict;
use crate::live::{Person, short_id};
use crate::tally::Tally;
use crate::verify::cause::{Cause, CauseSource};
use crate::verify::subject::Subject;
use crate::verify::wanted::Around;

/// Record ids that are told of one mend.
const MOST_IDS: usize = 1_000;

/// What the words of an object's mends come from.
pub(super) struct Teller<'a> {
    subject: &'a Subject<'a>,
    people: Option<People<'a>>,
}

/// What tells steps apart that are told as one: those of one sort, with one holder.
pub(super) fn sort_of(step: &MendStep, cause: &Cause) -> String {
    match step {
        MendStep::Given(CauseSource::Row(_, holder, reason)) => {
            format!("{} {holder} {reason}", cause.kind)
        }
        MendStep::Given(CauseSource::Owner(_)) => format!("owner {}", cause.kind),
        other => format!("{other:?}"),
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, around: &'a Around) -> Self {
        Self {
            subject,
            people: around.reached.people(subject),
        }
    }

    /// These steps of one sort, with an example of what they end.
    pub(super) fn mend(&self, steps: &[MendStep], cause: &Cause) -> Mend {
        let ids = steps.iter().filter_map(|step| match step {
            MendStep::Given(CauseSource::Row(id, ..) | CauseSource::Owner(id)) => Some(id.clone()),
            _ => None,
        });
        let count = steps.len() as u64;
        let (kind, name, change, others) = match steps.first() {
            Some(MendStep::Given(source)) => self.source(source, count, cause),
            Some(MendStep::Tie(tie)) => self.tie(tie),
            None => ("other", String::new(), String::new(), not_known("nobody")),
        };
        Mend {
            kind,
            name,
            change,
            changes: count,
            ids: ids.take(MOST_IDS).collect(),
            holder: match steps.first() {
                Some(MendStep::Given(CauseSource::Row(_, holder, _))) => Some(holder.clone()),
                Some(MendStep::Given(CauseSource::Rule(..))) => cause.holder.clone(),
                Some(MendStep::Tie(Tie::Member(id) | Tie::RoleIn(id) | Tie::Assigned(id))) => {
                    Some(id.clone())
                }
                _ => None,
            },
            closes_alone: 0,
            closes_in_set: 0,
            others,
        }
    }

    fn source(
        &self,
        source: &CauseSource,
        count: u64,
        cause: &Cause,
    ) -> (&'static str, String, String, Tally) {
        let through = cause.through.first().map_or("", String::as_str);
        match source {
            CauseSource::Permission(id) => {
                let change = format!("take {} off the {}", cause.name, through.replace('/', " "));
                (cause.kind, through.to_owned(), change, self.others_with(id))
            }
            CauseSource::Default(object) => {
                let change = format!("set the default of {object} as the manifest says");
                ("default", object.clone(), change, self.everybody_else())
            }
            CauseSource::Rule(object, name) => {
                let change = format!("delete or narrow the sharing rule {object}.{name}");
                let others = self.others_reached_by(cause);
                ("sharing_rule", format!("{object}.{name}"), change, others)
            }
            CauseSource::Row(_, _, reason) => {
                let (kind, of) = match cause.kind {
                    "implicit_child" => ("account_share", "share of an account"),
                    "manual_share" => ("manual_share", "manual share"),
                    "team" => ("team", "team membership"),
                    kind => (kind, "share by code"),
                };
                let what = crate::count::count(count, of);
                let with = match cause.kind {
                    "implicit_child" => self.name_of(cause.id.as_deref().unwrap_or_default()),
                    _ => through.replace('/', " "),
                };
                let change = format!("remove {what} with {with} ({reason})");
                (kind, with, change, self.others_reached_by(cause))
            }
            CauseSource::Owner(_) => {
                let what = match cause.kind {
                    "implicit_child" => crate::count::count(count, "account"),
                    _ => crate::count::count(count, "record"),
                };
                let change = format!("give {what} to another owner");
                let others = not_known("who has what the owner has depends on the new owner");
                ("owner", cause.name.clone(), change, others)
            }
        }
    }

    fn tie(&self, tie: &Tie) -> (&'static str, String, String, Tally) {
        let nobody = Tally::Exactly(0);
        match tie {
            Tie::Assigned(id) => {
                let set = self.set_label(id);
                let change = format!("take the user off the permission set {set}");
                ("permission_set", set, change, nobody)
            }
            Tie::Member(id) => {
                let (kind, name) = (self.kind_of(id), self.name_of(id));
                let change = format!("take the user out of the {kind} {name}");
                (kind, name, change, nobody)
            }
            Tie::RoleIn(id) => {
                let name = self.name_of(id);
                let change = format!("take the user's role out of the group {name}");
                ("group_of_role", name, change, self.others_of_role())
            }
            _ => {
                let name = self.subject.user.role.clone().unwrap_or_default();
                let change =
                    format!("move the role {name} so that it no longer stands above others");
                let others = not_known("who reports to whom then is not known");
                ("role_hierarchy", name, change, others)
            }
        }
    }

    fn set_label(&self, id: &str) -> String {
        let containers = self.subject.live.containers().learnt();
        let set = containers.and_then(|containers| containers.set_of_id(id));
        set.map_or_else(|| id.to_owned(), |set| set.label.clone())
    }

    fn kind_of(&self, group: &str) -> &'static str {
        let people = self.people.as_ref();
        match people.is_some_and(|people| people.is_queue(group)) {
            true => "queue",
            false => "group",
        }
    }

    fn name_of(&self, id: &str) -> String {
        let people = self.people.as_ref();
        let name = people.and_then(|people| people.name_of_holder(id));
        name.map_or_else(|| id.to_owned(), str::to_owned)
    }

    /// Other active users whom what a cause's holder has reaches.
    fn others_reached_by(&self, cause: &Cause) -> Tally {
        let holder = cause.holder.as_deref().or(cause.id.as_deref());
        let (Some(people), Some(holder)) = (&self.people, holder) else {
            return not_known("whom it reaches, the org did not tell");
        };
        let reached = self.others(people).map(|one| people.reaches(one, holder));
        counted(reached)
    }

    fn others<'s>(&'s self, people: &'s People<'a>) -> impl Iterator<Item = &'a Person> + 's {
        let user = short_id(&self.subject.user.id);
        let active = people.all().filter(|one| one.active);
        active.filter(move |one| short_id(&one.id) != user)
    }

    fn everybody_else(&self) -> Tally {
        let Some(people) = &self.people else {
            return not_known("how many users there are, the org did not tell");
        };
        Tally::Exactly(self.others(people).count() as u64)
    }

    fn others_of_role(&self) -> Tally {
        let Some(people) = &self.people else {
            return not_known("who has the role, the org did not tell");
        };
        let role = self.subject.user.role_id.as_deref();
        let same = self
            .others(people)
            .filter(|one| people.role_of(one) == role);
        Tally::Exactly(same.count() as u64)
    }

    /// Other users who have a profile or permission set.
    fn others_with(&self, container: &str) -> Tally {
        let object = self.subject.sharing.object.as_str();
        let held = access::held_bypasses(object, self.subject.user, self.subject.live);
        let held = held.learnt().unwrap_or_default().into_iter();
        let users = held
            .filter(|one| one.id == container)
            .map(|one| one.users)
            .next();
        match users {
            Some(Tally::Exactly(users)) => Tally::Exactly(users.saturating_sub(1)),
            Some(other) => other,
            None => not_known("who has it, the org did not tell"),
        }
    }
}

fn counted(reached: impl Iterator<Item = Verdict>) -> Tally {
    let (mut certain, mut perhaps) = (0, 0);
    for verdict in reached {
        certain += u64::from(verdict == Verdict::Yes);
        perhaps += u64::from(verdict == Verdict::Either);
    }
    match perhaps {
        0 => Tally::Exactly(certain),
        _ => Tally::Between {
            at_least: certain,
            at_most: certain + perhaps,
        },
    }
}

fn not_known(why: &str) -> Tally {
    Tally::Unknown(why.to_owned())
}
