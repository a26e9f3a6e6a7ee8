//! Many reads in one request: the composite resource, which the org counts as a single call.
//!
//! **Promise:** every read has its own answer or refusal, in the order asked, whatever becomes of the others.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::{HttpAnswer, json_refusal, unfit};
use super::error::{OrgError, Refusal, excerpt};
use super::rest::{query_path, records};
use super::session::{Body, Request};
use super::{Reader, all};
use crate::soql::Row;

/// Reads of one composite (REST API guide, "Send Multiple Requests Using Composite").
const MOST_READS: usize = 25;
/// Queries among them (the same).
const MOST_QUERIES: usize = 5;

/// What one read gave.
#[derive(Debug)]
pub enum Resource {
    /// All rows of a query.
    Rows(Vec<Row>),
    /// Anything else.
    Json(Json),
}

/// JSON as the org sent it. Describes are large: only who asked for one knows what of it is worth keeping.
#[derive(Debug, Default, Deserialize)]
pub struct Json(Box<RawValue>);

impl Resource {
    /// The rows of a query, or the one row that a record is.
    ///
    /// # Errors
    /// As [`Json::read`].
    pub fn rows(self) -> Result<Vec<Row>, OrgError> {
        match self {
            Self::Rows(rows) => Ok(rows),
            Self::Json(json) => Ok(vec![json.read()?]),
        }
    }
}

impl Json {
    /// What it holds, as far as that was asked for.
    ///
    /// # Errors
    /// [`OrgError::Garbled`] where it holds something else.
    pub fn read<Content: DeserializeOwned>(&self) -> Result<Content, OrgError> {
        serde_json::from_str(self.0.get()).map_err(|error| OrgError::Garbled {
            what: format!(
                "a part of the org's answer cannot be used: {}",
                unfit(&error)
            ),
            excerpt: excerpt(self.0.get()),
        })
    }
}

impl Reader {
    /// Many resources at once, in the order asked; each may be refused on its own. The paths are those of
    /// [`Reader::get`]; a query that has more pages is read to its end. Where they do not fit one request, the
    /// requests go out together.
    ///
    /// # Errors
    /// Where a request as a whole fails.
    pub async fn together(
        &self,
        gets: &[String],
    ) -> Result<Vec<Result<Resource, Refusal>>, OrgError> {
        let requests = groups(gets).into_iter().map(|group| {
            let (reader, parts) = (self.clone(), parts(gets, group));
            async move { reader.composite(parts).await }
        });
        let mut numbered: Vec<_> = all(requests).await?.into_iter().flatten().collect();
        numbered.sort_by_key(|(number, _)| *number);
        Ok(numbered.into_iter().map(|(_, result)| result).collect())
    }

    /// The rows of many queries, in the order asked. Each may be refused on its own.
    ///
    /// # Errors
    /// Where a request as a whole fails.
    pub async fn queries(
        &self,
        queries: &[String],
    ) -> Result<Vec<Result<Vec<Row>, Refusal>>, OrgError> {
        let paths: Vec<String> = queries.iter().map(|query| query_path(query)).collect();
        let resources = self.together(&paths).await?.into_iter();
        let rows = resources.map(|resource| match resource {
            Ok(resource) => resource.rows().map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        });
        rows.collect()
    }

    /// One composite, and the answers to its parts. Parts that the org had no time for are asked again by themselves.
    async fn composite(&self, mut parts: Vec<Part>) -> Result<Vec<Answered>, OrgError> {
        let mut answered = Vec::new();
        for attempt in 1.. {
            let results = self.send_composite(&parts).await?;
            let wait = self.wait_for_refused(&results, attempt);
            let mut again = Vec::new();
            for (part, result) in parts.into_iter().zip(results) {
                match &result {
                    Err(refusal) if wait.is_some() && refusal.is_transient() => again.push(part),
                    _ => answered.push(self.complete_part(part, result).await?),
                }
            }
            let Some(wait) = wait else { break };
            self.session.http.pause(wait).await;
            parts = again;
        }
        Ok(answered)
    }

