//! One object whose records are compared: what should be visible, by the criteria, against what is, by the org.

use super::cause;
use super::{Access, LOOK_AT, Mismatch, RECORDS_A_ROUND, SAMPLE, Sample};
use crate::access;
use crate::criteria::{Criteria, Verdict};
use crate::event::{Emit, Event};
use crate::facts::{Facts, Row};
use crate::kinds::{Defaults, rule_criteria};
use crate::manifest::{Manifest, RuleAccess, Sharing, SharingModel};
use crate::org::{OrgError, Reader, query_path};
use crate::soql;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Records of one object that are all compared; beyond it a sample is.
const ALL_UP_TO: u64 = 20_000;
/// Most ids one `UserRecordAccess` query takes.
const IDS_A_QUERY: usize = 200;

/// One object whose records are compared.
pub(crate) struct Subject<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) sharing: &'a Sharing,
    pub(crate) facts: &'a Facts,
    pub(crate) user_id: &'a str,
}

/// What the org says about one record.
#[derive(Clone, Copy, Default)]
pub(crate) struct Granted {
    pub(crate) read: bool,
    pub(crate) edit: bool,
}

/// What the manifest wants of one record.
pub(crate) struct Wanted {
    pub(crate) read: Verdict,
    pub(crate) edit: bool,
    pub(crate) why: &'static str,
}

impl Subject<'_> {
    /// Compares the records of the object.
    pub(super) async fn prove(
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
        let mut access = self.compare(object, population, sampled, &rows, &granted);
        cause::explain(self, &mut access, reader).await?;
        Ok(access)
    }

    /// Rows that rules made for a group.
    pub(super) async fn rule_rows(&self, group: &str, reader: &Reader) -> Result<u64, OrgError> {
        let share = cause::share_object(&self.sharing.object);
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
    pub(super) async fn sample_is_visible(&self, reader: &Reader) -> Result<bool, OrgError> {
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

    pub(crate) fn select(&self, rest: &str) -> String {
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

    pub(crate) fn criteria(&self) -> Vec<(Criteria, RuleAccess)> {
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
    pub(crate) async fn granted(
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
                refusal: Box::new(refusal),
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
    pub(crate) fn wanted(&self, row: &Row, criteria: &[(Criteria, RuleAccess)]) -> Wanted {
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
pub(crate) fn short(id: &str) -> String {
    id.chars().take(15).collect()
}

pub(crate) async fn query(reader: &Reader, soql: &str) -> Result<Vec<Row>, OrgError> {
    let rows = reader.query(soql).await?;
    Ok(rows.into_iter().map(Row).collect())
}
