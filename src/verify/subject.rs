//! One object whose records are compared: what should be visible, by the criteria, against what is, by the org.

use super::places::SamplePlaces;
use super::wanted::{Around, WantedAccess, proof_columns};
use super::{Access, Mismatch, Sample};
use crate::access;
use crate::criteria::Verdict;
use crate::laws::CHILDREN_OF_ACCOUNTS;
use crate::live::{
    Granted, GrantedByRecord, Live, LiveRecord, LiveUser, ObjectRights, RecordQuery, counted,
    population_query, short_id,
};
use crate::manifest::{Manifest, Sharing, SharingModel};
use crate::org::{OrgError, Reader};

/// Records of one object that are held at once; more are compared page by page.
const MOST_HELD: u64 = 20_000;

/// One object whose records are compared.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) sharing: &'a Sharing,
    pub(crate) live: &'a Live,
    pub(crate) user: &'a LiveUser,
}

/// The records of an object that are compared.
pub(super) struct Records {
    pub(super) population: u64,
    pub(super) sampled: bool,
    /// What chose the sample, where it is one.
    seed: Option<u64>,
    records: Vec<LiveRecord>,
}

impl Records {
    pub(super) fn ids(&self) -> Vec<&str> {
        self.records.iter().map(LiveRecord::id).collect()
    }

    pub(super) fn all(&self) -> &[LiveRecord] {
        &self.records
    }

    /// Whether there are too many to hold them all.
    pub(super) fn are_in_pages(&self) -> bool {
        !self.sampled && self.records.is_empty() && self.population > MOST_HELD
    }

    /// A page of them.
    pub(super) fn page(records: Vec<LiveRecord>) -> Self {
        Self {
            population: records.len() as u64,
            sampled: false,
            seed: None,
            records,
        }
    }
}