    /// How long to wait before the refused parts go again, if any is worth it.
    fn wait_for_refused(
        &self,
        results: &[Result<Json, Refusal>],
        attempt: u32,
    ) -> Option<Duration> {
        let refused = results.iter().filter_map(|result| result.as_ref().err());
        let transient = refused.into_iter().find(|refusal| refusal.is_transient())?;
        let chance = self.session.http.clock().chance();
        let retries = &self.session.retries;
        retries.wait_for_part(transient, attempt, chance)
    }

    /// One composite as it goes over the wire.
    async fn send_composite(&self, parts: &[Part]) -> Result<Vec<Result<Json, Refusal>>, OrgError> {
        let requested = |(number, path): &Part| {
            let url = self.data_path(path);
            json!({"method": "GET", "url": url, "referenceId": reference(*number)})
        };
        let requests: Vec<Value> = parts.iter().map(requested).collect();
        let body = json!({"allOrNone": false, "compositeRequest": requests});
        let request = Request {
            operation: format!("read {} resources at once", parts.len()),
            method: Method::POST,
            path: self.data_path(resource_for(parts)),
            body: Body::Json(body.to_string().into_bytes()),
            write: false,
            api_calls: 1,
        };
        let answer = self.session.call(&request).await?;
        results(&answer, parts)
    }

    /// The answer to one part; a query is read to its end, and a page that is refused refuses the part alone.
    async fn complete_part(
        &self,
        (number, path): Part,
        result: Result<Json, Refusal>,
    ) -> Result<Answered, OrgError> {
        let result = match result {
            Ok(json) if is_query(&path) => match self.all_rows(&json).await {
                Err(OrgError::Refused { refusal, .. }) => Err(*refusal),
                rows => Ok(Resource::Rows(rows?)),
            },
            other => other.map(Resource::Json),
        };
        Ok((number, result))
    }

    async fn all_rows(&self, first_page: &Json) -> Result<Vec<Row>, OrgError> {
        let mut page = first_page.read()?;
        self.complete(&mut page).await?;
        records(page)
    }
}

/// A read: its number among all, and its path.
type Part = (usize, String);
/// What the read of that number was answered.
type Answered = (usize, Result<Resource, Refusal>);

fn parts(gets: &[String], group: Vec<usize>) -> Vec<Part> {
    let paths = group.into_iter();
    paths.map(|number| (number, gets[number].clone())).collect()
}

/// The numbers of the reads that go out in one request each: as few requests as possible, alike in work, since an org
/// carries the parts of one out one after the other.
fn groups(gets: &[String]) -> Vec<Vec<usize>> {
    let (tooling, data) = (0..gets.len()).partition(|index| is_tooling(&gets[*index]));
    let mut requests = groups_of_one_interface(gets, data);
    requests.extend(groups_of_one_interface(gets, tooling));
    requests
}

fn groups_of_one_interface(gets: &[String], numbers: Vec<usize>) -> Vec<Vec<usize>> {
    let all = numbers.len();
    let (queries, others): (Vec<usize>, Vec<usize>) = numbers
        .into_iter()
        .partition(|index| is_query(&gets[*index]));
    let requests = queries
        .len()
        .div_ceil(MOST_QUERIES)
        .max(all.div_ceil(MOST_READS));
    let mut groups = vec![Vec::new(); requests];
    for (turn, index) in queries.into_iter().chain(others).enumerate() {
        groups[turn % requests].push(index);
    }
    groups
}

/// The Tooling API has a composite of its own, and the data API's does not list its resources among what it may hold (REST
/// API guide, Composite; Tooling API guide, REST Resources).
fn resource_for(parts: &[Part]) -> &'static str {
    match parts.first().is_some_and(|(_, path)| is_tooling(path)) {
        true => "tooling/composite",
        false => "composite",
    }
}

fn is_tooling(path: &str) -> bool {
    path.starts_with("tooling/")
}

fn is_query(path: &str) -> bool {
    let resource = path.split('?').next().unwrap_or_default();
    resource
        .split('/')
        .any(|step| matches!(step, "query" | "queryAll"))
}

