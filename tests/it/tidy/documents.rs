//! The documents against the program: paths, findings, exit codes, kinds, keys, stages.

use std::collections::BTreeSet;
use std::path::Path;

use orgwright::change::Stage;
use orgwright::code::Code;
use orgwright::diagnostic::Exit;
use orgwright::kinds::KINDS;
use orgwright::manifest::json_schema;
use serde_json::Value;

use super::markdown;
use super::source::{files, read, sources};

const ARCHITECTURE: &str = "docs/architecture.md";
const FINDINGS: &str = "docs/findings.md";
const MANIFEST: &str = "docs/manifest.md";

fn documents() -> Vec<String> {
    let mut documents = [files("docs", ".md"), files("crates", ".md")].concat();
    documents.push("README.md".to_owned());
    documents
}

/// Paths that a document names and that are not there: code words below our folders, and links.
pub(crate) fn missing_paths() -> Vec<String> {
    let mut missing = Vec::new();
    for document in documents() {
        let text = read(&document);
        let folder = Path::new(&document).parent().unwrap();
        let named = markdown::code_words(&text).into_iter();
        let named = named.filter_map(|word| own_path(&word)).map(Into::into);
        let linked = links(&text).into_iter().map(|link| folder.join(link));
        let absent = named.chain(linked).filter(|path| !path.exists());
        missing.extend(absent.map(|path| format!("{document}: {}", path.display())));
    }
    missing
}

/// The path a code word begins with, where it is one of the repository's.
fn own_path(word: &str) -> Option<String> {
    let folders = [
        "src/",
        "crates/",
        "tests/",
        "docs/",
        "manifests/",
        "templates/",
        ".ci/",
    ];
    let path = word.split_whitespace().next()?;
    let ours = folders.iter().any(|folder| path.starts_with(folder));
    let pattern = path.contains(['*', '<', '{', '…']);
    (ours && !pattern).then(|| path.to_owned())
}

/// Targets of links that stay within the repository, without their anchors.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split([')', '#']).next());
    targets
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .map(str::to_owned)
        .collect()
}

/// Source files that the code map names neither by themselves nor with their folder.
pub(crate) fn unmapped_files() -> Vec<String> {
    let named: BTreeSet<String> = markdown::code_words(&read(ARCHITECTURE))
        .into_iter()
        .collect();
    let mapped = |path: &str| {
        let mut ends = path.match_indices('/').map(|(end, _)| &path[..=end]);
        named.contains(path) || ends.any(|folder| folder != "src/" && named.contains(folder))
    };
    let paths = sources().into_iter().map(|source| source.path);
    paths.filter(|path| !mapped(path)).collect()
}

/// One finding as a document or the program tells it: code with title, then the explanation, in single spaces.
type Told = (String, String);

/// Findings that only one side knows, or that both word differently.
pub(crate) fn finding_differences() -> Vec<String> {
    let documented = documented_findings();
    let codes: BTreeSet<&str> = documented.iter().map(|(code, _)| code.as_str()).collect();
    let undocumented = Code::ALL.iter().filter(|code| !codes.contains(code.text()));
    let mut differences: Vec<String> = undocumented
        .map(|code| format!("{code} is not in {FINDINGS}"))
        .collect();
    for (code, told) in &documented {
        let explained = explained(code);
        if *told != explained {
            differences.push(format!(
                "{code}\n    document: {told}\n    program:  {explained}"
            ));
        }
    }
    differences
}

/// Each `### OW1001: title` with the paragraph below it.
fn documented_findings() -> Vec<Told> {
    let text = read(FINDINGS);
    let sections = text.split("\n### OW").skip(1);
    let told = |section: &str| {
        let mut paragraphs = section.split("\n\n");
        let title = paragraphs.next().unwrap();
        let explanation = paragraphs.next().unwrap();
        let code = format!("OW{}", &title[..4]);
        (code, single_spaced(&format!("OW{title} {explanation}")))
    };
    sections.map(told).collect()
}

/// What the program says of a code; nothing where it does not know it.
fn explained(text: &str) -> String {
    let told = |code: Code| {
        let (title, explanation) = (code.title(), code.explanation());
        single_spaced(&format!("{code}: {title} {explanation}"))
    };
    Code::named(text).map(told).unwrap_or_default()
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Code and meaning, row by row.
pub(crate) fn documented_exit_codes() -> Vec<(String, String)> {
    let rows = markdown::table(&read("docs/exit-codes.md"), "code");
    let cells = rows.into_iter().map(|row| (row[0].clone(), row[1].clone()));
    cells.collect()
}

/// Code and meaning of each exit there is.
pub(crate) fn real_exit_codes() -> Vec<(String, String)> {
    let exits = Exit::ALL.into_iter();
    exits
        .map(|exit| (exit.code().to_string(), exit.meaning().to_owned()))
        .collect()
}

/// Kinds without a row of their own.
pub(crate) fn undocumented_kinds() -> Vec<String> {
    let rows = markdown::table(&read(MANIFEST), "kind");
    let documented: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| markdown::code_words(&row[0]))
        .collect();
    let names = KINDS.iter().map(|kind| kind.name.to_owned());
    names.filter(|name| !documented.contains(name)).collect()
}

/// Keys that the JSON Schema takes and the document does not mention.
pub(crate) fn undocumented_keys() -> Vec<String> {
    let text = read(MANIFEST);
    let mut words: BTreeSet<String> = markdown::code_words(&text).into_iter().collect();
    for block in markdown::blocks(&text) {
        let keys = block.text.split([':', '{', ',', '#', '-', ' ', '\n']);
        words.extend(keys.map(str::to_owned));
    }
    let mut keys = BTreeSet::new();
    schema_keys(&json_schema(), &mut keys);
    keys.into_iter()
        .filter(|key| !words.contains(key))
        .collect()
}

fn schema_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(map) => map.values().for_each(|value| schema_keys(value, keys)),
        Value::Array(list) => list.iter().for_each(|value| schema_keys(value, keys)),
        _ => {}
    }
}

/// Number and title of each stage that writes, row by row.
pub(crate) fn documented_stages() -> Vec<(String, String)> {
    let rows = markdown::table(&read(ARCHITECTURE), "stage");
    let cells = rows.into_iter().map(|row| (row[0].clone(), row[1].clone()));
    cells.take(Stage::WRITING.len()).collect()
}

/// Number and title of each stage that there is.
pub(crate) fn real_stages() -> Vec<(String, String)> {
    let stages = Stage::WRITING.into_iter();
    stages
        .map(|stage| (stage.to_string(), stage.title().to_owned()))
        .collect()
}
