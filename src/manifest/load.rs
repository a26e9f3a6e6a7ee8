//! Files to manifests: reading, laying over, resolving and checking, with everything found at once.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::findings::Findings;
use super::node::{MOST_BYTES, Node, parse};
use super::{Manifest, check, digest, read, resolve};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Place, Severity, Sources};

/// Reads the manifests in `files`, each with `overlays` laid over it and `settings` (`PATH=VALUE`) applied.
///
/// `environment` answers `${env:NAME}`. Warnings and notes travel along in the manifests.
///
/// # Errors
/// Every mistake in every file at once: exit 64 where a file cannot be opened, else 65.
pub fn load(
    files: &[PathBuf],
    overlays: &[PathBuf],
    settings: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Manifest>, Failure> {
    let findings = Findings::default();
    let mut sources = Sources::default();
    let mut loader = Loader {
        findings: &findings,
        sources: &mut sources,
    };
    let layers: Vec<Option<Node>> = overlays.iter().map(|path| loader.read_file(path)).collect();
    let resolve = Resolve {
        overlays: layers.into_iter().flatten().collect(),
        settings,
        environment,
    };
    let mut manifests: Vec<Manifest> = files
        .iter()
        .filter_map(|path| loader.manifest(path, &resolve))
        .collect();
    check::all(&manifests, &findings);
    let failed = findings.any_error();
    let found = findings.into_sorted();
    if failed {
        return Err(Failure::new(exit_of(&found), found).with_sources(&sources));
    }
    attach_findings(&mut manifests, found, &sources);
    Ok(manifests)
}

/// What is done to every manifest between reading and checking.
struct Resolve<'a> {
    overlays: Vec<Node>,
    settings: &'a [String],
    environment: &'a dyn Fn(&str) -> Option<String>,
}

struct Loader<'a> {
    findings: &'a Findings,
    sources: &'a mut Sources,
}

impl Loader<'_> {
    fn manifest(&mut self, path: &Path, resolve: &Resolve<'_>) -> Option<Manifest> {
        let mut root = self.read_file(path)?;
        for layer in &resolve.overlays {
            resolve::overlay(&mut root, layer.clone());
        }
        for setting in resolve.settings {
            resolve::set(&mut root, setting, self.sources, self.findings);
        }
        resolve::expand(&mut root, resolve.environment, self.findings);
        let (name, spec) = read::document(&root, self.findings)?;
        check::one(&name, &spec, self.findings);
        let file = file_name(path);
        let source = self.sources.text(&file).cloned().unwrap_or_default();
        Some(Manifest {
            digest: digest::digest(&root),
            content: Arc::new(digest::canonical(&root)),
            sources: Sources::default(),
            findings: Vec::new(),
            file,
            name,
            spec,
            source,
        })
    }

    /// The tree of one file, and its text among the sources.
    fn read_file(&mut self, path: &Path) -> Option<Node> {
        let file = file_name(path);
        match text_of(path, &file) {
            Ok(text) if names_a_part(&text) => {
                let node = parse(&file, &text, self.findings);
                self.sources.insert(file, text.into());
                node
            }
            Ok(text) => {
                self.findings.push(no_manifest(&file, &text));
                None
            }
            Err(finding) => {
                self.findings.push(*finding);
                None
            }
        }
    }
}

/// The parts of a manifest, or of a layer over one.
const PARTS: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// Whether a text has a part of a manifest at the beginning of a line. What has none may be anything: a key, a token, somebody
/// else's settings. Nothing of it is shown.
fn names_a_part(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line
            .trim_start_matches('\u{feff}')
            .trim_start_matches(['{', ' ']);
        let line = line.strip_prefix(['"', '\'']).unwrap_or(line);
        PARTS.iter().any(|part| {
            line.strip_prefix(part)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        })
    })
}

fn no_manifest(file: &Arc<str>, text: &str) -> Diagnostic {
    let is_bare = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    };
    if text.lines().all(is_bare) {
        let empty = Diagnostic::error(Code::ManifestEmpty, "the file holds nothing");
        return empty
            .at(&Place::start_of(file))
            .help("`orgwright init` writes a manifest to start from");
    }
    let message = format!(
        "`{file}` is no manifest: no line of it begins with {}",
        PARTS.join(", ")
    );
    let help = "nothing of it is shown, because it may be anything; `orgwright init` writes a manifest to start from";
    Diagnostic::error(Code::NoPartOfAManifest, message)
        .at(&Place::start_of(file))
        .help(help)
}

