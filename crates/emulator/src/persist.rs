//! The state file: the whole state as one JSON document.
//!
//! It is replaced whole, so a reader never meets half a state, and only its owner may read it, since it holds the token.
//! Of the demo org's records it holds those that were changed: the program makes the others again.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::documents::{restriction_rules, sharing_rules};
use crate::seed::demo;
use crate::store::{Id, Org, Scale, Shared, Table};

/// The version of state files this program writes and reads.
pub(crate) const VERSION: u32 = 1;

/// Why a state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file is there but cannot be read.
    #[error("read the state file {path}: {source}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no state, or not all of one.
    #[error("the state file {path} is damaged: {source}; remove it to start afresh", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        source: serde_json::Error,
    },
    /// Another version of this program wrote the file.
    #[error("the state file {path} is of version {found}, this program reads {VERSION}; remove it to start afresh", path = .path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: String,
    },
    /// The file could not be written.
    #[error("write the state file {path}: {source}", path = .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What every version of the file says.
#[derive(Deserialize)]
struct Header {
    version: u32,
    demo_edition: u32,
}

#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    demo_edition: u32,
    /// Objects whose records are those of the demo org, with what became of some of them.
    demo_tables: BTreeMap<String, Changes>,
    org: Org,
}

/// How the records of an object differ from those of the demo org.
#[derive(Default, Serialize, Deserialize)]
struct Changes {
    /// New and changed records.
    set: Table,
    /// Ids of deleted records.
    removed: Vec<Id>,
}

/// Reads a state; `None` where there is no such file.
pub(crate) fn load(path: &Path) -> Result<Option<Org>, StateError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(StateError::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    match serde_json::from_slice::<State>(&text) {
        Ok(state) if state.version == VERSION && state.demo_edition == demo::EDITION => {
            Ok(Some(complete(state)))
        }
        Ok(state) => Err(other_version(path, state.version, state.demo_edition)),
        Err(source) => match serde_json::from_slice::<Header>(&text) {
            Ok(header) if header.version != VERSION => {
                Err(other_version(path, header.version, header.demo_edition))
            }
            _ => Err(StateError::Damaged {
                path: path.to_owned(),
                source,
            }),
        },
    }
}

fn other_version(path: &Path, version: u32, demo_edition: u32) -> StateError {
    let found = if version == VERSION {
        format!("{version} (demo org {demo_edition})")
    } else {
        version.to_string()
    };
    StateError::OtherVersion {
        path: path.to_owned(),
        found,
    }
}

/// The state with the demo org's records in their places.
fn complete(state: State) -> Org {
    let mut org = state.org;
    for (object, changes) in state.demo_tables {
        if let Some(mut table) = demo::table(&object, org.scale) {
            changes.lay_over(&mut table);
            org.records.insert(object, table);
        }
    }
    sharing_rules::read_guest_rules(&mut org);
    restriction_rules::read_restrictions(&mut org);
    org
}

/// Replaces the state file. It is complete on return, or as it was before.
pub(crate) fn save(path: &Path, org: &Org) -> Result<(), StateError> {
    let unwritable = |source| StateError::Unwritable {
        path: path.to_owned(),
        source,
    };
    let text = render(org).map_err(|source| unwritable(source.into()))?;
    let temporary = temporary(path);
    let written = write_private(&temporary, &text).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // What is left over is of no use; failing to remove it changes nothing.
        drop(fs::remove_file(&temporary));
        unwritable(source)
    })
}

fn render(org: &Org) -> Result<Vec<u8>, serde_json::Error> {
    let mut org = org.clone();
    let mut demo_tables = BTreeMap::new();
    let scale = org.scale;
    org.records
        .retain(|object, table| match Changes::of(object, scale, table) {
            Some(changes) => {
                demo_tables.insert(object.clone(), changes);
                false
            }
            None => true,
        });
    serde_json::to_vec(&State {
        version: VERSION,
        demo_edition: demo::EDITION,
        demo_tables,
        org,
    })
}

impl Changes {
    /// What became of the demo org's records; `None` for a table that has little to do with them.
    fn of(object: &str, scale: Scale, table: &Shared<Table>) -> Option<Changes> {
        let demo = demo::table(object, scale)?;
        if table.is_seeded() {
            return Some(Changes::default());
        }
        let changed = table.beyond(&demo);
        let set: Table = changed.map(|(id, row)| (id.clone(), row.clone())).collect();
        let gone = demo.beyond(table).map(|(id, _)| id);
        let removed: Vec<Id> = gone.filter(|id| !table.contains_key(id)).cloned().collect();
        (set.len() + removed.len() < demo.len()).then_some(Changes { set, removed })
    }

    fn lay_over(self, table: &mut Shared<Table>) {
        if self.set.is_empty() && self.removed.is_empty() {
            return;
        }
        let table = table.make_mut();
        for id in &self.removed {
            table.remove(id);
        }
        table.extend(self.set);
    }
}

/// A file beside the state file, so that renaming stays within one file system.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;
    use crate::store::Row;

    fn check_refused(text: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, text).unwrap();
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert!(load(&path).unwrap().is_none());
        let mut org = seed::demo();
        save(&path, &org).unwrap();
        let loaded = load(&path).unwrap().unwrap();
        assert_eq!(loaded, org);
        assert!(loaded.records["Lead"].is_seeded());
        let leads: Vec<Id> = org.rows("Lead").map(|(id, _)| id.clone()).take(3).collect();
        org.table_mut("Lead").remove(&leads[0]);
        let lead = org.table_mut("Lead").get_mut(&leads[1]).unwrap();
        lead.insert("Title", "Changed".into());
        let new = org.next_id("00Q");
        org.table_mut("Lead")
            .insert(new, Row::from([("LastName", "New".into())]));
        org.organization.name = "Renamed".into();
        save(&path, &org).unwrap();
        let loaded = load(&path).unwrap().unwrap();
        assert!(loaded == org && loaded.rows("Lead").count() == 2000);
        assert!(
            fs::metadata(&path).unwrap().len() < 1_000_000,
            "unchanged records are not held"
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        save(&path, &seed::standard()).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn what_is_no_state_is_refused() {
        check_refused("", "damaged");
        check_refused("{\"version\":1,\"demo_edition\":1,\"org\":", "damaged");
        check_refused("[1,2]", "damaged");
        check_refused("{\"version\":7,\"demo_edition\":1}", "version 7");
        check_refused(
            "{\"version\":1,\"demo_edition\":999,\"demo_tables\":{},\"org\":{}}",
            "demo org 999",
        );
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("state.json");
        let message = save(&path, &seed::standard()).unwrap_err().to_string();
        assert!(
            message.contains("missing") && message.starts_with("write the state file"),
            "{message}"
        );
    }
}
