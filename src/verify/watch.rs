//! Watching how far the sharing of the manifests' rules is.

use super::cause::{record_column, share_object};
use super::granted;
use super::subject::{self, Subject, query, short};
use crate::facts::{Facts, ROLES, Row};
use crate::kinds::foreign_rules;
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader};
use crate::soql;
use std::collections::BTreeMap;

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
    /// Ids that a rule shares still and should not.
    hidden: Vec<String>,
}

impl Watch {
    /// Finds out what to look at. `facts` must know user and role. The sample is left out where the user's role is
    /// still to change.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub async fn new(
        manifests: &[Manifest],
        facts: &Facts,
        reader: &Reader,
        with_sample: bool,
    ) -> Result<Self, OrgError> {
        let mut watch = Self {
            counts: Vec::new(),
            access: Vec::new(),
            sample: Vec::new(),
            hidden: Vec::new(),
        };
        for subject in subject::all(manifests, facts)
            .iter()
            .filter(|subject| !subject.sharing.rules.is_empty())
        {
            let group = role_group(subject, reader).await?;
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

    /// Looks once.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub async fn look(&self, reader: &Reader) -> Result<Look, OrgError> {
        let counts = self.counts.iter().map(|(_, query)| query);
        let queries: Vec<String> = counts.chain(&self.access).cloned().collect();
        let mut answers = reader.queries(&queries).await?;
        let access = answers.split_off(self.counts.len());
        let rule_rows = self.counts.iter().zip(answers).map(|((object, _), rows)| {
            let count = rows.unwrap_or_default().into_iter().map(Row).next();
            let count = count.and_then(|row| row.number("n"));
            (object.clone(), count.unwrap_or(0))
        });
        let mut granted = granted::ByRecord::new();
        for rows in access {
            granted.extend(granted::read(rows)?);
        }
        let visible = |id: &String| granted.get(id).is_some_and(|granted| granted.read);
        Ok(Look {
            rule_rows: rule_rows.collect(),
            as_predicted: self.sample.iter().all(visible) && !self.hidden.iter().any(visible),
        })
    }

    fn count_rows(&mut self, subject: &Subject<'_>, group: Option<&str>) {
        let Some(group) = group else { return };
        let object = &subject.sharing.object.value;
        let query = format!("SELECT COUNT(Id) n FROM {}", rule_rows(subject, group));
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
        let others = foreign_rules(subject.sharing, subject.manifest, subject.facts);
        let Some(group) = group.filter(|_| others.is_empty()) else {
            return Ok(());
        };
        let column = record_column(subject);
        let select = format!(
            "SELECT {column} FROM {} LIMIT {LOOK_AT}",
            rule_rows(subject, group)
        );
        let rows = query(reader, &select).await?;
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.text(&column)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let records = query(
            reader,
            &subject.select(&format!(" WHERE Id IN {}", soql::list(&ids))),
        )
        .await?;
        let hidden = subject.unshared(&records);
        self.access.extend(granted::queries(subject, &hidden));
        self.hidden.extend(hidden.into_iter().map(short));
        Ok(())
    }

    /// Records that a rule shares.
    async fn sample_of(&mut self, subject: &Subject<'_>, reader: &Reader) -> Result<(), OrgError> {
        let Some(select) = subject.select_expected(LOOK_AT) else {
            return Ok(());
        };
        if subject.lacks("PermissionsRead") {
            return Ok(());
        }
        let rows = query(reader, &select).await?;
        let shared = subject.shared(&rows);
        self.access.extend(granted::queries(subject, &shared));
        self.sample.extend(shared.into_iter().map(short));
        Ok(())
    }
}

/// The rows that rules made for a group, as what a query selects from.
fn rule_rows(subject: &Subject<'_>, group: &str) -> String {
    let share = share_object(&subject.sharing.object);
    format!(
        "{share} WHERE RowCause = 'Rule' AND UserOrGroupId = {}",
        soql::literal(group)
    )
}

/// The group behind the manifest's role: share rows name the group, not the role.
async fn role_group(subject: &Subject<'_>, reader: &Reader) -> Result<Option<String>, OrgError> {
    let role = subject.manifest.spec.role.as_ref();
    let roles = subject.facts.rows(ROLES).iter();
    let row = role.and_then(|role| {
        let mut roles = roles;
        roles.find(|row| row.text("DeveloperName") == Some(&role.name))
    });
    let Some(id) = row.and_then(|row| row.text("Id")) else {
        return Ok(None);
    };
    let select = format!(
        "SELECT Id FROM Group WHERE Type = 'Role' AND RelatedId = {}",
        soql::literal(id)
    );
    let rows = query(reader, &select).await?;
    Ok(rows
        .first()
        .and_then(|row| row.text("Id"))
        .map(str::to_owned))
}
