//! Verify: plan again, expecting nothing, then ask the org itself which records the user can read and edit.
//!
//! What should be visible is computed here, from the records and the criteria; what is visible is the org's own word,
//! `UserRecordAccess`. A row that is missing from its answer is a failure, not a "no": the org leaves out rows that the
//! asking user may not see.

pub(crate) mod cause;
pub(crate) mod subject;

use crate::change::Change;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Emit;
use crate::facts::{Facts, OrgFacts, ROLES};
use crate::failure::{self, NOTHING_CHANGED};
use crate::kinds::user_question;
use crate::manifest::Manifest;
use crate::observe;
use crate::org::{OrgError, Reader};
use crate::plan;
use crate::soql;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use subject::Subject;

/// Records of a sample, where none was asked for.
const SAMPLE: u64 = 2_000;
/// Records whose access is asked between two progress events.
const RECORDS_A_ROUND: usize = 5_000;

/// Plans again and proves record access.
///
/// # Errors
/// What the org or the way to it made impossible; a manifest the org contradicts.
pub async fn verify(
    manifests: &[Manifest],
    reader: &Reader,
    sample: Sample,
    emit: Emit<'_>,
) -> Result<Verification, Failure> {
    let facts = observe::observe(manifests, reader).await?;
    let plan = plan::plan(manifests, &facts)?;
    let access = prove(manifests, &facts, reader, sample, emit).await?;
    Ok(Verification {
        org: plan.org,
        converged: plan.changes.is_empty(),
        drift: plan.changes,
        access,
        findings: plan.findings,
    })
}

/// Compares record access, object by object. Objects that nobody restricts have nothing to prove.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn prove(
    manifests: &[Manifest],
    facts: &Facts,
    reader: &Reader,
    sample: Sample,
    emit: Emit<'_>,
) -> Result<Vec<Access>, Failure> {
    let mut proved = Vec::new();
    for manifest in manifests {
        let Some(user) = &manifest.spec.user else {
            continue;
        };
        let row = facts.rows(&user_question(&user.username)).first();
        let Some(user_id) = row.and_then(|row| row.text("Id")) else {
            continue;
        };
        for sharing in &manifest.spec.sharing {
            let subject = Subject {
                manifest,
                sharing,
                facts,
                user_id,
            };
            proved.push(subject.prove(reader, sample, emit).await.map_err(failed)?);
        }
    }
    Ok(proved)
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// What the org says after all is done.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The org that was asked.
    pub org: OrgFacts,
    /// Whether planning again found nothing to do.
    pub converged: bool,
    /// What planning again would still change.
    pub drift: Vec<Change>,
    /// One for each object whose records were compared.
    pub access: Vec<Access>,
    /// Remarks, errors first.
    pub findings: Vec<Diagnostic>,
}

/// How the user's sight of an object compares with what the manifest asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The object's API name.
    pub object: String,
    /// Records in the org.
    pub population: u64,
    /// Records compared.
    pub checked: u64,
    /// Whether only a sample was compared.
    pub sampled: bool,
    /// Records the user should see, among those compared.
    pub expected: u64,
    /// Records the user does see.
    pub visible: u64,
    /// Records the user can edit.
    pub editable: u64,
    /// Records the user sees and should not.
    pub leaks: Vec<Mismatch>,
    /// Records the user should see, or edit, and cannot.
    pub missing: Vec<Mismatch>,
}

/// A record whose access is not what the manifest asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Record id.
    pub id: String,
    /// Why, as far as the org tells.
    pub cause: String,
}

/// How many records to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// All up to 20,000 an object, else a stratified sample.
    Auto,
    /// All, however many.
    All,
    /// So many an object.
    Size(u64),
}

/// A look at how far the sharing of the manifests' rules is: it has come to rest once two looks are equal and
/// [`Look::as_predicted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Share rows that rules made for the user's role, by object.
    pub rule_rows: BTreeMap<String, u64>,
    /// Whether every record of a small sample that should be visible is.
    pub as_predicted: bool,
}

/// Records of the sample that a look asks about, an object.
const LOOK_AT: u64 = 20;

/// The groups behind the manifests' roles, by role: share rows name the group, not the role.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn role_groups(
    manifests: &[Manifest],
    facts: &Facts,
    reader: &Reader,
) -> Result<BTreeMap<String, String>, OrgError> {
    let mut groups = BTreeMap::new();
    for role in manifests
        .iter()
        .filter_map(|manifest| manifest.spec.role.as_ref())
    {
        let row = facts
            .rows(ROLES)
            .iter()
            .find(|row| row.text("DeveloperName") == Some(&role.name));
        let Some(id) = row.and_then(|row| row.text("Id")) else {
            continue;
        };
        let query = format!(
            "SELECT Id FROM Group WHERE Type = 'Role' AND RelatedId = {}",
            soql::literal(id)
        );
        let rows = reader.query(&query).await?;
        if let Some(group) = rows
            .first()
            .and_then(|row| row.get("Id"))
            .and_then(Value::as_str)
        {
            groups.insert(role.name.value.clone(), group.to_owned());
        }
    }
    Ok(groups)
}

/// Looks once. `facts` must know the user. The sample is left out where the user's role is still to change.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn look(
    manifests: &[Manifest],
    facts: &Facts,
    groups: &BTreeMap<String, String>,
    reader: &Reader,
    with_sample: bool,
) -> Result<Look, OrgError> {
    let mut look = Look {
        rule_rows: BTreeMap::new(),
        as_predicted: true,
    };
    for manifest in manifests {
        let Some(user) = &manifest.spec.user else {
            continue;
        };
        let row = facts.rows(&user_question(&user.username)).first();
        let Some(user_id) = row.and_then(|row| row.text("Id")) else {
            continue;
        };
        let group = manifest
            .spec
            .role
            .as_ref()
            .and_then(|role| groups.get(&role.name.value));
        for sharing in manifest
            .spec
            .sharing
            .iter()
            .filter(|sharing| !sharing.rules.is_empty())
        {
            let subject = Subject {
                manifest,
                sharing,
                facts,
                user_id,
            };
            if let Some(group) = group {
                let count = subject.rule_rows(group, reader).await?;
                look.rule_rows.insert(sharing.object.value.clone(), count);
            }
            if with_sample && look.as_predicted {
                look.as_predicted = subject.sample_is_visible(reader).await?;
            }
        }
    }
    Ok(look)
}

impl Verification {
    /// Whether nothing is left to do and every record is as the manifest asks.
    pub fn holds(&self) -> bool {
        self.converged && self.proved()
    }

    /// Whether every compared record is as the manifest asks.
    pub fn proved(&self) -> bool {
        self.access.iter().all(Access::holds)
    }
}

impl Access {
    /// Whether nothing leaks and nothing is missing.
    pub fn holds(&self) -> bool {
        self.leaks.is_empty() && self.missing.is_empty()
    }
}

/// The findings and the exit class of a proof that failed.
pub fn failure(verification: &Verification) -> Option<Failure> {
    if verification.proved() {
        return None;
    }
    let objects = verification.access.iter().filter(|access| !access.holds());
    let sentences = objects.map(|access| {
        let (leaks, missing) = (access.leaks.len(), access.missing.len());
        let message = format!(
            "{}: {leaks} records are visible and should not be, {missing} are missing or cannot be edited",
            access.object
        );
        Diagnostic::error("OW5003", message).help("each is listed with its cause; the findings name what usually does it")
    });
    Some(Failure::new(Exit::ProofFailed, sentences.collect()))
}
