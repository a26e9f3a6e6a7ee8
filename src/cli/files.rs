//! Files this program writes: whole or not at all, readable by their owner only.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::private_file;

/// The current folder.
pub(crate) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        failure(
            Exit::Failed,
            Code::FileUnusable,
            format!("the current folder cannot be used: {error}"),
            "",
        )
    })
}

/// Writes a file for its owner's eyes, whole or not at all: beside its name first, then renamed. A device or a pipe is
/// written to as it is; whatever else is no file, a link to one among it, stays untouched.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = match standing(path) {
        Standing::Replaceable => private_file::replace(path, bytes),
        Standing::Stream => stream(path, bytes),
        Standing::Refused(what) => return Err(not_a_file(path, what)),
    };
    written.map_err(|error| unwritable(path, &error))
}

/// What stands where a file is to be written.
enum Standing {
    /// Nothing, or a regular file.
    Replaceable,
    /// A device or a pipe, perhaps by way of a link such as `/dev/stdout`.
    Stream,
    /// Something that would be lost, or that leads elsewhere.
    Refused(&'static str),
}

fn standing(path: &Path) -> Standing {
    // What cannot be looked at cannot be written either, and that error names the reason.
    let Ok(found) = fs::symlink_metadata(path) else {
        return Standing::Replaceable;
    };
    let leads_to = fs::metadata(path).ok();
    match leads_to {
        _ if found.is_file() => Standing::Replaceable,
        _ if found.is_dir() => Standing::Refused("a folder"),
        Some(end) if !end.is_file() && !end.is_dir() => Standing::Stream,
        _ => Standing::Refused("a link, and what it leads to is left alone"),
    }
}

/// Refuses, before any work, to write where [`write_private`] would refuse.
pub(crate) fn must_be_writable(path: &Path) -> Result<(), Failure> {
    match standing(path) {
        Standing::Refused(what) => Err(not_a_file(path, what)),
        Standing::Replaceable | Standing::Stream => Ok(()),
    }
}

fn not_a_file(path: &Path, what: &str) -> Failure {
    let problem = format!("{} cannot be written: it is {what}", path.display());
    failure(Exit::Usage, Code::FileUnusable, problem, "name a file")
}

/// Writes to what is there; makes nothing and shortens nothing.
fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut stream = fs::OpenOptions::new().write(true).open(path)?;
    stream.write_all(bytes)?;
    stream.flush()
}

/// A failure to write a file.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failure(
        Exit::Failed,
        Code::FileUnusable,
        format!("{} cannot be written: {error}", path.display()),
        "",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_neither_replaced_nor_followed() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let refused = |path: &Path| write_private(path, b"new").unwrap_err().exit;
        assert_eq!(refused(folder.path()), Exit::Usage);
        fs::write(at("file"), "old").unwrap();
        symlink(at("file"), at("link")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        symlink(folder.path(), at("folder")).unwrap();
        for name in ["link", "dangling", "folder"] {
            assert_eq!(refused(&at(name)), Exit::Usage, "{name}");
            assert!(fs::symlink_metadata(at(name)).unwrap().is_symlink());
        }
        assert_eq!(fs::read(at("file")).unwrap(), b"old");
        assert!(!at("nowhere").exists());
        symlink("/dev/null", at("device")).unwrap();
        for device in [at("device"), PathBuf::from("/dev/null")] {
            write_private(&device, b"new").unwrap();
        }
        let null = fs::metadata("/dev/null").unwrap();
        assert!(null.file_type().is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        write_private(&path, b"new").unwrap();
        assert_eq!(reader.join().unwrap(), b"new");
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
    }
}
