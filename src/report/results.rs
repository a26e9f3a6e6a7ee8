//! What a run found, one by one: what SARIF, JUnit and the annotations of a build server are made of.
//!
//! **Promise:** what is wrong stands in one case, once; a case without a problem was looked at, and is as it should be, or in
//! a plan as it will be.

use std::collections::BTreeMap;

use crate::access::{ExpectedAccess, When};
use crate::address::Address;
use crate::apply::{Applied, ChangeResult};
use crate::change::Change;
use crate::code::Code;
use crate::count::number;
use crate::diagnostic::{Diagnostic, Failure, Place, Severity};
use crate::findings::is_about_expectations;
use crate::plan::Plan;
use crate::verify::{Access, Author, Mismatch, Verification};

use super::expected::{ExpectedVerdict, rows};
use super::{Frame, Reported, kind_words, text};

/// One thing that was looked at.
pub(super) struct CheckedCase {
    /// What sort of thing: `resources`, `records`, `expect`, `findings`, `run`.
    pub(super) group: &'static str,
    /// Its name, the same from run to run.
    pub(super) name: String,
    /// What is wrong with it, or worth knowing.
    pub(super) problems: Vec<CaseProblem>,
    /// Whether nobody got so far as to look.
    pub(super) is_skipped: bool,
}

/// One thing that is wrong with a case, or worth knowing of it.
pub(super) struct CaseProblem {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) place: Option<Place>,
    pub(super) related: Vec<(Place, String)>,
    /// What tells it from others of its code, the same from run to run.
    pub(super) about: String,
}

impl CheckedCase {
    fn new(group: &'static str, name: impl Into<String>, problems: Vec<CaseProblem>) -> Self {
        Self {
            group,
            name: name.into(),
            problems,
            is_skipped: false,
        }
    }
}

impl From<&Diagnostic> for CaseProblem {
    fn from(finding: &Diagnostic) -> Self {
        let about = match (&finding.address, &finding.place) {
            (Some(address), _) => address.to_string(),
            (None, Some(place)) => place.file.to_string(),
            (None, None) => String::new(),
        };
        Self {
            code: finding.code,
            severity: finding.severity,
            message: finding.message.clone(),
            help: finding.help.clone(),
            place: finding.place.clone(),
            related: finding.related.clone(),
            about,
        }
    }
}

/// Every case of a report, in the order of what it is about.
pub(super) fn cases(reported: &Reported<'_>, frame: &Frame) -> Vec<CheckedCase> {
    match reported {
        Reported::Plan(plan) => of_plan(plan, frame),
        Reported::Proof(verification) => of_proof(verification, frame),
        Reported::Applied(plan, applied, _) => of_applied(plan, applied, frame),
        Reported::Failure(command, failure) => vec![of_failure(command, failure)],
        Reported::Inventory(_) => Vec::new(),
    }
}

fn of_plan(plan: &Plan, frame: &Frame) -> Vec<CheckedCase> {
    let mut findings = FindingsLeft::of(&plan.findings);
    let planned = plan.changes.iter();
    let planned = planned.map(|change| (change.address.clone(), change.place.clone()));
    let mut cases = resources(
        planned.chain(frame.resources.iter().cloned()),
        &mut findings,
    );
    cases.extend(expected(&plan.expectations, When::After, &mut findings));
    cases.extend(findings.cases());
    if let Some(check) = &plan.check {
        let refused = check.refused.iter().map(CaseProblem::from).collect();
        cases.push(CheckedCase::new("run", "check by the org", refused));
    }
    let refusals = frame.refused().iter();
    let refusals = refusals.filter(|refusal| !plan.findings.contains(refusal));
    let refusals = refusals.map(CaseProblem::from).collect();
    let mut guarded = CheckedCase::new("run", "guards and limits", refusals);
    guarded.is_skipped = frame.refusals.is_none();
    cases.push(guarded);
    cases
}

