//! `limits` and `limits/recordCount`.

use serde_json::{Map, Value, json};

use super::viewer;
use crate::http::{Request, Response, not_found};
use crate::world::World;

/// Answers below `limits`.
pub(crate) fn handle(world: &World, request: &Request, version: u32, path: &[&str]) -> Response {
    match path {
        [] => Response::json(200, &Value::Object(all(world))),
        ["recordCount"] => record_count(world, request, version),
        _ => not_found(),
    }
}

fn all(world: &World) -> Map<String, Value> {
    let total = world.org.organization.daily_api_requests;
    let limit = |max: u64, remaining: u64| json!({"Max": max, "Remaining": remaining});
    let untouched = [
        ("DailyAsyncApexExecutions", 250_000),
        ("DailyBulkApiBatches", 15_000),
        ("DailyBulkV2QueryJobs", 10_000),
        ("DataStorageMB", 10_240),
        ("FileStorageMB", 10_240),
        ("SingleEmail", 5_000),
    ];
    let mut limits = Map::new();
    limits.insert(
        "DailyApiRequests".to_owned(),
        limit(total, total.saturating_sub(world.org.api_requests)),
    );
    limits.extend(
        untouched
            .into_iter()
            .map(|(name, max)| (name.to_owned(), limit(max, max))),
    );
    limits
}

fn record_count(world: &World, request: &Request, version: u32) -> Response {
    let asked = request.parameters().remove("sObjects").unwrap_or_default();
    let viewer = viewer(world, request, version);
    let named = |name: &str| {
        asked.is_empty()
            || asked
                .split(',')
                .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let objects = world
        .org
        .objects
        .values()
        .filter(|object| named(&object.name) && viewer.sees_object(object));
    let counts: Vec<Value> = objects
        .map(|object| json!({"count": world.org.rows(&object.name).count(), "name": object.name}))
        .collect();
    Response::json(200, &json!({"sObjects": counts}))
}
