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

/// Where this program keeps things, seen from the current folder.
pub(crate) const FOLDER: &str = ".orgwright";
const STATE: &str = ".orgwright/embedded.json";
const LOCK: &str = ".orgwright/embedded.lock";

/// How long its deploys and recalculations take: long enough that waiting is real, short enough to wait for.
const PACE: Duration = Duration::from_secs(1);

/// Looks at the lock while another run has it, and the time between them: a minute in all.
const MOST_LOOKS: usize = 600;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The demo org, locked for this run until it is dropped.
pub(crate) struct Locked {
    /// What serves it.
    pub(crate) server: Server,
    _lock: fs::File,
}

/// Starts it over the state of the current folder, once no other run has it.
pub(crate) async fn start(notice: impl FnOnce()) -> Result<Locked, Failure> {
    prepare_folder(Path::new(FOLDER))?;
    let lock = lock(notice).await?;
    let server = serve().await?;
    Ok(Locked {
        server,
        _lock: lock,
    })
}

/// The lock of the folder's demo org. The system lets go of it where the process ends, however it ends.
async fn lock(notice: impl FnOnce()) -> Result<fs::File, Failure> {
    let unusable = |error: &std::io::Error| unwritable(Path::new(LOCK), error);
    let mut notice = Some(notice);
    let file = private_file::open_or_create(Path::new(LOCK)).map_err(|error| unusable(&error))?;
    for _ in 0..MOST_LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(error)) => return Err(unusable(&error)),
        }
        if let Some(notice) = notice.take() {
            notice();
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let problem = "another run in this folder uses the demo org, and has not ended within a minute";
    let in_use = failure(
        Exit::Busy,
        Code::EmbeddedOrgInUse,
        problem,
        "run the same command again when it has ended",
    );
    Err(in_use.state("no Salesforce org was touched"))
}

async fn serve() -> Result<Server, Failure> {
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
    let lock = Path::new(LOCK);
    if lock.exists() {
        let file = private_file::open_or_create(lock).map_err(|error| unwritable(lock, &error))?;
        if file.try_lock().is_err() {
            let problem = "another run in this folder uses the demo org";
            return Err(failure(
                Exit::Busy,
                Code::EmbeddedOrgInUse,
                problem,
                "reset it when that run has ended",
            ));
        }
    }
    match fs::remove_file(STATE) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unwritable(Path::new(STATE), &error)),
    }
}

/// The folder that this program keeps things in, made where it is not there.
pub(crate) fn own_folder() -> Result<&'static Path, Failure> {
    prepare_folder(Path::new(FOLDER)).map(|()| Path::new(FOLDER))
}

/// A folder of its own, which git ignores.
fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    if folder.is_symlink() {
        let problem = format!(
            "{} is a link, and nothing is kept where it leads",
            folder.display()
        );
        return Err(failure(
            Exit::Failed,
            Code::FileUnusable,
            problem,
            "remove the link",
        ));
    }
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
