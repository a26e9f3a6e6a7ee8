//! The user: it can never be deleted. One that was made is put out of use before anything else; one that was there has its
//! own profile, role and sets back before anything widens.

use super::fate::{BackFate, standing};
use super::puts::value_now;
use super::{BackDraft, Made};
use crate::change::{Action, Change, FieldChange, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Filter, Known, Live, LiveUser, Need, Reference};
use crate::plan::Plan;
use serde_json::{Value, json};

/// Profiles that an inactive user is left with: least of all profiles of their licences.
const LEAST: [&str; 2] = [
    "Minimum Access - Salesforce",
    "Minimum Access - API Only Integrations",
];

impl BackDraft<'_> {
    /// What becomes of the user.
    pub(super) fn put_user(&mut self, made: &Made, fate: &BackFate) {
        match fate {
            BackFate::Goes => self.put_out_of_use(made),
            BackFate::Back(fields) => {
                let id = self.live.user(&made.address.name).found();
                let Some(id) = id.map(|user| user.id.clone()) else {
                    return;
                };
                let write = Write::Update(id, kinds::user_columns(fields));
                self.change(made, (Action::Update, fields.clone()), Stage::User, write);
            }
            BackFate::AsBefore | BackFate::Again | BackFate::Stays => {}
        }
    }

    fn put_out_of_use(&mut self, made: &Made) {
        let live = self.live;
        let Some(user) = live.user(&made.address.name).found() else {
            return;
        };
        self.refusals.extend(own_log_in(made, live));
        let now = standing(made, live).unwrap_or_default();
        let mut update = |stage: Stage, fields: Vec<(&str, Value)>| {
            let fields = fields.into_iter().map(|(path, after)| FieldChange {
                path: path.to_owned(),
                before: value_now(&now, path),
                after,
                reason: None,
                through: None,
            });
            let fields: Vec<FieldChange> =
                fields.filter(|field| field.before != field.after).collect();
            if !fields.is_empty() {
                let write = Write::Update(user.id.clone(), kinds::user_columns(&fields));
                self.change(made, (Action::Update, fields), stage, write);
            }
        };
        update(Stage::User, vec![("active", json!(false))]);
        let mut left = Vec::new();
        let least = least_profile(user, live);
        left.extend(least.clone().map(|label| ("profile", json!(label))));
        left.push(("role", Value::Null));
        update(Stage::Removals, left);
        self.tell_of_user(made, user, least.as_deref());
    }

    fn tell_of_user(&mut self, made: &Made, user: &LiveUser, least: Option<&str>) {
        let words = format!(
            "{} cannot be deleted: it stays, and cannot log in",
            made.address
        );
        let note = Diagnostic::note(Code::UserIsDeactivated, words);
        self.findings.push(note.about(made.address.clone()));
        if least.is_none() {
            self.keep_profile_of(user);
        }
        for object in super::needs::objects(&self.way.made) {
            let owned = Need::Count(object.to_owned(), Some(Filter::owned_by(&user.username)));
            match self.live.count(&owned) {
                Known::Is(0) | Known::NotAsked => {}
                Known::Is(owned) => {
                    let records = count(owned, &format!("{object} record"));
                    let words = format!("{} owns {records}: they stay its own", user.username);
                    let help = "give them to somebody else, where somebody has to work with them";
                    let finding = Diagnostic::warning(Code::OwnsRecords, words).help(help);
                    self.findings.push(finding.about(made.address.clone()));
                }
                Known::Refused(refused) => {
                    let words =
                        format!("how many {object} records the user owns is not known: {refused}");
                    self.findings
                        .push(Diagnostic::warning(Code::OwnsRecords, words));
                }
            }
        }
    }

    /// A user has to have a profile: where the org has none to leave it with, it keeps its own.
    fn keep_profile_of(&mut self, user: &LiveUser) {
        let own = user.profile.clone().unwrap_or_default();
        for (index, made) in self.way.made.iter().enumerate() {
            if made.address.kind == "profile"
                && made.address.name == own
                && self.fates[index] == BackFate::Goes
            {
                self.fates[index] = BackFate::Stays;
                let words = format!(
                    "{} stays: {} has it, and the org has no `{}` to leave it with",
                    made.address, user.username, LEAST[0]
                );
                let finding = Diagnostic::warning(Code::StillUsed, words);
                self.findings.push(finding.about(made.address.clone()));
            }
        }
    }
}

/// Whoever is logged in as the user would end the run with its own log-in.
fn own_log_in(made: &Made, live: &Live) -> Option<Diagnostic> {
    let running = live.org.running_user.as_deref()?;
    let is_own = running.eq_ignore_ascii_case(&made.address.name);
    let words = format!("you are logged in as `{running}`, the very user that goes out of use");
    let error = Diagnostic::error(Code::LockingYourselfOut, words);
    is_own.then(|| error.help("log in as an administrator"))
}

/// The profile of least access that the user's licence allows, by its label.
fn least_profile(user: &LiveUser, live: &Live) -> Option<String> {
    let containers = live.containers().learnt()?;
    let own = containers.profile(user.profile.as_deref()?)?;
    let labels = LEAST.iter().map(|label| live.profile_label(label));
    let mut least = labels.filter_map(|label| containers.profile(&label));
    let least = least.find(|least| least.licence_id == own.licence_id)?;
    Some(least.label.clone())
}

/// The plan without the change that puts the user out of use, and what freezes its log-in instead; `None` where the plan has
/// no such change, or the org does not tell the log-in.
pub fn freezing(plan: &Plan, live: &Live) -> Option<(Plan, Plan)> {
    let is_it = |change: &Change| {
        let ends_use = change.fields.iter().any(|field| field.path == "active");
        change.stage == Stage::User && change.address.kind == "user" && ends_use
    };
    let deactivation = plan.changes.iter().find(|change| is_it(change))?;
    let username = &deactivation.address.name;
    let log_in = Reference::LogIn(username.clone());
    let id = live.reference(&log_in).found()?.to_owned();
    let record = Record {
        object: "UserLogin",
        values: [("IsFrozen".into(), RecordValue::Literal(json!(true)))].into(),
    };
    let frozen = FieldChange {
        path: "frozen".to_owned(),
        before: json!(false),
        after: json!(true),
        reason: None,
        through: None,
    };
    let freeze = Change {
        fields: vec![frozen],
        write: Write::Update(id, record),
        ..deactivation.clone()
    };
    let mut rest = plan.clone();
    rest.changes.retain(|change| !is_it(change));
    let mut first = plan.clone();
    first.changes = vec![freeze];
    Some((first, rest))
}
