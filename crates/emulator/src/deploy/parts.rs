//! From manifest and files to the components a deploy lays over the org.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::Options;
use super::package::Package;
use super::report::Message;
use crate::documents::{self, KINDS, Kind};
use crate::http::decode;
use crate::problem::{Problem, UNKNOWN};
use crate::xml::{self, METADATA, child_text, children, elements};

/// A component to be laid over the org.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// `CustomField`.
    pub(super) kind: String,
    /// Decoded: `Lead.X__c`.
    pub(super) name: String,
    /// Path in the zip.
    pub(super) file: String,
    /// Text of the file.
    pub(super) text: String,
    /// Element of the file that holds it; `None` for the file's root.
    pub(super) inside: Option<&'static str>,
    /// The file of another format that belongs to it.
    pub(super) content: Option<String>,
}

impl Part {
    /// The element of the component in its file.
    pub(super) fn element<'a, 'input>(
        &self,
        document: &'a Document<'input>,
    ) -> Result<Node<'a, 'input>, Problem> {
        let root = document.root_element();
        // Files of settings begin with as many names as there are settings.
        documents::check_supported(&self.kind, root)?;
        let root_name =
            documents::file_kind(&self.kind).map_or(self.kind.as_str(), |kind| kind.name);
        if root.tag_name().name() != root_name || root.tag_name().namespace() != Some(METADATA) {
            let name = root.tag_name().name();
            let namespace = root.tag_name().namespace().unwrap_or_default();
            let message = format!(
                "Error parsing file: Element {{{namespace}}}{name} invalid at this location in type {root_name}"
            );
            return Err(Problem::at(root, UNKNOWN, message));
        }
        let Some(inside) = self.inside else {
            return Ok(root);
        };
        let own = self
            .name
            .split_once('.')
            .map_or(self.name.as_str(), |(_, own)| own);
        let found =
            children(root, inside).find(|element| child_text(*element, "fullName") == Some(own));
        found.ok_or_else(|| {
            Problem::new(
                UNKNOWN,
                format!("no {} named {} found", self.kind, self.name),
            )
        })
    }
}

/// Child types and the element of the parent's file that holds them.
const CHILDREN: [(&str, &str); 12] = [
    ("BusinessProcess", "businessProcesses"),
    ("CompactLayout", "compactLayouts"),
    ("CustomField", "fields"),
    ("FieldSet", "fieldSets"),
    ("Index", "indexes"),
    ("ListView", "listViews"),
    ("RecordType", "recordTypes"),
    ("SharingCriteriaRule", "sharingCriteriaRules"),
    ("SharingOwnerRule", "sharingOwnerRules"),
    ("SharingReason", "sharingReasons"),
    ("ValidationRule", "validationRules"),
    ("WebLink", "webLinks"),
];

/// The element of the parent's file that holds components of a child type.
pub(crate) fn element_of(child: &str) -> Option<&'static str> {
    CHILDREN
        .iter()
        .find(|(kind, _)| *kind == child)
        .map(|(_, element)| *element)
}

/// One file that holds a component of a known type.
struct File {
    kind: &'static Kind,
    name: String,
    path: String,
    text: String,
    content: Option<String>,
}

/// All components the manifest names, and what is wrong with manifest and files.
pub(super) fn collect(package: &Package, options: &Options) -> (Vec<Part>, Vec<Message>) {
    let (files, mut problems) = classify(package);
    let mut parts: BTreeMap<(String, String), Part> = BTreeMap::new();
    for (kind, member) in &package.members {
        if documents::file_kind(kind).is_none() {
            let text = format!("Unknown type name '{kind}' specified in package.xml");
            problems.push(of_manifest(package, &text));
            continue;
        }
        let found = named(&files, kind, &decode(member));
        if found.is_empty() && member != "*" && !options.allow_missing_files {
            let text = format!(
                "An object '{member}' of type {kind} was named in package.xml, but was not found in zipped directory"
            );
            problems.push(Message {
                kind: kind.clone(),
                full_name: member.clone(),
                ..of_manifest(package, &text)
            });
        }
        parts.extend(
            found
                .into_iter()
                .map(|part| ((part.kind.clone(), part.name.clone()), part)),
        );
    }
    problems.extend(files.iter().flat_map(|file| unnamed(file, &parts)));
    (parts.into_values().collect(), problems)
}

fn of_manifest(package: &Package, problem: &str) -> Message {
    let file_name = package.path("package.xml");
    let (full_name, problem) = ("package.xml".to_owned(), Some(problem.to_owned()));
    Message {
        full_name,
        file_name,
        problem,
        problem_type: Some("Error".to_owned()),
        ..Message::default()
    }
}

fn classify(package: &Package) -> (Vec<File>, Vec<Message>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (path, bytes) in &package.files {
        if is_beside_content(path) {
            continue;
        }
        match file_of(package, path, bytes) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(Message {
                full_name: path.clone(),
                file_name: package.path(path),
                problem: Some(problem),
                problem_type: Some("Error".to_owned()),
                ..Message::default()
            }),
        }
    }
    (files, problems)
}

fn is_beside_content(path: &str) -> bool {
    let content = path.strip_suffix("-meta.xml");
    content
        .and_then(kind_of_path)
        .is_some_and(|kind| kind.with_content)
}

