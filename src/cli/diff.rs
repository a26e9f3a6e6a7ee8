//! `diff`: two folders, archives or loose files of metadata, compared by what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::arguments::TextFormat;
use super::context::Context;
use super::exits::exits;
use super::finding::failure;
use crate::archive;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Place, Sources};
use crate::documents::{self, Documents, Malformed};
use crate::package::Files;
use crate::report;
use crate::xml::XmlError;

/// How an archive begins; an empty one begins with its end.
const ARCHIVE: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// What stands below the help.
pub(super) const HELP: &str = concat!(
    "Order, white space, comments, the spelling of booleans and of filter logic do not count, nor what is absent on one
side and off on the other. No org is asked.

Examples:
  orgwright diff retrieved.zip force-app
  orgwright diff 'profiles/Admin.profile' 'profiles/HubSpot Integration.profile' --format json

",
    exits!()
);

/// `diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A folder, a zip or a file, of the Metadata API's layout or a source project's.
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// What to compare it with.
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// Compares without any org.
pub(crate) fn run(arguments: &Diff, context: &Context) -> Result<Exit, Failure> {
    let (a, b) = both(Side::open(&arguments.a), Side::open(&arguments.b))?;
    let loose = a.is_loose() && b.is_loose();
    let (left, right) = both(a.read(), b.read())?;
    let comparison = if loose {
        documents::compare_loose(&left, &right)
    } else {
        documents::compare(&left, &right)
    };
    // The process ends soon: taking large documents apart piece by piece would only delay that.
    std::mem::forget((left, right));
    let (a, b) = (arguments.a.to_string_lossy(), arguments.b.to_string_lossy());
    let output = &context.output;
    match arguments.format {
        TextFormat::Human => {
            output.say(&report::human::comparison(
                &a,
                &b,
                &comparison,
                output.style,
            ));
        }
        TextFormat::Json => output.data(&report::json::comparison(&a, &b, &comparison)),
    }
    Ok(if comparison.documents.is_empty() {
        Exit::Done
    } else {
        Exit::Differences
    })
}

/// What was named on the command line.
enum Side {
    /// A folder or an archive: its name and its files.
    Many(String, Files),
    /// A single file: its path and its bytes.
    Loose(String, Vec<u8>),
}

impl Side {
    fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            return Ok(Self::Many(name, folder(path)?));
        }
        let bytes = read(path)?;
        if !ARCHIVE.iter().any(|start| bytes.starts_with(start)) {
            return Ok(Self::Loose(name, bytes));
        }
        let files = archive::unpack(&bytes).map_err(|error| {
            failure(
                Exit::Manifest,
                Code::MetadataUnreadable,
                format!("{name}: {error}"),
                "",
            )
        })?;
        Ok(Self::Many(name, files))
    }

    fn is_loose(&self) -> bool {
        matches!(self, Self::Loose(..))
    }

    fn read(self) -> Result<Documents, Failure> {
        match self {
            Self::Many(name, files) => documents::read(files)
                .map_err(|malformed| unreadable(&malformed, |file| format!("{name}/{file}"))),
            Self::Loose(name, bytes) => {
                let file = name.rsplit(['/', '\\']).next().unwrap_or(&name);
                documents::read_loose(file, bytes)
                    .map_err(|malformed| unreadable(&[malformed], |_| name.clone()))
            }
        }
    }
}

/// Both results, or everything that is wrong with either.
fn both<T>(one: Result<T, Failure>, other: Result<T, Failure>) -> Result<(T, T), Failure> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(mut one), Err(other)) => {
            one.exit = one.exit.min(other.exit);
            one.sources.extend(&other.sources);
            one.diagnostics.extend(other.diagnostics);
            Err(one)
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

/// The files below a folder by their path, hidden ones and links apart.
fn folder(root: &Path) -> Result<Files, Failure> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| cannot_read(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| cannot_read(&folder, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| cannot_read(&entry.path(), &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{prefix}{name}/")));
            } else if kind.is_file() {
                files.insert(format!("{prefix}{name}"), read(&entry.path())?);
            }
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let problem = format!("{} cannot be read: {error}", path.display());
    failure(Exit::Failed, Code::FileUnusable, problem, "")
}

/// Every malformed file with the place where reading it ended.
fn unreadable(malformed: &[Malformed], name: impl Fn(&str) -> String) -> Failure {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    for Malformed { file, error, text } in malformed {
        let shown: Arc<str> = name(file).into();
        findings.push(finding(&shown, error));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        sources.insert(shown, text.into());
    }
    Failure::new(Exit::Manifest, findings).with_sources(&sources)
}

fn finding(file: &Arc<str>, error: &XmlError) -> Diagnostic {
    let mut place = Place::start_of(file);
    let XmlError::Unreadable {
        problem,
        byte,
        line,
        column,
    } = error
    else {
        return Diagnostic::error(Code::MetadataUnreadable, error.to_string()).at(&place);
    };
    (place.line, place.column, place.offset) = (*line, *column, *byte);
    Diagnostic::error(Code::MetadataUnreadable, problem.as_str()).at(&place)
}