fn file_name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

/// A finding that ends the reading of one file.
type Unread = Box<Diagnostic>;

fn text_of(path: &Path, file: &Arc<str>) -> Result<String, Unread> {
    let described = path.metadata().map_err(|error| unreadable(file, &error));
    let is_standard_input = path == Path::new(STANDARD_INPUT);
    if !is_standard_input && described.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
        let finding = bad_file(file, "it is a folder").help("name the files in it");
        return Err(Box::new(finding));
    }
    let bytes = match is_standard_input {
        true => bytes_of(Path::new(STANDARD_INPUT_FILE)),
        false if described?.is_file() => bytes_of(path),
        false => bytes_of_stream(path),
    };
    let bytes = bytes.map_err(|error| unreadable(file, &error))?;
    if bytes.len() > MOST_BYTES {
        let message = format!("the file is larger than {MOST_BYTES} bytes, which no manifest is");
        let finding = Diagnostic::error(Code::ManifestTooLarge, message).at(&Place::start_of(file));
        return Err(Box::new(finding));
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(&error, file))
}

/// How standard input is named on the command line, and where it is.
const STANDARD_INPUT: &str = "-";
const STANDARD_INPUT_FILE: &str = "/dev/stdin";

/// How long a pipe may say nothing before it ends: somebody may never write to it.
const PATIENCE: Duration = Duration::from_secs(10);

/// As many bytes as a manifest may have, and one more.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same out of a pipe or a device, which need not end, nor even begin.
fn bytes_of_stream(path: &Path) -> std::io::Result<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let path = path.to_owned();
    // Where nothing comes, the thread waits on, and ends with the process.
    std::thread::spawn(move || sender.send(bytes_of(&path)));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let reason = format!("nothing has come out of it for {} s", PATIENCE.as_secs());
        Err(std::io::Error::new(std::io::ErrorKind::TimedOut, reason))
    })
}

fn bad_file(file: &Arc<str>, reason: &str) -> Diagnostic {
    let message = format!("`{file}` cannot be read: {reason}");
    Diagnostic::error(Code::ManifestUnreadable, message).at(&Place::start_of(file))
}

/// The reason of an input error, without the number that the system adds.
fn unreadable(file: &Arc<str>, error: &std::io::Error) -> Unread {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default();
    Box::new(bad_file(file, &reason.to_lowercase()))
}

/// Where the first byte is that is not UTF-8. The text before it is.
fn not_utf8(error: &std::string::FromUtf8Error, file: &Arc<str>) -> Unread {
    let valid = error.utf8_error().valid_up_to();
    let before = error.as_bytes().get(..valid).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let place = Place {
        line: before.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
        ..Place::start_of(file)
    };
    let finding = Diagnostic::error(
        Code::ManifestNotUtf8,
        "the file is not UTF-8 text from here on",
    )
    .at(&place);
    Box::new(finding.help("save it as UTF-8"))
}

/// 64 where nothing but unreadable files was found, else 65.
fn exit_of(found: &[Diagnostic]) -> Exit {
    let mut errors = found
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    match errors.all(|finding| {
        matches!(
            finding.code,
            Code::ManifestUnreadable | Code::SettingNotApplicable
        )
    }) {
        true => Exit::Usage,
        false => Exit::Manifest,
    }
}

/// Gives each manifest the sources and the findings in its own file; the first one takes the rest.
fn attach_findings(manifests: &mut [Manifest], found: Vec<Diagnostic>, sources: &Sources) {
    for manifest in manifests.iter_mut() {
        manifest.sources = sources.clone();
    }
    for finding in found {
        let own = manifests.iter().position(|manifest| {
            let place = finding.place.as_ref();
            place.is_some_and(|place| place.file == manifest.file)
        });
        if let Some(manifest) = manifests.get_mut(own.unwrap_or(0)) {
            manifest.findings.push(finding);
        }
    }
}
