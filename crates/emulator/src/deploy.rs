//! Deploys: a zip with its manifest laid over the org, all or nothing where asked, and reported component by component.

mod apex;
mod audit;
mod commit;
mod hollow;
mod package;
mod parts;
pub(crate) mod report;
mod roles;
mod scripted;
#[cfg(test)]
mod tests;
mod together;
mod undo;

use std::collections::BTreeMap;
use std::sync::Arc;

use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

use crate::documents::{self, Outcome, Setting};
use crate::language;
use crate::problem::{Problem, UNKNOWN};
use crate::sharing;
use crate::store::{Id, Millis, Org};
use crate::xml;
pub(crate) use apex::runs_tests;
pub(crate) use commit::change;
use commit::{changed_rules, commit};
use package::{Destruction, Package};
use parts::Part;
pub(crate) use parts::element_of;
use report::{Message, Report};
use scripted::Script;
use undo::Undo;

/// What a deploy was asked to do besides the package itself. Left out means `false`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Options {
    pub(crate) allow_missing_files: bool,
    pub(crate) auto_update_package: bool,
    pub(crate) check_only: bool,
    pub(crate) ignore_warnings: bool,
    pub(crate) perform_retrieve: bool,
    pub(crate) purge_on_delete: bool,
    pub(crate) rollback_on_error: bool,
    pub(crate) run_tests: Vec<String>,
    pub(crate) single_package: bool,
    pub(crate) test_level: Option<String>,
}

/// Who deploys, when.
#[derive(Clone, Debug)]
pub(crate) struct Occasion {
    pub(crate) user: Id,
    pub(crate) now: Millis,
    /// When the recalculation of sharing that the deploy causes comes through.
    pub(crate) timing: sharing::Timing,
}

/// Runs a deploy: lays the package over a copy of the org and keeps the copy if everything, or what the options ask
/// for, is in order.
pub(crate) fn run(org: &mut Org, zip: &[u8], options: &Options, occasion: &Occasion) -> Report {
    let package = match package::read(zip, options.single_package) {
        Ok(package) => package,
        Err(problem) => return Report::of_manifest(problem, occasion.now),
    };
    let mut deployment = Deployment {
        before: org,
        draft: org.clone(),
        options,
        package: &package,
        now: occasion.now,
        report: Report::default(),
        script: Script::of(&org.refusals),
    };
    let refused = deployment.apply();
    let Deployment {
        mut draft,
        mut report,
        script,
        ..
    } = deployment;
    draft.refusals = script.rest();
    org.refusals.clone_from(&draft.refusals);
    if let Some((code, message)) = refused {
        return Report::refused((&code, message));
    }
    let language = language::of(org, &occasion.user);
    if let Some((code, message)) = apex::refusal(&draft, options) {
        return Report::refused((code, language.message(&message)));
    }
    report.translate(language);
    report.finish(&package.path("package.xml"), options, occasion.now);
    let keep = !options.check_only && (report.errors == 0 || !options.rollback_on_error);
    if keep {
        commit(org, draft, &report, occasion);
    }
    report
}

/// Components a package holds, for the counters of a deploy that is running.
pub(crate) fn count(zip: &[u8], options: &Options) -> usize {
    package::read(zip, options.single_package)
        .map(|package| parts::collect(&package, options).0.len())
        .unwrap_or_default()
}

struct Deployment<'a> {
    before: &'a Org,
    draft: Org,
    options: &'a Options,
    package: &'a Package,
    now: Millis,
    report: Report,
    script: Script,
}

/// Every file of a deploy, read once: by its path, the document or why there is none.
type Documents<'p> = BTreeMap<&'p str, Result<Document<'p>, xml::Malformed>>;

