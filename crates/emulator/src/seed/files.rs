//! Finds the files of a seed and says what each is.

use std::fs;
use std::path::{Path, PathBuf};

use super::{SeedError, organization};
use crate::documents::KINDS;
use crate::http::decode;
use crate::xml;

/// A metadata document.
pub(super) struct Document {
    pub(super) path: PathBuf,
    /// Component type: the root element.
    pub(super) kind: String,
    /// Full name, decoded; of what belongs to an object with the object's name in front.
    pub(super) name: String,
    pub(super) text: String,
}

/// What a seed consists of.
#[derive(Default)]
pub(super) struct Found {
    pub(super) documents: Vec<Document>,
    /// Files with records: JSON and CSV.
    pub(super) records: Vec<PathBuf>,
    /// Files that describe the org itself: `org.json`.
    pub(super) organizations: Vec<PathBuf>,
}

/// Folders deeper than this are not looked into, so that a link to a folder above ends.
const MAX_DEPTH: usize = 24;

/// Looks through files and folders, in the order given and each in the order of names.
pub(super) fn find(seeds: &[PathBuf]) -> Result<Found, SeedError> {
    let mut found = Found::default();
    for seed in seeds {
        look(seed, 0, &mut found)?;
    }
    Ok(found)
}

fn look(path: &Path, depth: usize, found: &mut Found) -> Result<(), SeedError> {
    let unreadable = |source| SeedError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return take(path, found);
    }
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let entries = fs::read_dir(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable)?;
    let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    inside.sort();
    inside
        .iter()
        .filter(|path| !is_hidden(path))
        .try_for_each(|path| look(path, depth + 1, found))
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name == "node_modules"
}

fn take(path: &Path, found: &mut Found) -> Result<(), SeedError> {
    let file_name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match file_name.rsplit('.').next().unwrap_or_default() {
        _ if file_name == organization::FILE => found.organizations.push(path.to_owned()),
        "csv" | "json" => found.records.push(path.to_owned()),
        suffix if suffix == "xml" || is_metadata(suffix) || is_restriction(path) => {
            found.documents.extend(document(path, &file_name)?)
        }
        _ => {}
    }
    Ok(())
}

/// Parts of an object in the source layout: folder and ending.
const OBJECT_PARTS: [(&str, &str); 9] = [
    ("businessProcesses", "businessProcess"),
    ("compactLayouts", "compactLayout"),
    ("fieldSets", "fieldSet"),
    ("fields", "field"),
    ("listViews", "listView"),
    ("recordTypes", "recordType"),
    ("sharingReasons", "sharingReason"),
    ("validationRules", "validationRule"),
    ("webLinks", "webLink"),
];

/// Whether files with this ending are metadata themselves, not content with a `-meta.xml` file beside it.
fn is_metadata(suffix: &str) -> bool {
    let part = OBJECT_PARTS.iter().any(|(_, part)| *part == suffix);
    part || KINDS
        .iter()
        .any(|kind| kind.suffix == suffix && !kind.with_content)
}

/// Restriction rules, which no deploy takes.
fn is_restriction(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "restrictionRules")
}

/// `None` for manifests, which say what is there but are nothing themselves, and for XML that is no metadata.
fn document(path: &Path, file_name: &str) -> Result<Option<Document>, SeedError> {
    let bytes = fs::read(path).map_err(|source| SeedError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let text =
        String::from_utf8(bytes).map_err(|_| SeedError::unusable(path, "it is not UTF-8"))?;
    let parsed = xml::parse(&text).map_err(|malformed| {
        SeedError::unusable(
            path,
            format!(
                "line {}, column {}: {}",
                malformed.line, malformed.column, malformed.reason
            ),
        )
    })?;
    let root = parsed.root_element().tag_name();
    let is_metadata = root
        .namespace()
        .is_none_or(|namespace| namespace.ends_with("/metadata"));
    let kind = root.name().to_owned();
    drop(parsed);
    if kind == "Package" || !is_metadata {
        return Ok(None);
    }
    Ok(Some(Document {
        name: full_name(path, file_name, &kind),
        path: path.to_owned(),
        kind,
        text,
    }))
}

/// The full name a file's name and folder give. Inside an object's folder the object's name is put in front, except
/// for the object itself and for names that hold it already.
fn full_name(path: &Path, file_name: &str, kind: &str) -> String {
    let stem = file_name.strip_suffix("-meta.xml").unwrap_or(file_name);
    let stem = decode(stem.rsplit_once('.').map_or(stem, |(stem, _)| stem));
    let folders: Vec<String> = path
        .iter()
        .rev()
        .skip(1)
        .take(2)
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    match folders.as_slice() {
        [folder, object]
            if kind != "CustomObject"
                && !stem.contains('.')
                && OBJECT_PARTS.iter().any(|(part, _)| part == folder) =>
        {
            format!("{object}.{stem}")
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_files_and_folders() {
        let check = |path: &str, kind: &str, expected: &str| {
            let path = Path::new(path);
            assert_eq!(
                full_name(path, &path.file_name().unwrap().to_string_lossy(), kind),
                expected
            );
        };
        check(
            "force-app/profiles/Admin.profile-meta.xml",
            "Profile",
            "Admin",
        );
        check("profiles/A%2FB.profile", "Profile", "A/B");
        check("objects/Lead/Lead.object-meta.xml", "CustomObject", "Lead");
        check("objects/Lead.object", "CustomObject", "Lead");
        check(
            "objects/Lead/fields/Sync__c.field-meta.xml",
            "CustomField",
            "Lead.Sync__c",
        );
        check("Lead.Sync__c.field-meta.xml", "CustomField", "Lead.Sync__c");
        check(
            "fields/Lead.Sync__c.field-meta.xml",
            "CustomField",
            "Lead.Sync__c",
        );
        check("loose/Lead.sharingRules", "SharingRules", "Lead");
        check("role.xml", "Role", "role");
    }
}
