//! The Apex tests a deploy asks for. The emulator runs no Apex, and does not say that tests passed which never ran.

use super::Options;
use crate::store::Org;

const LEVELS: [&str; 5] = [
    "NoTestRun",
    "RunAllTestsInOrg",
    "RunLocalTests",
    "RunRelevantTests",
    "RunSpecifiedTests",
];

/// `errorStatusCode` of whole deploys.
const CODE: &str = "UNKNOWN_EXCEPTION";

/// Whether a deploy runs tests.
pub(crate) fn runs_tests(options: &Options) -> bool {
    let level = options.test_level.as_deref();
    level.is_some_and(|level| level != "NoTestRun")
}

/// Why the deploy cannot have the tests it asks for: code and message.
///
/// Where the org has Apex of its own once the package is laid over it, none of it is covered by a test that ran
/// (Metadata API guide, "Running Tests in a Deployment").
pub(super) fn refusal(org: &Org, options: &Options) -> Option<(&'static str, String)> {
    let level = options.test_level.as_deref().unwrap_or("NoTestRun");
    if !LEVELS.contains(&level) {
        let message = format!("'{level}' is not a valid value for the enum 'TestLevel'");
        return Some(("INVALID_TYPE", message));
    }
    if level == "RunSpecifiedTests" && options.run_tests.is_empty() {
        let message = "RunSpecifiedTests needs the names of the test classes to run";
        return Some((CODE, message.to_owned()));
    }
    if level != "RunSpecifiedTests" && !options.run_tests.is_empty() {
        let message = "Test classes can only be named with the test level RunSpecifiedTests";
        return Some((CODE, message.to_owned()));
    }
    let unknown = options.run_tests.iter().find(|name| !is_test(org, name));
    if let Some(name) = unknown {
        let message = format!(
            "This class name's value is invalid: {name}. Provide the name of an Apex class that has test methods."
        );
        return Some(("INVALID_INPUT", message));
    }
    let uncovered = runs_tests(options) && has_apex(org);
    let message = "Average test coverage across all Apex Classes and Triggers is 0%, at least 75% test coverage is required.";
    uncovered.then(|| (CODE, message.to_owned()))
}

fn sources<'o>(org: &'o Org, kind: &str) -> impl Iterator<Item = (&'o String, &'o String)> {
    org.documents.get(kind).into_iter().flatten()
}

fn is_test(org: &Org, name: &str) -> bool {
    let mut classes = sources(org, "ApexClass.content");
    classes.any(|(class, source)| {
        let source = source.to_ascii_lowercase();
        class == name && (source.contains("@istest") || source.contains("testmethod"))
    })
}

fn has_apex(org: &Org) -> bool {
    let kinds = ["ApexClass.content", "ApexTrigger.content"];
    kinds.iter().any(|kind| sources(org, kind).next().is_some())
}
