//! Snapshots on this machine: written before the first write of an apply, found again for the way back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::embedded;
use super::finding::failure;
use crate::address::Address;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::live::Live;
use crate::plan::Plan;
use crate::private_file;
use crate::report::json;
use crate::report::saved::{SavedPlan, SavedPlanProblem, saved_plan};
use crate::snapshot::{self, SnapshotProblem};
use crate::xml::Element;

/// The folder of snapshots, in the folder of this program.
const SNAPSHOTS: &str = "snapshots";
/// The largest snapshot or plan that is read, in bytes.
const LARGEST: u64 = 256 << 20;
/// What build servers set in the environment of their jobs.
const BUILD_SERVERS: [&str; 10] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TF_BUILD",
    "BUILDKITE",
    "CIRCLECI",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
    "TRAVIS",
];

/// What there is to go back from.
#[derive(Debug)]
pub(crate) struct BackSource {
    /// The plan, as it was saved.
    pub(crate) plan: SavedPlan,
    /// Documents as they were before, where they were kept.
    pub(crate) before: BTreeMap<Address, Element>,
}

/// Where the snapshot of a plan is going to be.
#[derive(Debug)]
pub(crate) struct SnapshotPlace {
    folder: PathBuf,
    name: String,
    /// Whether it lies in the folder of this program.
    is_own: bool,
}

impl SnapshotPlace {
    /// A new one, for an org.
    pub(crate) fn new(org_id: &str, chosen: Option<&Path>) -> Self {
        let folder = match chosen {
            Some(folder) => folder.to_owned(),
            None => Path::new(embedded::FOLDER).join(SNAPSHOTS),
        };
        let now = Timestamp::now().to_string();
        let digits = |character: &char| character.is_ascii_alphanumeric();
        let seconds = now.split('.').next().unwrap_or_default();
        let time: String = seconds.chars().filter(digits).collect();
        Self {
            folder: folder.join(safe(org_id)),
            name: time.trim_end_matches('Z').to_owned(),
            is_own: chosen.is_none(),
        }
    }

    /// Its path, as it is shown. Where another of the same second is there it gets a number.
    pub(crate) fn path(&self) -> PathBuf {
        let numbered = |number: usize| match number {
            1 => format!("{}Z.zip", self.name),
            number => format!("{}Z-{number}.zip", self.name),
        };
        let paths = (1..).map(|number| self.folder.join(numbered(number)));
        let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
        let mut paths = paths;
        paths.find(is_free).unwrap_or_default()
    }

    /// What somebody should know of where it is: on a build server nothing may keep it.
    pub(crate) fn remark(&self) -> Option<Diagnostic> {
        let is_set = |name: &&&str| std::env::var(**name).is_ok_and(|value| !value.is_empty());
        let server = BUILD_SERVERS.iter().find(is_set).filter(|_| self.is_own)?;
        let words = format!(
            "this looks like a build server ({server} is set), and nothing may keep the snapshot when the job ends"
        );
        let help = "keep `.orgwright/snapshots` with the job, name a folder that stays with `--snapshot-dir DIR`, or keep the saved plan: it is a way back too";
        Some(Diagnostic::note(Code::SnapshotNotKept, words).help(help))
    }

    /// Writes the snapshot.
    pub(crate) fn write(&self, path: &Path, plan: &Plan, live: &Live) -> Result<(), Failure> {
        let bytes = snapshot::pack(plan, &json::plan(plan), live)
            .map_err(|error| not_written(path, &error.to_string()))?;
        self.prepare()
            .and_then(|()| write_new(path, &bytes))
            .map_err(|error| not_written(path, &error.to_string()))
    }

    fn prepare(&self) -> io::Result<()> {
        if self.is_own {
            let own = embedded::own_folder();
            own.map_err(|failure| {
                let reason = failure.diagnostics.first();
                let reason = reason.map_or(String::new(), |one| one.message.clone());
                io::Error::other(reason)
            })?;
        }
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        let folders = [parent, &self.folder].into_iter();
        for folder in folders.filter(|_| self.is_own) {
            if folder.is_symlink() {
                let problem = format!("{} is a link", folder.display());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
            }
        }
        private_file::create_folder(&self.folder)?;
        let ignore = parent.join(".gitignore");
        match private_file::create(&ignore).and_then(|mut file| file.write_all(b"*\n")) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

/// A whole file, or none: what could not be written to its end goes again.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_file::create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The reason to tell is the first one.
        let _ = private_file::remove(path);
    }
    written
}

fn not_written(path: &Path, reason: &str) -> Failure {
    failure(
        Exit::Failed,
        Code::SnapshotNotWritten,
        format!(
            "the snapshot {} cannot be written: {reason}",
            path.display()
        ),
        "make room, or name another folder with `--snapshot-dir DIR`",
    )
    .state("nothing was written to the org")
}

/// An id as the name of a folder.
fn safe(org_id: &str) -> String {
    let plain = |character: char| match character.is_ascii_alphanumeric() {
        true => character,
        false => '_',
    };
    org_id.chars().map(plain).collect()
}

/// Reads what there is to go back from: a snapshot, or a saved plan.
pub(crate) fn read(path: &Path) -> Result<BackSource, Failure> {
    let refuse = |exit: Exit, code: Code, problem: &str| {
        let message = format!("{} cannot be gone back from: {problem}", path.display());
        failure(
            exit,
            code,
            message,
            "name a snapshot that `apply` wrote, or a plan that `plan --out` saved",
        )
        .state("nothing was sent to any org")
    };
    let unreadable = |problem: &str| refuse(Exit::Manifest, Code::NotASnapshot, problem);
    let mut bytes = Vec::new();
    let opened = fs::metadata(path).and_then(|found| match found.is_file() {
        true => fs::File::open(path),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
    });
    let read = opened.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| refuse(Exit::Usage, Code::NotASnapshot, &error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable("it is larger than any snapshot or plan"));
    }
    let is_archive = bytes.starts_with(b"PK");
    let (text, before) = match is_archive {
        true => {
            let unpacked = snapshot::unpack(&bytes).map_err(|problem| match problem {
                SnapshotProblem::None(_) => unreadable(&problem.to_string()),
                SnapshotProblem::Edited(_) => {
                    refuse(Exit::Manifest, Code::SnapshotEdited, &problem.to_string())
                }
            })?;
            (unpacked.plan, unpacked.before)
        }
        false => {
            let text = String::from_utf8(bytes).map_err(|_| unreadable("it is no text"))?;
            (text, BTreeMap::new())
        }
    };
    let plan = saved_plan(&text).map_err(|problem| match problem {
        SavedPlanProblem::OfAnotherVersion(_) => {
            refuse(Exit::Stale, Code::NotASnapshot, &problem.to_string())
        }
        SavedPlanProblem::Unreadable(_) => unreadable(&problem.to_string()),
    })?;
    if !plan.is_whole() {
        let problem = "its changes are not those of its digest: it was edited";
        return Err(refuse(Exit::Manifest, Code::SnapshotEdited, problem));
    }
    Ok(BackSource { plan, before })
}

/// The snapshots of an org in a folder, the newest first; those that cannot be read are left out.
pub(crate) fn of_org(org_id: &str, chosen: Option<&Path>) -> Vec<BackSource> {
    let folder = SnapshotPlace::new(org_id, chosen).folder;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let sources = paths.iter().rev().filter_map(|path| read(path).ok());
    sources
        .filter(|source| source.plan.org_id == org_id)
        .collect()
}
