//! One object whose records are compared: what should be visible, by the criteria, against what is, by the org.

use super::granted::{ByRecord, Granted};
use super::{Access, Mismatch, SAMPLE, Sample};
use crate::access;
use crate::criteria::{Criteria, Verdict};
use crate::facts::{Facts, Row};
use crate::kinds::{Defaults, live_user, rule_criteria, user_question};
use crate::manifest::{Manifest, RuleAccess, Sharing, SharingModel};
use crate::org::{OrgError, Reader};
use crate::soql;
use std::collections::BTreeSet;

/// Records that one answer to a query holds (REST API guide, Query: the default batch size), and what asks for them.
pub(super) const PAGE: u64 = 2_000;
const FIRST_PAGE: &str = " LIMIT 2000";

/// One object whose records are compared.
pub(crate) struct Subject<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) sharing: &'a Sharing,
    pub(crate) facts: &'a Facts,
    pub(crate) user_id: &'a str,
}

/// The records of an object that are compared.
pub(super) struct Records {
    pub(super) population: u64,
    pub(super) sampled: bool,
    rows: Vec<Row>,
}

impl Records {
    pub(super) fn ids(&self) -> Vec<&str> {
        self.rows.iter().filter_map(|row| row.text("Id")).collect()
    }
}

/// What the manifest wants of one record.
pub(crate) struct Wanted {
    pub(crate) read: Verdict,
    pub(crate) edit: bool,
    pub(crate) why: &'static str,
}

/// Every object under `sharing` of the manifests whose user the org has.
pub(super) fn all<'a>(manifests: &'a [Manifest], facts: &'a Facts) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for manifest in manifests {
        let Some(user) = &manifest.spec.user else {
            continue;
        };
        let row = facts.selected(&user_question(&user.username)).first();
        let Some(user_id) = row.and_then(|row| row.text("Id")) else {
            continue;
        };
        subjects.extend(manifest.spec.sharing.iter().map(|sharing| Subject {
            manifest,
            sharing,
            facts,
            user_id,
        }));
    }
    subjects
}

