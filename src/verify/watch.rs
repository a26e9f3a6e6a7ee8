//! Watching how far the sharing of the manifests' rules is.

use super::granted;
use super::subject::{self, Subject};
use crate::live::{
    GrantedByRecord, Live, count_of_editing_rule_rows, count_of_rule_rows, counted, read_groups,
    read_shares, role_group, rule_rows, short_id as short,
};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// Records of the sample that a look asks about, an object.
const LOOK_AT: u64 = 20;

/// A look at how far the sharing of the manifests' rules is: it has come to rest once two looks are equal and
/// [`Look::as_predicted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Share rows that rules made for the user's role, by object.
    pub rule_rows: BTreeMap<String, u64>,
    /// Whether every record of a small sample is visible, or hidden, as it should be.
    pub as_predicted: bool,
}

/// What is looked at, all of it in one request.
pub struct Watch {
    /// Counts of share rows that rules made, by object.
    counts: Vec<(String, String)>,
    /// What the user may do with the records of the sample.
    access: Vec<String>,
    /// Ids of the sample that should be visible, 15 characters each.
    sample: Vec<String>,
    /// Whether the sample should be editable as well.
    edits: bool,
    /// Ids that a rule shares still and should not.
    hidden: Vec<String>,
}

impl Watch {
    /// Finds out what to look at. `live` must know user and role. The sample is left out where the user's role is
    /// still to change.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub async fn new(
        manifests: &[Manifest],
        live: &Live,
        reader: &Reader,
        with_sample: bool,
    ) -> Result<Self, OrgError> {
        let mut watch = Self {
            counts: Vec::new(),
            access: Vec::new(),
            sample: Vec::new(),
            edits: false,
            hidden: Vec::new(),
        };
        for subject in subject::subjects_of(manifests, live)
            .iter()
            .filter(|subject| !subject.sharing.rules.is_empty())
        {
            let group = group_of_role(subject, reader).await?;
            watch.count_rows(subject, group.as_deref());
            if with_sample && !subject.user_is_inactive() {
                watch.sample_of(subject, reader).await?;
                watch
                    .still_shared(subject, group.as_deref(), reader)
                    .await?;
            }
        }
        Ok(watch)
    }

    /// Finds out what to look at where rules add editing to a default that opens reading: rows of whichever rules let
    /// somebody edit these objects, and, where wanted, what the manifest's user may edit of a sample.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub async fn of_editing(
        manifests: &[Manifest],
        live: &Live,
        reader: &Reader,
        (objects, with_sample): (&BTreeSet<String>, bool),
    ) -> Result<Self, OrgError> {
        let rows = |object: &String| (object.clone(), count_of_editing_rule_rows(object));
        let mut watch = Self {
            counts: objects.iter().map(rows).collect(),
            access: Vec::new(),
            sample: Vec::new(),
            edits: true,
            hidden: Vec::new(),
        };
        let subjects = subject::subjects_of(manifests, live);
        let meant = subjects.iter().filter(|subject| {
            let has_rules = !subject.sharing.rules.is_empty();
            has_rules && objects.contains(&subject.sharing.object.value)
        });
        for subject in meant.filter(|subject| with_sample && !subject.user_is_inactive()) {
            watch.sample_of(subject, reader).await?;
        }
        Ok(watch)
    }

    /// Looks once.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub async fn look(&self, reader: &Reader) -> Result<Look, OrgError> {
        let counts = self.counts.iter().map(|(_, query)| query);
        let queries: Vec<String> = counts.chain(&self.access).cloned().collect();
        let mut answers = reader.queries(&queries).await?;
        let access = answers.split_off(self.counts.len());
        let mut rule_rows = BTreeMap::new();
        for ((object, _), rows) in self.counts.iter().zip(answers) {
            // What was refused is not a count that stands still.
            let rows = rows.map_err(|refusal| refusal.of("count the rows of sharing rules"))?;
            let count = counted(&rows).ok_or_else(|| subject::no_number(object))?;
            rule_rows.insert(object.clone(), count);
        }
        let mut granted = GrantedByRecord::new();
        for rows in access {
            granted.extend(granted::read_access(rows)?);
        }
        let visible = |id: &String| granted.get(id).is_some_and(|granted| granted.read);
        let open = |id: &String| visible(id) && (!self.edits || granted[id].edit);
        Ok(Look {
            rule_rows,
            as_predicted: self.sample.iter().all(open) && !self.hidden.iter().any(visible),
        })
    }

    fn count_rows(&mut self, subject: &Subject<'_>, group: Option<&str>) {
        let Some(group) = group else { return };
        let object = &subject.sharing.object.value;
        let query = count_of_rule_rows(object, group);
        self.counts.push((object.clone(), query));
    }

    /// Records that share rows of a rule still open and that should be hidden. Where other people's rules reach the user
    /// as well, rows do not tell whose rule they are of, and what those rules share stays visible however long one waits.
    async fn still_shared(
        &mut self,
        subject: &Subject<'_>,
        group: Option<&str>,
        reader: &Reader,
    ) -> Result<(), OrgError> {
        let others = subject
            .live
            .foreign_rules(subject.sharing, subject.manifest);
        // Nor do accounts that come along with other records become hidden.
        let may_come_along = subject.sharing.object.value == "Account";
        let tells = others.is_empty() && !may_come_along;
        let Some(group) = group.filter(|_| tells) else {
            return Ok(());
        };
        let object = &subject.sharing.object;
        let rows = reader.query(&rule_rows(object, group, LOOK_AT)).await?;
        let ids = read_shares(object, &rows).into_iter();
        let ids: Vec<String> = ids.map(|share| share.record).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let records = subject::read_records(reader, &subject.query().of_ids(&ids)).await?;
        let hidden = subject.unshared(&records);
        self.access
            .extend(granted::access_queries(subject, &hidden));
        self.hidden.extend(hidden.into_iter().map(short));
        Ok(())
    }

    /// Records that a rule shares.
    async fn sample_of(&mut self, subject: &Subject<'_>, reader: &Reader) -> Result<(), OrgError> {
        let Some(select) = subject.select_expected(LOOK_AT) else {
            return Ok(());
        };
        if subject.lacks_right(|rights| rights.read)
            || self.edits && subject.lacks_right(|rights| rights.edit)
        {
            return Ok(());
        }
        let records = subject::read_records(reader, &select).await?;
        let shared = match self.edits {
            true => subject.shared_to_edit(&records),
            false => subject.shared(&records),
        };
        self.access
            .extend(granted::access_queries(subject, &shared));
        self.sample.extend(shared.into_iter().map(short));
        Ok(())
    }
}

/// The group behind the manifest's role: share rows name the group, not the role.
async fn group_of_role(subject: &Subject<'_>, reader: &Reader) -> Result<Option<String>, OrgError> {
    let roles = subject.live.roles().learnt();
    let role = subject.manifest.spec.role.as_ref();
    let role = role.and_then(|role| roles?.named(&role.name));
    let Some(role) = role else {
        return Ok(None);
    };
    let rows = reader.query(&role_group(&role.id)).await?;
    Ok(read_groups(&rows).into_iter().next().map(|group| group.id))
}
