//! Packages: components -> package.xml, files and zip, in the platform's own order and layout. Pure.

use crate::archive::{self, ArchiveError};
use crate::change::Component;
use crate::entries::key;
use crate::xml::{self, Element, Text, XmlError};
use std::collections::BTreeMap;

/// Namespace of every metadata file.
pub const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// The files of one deploy, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why a package could not be built.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A document cannot be written as XML.
    #[error("cannot write {0}: {1}")]
    Document(String, XmlError),
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// More files than one deploy takes.
    #[error("the package would hold {0} files, and the org takes {MOST_FILES} in one deploy")]
    TooManyFiles(usize),
    /// More bytes than one deploy takes.
    #[error("the package would be {0} bytes large, and the org takes {MOST_BYTES} in one deploy")]
    TooLarge(usize),
}

impl PackageError {
    /// Whether dividing what is deployed helps.
    pub fn is_too_much(&self) -> bool {
        matches!(self, Self::TooManyFiles(_) | Self::TooLarge(_))
    }
}

/// Files of one deploy (Metadata API guide, "Deploying and Retrieving Metadata with the Zip File").
const MOST_FILES: usize = 10_000;
/// Bytes of a zip file (the same: 39 MB, of which base64 makes the 50 MB that a SOAP message may have).
const MOST_BYTES: usize = 39 * 1024 * 1024;

/// Where a metadata type lives in a package.
struct Folder {
    kind: &'static str,
    folder: &'static str,
    suffix: &'static str,
    root: &'static str,
}

const FOLDERS: [Folder; 7] = [
    Folder {
        kind: "CustomObject",
        folder: "objects",
        suffix: "object",
        root: "CustomObject",
    },
    Folder {
        kind: "CustomField",
        folder: "objects",
        suffix: "object",
        root: "CustomObject",
    },
    Folder {
        kind: "Group",
        folder: "groups",
        suffix: "group",
        root: "Group",
    },
    Folder {
        kind: "PermissionSet",
        folder: "permissionsets",
        suffix: "permissionset",
        root: "PermissionSet",
    },
    Folder {
        kind: "Profile",
        folder: "profiles",
        suffix: "profile",
        root: "Profile",
    },
    Folder {
        kind: "Role",
        folder: "roles",
        suffix: "role",
        root: "Role",
    },
    Folder {
        kind: "SharingRules",
        folder: "sharingRules",
        suffix: "sharingRules",
        root: "SharingRules",
    },
];

/// One merged file: its document and what the manifest of the package names.
struct PackageFile {
    root: Element,
    members: Vec<(&'static str, String)>,
}

/// The files of a deploy that adds and changes these components. Components of one file are merged.
///
/// # Errors
/// Text that XML cannot hold.
pub fn files(components: &[Component], api_version: &str) -> Result<Files, PackageError> {
    let mut documents: BTreeMap<String, PackageFile> = BTreeMap::new();
    for component in components {
        if let Some(body) = &component.body {
            add(&mut documents, component, body);
        }
    }
    let mut files = Files::new();
    let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, mut document) in documents {
        arrange(&mut document.root);
        for (kind, name) in document.members {
            types.entry(kind).or_default().push(name);
        }
        let text = xml::write(&document.root)
            .map_err(|error| PackageError::Document(path.clone(), error))?;
        files.insert(path, text.into_bytes());
    }
    files.insert("package.xml".to_owned(), manifest(types, api_version)?);
    Ok(files)
}

/// The files of a deploy that removes these components.
///
/// # Errors
/// Text that XML cannot hold.
pub fn removal_files(components: &[Component], api_version: &str) -> Result<Files, PackageError> {
    let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for component in components
        .iter()
        .filter(|component| component.body.is_none())
    {
        types
            .entry(component.kind)
            .or_default()
            .push(component.full_name.clone());
    }
    let mut files = Files::new();
    files.insert(
        "destructiveChanges.xml".to_owned(),
        manifest(types, api_version)?,
    );
    files.insert(
        "package.xml".to_owned(),
        manifest(BTreeMap::new(), api_version)?,
    );
    Ok(files)
}

/// Packs files for a deploy; the same files give the same bytes.
///
/// # Errors
/// Names an archive cannot hold, and more than one deploy takes.
pub fn zip(files: &Files) -> Result<Vec<u8>, PackageError> {
    if files.len() > MOST_FILES {
        return Err(PackageError::TooManyFiles(files.len()));
    }
    let zip = archive::pack(files)?;
    within_bytes(zip.len())?;
    Ok(zip)
}

