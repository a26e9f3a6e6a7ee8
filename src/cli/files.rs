//! Files this program reads and writes: found upwards, written whole or not at all, readable by their owner only.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::codes::{self, failure};
use crate::diagnostic::{Exit, Failure};

/// The nearest file of this name from `start` upwards, no further than the repository's root.
pub(crate) fn find_up(start: &Path, name: &str) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let candidate = folder.join(name);
        if candidate.is_file() {
            return Some(candidate);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The current folder.
pub(crate) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        failure(
            Exit::Failed,
            codes::FILES,
            format!("the current folder cannot be used: {error}"),
            "",
        )
    })
}

/// Writes a file for its owner's eyes, whole or not at all: beside its name first, then renamed.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes).map_err(|error| unwritable(path, &error))
}

/// A failure to write a file.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failure(
        Exit::Failed,
        codes::FILES,
        format!("{} cannot be written: {error}", path.display()),
        "",
    )
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = create_private(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        // What is left behind is only the temporary file; the reason to tell is the first one.
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// A new file, never one that exists or that a link points to.
pub(crate) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder for its owner only, with those above it; no error where it exists.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_at_the_repositorys_root() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repository/sub");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.path().join("orgwright.yaml"), "").unwrap();
        assert_eq!(
            find_up(&inner, "orgwright.yaml"),
            Some(root.path().join("orgwright.yaml"))
        );
        fs::create_dir(root.path().join("repository/.git")).unwrap();
        assert_eq!(find_up(&inner, "orgwright.yaml"), None);
        let own = root.path().join("repository/orgwright.yaml");
        fs::write(&own, "").unwrap();
        assert_eq!(find_up(&inner, "orgwright.yaml"), Some(own));
    }

    #[cfg(unix)]
    #[test]
    fn a_written_file_is_its_owners_and_leaves_nothing_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        fs::write(&path, "old").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_private(&folder.path().join("no/such/folder"), b"").is_err());
    }
}