impl Deployment<'_> {
    /// Lays the package over the draft. Code and sentence where the deploy is refused as a whole.
    fn apply(&mut self) -> Option<(String, String)> {
        let (mut parts, problems) = parts::collect(self.package, self.options);
        problems
            .into_iter()
            .for_each(|message| self.report.add(message.at(self.now)));
        self.destroy(&self.package.before);
        parts
            .iter_mut()
            .for_each(|part| hollow::empty(self.before, part));
        parts.sort_by_key(|part| (rank(&part.kind), part.name.clone()));
        let texts: BTreeMap<String, Arc<str>> = parts
            .iter()
            .map(|part| (part.file.clone(), Arc::clone(&part.text)))
            .collect();
        let said = self.script.of_deploy(texts.values().map(|text| &**text));
        if said.is_some() {
            return said;
        }
        let documents: Documents<'_> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), xml::parse(text)))
            .collect();
        roles::order(&mut parts, &documents);
        for part in &parts {
            self.apply_part(part, &documents);
        }
        self.mark_rule_files();
        self.check_coupling(&parts, &documents);
        self.keep_models_beside_rules(&parts);
        self.destroy(&self.package.after);
        None
    }

    fn apply_part(&mut self, part: &Part, documents: &Documents<'_>) {
        let setting = Setting {
            version: self.package.version,
            single_call: false,
        };
        let element = match &documents[part.file.as_str()] {
            Ok(document) => part.element(document).map_err(|problem| vec![problem]),
            Err(error) => Err(vec![malformed(error)]),
        };
        let applied = element.and_then(|element| self.lay_over(part, element, &setting));
        match applied {
            Ok(outcome) => {
                if !hollow::is_hollow(self.before, part) {
                    self.keep_content(part);
                }
                self.report.add(self.success(part, outcome));
            }
            Err(problems) => problems
                .iter()
                .for_each(|problem| self.report.add(self.failure(part, problem))),
        }
    }

    /// Lays one component over the draft, or over a copy of it where it changes nothing.
    fn lay_over(
        &mut self,
        part: &Part,
        element: Node<'_, '_>,
        setting: &Setting,
    ) -> documents::Applied {
        self.script.of_part(part, element)?;
        hollow::takable(self.before, part, element)?;
        let apply = |org: &mut Org| documents::apply(org, &part.kind, &part.name, element, setting);
        if hollow::is_warned(self.before, part) && !self.options.ignore_warnings {
            apply(&mut self.draft.clone())?;
            return Err(vec![Problem::new(UNKNOWN, hollow::WARNING)]);
        }
        match hollow::is_hollow(self.before, part) {
            true => apply(&mut self.draft.clone()),
            false => self.attempt((&part.kind, &part.name), apply),
        }
    }

    /// Makes the change of one component. What is refused, or locked, is taken back.
    fn attempt<T>(
        &mut self,
        (kind, name): (&str, &str),
        make: impl FnOnce(&mut Org) -> Result<T, Vec<Problem>>,
    ) -> Result<T, Vec<Problem>> {
        let undo = Undo::before(&self.draft, kind, name);
        let made = make(&mut self.draft).and_then(|made| {
            undo.unlocked(self.before, &self.draft)?;
            Ok(made)
        });
        if made.is_err() {
            undo.restore(&mut self.draft);
        }
        made
    }

    /// The file that belongs to a component of another format is kept as it is.
    fn keep_content(&mut self, part: &Part) {
        if let Some(content) = &part.content {
            let kind = format!("{}.content", part.kind);
            self.draft
                .documents
                .entry(kind)
                .or_default()
                .insert(part.name.clone(), content.clone());
        }
    }

    fn success(&self, part: &Part, outcome: Outcome) -> Message {
        let success = Message {
            kind: part.kind.clone(),
            full_name: documents::shown_name(&part.kind, &part.name),
            file_name: part.file.clone(),
            id: documents::id_of(&self.draft, &part.kind, &part.name),
            created: outcome == Outcome::Created,
            changed: outcome != Outcome::Unchanged,
            success: true,
            created_date: self.now,
            ..Message::default()
        };
        match hollow::is_warned(self.before, part) {
            true => success.with_warning(hollow::WARNING),
            false => success,
        }
    }

    fn failure(&self, part: &Part, problem: &Problem) -> Message {
        let failure = Message {
            kind: part.kind.clone(),
            full_name: documents::shown_name(&part.kind, &part.name),
            file_name: part.file.clone(),
            created_date: self.now,
            ..Message::of_problem(problem)
        };
        match problem.message == hollow::WARNING {
            true => failure.with_warning(hollow::WARNING),
            false => failure,
        }
    }

    /// A file of rules has changed when one of its rules has.
    fn mark_rule_files(&mut self) {
        let changed = changed_rules(self.before, &self.draft);
        let files = self
            .report
            .messages
            .iter_mut()
            .filter(|message| message.kind == "SharingRules");
        files.for_each(|message| {
            message.changed = message.success && changed.contains(&message.full_name)
        });
    }

    fn destroy(&mut self, destruction: &Option<Destruction>) {
        let Some(destruction) = destruction else {
            return;
        };
        for (kind, name) in &destruction.members {
            let message = self.destroy_one(kind, name, &destruction.file);
            self.report.add(message);
        }
    }

    fn destroy_one(&mut self, kind: &str, name: &str, file: &str) -> Message {
        let plain = Message {
            kind: kind.to_owned(),
            full_name: documents::shown_name(kind, name),
            file_name: self.package.path(file),
            created_date: self.now,
            ..Message::default()
        };
        if name.contains('*') {
            let problem = format!("Wildcards are not allowed in {file}");
            return Message {
                problem: Some(problem),
                problem_type: Some("Error".to_owned()),
                ..plain
            };
        }
        if !documents::exists(&self.draft, kind, name) {
            return self.missing_target(kind, name, file, plain);
        }
        let id = documents::id_of(&self.draft, kind, name);
        let deleted = self.attempt((kind, name), |org| {
            documents::delete(org, kind, name).map_err(|problem| vec![problem])
        });
        match deleted {
            Ok(()) => Message {
                id,
                changed: true,
                deleted: true,
                success: true,
                ..plain
            },
            Err(problems) => {
                let problem = problems.into_iter().next().map(|problem| problem.message);
                Message {
                    problem,
                    problem_type: Some("Error".to_owned()),
                    ..plain
                }
            }
        }
    }

    /// What is not there is a warning, which fails the deploy unless warnings are ignored.
    fn missing_target(&self, kind: &str, name: &str, file: &str, plain: Message) -> Message {
        Message {
            kind: String::new(),
            full_name: file.to_owned(),
            problem: Some(format!("No {kind} named: {name} found")),
            problem_type: Some("Warning".to_owned()),
            success: self.options.ignore_warnings,
            ..plain
        }
    }
}

/// The order in which components depend on each other.
fn rank(kind: &str) -> usize {
    let order = [
        "CustomObject",
        "CustomField",
        "",
        "Role",
        "Group",
        "Queue",
        "PermissionSet",
        "Profile",
        "SharingRules",
    ];
    let rules = ["SharingCriteriaRule", "SharingOwnerRule"].contains(&kind);
    let wanted = if rules { "SharingRules" } else { kind };
    order.iter().position(|entry| *entry == wanted).unwrap_or(2)
}

fn malformed(error: &xml::Malformed) -> Problem {
    let message = format!("Error parsing file: {}", error.reason);
    Problem {
        place: Some((error.line, error.column)),
        ..Problem::new(UNKNOWN, message)
    }
}
