//! SARIF held against what its schema demands (OASIS, SARIF 2.1.0, section 3): the parts that this program writes.

use serde_json::Value;

/// Levels of a result (section 3.27.10).
const LEVELS: [&str; 4] = ["none", "note", "warning", "error"];

/// The log, after everything that its readers rely on was looked at.
pub(crate) fn judged(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    keys(&log, &["$schema", "version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    assert!(
        log["$schema"]
            .as_str()
            .unwrap()
            .ends_with("sarif-2.1.0.json")
    );
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    for run in runs {
        keys(run, &["tool", "invocations", "columnKind", "results"]);
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = rules(&run["tool"]["driver"]);
        for invocation in run["invocations"].as_array().unwrap() {
            let known = [
                "executionSuccessful",
                "exitCode",
                "exitCodeDescription",
                "endTimeUtc",
            ];
            keys(invocation, &known);
            assert!(invocation["executionSuccessful"].is_boolean());
            assert!(invocation["exitCode"].is_i64() || invocation["exitCode"].is_u64());
        }
        let results = run["results"].as_array().unwrap();
        results
            .iter()
            .for_each(|result| judge_result(result, &rules));
        let mut prints: Vec<String> = results
            .iter()
            .map(|result| result["partialFingerprints"]["orgwright/v1"].to_string())
            .collect();
        prints.sort();
        prints.dedup();
        assert_eq!(
            prints.len(),
            results.len(),
            "each result has a fingerprint of its own"
        );
    }
    log
}

/// The ids of a driver's rules, each once.
fn rules(driver: &Value) -> Vec<String> {
    keys(driver, &["name", "version", "semanticVersion", "rules"]);
    assert!(!driver["name"].as_str().unwrap().is_empty());
    let rules = driver["rules"].as_array().unwrap();
    let ids: Vec<String> = rules
        .iter()
        .map(|rule| {
            keys(rule, &["id", "shortDescription", "fullDescription", "help"]);
            for text in ["shortDescription", "fullDescription", "help"] {
                message(&rule[text]);
            }
            rule["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut once = ids.clone();
    once.dedup();
    assert_eq!(once, ids);
    ids
}

fn judge_result(result: &Value, rules: &[String]) {
    let known = [
        "ruleId",
        "ruleIndex",
        "level",
        "message",
        "locations",
        "partialFingerprints",
        "relatedLocations",
    ];
    keys(result, &known);
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(
        result["ruleId"].as_str(),
        rules.get(index).map(String::as_str)
    );
    assert!(LEVELS.contains(&result["level"].as_str().unwrap()));
    message(&result["message"]);
    let locations = result["locations"].as_array().unwrap();
    assert!(
        !locations.is_empty(),
        "code scanning shows nothing without a place"
    );
    let related = result["relatedLocations"].as_array().into_iter().flatten();
    for location in locations.iter().chain(related) {
        keys(
            location,
            &["physicalLocation", "logicalLocations", "message"],
        );
        let place = &location["physicalLocation"];
        keys(place, &["artifactLocation", "region"]);
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
        assert!(!uri.is_empty() && uri.chars().all(is_plain), "{uri}");
        for number in ["startLine", "startColumn"] {
            assert!(
                place["region"][number].as_u64().unwrap() >= 1,
                "counted from 1"
            );
        }
    }
}

fn message(message: &Value) {
    keys(message, &["text"]);
    assert!(!message["text"].as_str().unwrap().is_empty());
}

/// No key besides the known ones: the schema forbids others.
fn keys(value: &Value, known: &[&str]) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"));
    for key in object.keys() {
        assert!(known.contains(&key.as_str()), "{key} in {value}");
    }
}
