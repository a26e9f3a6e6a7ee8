//! Metadata files of either layout and any name -> documents by type and name, and their comparison. Pure.
//!
//! A document is the same whether it was retrieved as one file, as a source project keeps it in several, or split
//! over packages: parts of one object are put together, and files of one component are read as one.

use crate::difference::{Difference, differences};
use crate::package::{self, Files};
use crate::xml::{self, Element, XmlError};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Documents by what they are called.
pub type Documents = BTreeMap<DocumentIdentity, Element>;

/// What a document is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentIdentity {
    /// The metadata type, or [`FILE`].
    pub kind: String,
    /// The component's name; of types that are not modelled, the path within the package.
    pub name: String,
}

/// The type of what is no metadata document: it is compared as text.
pub const FILE: &str = "File";

/// A metadata file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its path.
    pub file: String,
    /// Why, and where in it.
    pub error: XmlError,
    /// The text that the place is in; empty where the bytes are none.
    pub text: Arc<String>,
}

/// Types whose components are told apart by their name, wherever the file lies.
const NAMED: [&str; 7] = [
    "CustomField",
    "CustomObject",
    "Group",
    "PermissionSet",
    "Profile",
    "Role",
    "SharingRules",
];

/// Parts of an object that a source project keeps in files of their own: root element, and both the folder and the
/// element inside an object's file (Salesforce DX guide, source format).
const PARTS: [(&str, &str); 10] = [
    ("BusinessProcess", "businessProcesses"),
    ("CompactLayout", "compactLayouts"),
    ("CustomField", "fields"),
    ("FieldSet", "fieldSets"),
    ("Index", "indexes"),
    ("ListView", "listViews"),
    ("RecordType", "recordTypes"),
    ("SharingReason", "sharingReasons"),
    ("ValidationRule", "validationRules"),
    ("WebLink", "webLinks"),
];

/// Bytes at the beginning of a file in which its namespace is looked for.
const HEAD_BYTES: usize = 4096;

/// Reads the files of a folder or an archive, by path with `/` between its parts.
///
/// # Errors
/// Every metadata file that is malformed.
pub fn read(files: Files) -> Result<Documents, Vec<Malformed>> {
    let mut documents = Documents::new();
    let mut malformed = Vec::new();
    for (path, bytes) in files {
        if !is_metadata(&path, &bytes) {
            documents.insert(identity(FILE, &path), contents(bytes));
            continue;
        }
        match tree(&path, bytes) {
            Ok(root) => add(&mut documents, &path, root),
            Err(unreadable) => malformed.push(unreadable),
        }
    }
    if malformed.is_empty() {
        Ok(documents)
    } else {
        Err(malformed)
    }
}

/// Reads one file, whatever its name.
///
/// # Errors
/// It is malformed.
pub fn read_loose(name: &str, bytes: Vec<u8>) -> Result<Documents, Malformed> {
    let root = tree(name, bytes)?;
    let mut documents = Documents::new();
    add(&mut documents, name, root);
    Ok(documents)
}

/// The tree of a file; it goes on using the bytes, so that they are in memory once.
fn tree(file: &str, bytes: Vec<u8>) -> Result<Element, Malformed> {
    let malformed = |error, text| Malformed {
        file: file.to_owned(),
        error,
        text,
    };
    let text = xml::decode(bytes).map_err(|error| malformed(error, Arc::default()))?;
    let text = Arc::new(text);
    xml::read_shared(&text).map_err(|error| malformed(error, text))
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Documents that differ, by type and name.
    pub documents: Vec<Compared>,
    /// How many say the same on both sides.
    pub equal: usize,
}

/// A document that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it is called.
    pub identity: DocumentIdentity,
    /// How it differs.
    pub state: State,
}

/// How a document differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on both sides.
    Changed(Vec<Difference>),
    /// It is on the first side only.
    OnlyInA,
    /// It is on the second side only.
    OnlyInB,
}

/// Compares two sides, document by document.
pub fn compare(a: &Documents, b: &Documents) -> Comparison {
    let mut comparison = Comparison::default();
    let identities: BTreeSet<&DocumentIdentity> = a.keys().chain(b.keys()).collect();
    for identity in identities {
        let state = match (a.get(identity), b.get(identity)) {
            (Some(before), Some(after)) => State::Changed(differences(before, after)),
            (Some(_), None) => State::OnlyInA,
            (None, _) => State::OnlyInB,
        };
        comparison.add(identity.clone(), state);
    }
    comparison
}

