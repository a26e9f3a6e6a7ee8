//! Files that are their owner's alone: plans, reports, and above all secrets.
//!
//! **Promise:** what is written here nobody else can read at any moment, a link is never followed in writing, and a
//! file is there whole or not at all. A secret that others can read is refused.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

/// The most a file with a secret may hold, in bytes: a private key has some thousand.
const LARGEST_SECRET: u64 = 1 << 20;

/// A new file, never one that exists or that a link points to.
///
/// # Errors
/// Those of the operating system, `AlreadyExists` among them.
pub fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file that stays where it is, opened for writing and made where it is not there; never one that a link leads to.
///
/// # Errors
/// Those of the operating system, and `InvalidInput` for a link.
pub fn open_or_create(path: &Path) -> io::Result<fs::File> {
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no file of its own",
        ));
    }
    fs::OpenOptions::new().write(true).open(path)
}

/// A folder, with those above it; no error where it exists.
///
/// # Errors
/// Those of the operating system.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file beside its name, then renames it: the old content or the new, and a link in its place is replaced
/// rather than followed.
///
/// # Errors
/// Those of the operating system; the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = create(&temporary).and_then(|mut file| {
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

/// The content of a file that holds a secret. What is looked at is what is read: the file cannot be exchanged between.
///
/// # Errors
/// Those of the operating system, and `PermissionDenied` for a file that other users of the machine can read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ));
    }
    if is_open_to_others(&metadata) {
        let reason = "other users of this machine can read it; `chmod 600` it";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let mut content = Vec::new();
    file.take(LARGEST_SECRET + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_SECRET {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than any secret",
        ));
    }
    Ok(content)
}

/// A pipe is read once, by whoever was given it: `/dev/fd/3` says nothing by its mode.
#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}

/// Removes a file; `false` where there was none.
///
/// # Errors
/// Those of the operating system.
pub fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_its_owners_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        create_folder(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
        let path = inner.join("secret");
        fs::write(&path, "old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
        let taken = create(&path).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert!(remove(&path).unwrap());
        assert!(!remove(&path).unwrap());
    }

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (aim, link) = (folder.path().join("aim"), folder.path().join("link"));
        fs::write(&aim, "old").unwrap();
        symlink(&aim, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&aim).unwrap(), b"old");
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "canary").unwrap();
        for (mode, is_refused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).is_err(), is_refused, "{mode:o}");
        }
        assert!(read(folder.path()).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, vec![b'x'; LARGEST_SECRET as usize + 1]).unwrap();
        assert!(read(&path).is_err());
    }
}