fn of_proof(verification: &Verification, frame: &Frame) -> Vec<CheckedCase> {
    let mut findings = FindingsLeft::of(&verification.findings);
    let drifted = verification.drift.iter();
    let drifted = drifted.map(|change| (change.address.clone(), change.place.clone()));
    let mut cases = resources(
        frame.resources.iter().cloned().chain(drifted),
        &mut findings,
    );
    for change in &verification.drift {
        let name = change.address.to_string();
        let case = cases.iter_mut().find(|case| case.name == name);
        case.into_iter().for_each(|case| {
            case.problems
                .push(difference(change, &verification.authors))
        });
    }
    let authors = &verification.authors;
    let access = verification.access.iter();
    cases.extend(access.map(|access| records(access, authors)));
    cases.extend(expected(
        &verification.expectations,
        When::Now,
        &mut findings,
    ));
    cases.extend(findings.cases());
    cases
}

fn of_applied(plan: &Plan, applied: &Applied, frame: &Frame) -> Vec<CheckedCase> {
    let mut cases = match &applied.verification {
        Some(verification) => of_proof(verification, frame),
        None => of_plan(plan, frame),
    };
    for outcome in &applied.outcomes {
        let name = outcome.address.to_string();
        let is_open = outcome.result != ChangeResult::Done && applied.verification.is_none();
        let case = cases.iter_mut().find(|case| case.name == name);
        case.into_iter().for_each(|case| case.is_skipped |= is_open);
    }
    if let Some(failure) = &applied.failure {
        cases.push(of_failure("apply", failure));
    }
    cases
}

fn of_failure(command: &str, failure: &Failure) -> CheckedCase {
    let problems = failure.diagnostics.iter().map(CaseProblem::from);
    let mut problems: Vec<CaseProblem> = problems.collect();
    if problems.is_empty() {
        let state = failure.org_state.as_deref().unwrap_or_default();
        let message = format!("{}: {state}", failure.exit.meaning());
        let ended = Diagnostic::error(Code::Interrupted, message);
        problems.push(CaseProblem::from(&ended));
    }
    CheckedCase::new("run", format!("orgwright {command}"), problems)
}

/// Findings that no case has taken yet.
struct FindingsLeft<'a>(Vec<&'a Diagnostic>);

impl<'a> FindingsLeft<'a> {
    fn of(findings: &'a [Diagnostic]) -> Self {
        Self(findings.iter().collect())
    }

    /// Takes those that are meant.
    fn take(&mut self, is_meant: impl Fn(&Diagnostic) -> bool) -> Vec<CaseProblem> {
        let (taken, left): (Vec<_>, Vec<_>) = self.0.iter().partition(|one| is_meant(one));
        self.0 = left;
        taken.into_iter().map(CaseProblem::from).collect()
    }

    /// A case for each code of the others.
    fn cases(self) -> Vec<CheckedCase> {
        let mut codes: BTreeMap<Code, Vec<CaseProblem>> = BTreeMap::new();
        for finding in self.0 {
            let of_code = codes.entry(finding.code).or_default();
            of_code.push(CaseProblem::from(finding));
        }
        let case = |(code, problems): (Code, Vec<CaseProblem>)| {
            CheckedCase::new("findings", format!("{code} {}", code.title()), problems)
        };
        codes.into_iter().map(case).collect()
    }
}

/// A case for each resource, in the order they are first named.
fn resources(
    named: impl Iterator<Item = (Address, Option<Place>)>,
    findings: &mut FindingsLeft<'_>,
) -> Vec<CheckedCase> {
    let mut cases: Vec<CheckedCase> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (address, _) in named {
        if seen.insert(address.clone()) {
            let about = findings.take(|finding| finding.address.as_ref() == Some(&address));
            cases.push(CheckedCase::new("resources", address.to_string(), about));
        }
    }
    cases
}

/// A resource that is not as the manifest says.
fn difference(change: &Change, authors: &[Author]) -> CaseProblem {
    let fields = change.fields.iter().map(|field| {
        let [before, after] = [&field.before, &field.after].map(|side| text::value(side, false));
        format!("{}: {before}, should be {after}", field.path)
    });
    let fields: Vec<String> = fields.collect();
    let resource = format!("{} {}", kind_words(&change.address), change.address.name);
    let message = match fields.is_empty() {
        true => format!(
            "{resource} is not as the manifest says: to {}",
            change.action.word()
        ),
        false => format!(
            "{resource} is not as the manifest says: to {}; {}",
            change.action.word(),
            fields.join("; ")
        ),
    };
    let about = change.address.to_string();
    let author = authors.iter().find(|author| author.about == about);
    let message = match author {
        Some(author) => format!("{message}; {}", text::authorship(&author.authorship)),
        None => message,
    };
    let found = Diagnostic::error(Code::DiffersFromManifest, message)
        .help("plan shows the change, apply makes it")
        .at(change.place.as_ref())
        .about(change.address.clone());
    CaseProblem::from(&found)
}

