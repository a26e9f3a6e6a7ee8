//! The demo org inside this program: started on a loopback port, kept in `.orgwright/` of the current folder.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::files::unwritable;
use super::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::private_file;
use salesforce_emulator::{self as emulator, Server};

/// Where its state is kept, seen from the current folder.
const FOLDER: &str = ".orgwright";
const STATE: &str = ".orgwright/embedded.json";

/// How long its deploys and recalculations take: long enough that waiting is real, short enough to wait for.
const PACE: Duration = Duration::from_secs(1);

/// Starts it over the state of the current folder.
pub(crate) async fn start() -> Result<Server, Failure> {
    prepare_folder(Path::new(FOLDER))?;
    let options = emulator::Options {
        state: Some(STATE.into()),
        deploy_time: PACE,
        recalculation: PACE,
        ..emulator::Options::default()
    };
    emulator::start(options).await.map_err(|error| {
        let help = "`orgwright reset` starts the demo org afresh";
        failure(
            Exit::Failed,
            Code::EmulatorNotStarted,
            format!("the demo org cannot start: {error}"),
            help,
        )
        .state("no Salesforce org was touched")
    })
}

/// Forgets its state; false where there was none.
pub(crate) fn reset() -> Result<bool, Failure> {
    match fs::remove_file(STATE) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unwritable(Path::new(STATE), &error)),
    }
}

/// A folder of its own, which git ignores.
fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    private_file::create_folder(folder).map_err(|error| unwritable(folder, &error))?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
        return Ok(());
    }
    match private_file::create(&ignore).and_then(|mut file| file.write_all(b"*\n")) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(unwritable(&ignore, &error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_ignored_by_git_and_may_exist() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(FOLDER);
        prepare_folder(&folder).unwrap();
        prepare_folder(&folder).unwrap();
        assert_eq!(
            fs::read_to_string(folder.join(".gitignore")).unwrap(),
            "*\n"
        );
    }
}
