//! Which records are meant: by id, or by the e-mail address of a lead or contact.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure::NOTHING_CHANGED;
use crate::live::{Live, LiveRecord, names_of_objects, object_of_prefix, records_of_email};
use crate::org::Reader;
use crate::soql;
use std::collections::{BTreeMap, BTreeSet};

/// The objects whose records have an e-mail address that anybody looks for.
const WITH_EMAIL: [&str; 2] = ["Lead", "Contact"];

/// Characters of an id that tell its object.
const PREFIX: usize = 3;

/// What is to be explained.
#[derive(Clone, Copy, Debug)]
pub struct AskedRecords<'a> {
    /// The records.
    pub records: &'a [RecordName],
    /// Whose sight, by username; `None`: that of the manifests' users.
    pub user: Option<&'a str>,
}

/// How a record is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordName {
    /// By its id, of 15 or 18 characters.
    Id(String),
    /// By the e-mail address of a lead or contact: every one that has it.
    Email(String),
}

/// A record that is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) object: String,
}

/// The records that the names mean, in their order.
///
/// # Errors
/// An id of no object (64), an address that nobody has, and what the org or the way to it made impossible.
pub(super) async fn records(
    names: &[RecordName],
    live: &Live,
    reader: &Reader,
) -> Result<Vec<Found>, Failure> {
    let objects = objects_of(names, live, reader).await?;
    let mut records = Vec::new();
    for name in names {
        match name {
            RecordName::Id(id) => records.push(of_id(id, &objects)?),
            RecordName::Email(email) => records.extend(of_email(email, reader).await?),
        }
    }
    Ok(records)
}

fn of_id(id: &str, objects: &BTreeMap<String, String>) -> Result<Found, Failure> {
    let object = soql::is_id(id).then(|| objects.get(&prefix(id))).flatten();
    let object = object.ok_or_else(|| no_object(id))?;
    if !soql::is_spelled_right(id) {
        return Err(mistyped(id, object));
    }
    Ok(Found {
        id: id.to_owned(),
        object: object.clone(),
    })
}

fn prefix(id: &str) -> String {
    id.chars().take(PREFIX).collect()
}

/// The objects of these ids, by prefix: what the manifests made known, and what the org tells of the others.
async fn objects_of(
    names: &[RecordName],
    live: &Live,
    reader: &Reader,
) -> Result<BTreeMap<String, String>, Failure> {
    let ids = names.iter().filter_map(|name| match name {
        RecordName::Id(id) if soql::is_id(id) => Some(prefix(id)),
        _ => None,
    });
    let (known, unknown): (BTreeSet<String>, BTreeSet<String>) =
        ids.partition(|prefix| live.object_of_prefix(prefix).is_some());
    let known = known.into_iter().filter_map(|prefix| {
        let object = live.object_of_prefix(&prefix)?.to_owned();
        Some((prefix, object))
    });
    let mut objects: BTreeMap<String, String> = known.collect();
    let queries: Vec<String> = unknown
        .iter()
        .map(|prefix| object_of_prefix(prefix))
        .collect();
    if queries.is_empty() {
        return Ok(objects);
    }
    let answers = reader.queries(&queries).await.map_err(super::failed)?;
    for (prefix, rows) in unknown.into_iter().zip(answers) {
        let rows = rows.map_err(|refusal| super::failed(refusal.of("tell an id's object")))?;
        let name = names_of_objects(&rows).into_iter().next();
        objects.extend(name.map(|name| (prefix, name)));
    }
    Ok(objects)
}

async fn of_email(email: &str, reader: &Reader) -> Result<Vec<Found>, Failure> {
    let queries = WITH_EMAIL.map(|object| records_of_email(object, email));
    let answers = reader.queries(&queries).await.map_err(super::failed)?;
    let mut found = Vec::new();
    for (object, rows) in WITH_EMAIL.into_iter().zip(answers) {
        let rows = rows.map_err(|refusal| super::failed(refusal.of("find an e-mail address")))?;
        let records = LiveRecord::of_rows(rows);
        found.extend(records.iter().map(|record| Found {
            id: record.id().to_owned(),
            object: object.to_owned(),
        }));
    }
    match found.is_empty() {
        false => Ok(found),
        true => {
            let message = format!("no lead and no contact has the e-mail address `{email}`");
            let error = Diagnostic::error(Code::RecordNotFound, message)
                .help("name the record by its id, or by the address of its page");
            Err(Failure::new(Exit::Failed, vec![error]).state(NOTHING_CHANGED))
        }
    }
}

fn no_object(id: &str) -> Failure {
    let message = format!("`{id}` is no record's id: no object's ids begin like it");
    let error = Diagnostic::error(Code::NoObjectOfTheId, message).help(
        "an id has 15 or 18 letters and digits: it stands in the address of the record's page",
    );
    Failure::new(Exit::Usage, vec![error])
}

fn mistyped(id: &str, object: &str) -> Failure {
    let message = format!(
        "`{id}` begins like a {object}, and its last three characters do not fit the others"
    );
    let error = Diagnostic::error(Code::NoObjectOfTheId, message)
        .help("copy the id anew: capitals count, and the last three characters are made of them");
    Failure::new(Exit::Usage, vec![error])
}

/// The error of a record that the org does not show.
pub(super) fn not_there(record: &Found) -> Failure {
    let message = format!(
        "there is no {} `{}` that you can see",
        record.object, record.id
    );
    let error = Diagnostic::error(Code::RecordNotFound, message)
        .help("check the id, and that you may view all data");
    Failure::new(Exit::Failed, vec![error]).state(NOTHING_CHANGED)
}
