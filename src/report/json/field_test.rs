//! What a field test found, for machines.

use serde::Serialize;

use super::ended::Ended;
use super::{FORMAT_VERSION, OrgJson, pretty};
use crate::field_test::{Expectation, FieldOutcome, FieldTest};
use crate::report::Ending;

/// The whole report; `folder` is where the record lies.
pub fn field_test(test: &FieldTest, folder: Option<&str>) -> String {
    let exit = test.exit();
    let body = FieldTestJson {
        format_version: FORMAT_VERSION,
        org: OrgJson::from(&test.org),
        holds: test.count(FieldOutcome::Holds),
        does_not_hold: test.count(FieldOutcome::DoesNotHold),
        not_tried: test.count(FieldOutcome::NotTried),
        expectations: &test.expectations,
        record: folder,
        api_requests: test.requests,
        api_calls: test.api_calls,
    };
    pretty(&Ended::new(body, &Ending::of(exit)))
}

#[derive(Serialize)]
struct FieldTestJson<'a> {
    format_version: &'static str,
    org: OrgJson<'a>,
    holds: usize,
    does_not_hold: usize,
    not_tried: usize,
    expectations: &'a [Expectation],
    record: Option<&'a str>,
    api_requests: u64,
    api_calls: u64,
}
