//! Verify: plan again, expecting nothing, then ask the org itself which records the user can read and edit.
//!
//! What should be visible is computed here, from the records and the criteria; what is visible is the org's own word,
//! `UserRecordAccess`. A row that is missing from its answer is a failure, not a "no": the org leaves out rows that the
//! asking user may not see.

mod authors;
mod capable;
pub(crate) mod cause;
pub(crate) mod given;
mod gone;
pub(crate) mod granted;
mod mends;
mod numbers;
mod outcome;
mod pages;
mod places;
mod reached;
mod sample;
pub(crate) mod subject;
pub(crate) mod wanted;
mod watch;

use crate::access::{self, Capability, ExpectedAccess, Impact, When};
use crate::change::Change;
use crate::code::Code;
use crate::count::{agree, count, number};
use crate::diagnostic::{Diagnostic, Exit, Failure, Severity};
use crate::event::Emit;
use crate::failure::{self, NOTHING_CHANGED};
use crate::findings::{expected_otherwise, is_about_expectations, of_capabilities};
use crate::live::{FIRST_PAGE, Known, Live, Need, OrgIdentity};
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{OrgError, Reader};
use crate::plan;
pub use authors::{Author, Authorship, SetupEdit};
pub use cause::Cause;
use given::Proving;
pub use mends::Mend;
pub use numbers::{is_about_numbers, with_nothing_matched};
pub use outcome::{Access, Mismatch};
pub use sample::{Sample, SampleSize};
use std::collections::BTreeSet;
use subject::Subject;
pub use watch::{Look, Watch};

/// Most ids one `UserRecordAccess` query takes (Object Reference, UserRecordAccess).
const RECORDS_A_QUERY: usize = 200;
/// Queries that one request takes (REST API guide, composite batch).
const QUERIES_A_REQUEST: usize = 25;

/// Plans again and proves record access.
///
/// # Errors
/// What the org or the way to it made impossible; a manifest the org contradicts.
pub async fn verify(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
    sample: Sample,
    emit: Emit<'_>,
) -> Result<Verification, Failure> {
    let plan = plan::plan(manifests, live)?;
    let access = prove(manifests, live, reader, sample, emit).await?;
    let capabilities = capabilities(manifests, live, reader).await?;
    let mut findings = of_capabilities(&capabilities, &plan.changes);
    let told = as_the_org_says(plan.findings, &plan.expectations);
    findings.extend(with_nothing_matched(told, manifests, &access));
    let mut verification = Verification {
        org: plan.org,
        converged: plan.changes.is_empty(),
        drift: plan.changes,
        capabilities,
        access,
        expectations: plan.expectations,
        findings,
        authors: Vec::new(),
    };
    if verification.has_something_changed() {
        let history = observe::setup_history(reader).await;
        verification.find_authors(&history, live);
    }
    Ok(verification)
}

/// The findings of a plan, with what it foresees of expectations replaced by what the org says of them.
pub fn as_the_org_says(
    mut findings: Vec<Diagnostic>,
    expectations: &[ExpectedAccess],
) -> Vec<Diagnostic> {
    findings.retain(|finding| !is_about_expectations(finding));
    findings.extend(expected_otherwise(expectations, When::Now));
    findings
}

/// What is demanded of each manifest's user, and whether it can.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn capabilities(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
) -> Result<Vec<Capability>, Failure> {
    let told = capable::capabilities(manifests, live, reader).await;
    told.map_err(failed)
}

/// Compares record access. Objects that nobody restricts have nothing to prove. Records that `live` hold, because
/// [`needs`] were part of their wave, are not read again.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn prove(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
    sample: Sample,
    emit: Emit<'_>,
) -> Result<Vec<Access>, Failure> {
    for manifest in manifests {
        sees_all(manifest, live)?;
        owners_are_known(manifest, live)?;
    }
    let subjects = subject::subjects_of(manifests, live);
    compared(&subjects, reader, sample, emit)
        .await
        .map_err(failed)
}

