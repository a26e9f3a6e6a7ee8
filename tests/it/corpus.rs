//! Metadata as it really is: read, written, compared, and checked by other people's libraries.
//!
//! With `ORGWRIGHT_CORPUS` naming a folder of real files these tests run on all of them, else on the small samples in
//! `tests/metadata`. Files in `malformed` may be refused; `history` holds successive versions of one file each.

#![expect(clippy::print_stderr, reason = "what was read is told")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod spelling;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use orgwright::difference::{apply, differences};
use orgwright::xml::{self, Element, XmlError};

/// The folder of real files, or the samples.
fn corpus() -> PathBuf {
    let samples = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metadata");
    testing::material("corpus", "the codec; samples are read instead").unwrap_or_else(samples)
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_none_or(|extension| extension != "tsv") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_malformed(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str() == "malformed")
}

/// What a document holds, as another library reads it: every element with its path, attributes and, where it is a
/// leaf, its text; how often each.
fn contents(text: &str) -> Result<BTreeMap<String, usize>, roxmltree::Error> {
    let text = text.trim_start_matches('\u{feff}');
    let document = roxmltree::Document::parse(text)?;
    let mut counts = BTreeMap::new();
    count(document.root_element(), "", &mut counts);
    Ok(counts)
}

fn count(node: roxmltree::Node<'_, '_>, above: &str, counts: &mut BTreeMap<String, usize>) {
    let path = format!("{above}/{}", node.tag_name().name());
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|attribute| format!("{}={:?}", attribute.name(), attribute.value()))
        .collect();
    attributes.sort();
    let is_leaf = !node.children().any(|child| child.is_element());
    let text: String = if is_leaf {
        node.children()
            .filter_map(|child| child.is_text().then(|| child.text())?)
            .collect()
    } else {
        String::new()
    };
    *counts
        .entry(format!("{path} {attributes:?} {text:?}"))
        .or_default() += 1;
    for child in node.children().filter(|child| child.is_element()) {
        count(child, &path, counts);
    }
}

#[test]
fn nothing_is_lost_between_reading_and_writing() {
    let (mut same, mut refused) = (0, 0);
    let mut otherwise: BTreeMap<&str, usize> = BTreeMap::new();
    let files = files(&corpus());
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let tree = match xml::read_bytes(&bytes) {
            Ok(tree) => tree,
            Err(error) => {
                refused += 1;
                assert_located(file, &bytes, &error);
                continue;
            }
        };
        let written = xml::write(&tree).unwrap();
        assert_eq!(xml::read(&written), Ok(tree), "{}", file.display());
        let original = std::str::from_utf8(&bytes).unwrap();
        assert_eq!(
            contents(original).unwrap(),
            contents(&written).unwrap(),
            "{}",
            file.display()
        );
        let causes = spelling::causes(original, &written).unwrap_or_else(|respelt| {
            panic!(
                "{} is written otherwise for a reason without a name: {:?}",
                file.display(),
                first_difference(&respelt, &written)
            )
        });
        assert_eq!(causes.is_empty(), written == original, "{}", file.display());
        same += usize::from(causes.is_empty());
        causes
            .iter()
            .for_each(|cause| *otherwise.entry(cause).or_default() += 1);
    }
    eprintln!(
        "{} files, {same} written back byte for byte, {refused} refused, others with {otherwise:?}",
        files.len()
    );
    assert!(files.len() > 8);
}

/// The first lines that differ.
fn first_difference<'a>(left: &'a str, right: &'a str) -> Option<(&'a str, &'a str)> {
    left.lines()
        .zip(right.lines())
        .find(|(one, other)| one != other)
}

/// What is refused is malformed for the other library too, or holds text where metadata has none; the reason names its
/// place.
fn assert_located(file: &Path, bytes: &[u8], error: &XmlError) {
    assert!(is_malformed(file), "{}: {error}", file.display());
    let XmlError::Unreadable { line, column, .. } = error else {
        panic!("{}: {error}", file.display());
    };
    assert!(*line > 0 && *column > 0);
    let text = std::str::from_utf8(bytes).unwrap();
    let stray = error.to_string().contains("text beside elements");
    assert!(
        stray || contents(text).is_err(),
        "{}: {error}",
        file.display()
    );
}