impl Subject<'_> {
    /// The records to compare: all of them, or a sample with as many that should be visible as that should not.
    pub(super) async fn records(
        &self,
        reader: &Reader,
        sample: Sample,
    ) -> Result<Records, OrgError> {
        let population = self.population(reader).await?;
        let sampled = !sample.is_whole(population);
        let rows = if sampled {
            self.sample(reader, sample).await?
        } else {
            self.all_rows(reader, population).await?
        };
        Ok(Records {
            population,
            sampled,
            rows,
        })
    }

    async fn population(&self, reader: &Reader) -> Result<u64, OrgError> {
        let question = access::population(&self.sharing.object);
        if let Some(count) = self.facts.count(&question) {
            return Ok(count);
        }
        let rows = query(reader, &question).await?;
        Ok(rows.first().and_then(|row| row.number("n")).unwrap_or(0))
    }

    async fn all_rows(&self, reader: &Reader, population: u64) -> Result<Vec<Row>, OrgError> {
        let select = self.select("");
        let first_page = || {
            let page = self.facts.answered(&self.select(FIRST_PAGE));
            page.filter(|_| population <= PAGE)
        };
        match self.facts.answered(&select).or_else(first_page) {
            Some(rows) => Ok(rows.to_vec()),
            None => query(reader, &select).await,
        }
    }

    async fn sample(&self, reader: &Reader, sample: Sample) -> Result<Vec<Row>, OrgError> {
        let size = match sample {
            Sample::Size(size) => size,
            Sample::Auto | Sample::All => SAMPLE,
        };
        let Some(expected) = access::expected_condition(self.sharing, self.manifest) else {
            return query(reader, &self.select(&format!(" ORDER BY Id LIMIT {size}"))).await;
        };
        let half = self.select(&format!(
            " WHERE {expected} ORDER BY Id LIMIT {}",
            size.div_ceil(2)
        ));
        let mut rows = query(reader, &half).await?;
        let rest = size.saturating_sub(rows.len() as u64);
        let others = self.select(&format!(
            " WHERE (NOT ({expected})) ORDER BY Id LIMIT {rest}"
        ));
        rows.extend(query(reader, &others).await?);
        Ok(rows)
    }

    /// Selects records that the user should see.
    pub(super) fn select_expected(&self, limit: u64) -> Option<String> {
        let expected = access::expected_condition(self.sharing, self.manifest)?;
        Some(self.select(&format!(" WHERE {expected} ORDER BY Id LIMIT {limit}")))
    }

    /// Those of the records that should be visible: SOQL ignores case where criteria do not.
    pub(super) fn shared<'r>(&self, rows: &'r [Row]) -> Vec<&'r str> {
        self.wanted_as(rows, Verdict::Yes)
    }

    /// Those of the records that should be hidden.
    pub(super) fn unshared<'r>(&self, rows: &'r [Row]) -> Vec<&'r str> {
        self.wanted_as(rows, Verdict::No)
    }

    fn wanted_as<'r>(&self, rows: &'r [Row], verdict: Verdict) -> Vec<&'r str> {
        let criteria = self.criteria();
        let found = rows
            .iter()
            .filter(|row| self.wanted(row, &criteria).read == verdict);
        found.filter_map(|row| row.text("Id")).collect()
    }

    pub(crate) fn select(&self, rest: &str) -> String {
        self.select_where(rest, |path| self.selectable(path))
    }

    /// Selects all records with all fields, before it is known which of them the asking user can see.
    pub(super) fn select_all_paths(&self) -> String {
        self.select_where("", |_| true)
    }

    /// Selects the same as far as one answer holds them.
    pub(super) fn select_first_page(&self) -> String {
        self.select_where(FIRST_PAGE, |_| true)
    }

    fn select_where(&self, rest: &str, selectable: impl Fn(&str) -> bool) -> String {
        let mut paths: BTreeSet<String> = ["Id".to_owned(), "OwnerId".to_owned()].into();
        for (criteria, ..) in self.criteria() {
            paths.extend(criteria.paths().into_iter().filter(|path| selectable(path)));
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

    pub(crate) fn criteria(&self) -> Vec<(Criteria, RuleAccess, Verdict)> {
        let rules = access::criteria_rules(self.sharing, self.manifest);
        let criteria = rules.map(|(rule, reach)| {
            let (criteria, _) =
                rule_criteria(rule, &self.sharing.object, self.manifest, self.facts);
            (criteria, rule.access.value, reach)
        });
        criteria.collect()
    }

    /// Asks what the user may do with these records.
    pub(super) fn access_query(&self, ids: &[&str]) -> String {
        format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}",
            soql::literal(self.user_id),
            soql::list(ids)
        )
    }

    /// What the manifest wants, against what the org says.
    pub(super) fn compare(&self, records: &Records, granted: &ByRecord) -> Access {
        let criteria = self.criteria();
        let mut result = Access {
            object: self.sharing.object.value.clone(),
            population: records.population,
            checked: records.rows.len() as u64,
            sampled: records.sampled,
            ..Access::default()
        };
        for row in &records.rows {
            let Some(id) = row.text("Id") else { continue };
            let wanted = self.wanted(row, &criteria);
            result.expected += u64::from(wanted.read == Verdict::Yes);
            let Some(has) = granted.get(&short(id)) else {
                result.missing.push(Mismatch {
                    id: id.to_owned(),
                    cause: "the org gave no answer for this record".to_owned(),
                    settling: false,
                });
                continue;
            };
            result.visible += u64::from(has.read);
            result.editable += u64::from(has.edit);
            result.judge(id, &wanted, *has);
        }
        if self.user_is_inactive() {
            result.blame("the user is inactive", |_| true);
        } else if self.lacks("PermissionsRead") {
            result.blame("nothing lets the user read the object", |_| true);
        } else if self.lacks("PermissionsEdit") {
            result.blame("nothing lets the user edit the object", |missing| {
                granted.get(&short(&missing.id)).is_some_and(|has| has.read)
            });
        }
        result
    }

    /// Whether neither the user's profile nor a permission set of its grants this on the object, as far as they are
    /// known: then sharing opens no record to it, and no recalculation puts that right.
    pub(super) fn lacks(&self, right: &str) -> bool {
        let user = self.manifest.spec.user.as_ref();
        let Some(row) = user.and_then(|user| live_user(user, self.facts)) else {
            return false;
        };
        let sets: Vec<Row> = row.children("PermissionSetAssignments");
        let of_profile = |set: &Row| set.flag("PermissionSet.IsOwnedByProfile");
        let holds = |id: &str| {
            sets.iter()
                .any(|set| set.text("PermissionSetId") == Some(id))
        };
        let question = access::object_permissions(&self.sharing.object);
        let granting = self.facts.selected(&question).iter();
        let mut granting = granting.filter(|granted| granted.flag(right));
        sets.iter().any(of_profile)
            && !granting.any(|granted| granted.text("ParentId").is_some_and(holds))
    }

    /// Whether the user cannot log in: then it sees nothing, whatever the rules share.
    pub(super) fn user_is_inactive(&self) -> bool {
        let user = self.manifest.spec.user.as_ref();
        let row = user.and_then(|user| live_user(user, self.facts));
        row.is_some_and(|row| !row.flag("IsActive"))
    }

    /// What the user should be able to do with a record, and why.
    pub(crate) fn wanted(&self, row: &Row, criteria: &[(Criteria, RuleAccess, Verdict)]) -> Wanted {
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
        let verdicts = self.verdicts(row, criteria);
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

    /// What each rule that reaches the user, or may reach it, says about a record.
    fn verdicts(
        &self,
        row: &Row,
        criteria: &[(Criteria, RuleAccess, Verdict)],
    ) -> Vec<(Verdict, RuleAccess)> {
        let kind = |field: &str| {
            let kind = self.facts.field_type(&self.sharing.object, field);
            kind.map(str::to_owned)
        };
        let both = |met: Verdict, reach: Verdict| match met {
            Verdict::Yes => reach,
            other => other,
        };
        let by_criteria = criteria
            .iter()
            .map(|(criteria, access, reach)| (both(criteria.verdict(row, &kind), *reach), *access));
        let owner = row.text("OwnerId").unwrap_or_default();
        let by_owner =
            access::owner_rules(self.sharing, self.manifest).map(|(rule, principal, reach)| {
                let met = access::owned_by(principal, owner, self.facts);
                (both(met, reach), rule.access.value)
            });
        by_criteria.chain(by_owner).collect()
    }
}

impl Access {
    fn judge(&mut self, id: &str, wanted: &Wanted, has: Granted) {
        match (wanted.read, has.read) {
            (Verdict::No, true) => self.leaks.push(mismatch(id, wanted, "it is visible")),
            (Verdict::Yes, false) => self.missing.push(mismatch(id, wanted, "it is hidden")),
            (Verdict::Yes, true) if wanted.edit && !has.edit => {
                self.missing
                    .push(mismatch(id, wanted, "it cannot be edited"));
            }
            _ => {}
        }
    }
}

impl Access {
    /// What of the missing is missing for a cause that no recalculation puts right.
    fn blame(&mut self, cause: &str, is_meant: impl Fn(&Mismatch) -> bool) {
        for mismatch in self.missing.iter_mut().filter(|missing| is_meant(missing)) {
            cause.clone_into(&mut mismatch.cause);
            mismatch.settling = false;
        }
    }
}

/// A recalculation may still put it right, unless its cause turns out to be another.
fn mismatch(id: &str, wanted: &Wanted, found: &str) -> Mismatch {
    Mismatch {
        id: id.to_owned(),
        cause: format!("{}, and yet {found}", wanted.why),
        settling: true,
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
