//! Named files to zip and back.
//!
//! **Promise:** the same files give the same bytes on every machine and at every hour; reading never trusts a name
//! or a size in the archive, and refuses the whole archive rather than repair one entry.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Files in one deploy or retrieve (Metadata API guide, limits).
const MAX_FILES: usize = 10_000;
/// Bytes of one file after inflating.
const MAX_FILE_BYTES: u64 = 100 << 20;
/// Bytes of all files after inflating; the platform's own limit is 600 MB.
const MAX_TOTAL_BYTES: u64 = 600 << 20;
/// Bytes that one compressed byte may become. Real profiles reach about fifty.
const MAX_RATIO: u64 = 200;
/// Compressed bytes that the ratio does not look at: a short file of zeros is no bomb.
const RATIO_GRACE_BYTES: u64 = 1024;

/// Why an archive was neither read nor written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A name that could leave the folder it is unpacked in, or that two systems read differently.
    #[error("the archive names a file `{}`, which is not a plain relative path", .0.escape_debug())]
    Name(String),
    /// Two entries of one name.
    #[error("the archive holds two entries of one name")]
    Duplicate,
    /// A link instead of a file.
    #[error("the archive holds a symbolic link, `{0}`")]
    Link(String),
    /// More than the limits allow.
    #[error("the archive is too large: {0}")]
    TooLarge(String),
    /// Not a zip, cut off, or damaged.
    #[error("the archive cannot be read: {0}")]
    Damaged(String),
}

impl From<ZipError> for ArchiveError {
    fn from(error: ZipError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// Packs the files in the order of their names.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, ArchiveError> {
    if files.len() > MAX_FILES {
        return Err(ArchiveError::TooLarge(format!("{} files", files.len())));
    }
    // Time, system and permissions are fixed: left to the library they follow the clock and the machine.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .system(zip::System::Unix)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        if !is_plain(name) {
            return Err(ArchiveError::Name(name.clone()));
        }
        writer.start_file(name.as_str(), options)?;
        writer.write_all(bytes).map_err(ZipError::from)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Unpacks an archive; entries that stand for folders are left out.
pub fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.len() > MAX_FILES {
        return Err(ArchiveError::TooLarge(format!("{} entries", archive.len())));
    }
    // The library keeps one entry per name, so a second one shows only in the directory itself.
    if archive.has_duplicate_names() {
        return Err(ArchiveError::Duplicate);
    }
    let mut files = BTreeMap::new();
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let path = name.strip_suffix('/').unwrap_or(&name);
        if !is_plain(path) {
            return Err(ArchiveError::Name(name));
        }
        if entry.is_symlink() {
            return Err(ArchiveError::Link(name));
        }
        if name.ends_with('/') {
            continue;
        }
        let budget = MAX_FILE_BYTES.min(MAX_TOTAL_BYTES - total);
        let content = inflate(entry, &name, budget)?;
        total += content.len() as u64;
        files.insert(name, content);
    }
    Ok(files)
}

/// Reads one entry within its budget. The sizes in the archive are the sender's claim, so they only lower it.
fn inflate(
    entry: zip::read::ZipFile<'_, Cursor<&[u8]>>,
    name: &str,
    budget: u64,
) -> Result<Vec<u8>, ArchiveError> {
    let by_ratio = (entry.compressed_size() + RATIO_GRACE_BYTES).saturating_mul(MAX_RATIO);
    let limit = budget.min(by_ratio);
    let mut content = Vec::new();
    entry
        .take(limit + 1)
        .read_to_end(&mut content)
        .map_err(|error| ArchiveError::Damaged(format!("`{name}`: {error}")))?;
    if content.len() as u64 > limit {
        return Err(ArchiveError::TooLarge(format!(
            "`{name}` inflates to more than {limit} bytes"
        )));
    }
    Ok(content)
}

/// A relative path that means the same file on every system and in every terminal.
fn is_plain(name: &str) -> bool {
    name.len() <= 400
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !name.contains(is_treacherous)
}