/// The records of an object: those that leak, those that are missing, and how many more there are of each.
fn records(access: &Access, authors: &[Author]) -> CheckedCase {
    let leaks = access.leaks.iter();
    let leaks = leaks.map(|record| leak(access, record, authors));
    let missing = access.missing.iter();
    let missing = missing.map(|record| mismatch(access, record, Code::RecordMissing));
    let mut problems: Vec<CaseProblem> = leaks.chain(missing).collect();
    for (code, found, told) in [
        (Code::RecordLeaks, access.leaks_found, access.leaks.len()),
        (
            Code::RecordMissing,
            access.missing_found,
            access.missing.len(),
        ),
    ] {
        let more = found.saturating_sub(told as u64);
        if more > 0 {
            let message = format!(
                "{}: {} more records like these",
                access.object,
                number(more)
            );
            problems.push(of_object(access, code, message, "more"));
        }
    }
    let name = match access.user.as_str() {
        "" => access.object.clone(),
        user => format!("{} as {user} sees it", access.object),
    };
    CheckedCase::new("records", name, problems)
}

/// A record that leaks, with who changed the rule that opens it.
fn leak(access: &Access, record: &Mismatch, authors: &[Author]) -> CaseProblem {
    let problem = mismatch(access, record, Code::RecordLeaks);
    let mut rules = record.causes.iter();
    let author = rules.find_map(|cause| {
        let ending = format!(".{}", cause.name);
        let is_it = |author: &&Author| {
            author.about.starts_with("sharing_rule/") && author.about.ends_with(&ending)
        };
        let of_rule = authors.iter().find(is_it);
        of_rule.filter(|_| cause.kind == "sharing_rule")
    });
    match author {
        None => problem,
        Some(author) => CaseProblem {
            message: format!(
                "{}; {}: {}",
                problem.message,
                author.about,
                text::authorship(&author.authorship)
            ),
            ..problem
        },
    }
}

fn mismatch(access: &Access, record: &Mismatch, code: Code) -> CaseProblem {
    let message = format!("{} {}: {}", access.object, record.id, record.cause);
    of_object(access, code, message, &record.id)
}

fn of_object(access: &Access, code: Code, message: String, what: &str) -> CaseProblem {
    let found = Diagnostic::error(code, message).at(access.place.as_ref());
    CaseProblem {
        about: format!("{}/{}/{what}", access.user, access.object),
        ..CaseProblem::from(&found)
    }
}

/// A case for each entry of `expect`.
fn expected(
    entries: &[ExpectedAccess],
    when: When,
    findings: &mut FindingsLeft<'_>,
) -> Vec<CheckedCase> {
    let mut cases = Vec::new();
    for (entry, row) in entries.iter().zip(rows(entries, when)) {
        let name = format!("{}: {} of {}", entry.user, entry.access, entry.records);
        let is_meant = |finding: &Diagnostic| {
            is_about_expectations(finding) && finding.place.as_ref() == Some(&entry.place)
        };
        let mut problems = findings.take(is_meant);
        if problems.is_empty() && row.verdict != ExpectedVerdict::Holds {
            let code = match row.verdict {
                ExpectedVerdict::Missed => Code::ExpectationMissed,
                _ => Code::ExpectationNotKnown,
            };
            let message = format!("{}: {}, {}", row.verdict.word(), row.who, row.what);
            let found = Diagnostic::error(code, message).at(&entry.place);
            problems.push(CaseProblem::from(&found));
        }
        for problem in &mut problems {
            problem.about.clone_from(&name);
        }
        cases.push(CheckedCase::new("expect", name, problems));
    }
    cases
}