/// Compares two loose files: with each other where they are of one type, whatever they are called.
pub fn compare_loose(a: &Documents, b: &Documents) -> Comparison {
    let (Some((one, before)), Some((other, after))) = (a.first_key_value(), b.first_key_value())
    else {
        return compare(a, b);
    };
    if one.kind != other.kind || a.len() + b.len() > 2 {
        return compare(a, b);
    }
    let name = if one.name == other.name {
        one.name.clone()
    } else {
        format!("{} and {}", one.name, other.name)
    };
    let mut comparison = Comparison::default();
    let state = State::Changed(differences(before, after));
    comparison.add(
        DocumentIdentity {
            kind: one.kind.clone(),
            name,
        },
        state,
    );
    comparison
}

impl Comparison {
    fn add(&mut self, identity: DocumentIdentity, state: State) {
        if state == State::Changed(Vec::new()) {
            self.equal += 1;
        } else {
            self.documents.push(Compared { identity, state });
        }
    }
}

/// Whether a file is a metadata document, by its name or its namespace.
fn is_metadata(path: &str, bytes: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let plain_xml = name.ends_with(".xml") && !name.ends_with("-meta.xml");
    if package::is_metadata_name(name) && !plain_xml {
        return true;
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let has_namespace = |unit: usize| {
        let units: Vec<u8> = head
            .iter()
            .copied()
            .filter(|byte| unit == 1 || *byte != 0)
            .collect();
        let namespace = package::NAMESPACE.as_bytes();
        units
            .windows(namespace.len())
            .any(|window| window == namespace)
    };
    match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => has_namespace(2),
        _ => starts_with_tag(head) && has_namespace(1),
    }
}

fn starts_with_tag(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"<")
}

/// Puts a document where it belongs: parts into their object, further files of one component to the first.
fn add(documents: &mut Documents, path: &str, root: Element) {
    let (identity, root) = match object_part(path, &root) {
        Some((object, part)) => (identity("CustomObject", object), part),
        None => (identity(&root.name, path), root),
    };
    match documents.get_mut(&identity) {
        Some(existing) => existing.children.extend(root.children),
        None => {
            documents.insert(identity, root);
        }
    }
}

/// The object that a file of a source project is a part of, and the part as the object's own file has it.
fn object_part<'a>(path: &'a str, root: &Element) -> Option<(&'a str, Element)> {
    let (_, element) = PARTS.iter().find(|(kind, _)| *kind == root.name.as_str())?;
    let mut folders = path.rsplit('/');
    let (file, folder, object) = (folders.next()?, folders.next()?, folders.next()?);
    if folder != *element {
        return None;
    }
    let mut part = Element {
        name: (*element).into(),
        attributes: Box::default(),
        ..root.clone()
    };
    if part.child("fullName").is_none() {
        part.children.push(Element::leaf("fullName", stem(file)));
    }
    Some((object, Element::new("CustomObject").with(part)))
}

fn identity(kind: &str, path: &str) -> DocumentIdentity {
    let name = if NAMED.contains(&kind) {
        stem(path.rsplit('/').next().unwrap_or(path))
    } else {
        package_path(path)
    };
    DocumentIdentity {
        kind: kind.to_owned(),
        name,
    }
}

/// The path as both layouts have it: below the package directory, without the source format's ending.
fn package_path(path: &str) -> String {
    let below = path
        .rsplit_once("main/default/")
        .map_or(path, |(_, below)| below);
    let below = below.strip_prefix("unpackaged/").unwrap_or(below);
    below.strip_suffix("-meta.xml").unwrap_or(below).to_owned()
}

/// A component's name from its file's: without endings, and with percent signs resolved.
fn stem(file: &str) -> String {
    let name = file.strip_suffix("-meta.xml").unwrap_or(file);
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    percent_decode_str(name)
        .decode_utf8()
        .map_or_else(|_| name.to_owned(), Cow::into_owned)
}

