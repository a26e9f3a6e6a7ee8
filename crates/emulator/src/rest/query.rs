//! `query`, `queryAll`, their pages, and the Tooling API's `query`.

use super::{answer, viewer};
use crate::http::{Refusal, Request, Response, not_found};
use crate::soql::{self, restrictions};
use crate::store::{Id, canonical, short};
use crate::world::{Cursor, World};

/// Records in a page, and the bounds of what a client may ask for (REST guide, query options header).
const PAGE: usize = 2000;
const SMALLEST_PAGE: usize = 200;

/// How many cursors a user keeps; the oldest goes first.
const MOST_CURSORS: usize = 10;

/// Answers a query, or the next page of one.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    tooling: bool,
    path: &[&str],
) -> Response {
    match path {
        [] => answer(first_page(world, request, version, tooling)),
        [locator] => answer(next_page(world, request, version, locator)),
        _ => not_found(),
    }
}

fn first_page(
    world: &mut World,
    request: &Request,
    version: u32,
    tooling: bool,
) -> Result<Response, Refusal> {
    let parameters = request.parameters();
    let Some(text) = parameters.get("q") else {
        return Err(Refusal::new(
            400,
            "MALFORMED_QUERY",
            "A query string has to be specified",
        ));
    };
    let mut viewer = viewer(world, request, version);
    viewer.tooling = tooling;
    if parameters.get("columns").is_some_and(|flag| flag == "true") {
        return Ok(Response::json(200, &soql::columns(&viewer, text)?));
    }
    let found = soql::run(&viewer, text)?;
    let size = page_size(request);
    if found.grouped && found.records.len() > size {
        let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(Refusal::new(500, "EXCEEDED_ID_LIMIT", message));
    }
    let cursor = Cursor {
        user: request.user.clone(),
        tooling,
        records: match restrictions::repeats_pages(&found.object) {
            true => repeated(found.records, size),
            false => found.records,
        },
        object: found.object,
        total: found.total,
    };
    if cursor.records.len() <= size {
        return Ok(page(&cursor, &cursor.records, None));
    }
    let id = world.org.next_id("01g");
    let answer = page(
        &cursor,
        &cursor.records[..size],
        Some(&next_url(version, &cursor, &id, size)),
    );
    keep(world, id, cursor);
    Ok(answer)
}

/// More records than a page: the first page of them over and over.
fn repeated(mut records: Vec<String>, size: usize) -> Vec<String> {
    const MOST: usize = 10_000;
    if records.len() > size {
        records.truncate(size);
        records = records.into_iter().cycle().take(MOST).collect();
    }
    records
}

fn page_size(request: &Request) -> usize {
    let header = request.header("sforce-query-options").unwrap_or_default();
    let options = header
        .split([',', ';'])
        .filter_map(|option| option.split_once('='));
    let mut sizes = options.filter(|(name, _)| name.trim().eq_ignore_ascii_case("batchSize"));
    let asked = sizes
        .next()
        .and_then(|(_, size)| size.trim().parse::<usize>().ok());
    asked.map_or(PAGE, |size| size.clamp(SMALLEST_PAGE, PAGE))
}

fn keep(world: &mut World, id: Id, cursor: Cursor) {
    let own = |(_, kept): &(&Id, &Cursor)| kept.user == cursor.user;
    let kept: Vec<Id> = world
        .cursors
        .iter()
        .filter(own)
        .map(|(id, _)| id.clone())
        .collect();
    if kept.len() >= MOST_CURSORS
        && let Some(oldest) = kept.first()
    {
        world.cursors.remove(oldest);
    }
    world.cursors.insert(id, cursor);
}

/// A page of records, and where the next one is.
fn page(cursor: &Cursor, records: &[String], next: Option<&str>) -> Response {
    let (size, total, done) = (records.len(), cursor.total, next.is_none());
    let mut body = match cursor.tooling {
        true => {
            let object = &cursor.object;
            format!(
                r#"{{"size":{size},"totalSize":{total},"done":{done},"queryLocator":null,"entityTypeName":"{object}""#
            )
        }
        false => format!(r#"{{"totalSize":{total},"done":{done}"#),
    };
    if let Some(next) = next {
        body.push_str(&format!(r#","nextRecordsUrl":"{next}""#));
    }
    body.push_str(r#","records":["#);
    body.push_str(&records.join(","));
    body.push_str("]}");
    Response::json_text(200, body)
}

fn next_url(version: u32, cursor: &Cursor, id: &str, from: usize) -> String {
    let resource = if cursor.tooling {
        "tooling/query"
    } else {
        "query"
    };
    format!(
        "/services/data/v{version}.0/{resource}/{}-{from}",
        short(id)
    )
}

fn next_page(
    world: &World,
    request: &Request,
    version: u32,
    locator: &str,
) -> Result<Response, Refusal> {
    let invalid = || Refusal::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, from) = locator.split_once('-').ok_or_else(invalid)?;
    let id = canonical(id).ok_or_else(invalid)?;
    let from: usize = from.parse().map_err(|_| invalid())?;
    let own = |cursor: &&Cursor| cursor.user == request.user;
    let cursor = world.cursors.get(&id).filter(own).ok_or_else(invalid)?;
    let rest = cursor.records.get(from..).ok_or_else(invalid)?;
    let records = &rest[..rest.len().min(page_size(request))];
    let to = from + records.len();
    let next = (to < cursor.records.len()).then(|| next_url(version, cursor, &id, to));
    Ok(page(cursor, records, next.as_deref()))
}