/// Drive letters, the other system's separator, control characters and those that turn the text around.
fn is_treacherous(character: char) -> bool {
    matches!(character, '\\' | ':' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), name.as_bytes().to_vec()))
            .collect()
    }

    /// An archive as a hostile sender writes it: the library takes any name and type.
    fn hostile(write: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        write(&mut writer);
        writer.finish().unwrap().into_inner()
    }

    fn named(name: &str) -> Vec<u8> {
        hostile(|writer| {
            writer
                .start_file(name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(b"x").unwrap();
        })
    }

    #[test]
    fn packing_is_deterministic_and_reads_back() {
        let files = files(&[
            "package.xml",
            "objects/Lead.object",
            "profiles/Admin.profile",
        ]);
        let packed = pack(&files).unwrap();
        assert_eq!(packed, pack(&files).unwrap());
        assert_eq!(unpack(&packed).unwrap(), files);
    }

    #[test]
    fn names_that_leave_the_folder_are_refused_both_ways() {
        for name in [
            "../x",
            "/etc/passwd",
            "C:/x",
            "a/../b",
            "a//b",
            "a\\b",
            "a\u{202e}b",
            "./a",
        ] {
            assert!(
                matches!(unpack(&named(name)), Err(ArchiveError::Name(_))),
                "{name:?}"
            );
            assert!(
                matches!(pack(&files(&[name])), Err(ArchiveError::Name(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn folders_are_left_out() {
        let bytes = hostile(|writer| {
            writer
                .add_directory("objects/", SimpleFileOptions::default())
                .unwrap();
        });
        assert!(unpack(&bytes).unwrap().is_empty());
    }

    #[test]
    fn links_are_refused() {
        let bytes = hostile(|writer| {
            writer
                .add_symlink("link", "/etc/passwd", SimpleFileOptions::default())
                .unwrap();
        });
        assert!(matches!(unpack(&bytes), Err(ArchiveError::Link(_))));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bytes = hostile(|writer| {
            writer
                .start_file("zeros", SimpleFileOptions::default())
                .unwrap();
            for _ in 0..32 {
                writer.write_all(&[0; 1 << 20]).unwrap();
            }
        });
        assert!(bytes.len() < 100_000);
        assert!(matches!(unpack(&bytes), Err(ArchiveError::TooLarge(_))));
    }

    #[test]
    fn a_second_entry_of_the_same_name_is_refused() {
        let mut bytes = hostile(|writer| {
            for name in ["aaaa", "bbbb"] {
                writer
                    .start_file(name, SimpleFileOptions::default())
                    .unwrap();
            }
        });
        while let Some(at) = bytes.windows(4).position(|window| window == b"bbbb") {
            bytes[at..at + 4].copy_from_slice(b"aaaa");
        }
        assert!(matches!(unpack(&bytes), Err(ArchiveError::Duplicate)));
    }

    #[test]
    fn every_truncation_is_refused() {
        let packed = pack(&files(&["package.xml", "objects/Lead.object"])).unwrap();
        for length in 0..packed.len() {
            assert!(unpack(&packed[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn a_changed_content_is_refused() {
        let files = BTreeMap::from([(String::from("a"), b"some content".to_vec())]);
        let mut packed = pack(&files).unwrap();
        packed[34] ^= 0xff;
        assert!(matches!(unpack(&packed), Err(ArchiveError::Damaged(_))));
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn what_was_packed_unpacks(
            files in prop::collection::btree_map(
                "[a-zA-Z0-9_ %.-]{1,20}(/[a-zA-Z0-9_%-]{1,20}){0,3}",
                prop::collection::vec(any::<u8>(), 0..200),
                0..8,
            )
        ) {
            prop_assume!(files.keys().all(|name| is_plain(name)));
            prop_assert_eq!(unpack(&pack(&files).unwrap()).unwrap(), files);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = unpack(&bytes);
        }
    }
}