/// Whether one deploy takes these files. Only what might be too large is packed for it.
///
/// # Errors
/// As [`zip()`].
pub fn check_size(files: &Files) -> Result<(), PackageError> {
    let bytes: usize = files
        .iter()
        .map(|(name, file)| name.len() + file.len())
        .sum();
    if files.len() > MOST_FILES || bytes > MOST_BYTES {
        zip(files)?;
    }
    Ok(())
}

fn within_bytes(bytes: usize) -> Result<(), PackageError> {
    match bytes > MOST_BYTES {
        true => Err(PackageError::TooLarge(bytes)),
        false => Ok(()),
    }
}

/// Whether a file is called as metadata is, in either layout.
pub fn is_metadata_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extension == "xml" || FOLDERS.iter().any(|folder| folder.suffix == extension)
}

/// The folder that components of a type live in.
pub fn folder(kind: &str) -> Option<&'static str> {
    let kind = if kind.starts_with("Sharing") {
        "SharingRules"
    } else {
        kind
    };
    FOLDERS
        .iter()
        .find(|folder| folder.kind == kind)
        .map(|folder| folder.folder)
}

fn add(documents: &mut BTreeMap<String, PackageFile>, component: &Component, body: &Element) {
    let object = component
        .full_name
        .split_once('.')
        .map_or(component.full_name.as_str(), |(object, _)| object);
    let rule = component.kind.starts_with("Sharing");
    let (kind, name) = if rule {
        ("SharingRules", object)
    } else {
        (component.kind, component.full_name.as_str())
    };
    let Some(folder) = FOLDERS.iter().find(|folder| folder.kind == kind) else {
        return;
    };
    let file = if folder.root == "CustomObject" {
        object
    } else {
        name
    };
    let path = format!("{}/{file}.{}", folder.folder, folder.suffix);
    let document = documents.entry(path).or_insert_with(|| PackageFile {
        root: Element::new(folder.root).with_attribute("xmlns", NAMESPACE),
        members: Vec::new(),
    });
    if rule || component.kind == "CustomField" {
        document.root.children.push(body.clone());
    } else {
        merge(&mut document.root, body);
    }
    let member = (folder.kind, name.to_owned());
    if !document.members.contains(&member) {
        document.members.push(member);
    }
}

/// Lays one fragment over another: an entry of the same key replaces, a single value replaces, the rest is added.
/// A field that one of them shows stays visible: the copy of a profile says of every field its source cannot see that
/// it is hidden.
fn merge(root: &mut Element, fragment: &Element) {
    let place = |child: &Element| (child.name.clone(), key(child).into_owned());
    let numbered = root.children.iter().enumerate();
    let mut places: BTreeMap<(Text, String), usize> = numbered
        .map(|(index, child)| (place(child), index))
        .collect();
    for child in &fragment.children {
        let next = root.children.len();
        let index = *places.entry(place(child)).or_insert(next);
        match root.children.get_mut(index) {
            Some(existing) if shows_field(existing) && !shows_field(child) => {}
            Some(existing) => *existing = child.clone(),
            None => root.children.push(child.clone()),
        }
    }
}

fn shows_field(entry: &Element) -> bool {
    entry.name == "fieldPermissions" && entry.text_of("readable") == Some("true")
}

/// Elements alphabetically, entries of a list by key in ASCII order, as every retrieve has them. The inside of a
/// sharing rule keeps its own order, which is not alphabetical.
fn arrange(root: &mut Element) {
    root.children
        .sort_by_cached_key(|child| (child.name.clone(), key(child).into_owned()));
    for field in root
        .children
        .iter_mut()
        .filter(|child| child.name == "fields")
    {
        field
            .children
            .sort_by_cached_key(|child| (child.name != "fullName", child.name.clone()));
    }
}

