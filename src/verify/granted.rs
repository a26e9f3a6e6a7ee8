//! The org's own answer about records: 200 a query, queries together in requests.

use super::subject::{Records, Subject};
use super::{QUERIES_A_REQUEST, RECORDS_A_QUERY};
use crate::event::{Emit, Event};
use crate::live::{self, GrantedByRecord, access_of};
use crate::org::{OrgError, Reader, Refusal};
use crate::soql::Row;
use std::collections::BTreeSet;

/// Asks about the records of all subjects.
///
/// # Errors
/// A refusal, and the errors of transport.
pub(super) async fn ask_access(
    subjects: &[Subject<'_>],
    records: &[Records],
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<Vec<GrantedByRecord>, OrgError> {
    let numbered = subjects.iter().zip(records).enumerate();
    let queries: Vec<(usize, String)> = numbered
        .flat_map(|(index, (subject, records))| {
            let queries = access_queries(subject, &records.ids()).into_iter();
            queries.map(move |query| (index, query))
        })
        .collect();
    let mut granted = vec![GrantedByRecord::new(); subjects.len()];
    for round in queries.chunks(QUERIES_A_REQUEST) {
        let texts: Vec<String> = round.iter().map(|(_, query)| query.clone()).collect();
        let answers = reader.queries(&texts).await?;
        for ((index, _), rows) in round.iter().zip(answers) {
            if let Some(of_subject) = granted.get_mut(*index) {
                of_subject.extend(read_access(rows)?);
            }
        }
        let touched: BTreeSet<usize> = round.iter().map(|(index, _)| *index).collect();
        for index in touched {
            let (Some(subject), Some(records)) = (subjects.get(index), records.get(index)) else {
                continue;
            };
            emit(Event::Checking {
                object: subject.sharing.object.value.clone(),
                checked: granted.get(index).map_or(0, |granted| granted.len() as u64),
                population: records.population,
            });
        }
    }
    Ok(granted)
}

impl Subject<'_> {
    /// What the user may do with a few records.
    ///
    /// # Errors
    /// A refusal, and the errors of transport.
    pub(crate) async fn granted(
        &self,
        reader: &Reader,
        ids: &[&str],
    ) -> Result<GrantedByRecord, OrgError> {
        granted_to(&self.user.id, ids, reader).await
    }
}

/// What a user, by record id, may do with records.
///
/// # Errors
/// A refusal, and the errors of transport.
pub(crate) async fn granted_to(
    user_id: &str,
    ids: &[&str],
    reader: &Reader,
) -> Result<GrantedByRecord, OrgError> {
    let mut granted = GrantedByRecord::new();
    for rows in reader.queries(&queries_of(user_id, ids)).await? {
        granted.extend(read_access(rows)?);
    }
    Ok(granted)
}

/// The queries that ask what the user may do with these records.
pub(super) fn access_queries(subject: &Subject, ids: &[&str]) -> Vec<String> {
    queries_of(&subject.user.id, ids)
}

fn queries_of(user_id: &str, ids: &[&str]) -> Vec<String> {
    ids.chunks(RECORDS_A_QUERY)
        .map(|chunk| access_of(user_id, chunk))
        .collect()
}

/// What a query answered.
///
/// # Errors
/// The refusal, where it is one.
pub(super) fn read_access(rows: Result<Vec<Row>, Refusal>) -> Result<GrantedByRecord, OrgError> {
    let rows = rows.map_err(|refusal| OrgError::Refused {
        operation: "ask which records the user can see".to_owned(),
        refusal: Box::new(refusal),
        request_id: None,
    })?;
    Ok(live::read_access(&rows))
}
