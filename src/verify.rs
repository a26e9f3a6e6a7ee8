//! Verify: plan again, expecting nothing, then ask the org itself which records the user can read and edit.
//!
//! What should be visible is computed here, from the records and the criteria; what is visible is the org's own word,
//! `UserRecordAccess`. A row that is missing from its answer is a failure, not a "no": the org leaves out rows that the
//! asking user may not see.

use crate::access;
use crate::change::Change;
use crate::criteria::{Criteria, Verdict};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::{Emit, Event};
use crate::facts::{Facts, OrgFacts, ROLES, Row};
use crate::failure::{self, NOTHING_CHANGED};
use crate::kinds::{Defaults, rule_criteria, user_question};
use crate::manifest::{Manifest, RuleAccess, Sharing, SharingModel};
use crate::observe;
use crate::org::{OrgError, Reader, query_path};
use crate::plan;
use crate::soql;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Records of one object that are all compared; beyond it a sample is.
const ALL_UP_TO: u64 = 20_000;
/// Records of a sample, where none was asked for.
const SAMPLE: u64 = 2_000;
/// Most ids one `UserRecordAccess` query takes.
const IDS_A_QUERY: usize = 200;
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

/// One object whose records are compared.
struct Subject<'a> {
    manifest: &'a Manifest,
    sharing: &'a Sharing,
    facts: &'a Facts,
    user_id: &'a str,
}

/// What the org says about one record.
#[derive(Clone, Copy, Default)]
struct Granted {
    read: bool,
    edit: bool,
}

/// What the manifest wants of one record.
struct Wanted {
    read: Verdict,
    edit: bool,
    why: &'static str,
}