fn manifest(
    types: BTreeMap<&str, Vec<String>>,
    api_version: &str,
) -> Result<Vec<u8>, PackageError> {
    let mut root = Element::new("Package").with_attribute("xmlns", NAMESPACE);
    for (kind, mut names) in types {
        names.sort_unstable();
        names.dedup();
        let mut entry = Element::new("types");
        entry
            .children
            .extend(names.into_iter().map(|name| Element::leaf("members", name)));
        root.children.push(entry.with(Element::leaf("name", kind)));
    }
    root.children.push(Element::leaf("version", api_version));
    let text = xml::write(&root)
        .map_err(|error| PackageError::Document("package.xml".to_owned(), error))?;
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> Element {
        xml::read(text).expect("well-formed")
    }

    fn text(files: &Files, path: &str) -> String {
        String::from_utf8(files[path].clone()).expect("UTF-8")
    }

    #[test]
    fn fragments_of_one_profile_become_one_file_in_the_platforms_order() {
        let clone = element(
            "<Profile><custom>true</custom><userPermissions><enabled>true</enabled><name>B</name></userPermissions>\
             <userPermissions><enabled>true</enabled><name>A</name></userPermissions></Profile>",
        );
        let fragment = element(
            "<Profile><fieldPermissions><editable>true</editable><field>Lead.X__c</field>\
             <readable>true</readable></fieldPermissions></Profile>",
        );
        let components = [
            Component::new("Profile", "P", clone),
            Component::new("Profile", "P", fragment),
        ];
        let files = files(&components, "66.0").expect("a package");
        let profile = text(&files, "profiles/P.profile");
        let position = |needle: &str| profile.find(needle).expect(needle);
        assert!(position("<custom>") < position("<fieldPermissions>"));
        assert!(position("<name>A</name>") < position("<name>B</name>"));
        assert!(
            text(&files, "package.xml")
                .contains("<members>P</members>\n        <name>Profile</name>")
        );
    }

    #[test]
    fn a_field_that_one_change_shows_is_not_hidden_by_the_copy_of_a_profile() {
        let entry = |shown: bool| {
            element(&format!(
                "<Profile><fieldPermissions><editable>{shown}</editable><field>Lead.X__c</field>\
                 <readable>{shown}</readable></fieldPermissions></Profile>"
            ))
        };
        for order in [[true, false], [false, true]] {
            let components = order.map(|shown| Component::new("Profile", "P", entry(shown)));
            let files = files(&components, "66.0").expect("a package");
            let profile = text(&files, "profiles/P.profile");
            assert!(profile.contains("<readable>true</readable>"), "{profile}");
            assert!(!profile.contains("false"), "{profile}");
        }
    }

    #[test]
    fn a_field_and_a_default_of_one_object_share_its_file_and_are_named_apart() {
        let field = element("<fields><label>X</label><fullName>X__c</fullName></fields>");
        let model = element("<CustomObject><sharingModel>Private</sharingModel></CustomObject>");
        let components = [
            Component::new("CustomField", "Lead.X__c", field),
            Component::new("CustomObject", "Lead", model),
        ];
        let files = files(&components, "66.0").expect("a package");
        let object = text(&files, "objects/Lead.object");
        assert!(object.find("<fullName>") < object.find("<label>"));
        let package = text(&files, "package.xml");
        assert!(
            package.contains("<members>Lead.X__c</members>")
                && package.contains("<members>Lead</members>")
        );
    }

    #[test]
    fn the_inside_of_a_rule_keeps_its_order() {
        let rule = element(
            "<sharingCriteriaRules><fullName>R</fullName><accessLevel>Edit</accessLevel><label>R</label>\
             <sharedTo><role>X</role></sharedTo><criteriaItems><field>F</field></criteriaItems></sharingCriteriaRules>",
        );
        let files = files(
            &[Component::new("SharingCriteriaRule", "Lead.R", rule)],
            "66.0",
        )
        .expect("a package");
        let rules = text(&files, "sharingRules/Lead.sharingRules");
        assert!(rules.find("<sharedTo>") < rules.find("<criteriaItems>"));
        assert!(text(&files, "package.xml").contains("<name>SharingRules</name>"));
    }

    #[test]
    fn removals_are_named_in_a_manifest_of_their_own() {
        let files = removal_files(
            &[Component::removal("SharingCriteriaRule", "Lead.R")],
            "66.0",
        )
        .expect("a package");
        assert!(text(&files, "destructiveChanges.xml").contains("<members>Lead.R</members>"));
        assert!(!text(&files, "package.xml").contains("<types>"));
    }

    #[test]
    fn what_one_deploy_does_not_take_is_refused() {
        let files = |count: usize| -> Files {
            let name = |number| (format!("roles/R{number}.role"), Vec::new());
            (0..count).map(name).collect()
        };
        assert!(check_size(&files(MOST_FILES)).is_ok());
        let error = zip(&files(MOST_FILES + 1)).unwrap_err();
        assert!(error.is_too_much());
        assert_eq!(
            check_size(&files(MOST_FILES + 1)).unwrap_err().to_string(),
            "the package would hold 10001 files, and the org takes 10000 in one deploy"
        );
        assert!(within_bytes(MOST_BYTES).is_ok());
        assert!(within_bytes(MOST_BYTES + 1).unwrap_err().is_too_much());
        // Metadata is text that packs well, so what is large unpacked is no reason to refuse.
        let text = vec![b' '; MOST_BYTES + 1];
        assert!(check_size(&Files::from([("package.xml".to_owned(), text)])).is_ok());
    }
}