/// Who asks must see every record.
fn sees_all(manifest: &Manifest, live: &Live) -> Result<(), Failure> {
    let running = live.org.running_user.as_deref().unwrap_or_default();
    let message = match access::not_seen_whole(manifest, live) {
        Known::Is(None) => return Ok(()),
        Known::Is(Some(blind)) => format!(
            "`{running}` does not see every {}: the proof would be blind",
            blind.object
        ),
        other => format!(
            "it is not known whether `{running}` sees every record: {}",
            other.why_unknown().unwrap_or_default()
        ),
    };
    let help = "log in as an administrator with View All Data";
    let diagnostic = Diagnostic::error(Code::LogInSeesTooLittle, message).help(help);
    Err(Failure::new(Exit::Login, vec![diagnostic]).state(NOTHING_CHANGED))
}

/// What a record's owner decides, has to be known.
///
/// # Errors
/// The refusal, where it is not.
pub(crate) fn owners_are_known(manifest: &Manifest, live: &Live) -> Result<(), Failure> {
    match access::roles_of_owners_refused(manifest, live) {
        Some(refused) => Err(failure::of_refused(&[&refused]).state(NOTHING_CHANGED)),
        None => Ok(()),
    }
}

async fn compared(
    subjects: &[Subject<'_>],
    reader: &Reader,
    sample: Sample,
    emit: Emit<'_>,
) -> Result<Vec<Access>, OrgError> {
    let mut records = Vec::new();
    for subject in subjects {
        records.push(subject.records(reader, sample).await?);
    }
    let granted = granted::ask_access(subjects, &records, reader, emit).await?;
    let mut proved = Vec::new();
    let all: Vec<Proving<'_>> = subjects
        .iter()
        .zip(&records)
        .zip(&granted)
        .map(|((subject, records), granted)| (subject, records, granted))
        .collect();
    let mut around = given::around_all(&all, reader).await?;
    for ((subject, records, granted), around) in all.iter().zip(&mut around) {
        let mut access = subject.compare(records, granted, around);
        gone::leave_out_gone(subject, &mut access, reader).await?;
        if records.are_in_pages() {
            (access, *around) = pages::compare(subject, records, reader, emit).await?;
        }
        proved.push(access);
    }
    explain(subjects, &mut proved, &mut around, reader).await?;
    mends::find(subjects, &mut proved, &around);
    Ok(proved)
}

/// Says of every record that is not as it should be why; of accounts last, because other records may bring them along.
async fn explain(
    subjects: &[Subject<'_>],
    proved: &mut [Access],
    around: &mut [wanted::Around],
    reader: &Reader,
) -> Result<(), OrgError> {
    let mut explained = cause::Explained::new();
    for accounts in [false, true] {
        for ((subject, access), around) in subjects.iter().zip(&mut *proved).zip(&mut *around) {
            if (subject.sharing.object.value == "Account") == accounts {
                cause::explain_leaks(subject, access, around, &mut explained, reader).await?;
            }
        }
    }
    Ok(())
}

/// What a proof asks, as needs that can be met in the wave before it: what the user needs to work, and the records that
/// will be compared; none of these where they are more than one request asks about.
pub fn needs(manifests: &[Manifest], impact: &[Impact], sample: Sample) -> BTreeSet<Need> {
    let population = |object: &str| {
        let of_object = impact.iter().find(|impact| impact.object == object);
        of_object.and_then(|impact| impact.records.at_most())
    };
    let in_one_request = in_one_request(impact);
    let is_wanted =
        |object: &str| in_one_request && population(object).is_some_and(|all| sample.is_whole(all));
    let mut needs = needs_of_records(manifests, is_wanted, Need::Records);
    needs.extend(capable::needs(manifests));
    needs
}

/// What a proof asks, as needs that can be met in the wave before it, where it is not known yet how many records there are:
/// the first page of them, and as a rule they are no more.
pub fn needs_of_first_pages(manifests: &[Manifest], sample: Sample) -> BTreeSet<Need> {
    let is_wanted = |_: &str| sample.is_whole(FIRST_PAGE);
    let mut needs = needs_of_records(manifests, is_wanted, Need::FirstRecords);
    needs.extend(capable::needs(manifests));
    needs
}

/// A need of the records of each object that is compared and wanted, before anything is known of the org.
fn needs_of_records(
    manifests: &[Manifest],
    is_wanted: impl Fn(&str) -> bool,
    need: fn(String, BTreeSet<String>) -> Need,
) -> BTreeSet<Need> {
    let nothing = Live::offline();
    let subjects = manifests.iter().flat_map(|manifest| {
        let sharing = manifest.spec.sharing.iter();
        sharing.map(move |sharing| (manifest, sharing))
    });
    let wanted = subjects
        .filter(|(_, sharing)| access::is_name(&sharing.object) && is_wanted(&sharing.object));
    let needs = wanted.map(|(manifest, sharing)| {
        let columns = wanted::proof_columns(sharing, manifest, &nothing, |_| true);
        need(sharing.object.value.clone(), columns)
    });
    needs.collect()
}

/// Whether one request asks about all the records of these objects.
pub fn in_one_request(impact: &[Impact]) -> bool {
    let mut queries = 0_u64;
    for impact in impact {
        let Some(records) = impact.records.at_most() else {
            return false;
        };
        queries += records.div_ceil(RECORDS_A_QUERY as u64);
    }
    queries <= QUERIES_A_REQUEST as u64
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// What the org says after all is done.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The org that was asked.
    pub org: OrgIdentity,
    /// Whether planning again found nothing to do.
    pub converged: bool,
    /// What planning again would still change.
    pub drift: Vec<Change>,
    /// What is demanded of the users, and whether they can.
    pub capabilities: Vec<Capability>,
    /// One for each object whose records were compared.
    pub access: Vec<Access>,
    /// What the manifests expect of single records, with what the org says.
    pub expectations: Vec<ExpectedAccess>,
    /// Remarks, errors first.
    pub findings: Vec<Diagnostic>,
    /// Who changed what is not as the manifest says; none where nobody asked.
    pub authors: Vec<Author>,
}

impl Verification {
    /// Whether nothing is left to do and every record is as the manifest asks.
    pub fn holds(&self) -> bool {
        self.converged && self.proved()
    }

    /// Whether a recalculation under way may still change the outcome.
    pub fn settling(&self) -> bool {
        self.access.iter().any(Access::settling)
    }

    /// Whether the user is frozen: what it may see, it does not see until it can log in again.
    pub fn is_of_frozen_user(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.code == Code::UserFrozen)
    }

    /// Whether every compared record is as the manifest asks, and the user can work with them.
    pub fn proved(&self) -> bool {
        self.access.iter().all(Access::holds) && self.disproofs().next().is_none()
    }

    /// Whether nothing keeps the user from working with what it sees, but that it may be frozen.
    pub fn is_usable(&self) -> bool {
        let passing = |finding: &Diagnostic| finding.code == Code::UserFrozen;
        let mut disproofs = self.disproofs();
        disproofs.all(|finding| is_about_numbers(finding) || passing(finding))
    }

    /// Findings that disprove it whatever the records are.
    pub fn disproofs(&self) -> impl Iterator<Item = &Diagnostic> {
        let findings = self.findings.iter();
        let errors = findings.filter(|finding| finding.severity == Severity::Error);
        errors.filter(|finding| {
            matches!(
                finding.code,
                Code::ProfileKeptInPart
                    | Code::SettingsChanged
                    | Code::UserCannotWork
                    | Code::CapabilityMissing
                    | Code::CapabilityBeyond
                    | Code::CapabilityNotKnown
                    | Code::UserFrozen
                    | Code::UserInactive
                    | Code::FieldsMadeLater
                    | Code::RulesMatchNothing
                    | Code::RuleMatchesOtherwise
                    | Code::LimitPassedMeanwhile
                    | Code::ExpectationMissed
                    | Code::ExpectationNotKnown
                    | Code::ExpectedRecordGone
            )
        })
    }
}

/// The findings and the exit class of a proof that failed.
pub fn proof_failure(verification: &Verification) -> Option<Failure> {
    if verification.proved() {
        return None;
    }
    let objects = verification.access.iter().filter(|access| !access.holds());
    let sentences = objects.map(|access| {
        let (leaks, missing) = (access.leaks_found, access.missing_found);
        let message = format!(
            "{}: {} {} visible or editable and should not be, {} {} missing or cannot be edited",
            access.object,
            count(leaks, "record"),
            agree(leaks, "is", "are"),
            number(missing),
            agree(missing, "is", "are")
        );
        Diagnostic::error(Code::ProofFailed, message)
            .help("each is listed with its cause; the findings name what usually does it")
    });
    let sentences = sentences.chain(verification.disproofs().cloned());
    Some(Failure::new(Exit::ProofFailed, sentences.collect()))
}