pub(super) fn reference(index: usize) -> String {
    format!("r{index}")
}

/// An answer to a composite (REST API guide, Composite Results).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composite {
    composite_response: Vec<Subresponse>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Subresponse {
    reference_id: String,
    http_status_code: Option<u16>,
    body: Json,
}

/// What each part was answered, by its reference.
fn results(answer: &HttpAnswer, parts: &[Part]) -> Result<Vec<Result<Json, Refusal>>, OrgError> {
    let numbers: Vec<usize> = parts.iter().map(|(number, _)| *number).collect();
    numbered_results(answer, &numbers)
}

/// What the parts of these numbers were answered, in this order.
pub(super) fn numbered_results(
    answer: &HttpAnswer,
    numbers: &[usize],
) -> Result<Vec<Result<Json, Refusal>>, OrgError> {
    let Composite { composite_response } = answer.read()?;
    if composite_response.len() != numbers.len() {
        return Err(answer.unreadable("it does not hold one result for each request"));
    }
    let named = composite_response.into_iter();
    let mut named: BTreeMap<String, Subresponse> = named
        .map(|part| (part.reference_id.clone(), part))
        .collect();
    let results = numbers.iter().map(|number| {
        let part = named.remove(&reference(*number));
        let part = part.ok_or_else(|| answer.unreadable("it leaves out a request"))?;
        result(answer, part)
    });
    results.collect()
}

fn result(answer: &HttpAnswer, part: Subresponse) -> Result<Result<Json, Refusal>, OrgError> {
    let Some(status) = part.http_status_code else {
        return Err(answer.unreadable("a result in it has no status"));
    };
    let body = part.body;
    if (200..300).contains(&status) {
        return Ok(Ok(body));
    }
    let nameless = || Refusal::new(status, &format!("HTTP {status}"), "");
    let told = body.read().unwrap_or(Value::Null);
    Ok(Err(json_refusal(&told, status).unwrap_or_else(nameless)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_dealt_out_to_as_few_requests_as_the_platform_allows() {
        let check = |queries: usize, others: usize, expected: &[(usize, usize)]| {
            let query = |index| query_path(&format!("SELECT {index}"));
            let other = |index| format!("sobjects/O{index}/describe");
            let gets: Vec<String> = (0..queries)
                .map(query)
                .chain((0..others).map(other))
                .collect();
            let found: Vec<(usize, usize)> = groups(&gets)
                .iter()
                .map(|group| {
                    (
                        group.len(),
                        group.iter().filter(|i| is_query(&gets[**i])).count(),
                    )
                })
                .collect();
            assert_eq!(found, expected, "{queries} queries, {others} others");
        };
        check(0, 0, &[]);
        check(1, 0, &[(1, 1)]);
        check(5, 20, &[(25, 5)]);
        check(6, 0, &[(3, 3), (3, 3)]);
        check(10, 3, &[(7, 5), (6, 5)]);
        check(0, 26, &[(13, 0), (13, 0)]);
        check(5, 21, &[(13, 3), (13, 2)]);
    }

    #[test]
    fn each_interface_has_requests_of_its_own() {
        let gets = [
            "query?q=1",
            "tooling/query?q=2",
            "sobjects/Lead/describe",
            "tooling/query?q=3",
        ];
        let gets = gets.map(str::to_owned);
        let found = groups(&gets);
        assert_eq!(found, [vec![0, 2], vec![1, 3]]);
        let resources = found
            .into_iter()
            .map(|group| resource_for(&parts(&gets, group)));
        assert_eq!(
            resources.collect::<Vec<_>>(),
            ["composite", "tooling/composite"]
        );
    }

    #[test]
    fn queries_are_told_from_other_reads() {
        for (path, expected) in [
            ("query?q=SELECT", true),
            ("queryAll?q=SELECT", true),
            ("tooling/query?q=SELECT", true),
            ("query/01g-2000", true),
            ("sobjects/Lead/describe", false),
            ("sobjects/Organization/00D?fields=query", false),
        ] {
            assert_eq!(is_query(path), expected, "{path}");
        }
    }
}