/// Every object under `sharing` of the manifests whose user the org has.
pub(super) fn subjects_of<'a>(manifests: &'a [Manifest], live: &'a Live) -> Vec<Subject<'a>> {
    let users = manifests.iter().filter_map(|manifest| {
        let user = manifest.spec.user.as_ref()?;
        Some((manifest, live.user(&user.username).found()?))
    });
    let subjects = users.flat_map(|(manifest, user)| {
        let sharing = manifest.spec.sharing.iter();
        sharing.map(move |sharing| Subject {
            manifest,
            sharing,
            live,
            user,
        })
    });
    subjects.collect()
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
        let records = if sampled {
            self.sample(reader, sample).await?
        } else if population > MOST_HELD && !self.opens_accounts() {
            Vec::new()
        } else {
            self.all_records(reader).await?
        };
        Ok(Records {
            population,
            sampled,
            seed: sampled.then_some(sample.seed),
            records,
        })
    }

    /// Whether other objects of the manifest are judged by its records, or it by theirs: accounts and what hangs on them.
    fn opens_accounts(&self) -> bool {
        let object = self.sharing.object.as_str();
        let hangs = CHILDREN_OF_ACCOUNTS.contains(&object);
        object == "Account" || hangs && self.manifest.spec.sharing_of("Account").is_some()
    }

    async fn population(&self, reader: &Reader) -> Result<u64, OrgError> {
        if let Some(count) = self.live.population(&self.sharing.object).learnt() {
            return Ok(count);
        }
        let rows = reader
            .query(&population_query(&self.sharing.object))
            .await?;
        counted(&rows).ok_or_else(|| no_number(&self.sharing.object))
    }

    async fn all_records(&self, reader: &Reader) -> Result<Vec<LiveRecord>, OrgError> {
        let records = self.query();
        let read = self.live.records(records.object, &records.columns).learnt();
        match read {
            Some(records) => Ok(records.to_vec()),
            None => read_records(reader, &records.all()).await,
        }
    }

    async fn sample(&self, reader: &Reader, sample: Sample) -> Result<Vec<LiveRecord>, OrgError> {
        let size = sample.records();
        let records = self.query();
        let Some(places) = SamplePlaces::choose(&records, sample.seed, reader).await? else {
            return Ok(Vec::new());
        };
        let Some(expected) = access::expected_records(self.sharing, self.manifest) else {
            let select = |first: &str, limit| records.from(first, limit);
            return places.read(size, select, reader).await;
        };
        let meant = |first: &str, limit| records.meeting_from(&expected, first, limit);
        let mut sample = places.read(size.div_ceil(2), meant, reader).await?;
        let left = size.saturating_sub(sample.len() as u64);
        let others = |first: &str, limit| records.not_meeting_from(&expected, first, limit);
        sample.extend(places.read(left, others, reader).await?);
        Ok(sample)
    }

    /// Selects records that the user should see.
    pub(super) fn select_expected(&self, limit: u64) -> Option<String> {
        let expected = access::expected_records(self.sharing, self.manifest)?;
        Some(self.query().meeting(&expected, limit))
    }

    /// Those of the records that should be visible: SOQL ignores case where criteria do not.
    pub(super) fn shared<'r>(&self, records: &'r [LiveRecord]) -> Vec<&'r str> {
        self.wanted_as(records, Verdict::Yes, |wanted| wanted.read)
    }

    /// Those of the records that should be editable.
    pub(super) fn shared_to_edit<'r>(&self, records: &'r [LiveRecord]) -> Vec<&'r str> {
        self.wanted_as(records, Verdict::Yes, |wanted| wanted.edit)
    }

    /// Those of the records that should be hidden.
    pub(super) fn unshared<'r>(&self, records: &'r [LiveRecord]) -> Vec<&'r str> {
        self.wanted_as(records, Verdict::No, |wanted| wanted.read)
    }

    fn wanted_as<'r>(
        &self,
        records: &'r [LiveRecord],
        verdict: Verdict,
        of: fn(&WantedAccess) -> Verdict,
    ) -> Vec<&'r str> {
        let (grounds, around) = (self.grounds(), Around::default());
        let found = records
            .iter()
            .filter(|record| of(&self.wanted_access(record, &grounds, &around)) == verdict);
        found.map(LiveRecord::id).collect()
    }

    /// Those of the records that the user sees and, by what is known so far, should not.
    pub(super) fn doubtful<'r>(
        &self,
        records: &'r [LiveRecord],
        granted: &GrantedByRecord,
        around: &Around,
    ) -> Vec<&'r LiveRecord> {
        self.seen_otherwise(records, granted, around, |wanted, has| {
            has.read && wanted.read == Verdict::No
        })
    }

    /// The same with those that the user edits and should only read.
    pub(super) fn doubtful_at_all<'r>(
        &self,
        records: &'r [LiveRecord],
        granted: &GrantedByRecord,
        around: &Around,
    ) -> Vec<&'r LiveRecord> {
        self.seen_otherwise(records, granted, around, |wanted, has| {
            has.read && wanted.read == Verdict::No || has.edit && wanted.edit == Verdict::No
        })
    }

    fn seen_otherwise<'r>(
        &self,
        records: &'r [LiveRecord],
        granted: &GrantedByRecord,
        around: &Around,
        is_otherwise: impl Fn(&WantedAccess, Granted) -> bool,
    ) -> Vec<&'r LiveRecord> {
        let grounds = self.grounds();
        let is_meant = |record: &&LiveRecord| {
            let has = granted.get(&short_id(record.id())).filter(|has| has.read);
            has.is_some_and(|has| is_otherwise(&self.wanted_access(record, &grounds, around), *has))
        };
        records.iter().filter(is_meant).collect()
    }

    /// Whether neither a permission nor the default in force opens every record to the user.
    pub(super) fn is_closed(&self) -> bool {
        let object = self.sharing.object.as_str();
        let held = access::held_bypasses(object, self.user, self.live).learnt();
        let default = self.live.default_in_force(object);
        held.is_some_and(|held| held.is_empty()) && default == Some(SharingModel::Private)
    }

    /// The manifest's objects whose records hang on accounts.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> {
        let sharing = self.manifest.spec.sharing.iter();
        let hanging =
            sharing.filter(|sharing| CHILDREN_OF_ACCOUNTS.contains(&sharing.object.as_str()));
        hanging.map(|sharing| Self { sharing, ..*self })
    }

    /// The object's records, with the columns that the criteria ask for.
    pub(crate) fn query(&self) -> RecordQuery<'_> {
        let selectable = |path: &str| self.selectable(path);
        RecordQuery {
            object: &self.sharing.object,
            columns: proof_columns(self.sharing, self.manifest, self.live, selectable),
        }
    }

    /// A field that the asking user cannot see would make the whole query fail.
    fn selectable(&self, path: &str) -> bool {
        path.contains('.') || self.live.field(&self.sharing.object, path).is_some()
    }

    /// What the manifest wants, against what the org says.
    pub(super) fn compare(
        &self,
        records: &Records,
        granted: &GrantedByRecord,
        around: &Around,
    ) -> Access {
        let grounds = self.grounds();
        let mut result = Access {
            manifest: self.manifest.name.value.clone(),
            user: self.user.username.clone(),
            object: self.sharing.object.value.clone(),
            population: records.population,
            checked: records.records.len() as u64,
            sampled: records.sampled,
            seed: records.seed,
            place: Some(self.sharing.object.place.clone()),
            ..Access::default()
        };
        result.rules_match_nothing = !records.sampled
            && !records.records.is_empty()
            && access::expects_records(self.sharing, self.manifest, self.live)
            && self.none_matches(&records.records, &grounds);
        for record in &records.records {
            let id = record.id();
            let wanted = self.wanted_access(record, &grounds, around);
            result.expected += u64::from(wanted.read == Verdict::Yes);
            let Some(has) = granted.get(&short_id(id)) else {
                result.missing.push(Mismatch {
                    id: id.to_owned(),
                    cause: "the org gave no answer for this record".to_owned(),
                    causes: Vec::new(),
                    access: READ,
                    hidden: true,
                    settling: false,
                });
                continue;
            };
            result.visible += u64::from(has.read);
            result.editable += u64::from(has.edit);
            result.judge(id, &wanted, *has);
        }
        result.leaks_found = result.leaks.len() as u64;
        result.missing_found = result.missing.len() as u64;
        if self.user_is_inactive() {
            result.set_lasting_cause("the user is inactive", |_| true);
        } else if self.lacks_right(|rights| rights.read) {
            result.set_lasting_cause("nothing lets the user read the object", |_| true);
        } else if self.lacks_right(|rights| rights.edit) {
            result.set_lasting_cause("nothing lets the user edit the object", |missing| {
                granted
                    .get(&short_id(&missing.id))
                    .is_some_and(|has| has.read)
            });
        }
        result
    }

    /// Whether neither the user's profile nor a permission set of its grants this on the object, as far as they are
    /// known: then sharing opens no record to it, and no recalculation puts that right.
    pub(super) fn lacks_right(&self, right: fn(&ObjectRights) -> bool) -> bool {
        let held = &self.user.assignments;
        let Some(grants) = self.live.grants_on(&self.sharing.object).learnt() else {
            return false;
        };
        let granting = grants.iter().filter(|grant| right(&grant.rights));
        let mut granting = granting.filter(|grant| held.holds(&grant.container));
        held.all().iter().any(|set| set.of_profile) && granting.next().is_none()
    }

    /// Whether the user cannot log in: then it sees nothing, whatever the rules share.
    pub(super) fn user_is_inactive(&self) -> bool {
        !self.user.active
    }
}