/// The versions of each file in `history`, oldest first. A version of the same content as another file is only named
/// in the list beside them.
fn histories() -> BTreeMap<String, BTreeMap<usize, PathBuf>> {
    let corpus = corpus();
    let mut histories: BTreeMap<String, BTreeMap<usize, PathBuf>> = BTreeMap::new();
    let mut add = |version: &str, file: PathBuf| {
        let (history, version) = version
            .strip_prefix("history/")
            .unwrap()
            .split_once('/')
            .unwrap();
        let number = version
            .trim_start_matches('v')
            .split(['.', ' '])
            .next()
            .unwrap();
        let versions = histories.entry(history.to_owned()).or_default();
        versions.insert(number.parse().unwrap(), file);
    };
    for file in files(&corpus.join("history")) {
        let version = file
            .strip_prefix(&corpus)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        add(&version, file);
    }
    let index = std::fs::read_to_string(corpus.join("INDEX.tsv")).unwrap_or_default();
    let rows: Vec<Vec<&str>> = index
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    for row in rows.iter().filter(|row| row[0].contains(" -> see sha")) {
        let twin = rows
            .iter()
            .find(|other| other[5] == row[5] && corpus.join(other[0]).is_file());
        if let Some(twin) = twin {
            add(row[0], corpus.join(twin[0]));
        }
    }
    histories
}

fn tree(file: &Path) -> Element {
    xml::read_bytes(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_difference_applied_to_the_old_version_gives_the_new_one() {
    let (mut pairs, mut literal) = (0, 0);
    for (history, versions) in histories() {
        let versions: Vec<Element> = versions.values().map(|file| tree(file)).collect();
        for pair in versions.windows(2) {
            for (before, after) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
                let found = differences(before, after);
                let patched = apply(before, &found).unwrap();
                assert_eq!(differences(&patched, after), [], "{history}");
                assert_eq!(
                    found.is_empty(),
                    said(before) == said(after),
                    "{history}: {found:?}"
                );
                assert_eq!(said(&patched), said(after), "{history}");
                literal += usize::from(held(&patched) == held(after));
                pairs += 1;
            }
        }
    }
    eprintln!("{pairs} pairs, {literal} of them element for element");
    assert!(pairs >= 4 && literal * 2 >= pairs);
}

fn held(tree: &Element) -> BTreeMap<String, usize> {
    contents(&xml::write(tree).unwrap()).unwrap()
}

/// What a document says, by another library: what it holds apart from grants and flags that are off and from how
/// filter logic is spelled, with booleans in one spelling.
fn said(tree: &Element) -> BTreeMap<String, usize> {
    let text = xml::write(tree).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let mut counts = BTreeMap::new();
    for child in document
        .root_element()
        .children()
        .filter(|child| child.is_element())
    {
        if !is_off(child) {
            count(child, "", &mut counts);
        }
    }
    counts.retain(|entry, _| !entry.contains("/booleanFilter "));
    let mut said = BTreeMap::new();
    for (entry, count) in counts {
        let spelled = entry
            .replace("\"True\"", "\"true\"")
            .replace("\"False\"", "\"false\"");
        if !spelled.ends_with("\"false\"") {
            *said.entry(spelled).or_default() += count;
        }
    }
    said
}

/// A name beside flags that are all `false`, as profiles and permission sets list them.
fn is_off(entry: roxmltree::Node<'_, '_>) -> bool {
    let texts: Vec<&str> = entry
        .children()
        .filter(|child| child.is_element())
        .filter_map(|child| child.text())
        .collect();
    let names = texts.iter().filter(|text| **text != "false").count();
    names == 1 && texts.len() > 1
}

#[test]
fn a_document_has_no_difference_to_itself_in_reverse() {
    for file in files(&corpus()) {
        let Ok(tree) = xml::read_bytes(&std::fs::read(&file).unwrap()) else {
            continue;
        };
        let mut reversed = tree.clone();
        reversed.children.reverse();
        assert_eq!(differences(&tree, &reversed), [], "{}", file.display());
    }
}
