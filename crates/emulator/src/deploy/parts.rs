//! From manifest and files to the components a deploy lays over the org.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Text of the file, which the components in it share.
    pub(super) text: Arc<str>,
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
    text: Arc<str>,
    content: Option<String>,
    /// Full names of what stands in it, by element.
    inside: BTreeMap<&'static str, Vec<String>>,
    /// Whether it says more than what its children say.
    says_more: bool,
}

/// The files of a package in the order of their paths, and where those of a type and name are.
#[derive(Default)]
struct Files {
    all: Vec<File>,
    places: BTreeMap<&'static str, BTreeMap<String, Vec<usize>>>,
}

impl Files {
    fn add(&mut self, file: File) {
        let of_kind = self.places.entry(file.kind.name).or_default();
        let places = of_kind.entry(file.name.clone()).or_default();
        places.push(self.all.len());
        self.all.push(file);
    }

    /// The files of a type with this name; all of the type for `*`.
    fn of(&self, kind: &str, name: &str) -> Vec<&File> {
        let Some(of_kind) = self.places.get(kind) else {
            return Vec::new();
        };
        let places: Vec<usize> = match name {
            "*" => of_kind.values().flatten().copied().collect(),
            name => of_kind.get(name).cloned().unwrap_or_default(),
        };
        places.into_iter().map(|place| &self.all[place]).collect()
    }
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
    problems.extend(files.all.iter().flat_map(|file| unnamed(file, &parts)));
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

fn classify(package: &Package) -> (Files, Vec<Message>) {
    let (mut files, mut problems) = (Files::default(), Vec::new());
    for (path, bytes) in &package.files {
        if is_beside_content(path) {
            continue;
        }
        match file_of(package, path, bytes) {
            Ok(file) => files.add(file),
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
    let (inside, says_more) = contents(kind, &text);
    Ok(File {
        kind,
        name,
        path: package.path(path),
        text: text.into(),
        content,
        inside,
        says_more,
    })
}

/// Full names of what stands in a file by element, and whether it says more than that.
fn contents(kind: &Kind, text: &str) -> (BTreeMap<&'static str, Vec<String>>, bool) {
    let mut inside: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let Ok(document) = xml::parse(text) else {
        return (inside, true);
    };
    let mut says_more = kind.children.is_empty();
    for element in elements(document.root_element()) {
        let name = element.tag_name().name();
        let Some((_, child)) = CHILDREN.iter().find(|(_, child)| *child == name) else {
            says_more = true;
            continue;
        };
        let full_name = child_text(element, "fullName").map(str::to_owned);
        inside.entry(child).or_default().extend(full_name);
    }
    (inside, says_more)
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| "Error parsing file: Invalid encoding".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// The components one manifest entry names, with everything inside them.
fn named(files: &Files, kind: &str, member: &str) -> Vec<Part> {
    if files.places.contains_key(kind) || documents::kind(kind).is_some() {
        let own = files.of(kind, member).into_iter();
        return own.flat_map(with_children).collect();
    }
    let Some(element) = element_of(kind) else {
        return Vec::new();
    };
    let (parent, child) = member.split_once('.').unwrap_or((member, ""));
    let holder = documents::file_kind(kind).map_or("", |kind| kind.name);
    let file = files.of(holder, parent).into_iter().next();
    let file = file.filter(|file| file.names(element).any(|name| name == child));
    file.map(|file| part(file, kind, format!("{parent}.{child}"), Some(element)))
        .into_iter()
        .collect()
}

impl File {
    fn names(&self, element: &str) -> impl Iterator<Item = &String> {
        self.inside.get(element).into_iter().flatten()
    }
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
        text: Arc::clone(&file.text),
        inside,
        content,
    }
}

fn with_children(file: &File) -> Vec<Part> {
    let mut parts = vec![part(file, file.kind.name, file.name.clone(), None)];
    for (kind, element) in apart(file.kind.name) {
        let names = file
            .names(element)
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

/// What a file holds and no manifest entry names.
fn unnamed(file: &File, parts: &BTreeMap<(String, String), Part>) -> Vec<Message> {
    let known = |kind: &str, name: &str| parts.contains_key(&(kind.to_owned(), name.to_owned()));
    if known(file.kind.name, &file.name) {
        return Vec::new();
    }
    let mut left: Vec<(&str, String)> = Vec::new();
    if file.says_more {
        left.push((file.kind.name, file.name.clone()));
    }
    for (kind, element) in CHILDREN
        .iter()
        .filter(|(kind, _)| file.kind.children.contains(kind))
    {
        let names = file
            .names(element)
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