impl Subject<'_> {
    async fn prove(
        &self,
        reader: &Reader,
        sample: Sample,
        emit: Emit<'_>,
    ) -> Result<Access, OrgError> {
        let object = self.sharing.object.value.clone();
        let population = self.population(reader).await?;
        let (rows, sampled) = self.rows(reader, population, sample).await?;
        let mut granted: BTreeMap<String, Granted> = BTreeMap::new();
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.text("Id")).collect();
        for round in ids.chunks(RECORDS_A_ROUND) {
            granted.extend(self.granted(reader, round).await?);
            let checked = granted.len() as u64;
            emit(Event::Checking {
                object: object.clone(),
                checked,
                population,
            });
        }
        Ok(self.compare(object, population, sampled, &rows, &granted))
    }

    /// Rows that rules made for a group.
    async fn rule_rows(&self, group: &str, reader: &Reader) -> Result<u64, OrgError> {
        let object = self.sharing.object.value.as_str();
        let share = match object.strip_suffix("__c") {
            Some(custom) => format!("{custom}__Share"),
            None => format!("{object}Share"),
        };
        let group = soql::literal(group);
        let query = format!(
            "SELECT COUNT(Id) n FROM {share} WHERE RowCause = 'Rule' AND UserOrGroupId = {group}"
        );
        let rows = reader.query(&query).await?;
        Ok(rows
            .first()
            .and_then(|row| row.get("n"))
            .and_then(Value::as_u64)
            .unwrap_or(0))
    }

    /// Whether records that a rule shares are visible already.
    async fn sample_is_visible(&self, reader: &Reader) -> Result<bool, OrgError> {
        let Some(expected) = access::expected_condition(self.sharing, self.manifest) else {
            return Ok(true);
        };
        let rows = query(
            reader,
            &self.select(&format!(" WHERE {expected} ORDER BY Id LIMIT {LOOK_AT}")),
        )
        .await?;
        let criteria = self.criteria();
        let shared = rows
            .iter()
            .filter(|row| self.wanted(row, &criteria).read == Verdict::Yes);
        let ids: Vec<&str> = shared.filter_map(|row| row.text("Id")).collect();
        let granted = self.granted(reader, &ids).await?;
        Ok(ids
            .iter()
            .all(|id| granted.get(&short(id)).is_some_and(|granted| granted.read)))
    }

    async fn population(&self, reader: &Reader) -> Result<u64, OrgError> {
        let rows = reader
            .query(&access::population(&self.sharing.object))
            .await?;
        Ok(rows
            .first()
            .and_then(|row| row.get("n"))
            .and_then(Value::as_u64)
            .unwrap_or(0))
    }

    /// The records to compare: all of them, or a sample with as many that should be visible as that should not.
    async fn rows(
        &self,
        reader: &Reader,
        population: u64,
        sample: Sample,
    ) -> Result<(Vec<Row>, bool), OrgError> {
        let size = match sample {
            Sample::All => population,
            Sample::Auto if population <= ALL_UP_TO => population,
            Sample::Auto => SAMPLE,
            Sample::Size(size) => size,
        };
        if size >= population {
            return Ok((query(reader, &self.select("")).await?, false));
        }
        let Some(expected) = access::expected_condition(self.sharing, self.manifest) else {
            return Ok((
                query(reader, &self.select(&format!(" ORDER BY Id LIMIT {size}"))).await?,
                true,
            ));
        };
        let half = size.div_ceil(2);
        let mut rows = query(
            reader,
            &self.select(&format!(" WHERE {expected} ORDER BY Id LIMIT {half}")),
        )
        .await?;
        let rest = size.saturating_sub(rows.len() as u64);
        let others = query(
            reader,
            &self.select(&format!(
                " WHERE (NOT ({expected})) ORDER BY Id LIMIT {rest}"
            )),
        )
        .await?;
        rows.extend(others);
        Ok((rows, true))
    }

    fn select(&self, rest: &str) -> String {
        let mut paths: BTreeSet<String> = ["Id".to_owned(), "OwnerId".to_owned()].into();
        for (criteria, _) in self.criteria() {
            paths.extend(
                criteria
                    .paths()
                    .into_iter()
                    .filter(|path| self.selectable(path)),
            );
        }
        if self.sharing.object.value == "Contact" {
            paths.insert("AccountId".to_owned());
        }
        let paths: Vec<String> = paths.into_iter().collect();
        format!(
            "SELECT {} FROM {}{rest}",
            paths.join(", "),
            self.sharing.object
        )
    }

    /// A field that the asking user cannot see would make the whole query fail.
    fn selectable(&self, path: &str) -> bool {
        path.contains('.') || self.facts.field(&self.sharing.object, path).is_some()
    }

    fn criteria(&self) -> Vec<(Criteria, RuleAccess)> {
        let rules = self
            .sharing
            .rules
            .iter()
            .filter(|rule| !rule.absent && rule.owned_by.is_none());
        let criteria = rules.map(|rule| {
            let (criteria, _) =
                rule_criteria(rule, &self.sharing.object, self.manifest, self.facts);
            (criteria, rule.access.value)
        });
        criteria.collect()
    }

    /// The org's own answer: 200 records a query, queries together in batches.
    async fn granted(
        &self,
        reader: &Reader,
        ids: &[&str],
    ) -> Result<BTreeMap<String, Granted>, OrgError> {
        let paths: Vec<String> = ids
            .chunks(IDS_A_QUERY)
            .map(|chunk| query_path(&self.access_query(chunk)))
            .collect();
        let mut granted = BTreeMap::new();
        for result in reader.batch(&paths).await? {
            let page = result.map_err(|refusal| OrgError::Refused {
                operation: format!("ask which {} records the user can see", self.sharing.object),
                refusal,
                request_id: None,
            })?;
            for record in page
                .get("records")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let flag = |name: &str| record.get(name).and_then(Value::as_bool).unwrap_or(false);
                let Some(id) = record.get("RecordId").and_then(Value::as_str) else {
                    continue;
                };
                granted.insert(
                    short(id),
                    Granted {
                        read: flag("HasReadAccess"),
                        edit: flag("HasEditAccess"),
                    },
                );
            }
        }
        Ok(granted)
    }

    fn access_query(&self, ids: &[&str]) -> String {
        format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}",
            soql::literal(self.user_id),
            soql::list(ids)
        )
    }

    fn compare(
        &self,
        object: String,
        population: u64,
        sampled: bool,
        rows: &[Row],
        granted: &BTreeMap<String, Granted>,
    ) -> Access {
        let criteria = self.criteria();
        let mut result = Access {
            object,
            population,
            checked: rows.len() as u64,
            sampled,
            ..Access::default()
        };
        for row in rows {
            let Some(id) = row.text("Id") else { continue };
            let wanted = self.wanted(row, &criteria);
            result.expected += u64::from(wanted.read == Verdict::Yes);
            let Some(has) = granted.get(&short(id)) else {
                result
                    .missing
                    .push(mismatch(id, "the org gave no answer for this record"));
                continue;
            };
            result.visible += u64::from(has.read);
            result.editable += u64::from(has.edit);
            result.judge(id, &wanted, *has);
        }
        result
    }

    /// What the user should be able to do with a record, and why.
    fn wanted(&self, row: &Row, criteria: &[(Criteria, RuleAccess)]) -> Wanted {
        let owner = row
            .text("OwnerId")
            .is_some_and(|owner| short(owner) == short(self.user_id));
        if owner {
            return Wanted {
                read: Verdict::Yes,
                edit: true,
                why: "the user owns it",
            };
        }
        let private = self.sharing.object.value == "Contact" && row.text("AccountId").is_none();
        if private {
            return Wanted {
                read: Verdict::No,
                edit: false,
                why: "a contact without an account is private",
            };
        }
        match Defaults::new(self.manifest, self.facts).after(&self.sharing.object) {
            Some(SharingModel::Private) | None => {}
            Some(SharingModel::ControlledByParent) => {
                return Wanted {
                    read: Verdict::Either,
                    edit: false,
                    why: "its parent decides",
                };
            }
            Some(public) => {
                let edit = public.is_public_to_edit();
                return Wanted {
                    read: Verdict::Yes,
                    edit,
                    why: "the organization-wide default opens it",
                };
            }
        }
        let kind = |field: &str| {
            let field = self.facts.field(&self.sharing.object, field)?;
            field.get("type").and_then(Value::as_str).map(str::to_owned)
        };
        let verdicts: Vec<(Verdict, RuleAccess)> = criteria
            .iter()
            .map(|(criteria, access)| (criteria.verdict(row, &kind), *access))
            .collect();
        let met = |verdict: Verdict| verdicts.iter().any(|(found, _)| *found == verdict);
        let read = match (met(Verdict::Yes), met(Verdict::Either)) {
            (true, _) => Verdict::Yes,
            (_, true) => Verdict::Either,
            _ => Verdict::No,
        };
        let edit = verdicts
            .iter()
            .any(|(found, access)| *found == Verdict::Yes && *access == RuleAccess::ReadWrite);
        let why = if read == Verdict::No {
            "no rule of the manifest shares it"
        } else {
            "a rule of the manifest shares it"
        };
        Wanted { read, edit, why }
    }
}

impl Access {
    fn judge(&mut self, id: &str, wanted: &Wanted, has: Granted) {
        match (wanted.read, has.read) {
            (Verdict::No, true) => self.leaks.push(mismatch(
                id,
                &format!("{}, and yet it is visible", wanted.why),
            )),
            (Verdict::Yes, false) => self.missing.push(mismatch(
                id,
                &format!("{}, and yet it is hidden", wanted.why),
            )),
            (Verdict::Yes, true) if wanted.edit && !has.edit => {
                self.missing.push(mismatch(
                    id,
                    &format!("{}, and yet it cannot be edited", wanted.why),
                ));
            }
            _ => {}
        }
    }
}

fn mismatch(id: &str, cause: &str) -> Mismatch {
    Mismatch {
        id: id.to_owned(),
        cause: cause.to_owned(),
    }
}

/// Ids are compared by their first 15 characters: the last three are a checksum.
fn short(id: &str) -> String {
    id.chars().take(15).collect()
}

async fn query(reader: &Reader, soql: &str) -> Result<Vec<Row>, OrgError> {
    let rows = reader.query(soql).await?;
    Ok(rows.into_iter().map(Row).collect())
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
