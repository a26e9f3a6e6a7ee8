//! Many reads in one request: the composite resource, which the org counts as a single call.
//!
//! **Promise:** every read has its own answer or refusal, in the order asked, whatever becomes of the others.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{Answer, json_refusal};
use super::error::{OrgError, Refusal};
use super::rest::{query_path, records};
use super::session::{Body, Request};
use super::{Reader, Row, all};

/// Reads of one composite (REST API guide, "Send Multiple Requests Using Composite").
const MOST_READS: usize = 25;
/// Queries among them (the same).
const MOST_QUERIES: usize = 5;

impl Reader {
    /// Many resources at once, in the order asked; each may be refused on its own. The paths are those of
    /// [`Reader::get`]; a query that has more pages is read to its end. Where they do not fit one request, the
    /// requests go out together.
    ///
    /// # Errors
    /// Where a request as a whole fails.
    pub async fn together(&self, gets: &[String]) -> Result<Vec<Result<Value, Refusal>>, OrgError> {
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
        let pages = self.together(&paths).await?.into_iter();
        let rows = pages.map(|page| match page {
            Ok(page) => records(page).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        });
        rows.collect()
    }

    /// One composite, and the answers to its parts.
    async fn composite(&self, parts: Vec<Part>) -> Result<Vec<Answered>, OrgError> {
        let operation = format!("read {} resources at once", parts.len());
        let (numbers, parts): (Vec<usize>, Vec<Value>) = parts
            .into_iter()
            .map(|(number, path)| {
                let url = self.data_path(&path);
                (
                    number,
                    json!({"method": "GET", "url": url, "referenceId": reference(number)}),
                )
            })
            .unzip();
        let body = json!({"allOrNone": false, "compositeRequest": parts});
        let request = Request {
            operation,
            method: Method::POST,
            path: self.data_path("composite"),
            body: Body::Json(body.to_string().into_bytes()),
            write: false,
            api_calls: 1,
        };
        let answer = self.session.call(&request).await?;
        let mut results = results(&answer, &numbers)?;
        for body in results.iter_mut().flatten() {
            self.complete(body).await?;
        }
        Ok(numbers.into_iter().zip(results).collect())
    }
}

/// A read: its number among all, and its path.
type Part = (usize, String);
/// What the read of that number was answered.
type Answered = (usize, Result<Value, Refusal>);

fn parts(gets: &[String], group: Vec<usize>) -> Vec<Part> {
    let paths = group.into_iter();
    paths.map(|number| (number, gets[number].clone())).collect()
}

/// The numbers of the reads that go out in one request each: as few requests as possible, alike in work, since an org
/// carries the parts of one out one after the other.
fn groups(gets: &[String]) -> Vec<Vec<usize>> {
    let (queries, others): (Vec<usize>, Vec<usize>) =
        (0..gets.len()).partition(|index| is_query(&gets[*index]));
    let requests = queries
        .len()
        .div_ceil(MOST_QUERIES)
        .max(gets.len().div_ceil(MOST_READS));
    let mut groups = vec![Vec::new(); requests];
    for (turn, index) in queries.into_iter().chain(others).enumerate() {
        groups[turn % requests].push(index);
    }
    groups
}

fn is_query(path: &str) -> bool {
    let resource = path.split('?').next().unwrap_or_default();
    resource
        .split('/')
        .any(|step| matches!(step, "query" | "queryAll"))
}

fn reference(index: usize) -> String {
    format!("r{index}")
}

/// What each part was answered, by its reference.
fn results(answer: &Answer, group: &[usize]) -> Result<Vec<Result<Value, Refusal>>, OrgError> {
    let mut body = answer.lean_json()?;
    let parts = match body.get_mut("compositeResponse").map(Value::take) {
        Some(Value::Array(parts)) if parts.len() == group.len() => parts,
        _ => return Err(answer.unreadable("it does not hold one result for each request")),
    };
    let mut named: std::collections::BTreeMap<String, Value> = parts
        .into_iter()
        .filter_map(|part| Some((part.get("referenceId")?.as_str()?.to_owned(), part)))
        .collect();
    let results = group.iter().map(|index| {
        let part = named.remove(&reference(*index));
        let part = part.ok_or_else(|| answer.unreadable("it leaves out a request"))?;
        result(answer, part)
    });
    results.collect()
}

fn result(answer: &Answer, mut part: Value) -> Result<Result<Value, Refusal>, OrgError> {
    let status = part.get("httpStatusCode").and_then(Value::as_u64);
    let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else {
        return Err(answer.unreadable("a result in it has no status"));
    };
    let body = part.get_mut("body").map(Value::take).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(Ok(body));
    }
    let nameless = || Refusal::new(status, &format!("HTTP {status}"), "");
    Ok(Err(json_refusal(&body, status).unwrap_or_else(nameless)))
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