/// What is found of a record that should be visible and is not.
const HIDDEN: &str = "it is hidden";
/// See [`Mismatch::access`].
const READ: &str = "read";
/// See [`Mismatch::access`].
const EDIT: &str = "edit";

impl Access {
    fn judge(&mut self, id: &str, wanted: &WantedAccess, has: Granted) {
        match (wanted.read, has.read) {
            (Verdict::No, true) => self.leaks.push(mismatch(id, wanted, "it is visible")),
            (Verdict::Yes, false) => self.missing.push(mismatch(id, wanted, HIDDEN)),
            (Verdict::Yes, true) if wanted.edit == Verdict::Yes && !has.edit => {
                self.missing.push(Mismatch {
                    access: EDIT,
                    ..mismatch(id, wanted, "it cannot be edited")
                });
            }
            (Verdict::Yes, true) if wanted.edit == Verdict::No && has.edit => {
                self.leaks.push(Mismatch {
                    access: EDIT,
                    ..mismatch(id, wanted, "it can be edited, not only read")
                });
            }
            _ => {}
        }
    }
}

impl Access {
    /// What of the missing is missing for a cause that no recalculation puts right.
    fn set_lasting_cause(&mut self, cause: &str, is_meant: impl Fn(&Mismatch) -> bool) {
        for mismatch in self.missing.iter_mut().filter(|missing| is_meant(missing)) {
            cause.clone_into(&mut mismatch.cause);
            mismatch.settling = false;
        }
    }
}

/// A recalculation may still put it right, unless its cause turns out to be another.
fn mismatch(id: &str, wanted: &WantedAccess, found: &str) -> Mismatch {
    Mismatch {
        id: id.to_owned(),
        cause: format!("{}, and yet {found}", wanted.why),
        causes: Vec::new(),
        access: READ,
        hidden: found == HIDDEN,
        settling: true,
    }
}

/// The records that a query finds.
pub(crate) async fn read_records(
    reader: &Reader,
    query: &str,
) -> Result<Vec<LiveRecord>, OrgError> {
    Ok(LiveRecord::of_rows(reader.query(query).await?))
}

/// The error of a count that is none.
pub(super) fn no_number(object: &str) -> OrgError {
    OrgError::Garbled {
        what: format!("the count of {object} holds no number"),
        excerpt: "(nothing)".to_owned(),
    }
}