/// What is in a file that is no metadata document: its text, or a digest of its bytes.
fn contents(bytes: Vec<u8>) -> Element {
    match String::from_utf8(bytes) {
        Ok(text) => Element::leaf("text", text.replace("\r\n", "\n")),
        Err(error) => {
            let digest = Sha256::digest(error.as_bytes());
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Element::leaf("bytes", format!("sha256:{hex}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        files.iter().map(file).collect()
    }

    /// What differs between two folders, one document a line.
    fn shown(a: &[(&str, &str)], b: &[(&str, &str)]) -> String {
        let read = |side| read(files(side)).expect("well-formed");
        let comparison = compare(&read(a), &read(b));
        let lines = comparison.documents.iter().map(|compared| {
            let state = match &compared.state {
                State::Changed(differences) => format!("{}", differences.len()),
                State::OnlyInA => "only in a".to_owned(),
                State::OnlyInB => "only in b".to_owned(),
            };
            format!(
                "{} {}: {state}",
                compared.identity.kind, compared.identity.name
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    const ROLE: &str =
        "<Role xmlns='http://soap.sforce.com/2006/04/metadata'><name>R</name></Role>";

    #[test]
    fn layouts_and_names_of_files_do_not_count() {
        let source = [
            (
                "force-app/main/default/objects/Lead/Lead.object-meta.xml",
                "<CustomObject><sharingModel>Private</sharingModel></CustomObject>",
            ),
            (
                "force-app/main/default/objects/Lead/fields/X__c.field-meta.xml",
                "<CustomField><fullName>X__c</fullName><label>X</label></CustomField>",
            ),
            ("force-app/main/default/roles/A%2EB.role-meta.xml", ROLE),
        ];
        let package = [
            (
                "unpackaged/objects/Lead.object",
                "<CustomObject><fields><fullName>X__c</fullName><label>X</label></fields><sharingModel>Private</sharingModel></CustomObject>",
            ),
            ("unpackaged/roles/A.B.role", ROLE),
        ];
        assert_eq!(shown(&source, &package), "");
        let any_name = [("A.B.txt", ROLE)];
        assert_eq!(shown(&package[1..], &any_name), "");
    }

    #[test]
    fn packages_that_share_a_component_are_read_as_one() {
        let split = [
            (
                "1-fields/objects/Lead.object",
                "<CustomObject><fields><fullName>X</fullName></fields></CustomObject>",
            ),
            (
                "3-defaults/objects/Lead.object",
                "<CustomObject><sharingModel>Read</sharingModel></CustomObject>",
            ),
        ];
        let whole = [(
            "objects/Lead.object",
            "<CustomObject><sharingModel>Read</sharingModel><fields><fullName>X</fullName></fields></CustomObject>",
        )];
        assert_eq!(shown(&split, &whole), "");
    }

    #[test]
    fn what_is_missing_and_what_is_no_metadata_is_told() {
        let a = [
            ("roles/A.role", ROLE),
            ("README.md", "one\r\n"),
            ("page.html", "<p>a<br></p>"),
        ];
        let b = [
            ("roles/B.role", ROLE),
            ("README.md", "one"),
            ("page.html", "<p>b<br></p>"),
        ];
        assert_eq!(
            shown(&a, &b),
            "File page.html: 1\nRole A: only in a\nRole B: only in b"
        );
    }

    #[test]
    fn loose_files_are_compared_whatever_they_are_called() {
        let one = read_loose("old.txt", ROLE.into()).expect("a role");
        let other = read_loose("new.txt", ROLE.replace(">R<", ">S<").into()).expect("a role");
        let comparison = compare_loose(&one, &other);
        let found = comparison.documents.first().expect("a difference");
        assert_eq!(found.identity.name, "old and new");
        assert!(matches!(&found.state, State::Changed(differences) if differences.len() == 1));
        let set = read_loose("set.txt", b"<PermissionSet/>".into()).expect("a permission set");
        assert_eq!(compare_loose(&one, &set).documents.len(), 2);
    }

    #[test]
    fn every_malformed_file_is_told_with_its_place() {
        let malformed = read(files(&[
            ("a.role", "<Role>\n<x></Role>"),
            ("b.role", ROLE),
            ("c.role", ""),
        ]))
        .expect_err("two are malformed");
        let told: Vec<String> = malformed
            .iter()
            .map(|one| format!("{}: {}", one.file, one.error))
            .collect();
        assert!(told[0].starts_with("a.role: line 2, column"), "{told:?}");
        assert!(told[1].starts_with("c.role: line 1, column 1"), "{told:?}");
    }
}
