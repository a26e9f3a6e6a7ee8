//! Plans that consent was given to by their digest, kept in `.orgwright/plans` until their folder goes: a run that is
//! interrupted is finished by the same command, although what is left is another plan.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::embedded::own_folder;
use crate::diagnostic::Failure;
use crate::plan::{DIGITS_OF_CHANGES, Plan};
use crate::private_file;
use crate::report::json;
use crate::report::saved::{SavedPlan, saved_plan};

/// The folder of kept plans, in the folder of this program.
const PLANS: &str = "plans";

/// The largest plan that is read back, in bytes.
const LARGEST: u64 = 256 << 20;

/// The plan that was kept under these leading digits of its digest: one file, whole, whose name is its own digest.
pub(super) fn find(expected: &str) -> Option<SavedPlan> {
    let wanted = expected.get(..DIGITS_OF_CHANGES)?;
    let entries = fs::read_dir(Path::new(super::super::embedded::FOLDER).join(PLANS)).ok()?;
    let named = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(wanted))
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(named)
        .collect();
    paths.sort();
    paths.iter().find_map(|path| read(path, expected))
}

/// A kept plan, where its content is what its name and the expected digits say.
fn read(path: &Path, expected: &str) -> Option<SavedPlan> {
    let described = fs::symlink_metadata(path).ok()?;
    if !described.is_file() || described.len() > LARGEST {
        return None;
    }
    let saved = saved_plan(&fs::read_to_string(path).ok()?).ok()?;
    let digest = saved.digest.trim_start_matches("sha256:");
    let is_it = path.file_stem().is_some_and(|name| name == digest) && saved.is_whole();
    // What stands behind the digits of the changes is about warnings, which a rehearsal meets again or has met.
    (is_it && super::means_its_changes(expected, digest)).then_some(saved)
}

/// Keeps a plan for the run that finishes it.
///
/// # Errors
/// Where this folder cannot be written to.
pub(super) fn keep(plan: &Plan) -> Result<(), Failure> {
    let folder = own_folder()?.join(PLANS);
    private_file::create_folder(&folder)
        .and_then(|()| {
            let name = format!("{}.json", plan.digest.trim_start_matches("sha256:"));
            private_file::replace(&folder.join(name), json::plan(plan).as_bytes())
        })
        .map_err(|error| super::super::files::unwritable(&folder, &error))
}
