//! The zip of a deploy: its files, its manifest, and the manifests of what it destroys.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use crate::http::decode;
use crate::problem::{Problem, UNKNOWN};
use crate::xml::{self, child_text, children};

/// Files in a deploy, and bytes of all of them (Metadata API guide, limits; the emulator stays below in bytes).
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 400 * 1024 * 1024;
/// The newest version the emulator speaks.
pub(super) const NEWEST: u32 = 66;

/// A readable package.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Folder around everything, with its slash; empty for a single package.
    pub(super) root: String,
    /// Files by path below that folder, manifests apart.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Types and members as named.
    pub(super) members: Vec<(String, String)>,
    /// API version.
    pub(super) version: u32,
    /// What is destroyed before and after the rest.
    pub(super) before: Option<Destruction>,
    pub(super) after: Option<Destruction>,
}

/// A manifest of what to destroy.
#[derive(Debug)]
pub(super) struct Destruction {
    /// `destructiveChanges.xml` or one of its two forms.
    pub(super) file: String,
    /// Type and decoded name.
    pub(super) members: Vec<(String, String)>,
}

impl Package {
    /// A path as answers show it: with the folder around the package.
    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.root)
    }
}

/// Reads a package; what makes it unreadable is the manifest's problem.
pub(super) fn read(zip: &[u8], single: bool) -> Result<Package, Problem> {
    let mut files = unzip(zip)?;
    let root = if single {
        String::new()
    } else {
        folder_around(&files)
    };
    let mut take = |name: &str| files.remove(&format!("{root}{name}"));
    let manifest =
        take("package.xml").ok_or_else(|| Problem::new(UNKNOWN, "No package.xml found"))?;
    let names = [
        "destructiveChanges.xml",
        "destructiveChangesPre.xml",
        "destructiveChangesPost.xml",
    ];
    let [plain, pre, post] = names.map(|name| take(name).map(|bytes| (name, bytes)));
    let (members, version) = read_manifest(&manifest)?;
    let before = match (plain, pre) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(
                UNKNOWN,
                "Only one of destructiveChanges.xml and destructiveChangesPre.xml is allowed",
            ));
        }
        (plain, pre) => plain.or(pre),
    };
    let version =
        version.ok_or_else(|| Problem::new(UNKNOWN, "Required field is missing: version"))?;
    let package = Package {
        root: String::new(),
        files: BTreeMap::new(),
        members,
        version: check_version(&version)?,
        before: destruction(before)?,
        after: destruction(post)?,
    };
    let below = files
        .into_iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(&root)?.to_owned(), bytes)));
    let files = below.collect();
    Ok(Package {
        files,
        root,
        ..package
    })
}

fn destruction(file: Option<(&str, Vec<u8>)>) -> Result<Option<Destruction>, Problem> {
    let Some((name, bytes)) = file else {
        return Ok(None);
    };
    let (members, _) = read_manifest(&bytes)?;
    let decoded = members
        .into_iter()
        .map(|(kind, member)| (kind, decode(&member)))
        .collect();
    Ok(Some(Destruction {
        file: name.to_owned(),
        members: decoded,
    }))
}

fn folder_around(files: &BTreeMap<String, Vec<u8>>) -> String {
    let manifest = files
        .keys()
        .find(|path| path.ends_with("/package.xml") && path.matches('/').count() == 1);
    match manifest {
        Some(path) => path.trim_end_matches("package.xml").to_owned(),
        None => String::new(),
    }
}

type Manifest = (Vec<(String, String)>, Option<String>);

fn read_manifest(bytes: &[u8]) -> Result<Manifest, Problem> {
    let broken = |reason: &str| Problem::new(UNKNOWN, format!("Error parsing file: {reason}"));
    let text = std::str::from_utf8(bytes).map_err(|_| broken("Invalid encoding"))?;
    let document = xml::parse(text).map_err(|error| Problem {
        place: Some((error.line, error.column)),
        ..broken(&error.reason)
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "Package" || root.tag_name().namespace() != Some(xml::METADATA) {
        return Err(broken(
            "the root of package.xml must be Package in the metadata name space",
        ));
    }
    let mut members = Vec::new();
    for types in children(root, "types") {
        let kind =
            child_text(types, "name").ok_or_else(|| broken("Required field is missing: name"))?;
        members.extend(
            children(types, "members")
                .map(|member| (kind.to_owned(), xml::text(member).to_owned())),
        );
    }
    Ok((members, child_text(root, "version").map(str::to_owned)))
}

fn check_version(text: &str) -> Result<u32, Problem> {
    let number = text
        .split('.')
        .next()
        .and_then(|whole| whole.parse::<u32>().ok());
    let known = number.filter(|number| (20..=NEWEST).contains(number));
    known.ok_or_else(|| {
        Problem::new(
            UNKNOWN,
            format!("The package apiVersion can't be \"{text}\""),
        )
    })
}

fn unzip(zip: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let broken = |_| Problem::new(UNKNOWN, "The zip file cannot be read");
    let mut archive =
        zip::ZipArchive::new(Cursor::new(zip)).map_err(|error| broken(error.to_string()))?;
    if archive.len() > MOST_FILES {
        return Err(Problem::new(
            "LIMIT_EXCEEDED",
            format!("Maximum number of files in a package is {MOST_FILES}"),
        ));
    }
    let mut files = BTreeMap::new();
    let mut left = MOST_BYTES;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| broken(error.to_string()))?;
        let name = entry
            .name()
            .map_err(|error| broken(error.to_string()))?
            .replace('\\', "/");
        if name.ends_with('/') {
            continue;
        }
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(left + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(error.to_string()))?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            Problem::new(
                "LIMIT_EXCEEDED",
                "Maximum size of the uncompressed package is reached",
            )
        })?;
        files.insert(name, bytes);
    }
    Ok(files)
}