fn kind_of_path(path: &str) -> Option<&'static Kind> {
    let (folder, rest) = path.split_once('/')?;
    let (_, suffix) = rest.rsplit_once('.')?;
    KINDS
        .iter()
        .find(|kind| kind.folder == folder && kind.suffix == suffix)
}

fn file_of(package: &Package, path: &str, bytes: &[u8]) -> Result<File, String> {
    let kind = kind_of_path(path).ok_or(
        "Unknown file in the zipped directory: its folder and ending belong to no metadata type",
    )?;
    let stem = path
        .strip_prefix(kind.folder)
        .unwrap_or(path)
        .trim_start_matches('/');
    let name = decode(
        stem.strip_suffix(kind.suffix)
            .unwrap_or(stem)
            .trim_end_matches('.'),
    );
    let own = utf8(bytes)?;
    let (text, content) = if kind.with_content {
        let beside = package.files.get(&format!("{path}-meta.xml"));
        (
            utf8(beside.ok_or("Required field is missing: the -meta.xml file")?)?,
            Some(own),
        )
    } else {
        (own, None)
    };
    Ok(File {
        kind,
        name,
        path: package.path(path),
        text,
        content,
    })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| "Error parsing file: Invalid encoding".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// The components one manifest entry names, with everything inside them.
fn named(files: &[File], kind: &str, member: &str) -> Vec<Part> {
    let own = |file: &&File| file.kind.name == kind && (member == "*" || file.name == member);
    if files.iter().any(|file| file.kind.name == kind) || documents::kind(kind).is_some() {
        return files.iter().filter(own).flat_map(with_children).collect();
    }
    let Some(element) = element_of(kind) else {
        return Vec::new();
    };
    let (parent, child) = member.split_once('.').unwrap_or((member, ""));
    let holder = documents::file_kind(kind).map(|kind| kind.name);
    let file = files
        .iter()
        .find(|file| Some(file.kind.name) == holder && file.name == parent);
    let found = file.filter(|file| inside(file, element).iter().any(|name| name == child));
    found
        .map(|file| part(file, kind, format!("{parent}.{child}"), Some(element)))
        .into_iter()
        .collect()
}

fn part(file: &File, kind: &str, name: String, inside: Option<&'static str>) -> Part {
    let content = if inside.is_none() {
        file.content.clone()
    } else {
        None
    };
    Part {
        kind: kind.to_owned(),
        name,
        file: file.path.clone(),
        text: file.text.clone(),
        inside,
        content,
    }
}

fn with_children(file: &File) -> Vec<Part> {
    let mut parts = vec![part(file, file.kind.name, file.name.clone(), None)];
    for (kind, element) in apart(file.kind.name) {
        let names = inside(file, element)
            .into_iter()
            .map(|own| format!("{}.{own}", file.name));
        parts.extend(names.map(|name| part(file, kind, name, Some(element))));
    }
    parts
}

/// Children that are laid over the org one by one.
fn apart(kind: &str) -> Vec<(&'static str, &'static str)> {
    let wanted: &[&str] = match kind {
        "CustomObject" => &["CustomField"],
        "SharingRules" => &["SharingCriteriaRule", "SharingOwnerRule"],
        _ => &[],
    };
    CHILDREN
        .iter()
        .filter(|(child, _)| wanted.contains(child))
        .copied()
        .collect()
}

fn inside(file: &File, element: &str) -> Vec<String> {
    let Ok(document) = xml::parse(&file.text) else {
        return Vec::new();
    };
    let entries = children(document.root_element(), element);
    entries
        .filter_map(|entry| child_text(entry, "fullName"))
        .map(str::to_owned)
        .collect()
}

/// What a file holds and no manifest entry names.
fn unnamed(file: &File, parts: &BTreeMap<(String, String), Part>) -> Vec<Message> {
    let known = |kind: &str, name: &str| parts.contains_key(&(kind.to_owned(), name.to_owned()));
    if known(file.kind.name, &file.name) {
        return Vec::new();
    }
    let mut left: Vec<(&str, String)> = Vec::new();
    if holds_more_than_children(file) {
        left.push((file.kind.name, file.name.clone()));
    }
    for (kind, element) in CHILDREN
        .iter()
        .filter(|(kind, _)| file.kind.children.contains(kind))
    {
        let names = inside(file, element)
            .into_iter()
            .map(|own| format!("{}.{own}", file.name));
        left.extend(
            names
                .filter(|name| !known(kind, name))
                .map(|name| (*kind, name)),
        );
    }
    left.into_iter()
        .map(|(kind, name)| not_named(file, kind, &name))
        .collect()
}

fn holds_more_than_children(file: &File) -> bool {
    let Ok(document) = xml::parse(&file.text) else {
        return true;
    };
    let mut own =
        elements(document.root_element()).map(|element| element.tag_name().name().to_owned());
    file.kind.children.is_empty()
        || own.any(|name| !CHILDREN.iter().any(|(_, element)| *element == name))
}

fn not_named(file: &File, kind: &str, name: &str) -> Message {
    let problem = format!(
        "An object '{name}' of type {kind} was found in the zipped directory, but was not named in package.xml"
    );
    Message {
        kind: kind.to_owned(),
        full_name: documents::shown_name(kind, name),
        file_name: file.path.clone(),
        problem: Some(problem),
        problem_type: Some("Error".to_owned()),
        ..Message::default()
    }
}
