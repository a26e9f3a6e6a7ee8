//! `query`, `queryAll`, their pages, and the Tooling API's `query`.

use serde_json::{Map, Value, json};

use super::{answer, viewer};
use crate::emulator::http::{Refusal, Request, Response};
use crate::emulator::soql;
use crate::emulator::store::{Cursor, World, canonical, short};

/// Records in a page, and the bounds of what a client may ask for (REST guide, query options header).
const PAGE: usize = 2000;
const SMALLEST_PAGE: usize = 200;

/// How many cursors a user keeps; the oldest goes first.
const MOST_CURSORS: usize = 10;

/// Answers a query, or the next page of one.
pub fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    tooling: bool,
    path: &[&str],
) -> Response {
    match path {
        [] => answer(first_page(world, request, version, tooling)),
        [locator] => answer(next_page(world, request, version, locator)),
        _ => crate::emulator::router::not_found(),
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
    let found = soql::run(&viewer, text)?;
    let size = page_size(request);
    if found.grouped && found.records.len() > size {
        let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(Refusal::new(500, "EXCEEDED_ID_LIMIT", message));
    }
    let (object, total) = (found.object, found.total);
    if found.records.len() <= size {
        return Ok(Response::json(
            200,
            &page(tooling, &object, total, found.records),
        ));
    }
    let first = found.records[..size].to_vec();
    let cursor = Cursor {
        user: request.user.clone(),
        tooling,
        object,
        total,
        records: found.records,
    };
    let mut body = page(tooling, &cursor.object, total, first);
    let id = keep(world, cursor);
    continues(&mut body, version, tooling, &id, size);
    Ok(Response::json(200, &body))
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

fn keep(world: &mut World, cursor: Cursor) -> String {
    let own: Vec<String> = world
        .cursors
        .iter()
        .filter(|(_, kept)| kept.user == cursor.user)
        .map(|(id, _)| id.clone())
        .collect();
    if own.len() >= MOST_CURSORS
        && let Some(oldest) = own.first()
    {
        world.cursors.remove(oldest);
    }
    let id = world.org.next_id("01g");
    world.cursors.insert(id.clone(), cursor);
    id
}

fn page(tooling: bool, object: &str, total: usize, records: Vec<Value>) -> Value {
    let mut page = Map::new();
    if tooling {
        page.insert("size".to_owned(), json!(records.len()));
    }
    page.insert("totalSize".to_owned(), json!(total));
    page.insert("done".to_owned(), json!(true));
    if tooling {
        page.insert("queryLocator".to_owned(), Value::Null);
        page.insert("entityTypeName".to_owned(), json!(object));
    }
    page.insert("records".to_owned(), Value::Array(records));
    Value::Object(page)
}

/// Says that more records follow, and where.
fn continues(page: &mut Value, version: u32, tooling: bool, id: &str, from: usize) {
    let resource = if tooling { "tooling/query" } else { "query" };
    page["done"] = json!(false);
    page["nextRecordsUrl"] = json!(format!(
        "/services/data/v{version}.0/{resource}/{}-{from}",
        short(id)
    ));
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
    let cursor = world
        .cursors
        .get(&id)
        .filter(|cursor| cursor.user == request.user)
        .ok_or_else(invalid)?;
    let rest = cursor.records.get(from..).ok_or_else(invalid)?;
    let records: Vec<Value> = rest.iter().take(page_size(request)).cloned().collect();
    let to = from + records.len();
    let mut body = page(cursor.tooling, &cursor.object, cursor.total, records);
    if to < cursor.records.len() {
        continues(&mut body, version, cursor.tooling, &id, to);
    }
    Ok(Response::json(200, &body))
}
