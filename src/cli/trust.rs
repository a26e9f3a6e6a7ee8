//! Whose files are believed: those that this program finds by itself, and those that a project file names.
//!
//! **Promise:** what is named on the command line is taken as it is. What is found lies in the working folder, or above it
//! within its repository, leads nowhere else by a link, belongs to whoever runs this, to root or to the owner of the
//! repository, and nobody else can write it. What a project file names of secrets lies in the project, or in the folder
//! that the user keeps for this program.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};

/// Names a file or folder that is believed whoever owns it: in a container a project may belong to nobody who is there.
const TRUST: &str = "ORGWRIGHT_TRUST";

/// The nearest file of this name: in the folder, or above it up to its repository's root.
///
/// # Errors
/// Where the nearest one is not to be believed: which, and why.
pub(crate) fn find(start: &Path, name: &str) -> Result<Option<PathBuf>, Failure> {
    let root = root_of(start);
    for folder in start.ancestors() {
        let candidate = folder.join(name);
        if candidate.is_file() {
            return match objection(&candidate, &root) {
                None => Ok(Some(candidate)),
                Some(_) if is_named(&candidate) => Ok(Some(candidate)),
                Some(reason) => Err(not_believed(&candidate, &reason)),
            };
        }
        if folder == root {
            break;
        }
    }
    Ok(None)
}

/// The root of the repository that a folder lies in; outside of one the folder itself.
pub(crate) fn root_of(folder: &Path) -> PathBuf {
    let mut above = folder.ancestors();
    let root = above.find(|folder| folder.join(".git").exists());
    root.unwrap_or(folder).to_owned()
}

/// Refuses secrets that a project file names and that lie neither in the project nor in the user's own folder.
pub(crate) fn check_secrets(project_file: &Path, secrets: &[&Path]) -> Result<(), Failure> {
    let folder = project_file.parent().unwrap_or(Path::new(""));
    let root = real(&root_of(folder));
    for secret in secrets {
        let lies = real(secret);
        let is_below =
            |folder: Option<PathBuf>| folder.is_some_and(|folder| lies.starts_with(real(&folder)));
        if lies.starts_with(&root) || is_below(own_folder()) || is_below(trusted()) {
            continue;
        }
        let problem = format!(
            "{} names {}, which lies neither in the project nor in your own folder for this program",
            project_file.display(),
            secret.display()
        );
        let own = own_folder().map_or("your configuration folder".to_owned(), |own| {
            own.display().to_string()
        });
        let help = format!(
            "move it below {} or {own}, or name its folder with {TRUST}",
            root.display()
        );
        return Err(failure(Exit::Usage, Code::SecretElsewhere, problem, help)
            .state("nothing was sent to any org"));
    }
    Ok(())
}

/// Refuses a file that another file names and that a link leads to, out of the repository.
pub(crate) fn check_named_inside(path: &Path, here: &Path) -> Result<(), Failure> {
    let is_link = path.ancestors().any(Path::is_symlink);
    if is_link && !real(path).starts_with(real(&root_of(here))) {
        return Err(not_believed(
            path,
            "a link leads to it, out of the repository",
        ));
    }
    Ok(())
}

/// Why a file is not to be believed that was found below this root.
fn objection(path: &Path, root: &Path) -> Option<String> {
    let Ok(metadata) = path.metadata() else {
        return Some("it cannot be looked at".to_owned());
    };
    if !real(path).starts_with(real(root)) {
        return Some(format!("it is a link that leads out of {}", root.display()));
    }
    let link = path.symlink_metadata().ok();
    let owner = root.metadata().ok();
    whose(&metadata, owner.as_ref()).or_else(|| whose_link(&link?, owner.as_ref()))
}

#[cfg(unix)]
fn whose(file: &Metadata, root: Option<&Metadata>) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    if let Some(reason) = whose_link(file, root) {
        return Some(reason);
    }
    let others = others_can_write(file.mode(), file.uid(), file.gid());
    others.then(|| "others on this machine can write it (`chmod go-w` ends that)".to_owned())
}

/// Ids below this one are the system's (`UID_MIN` of login.defs): groups of theirs hold whom nobody expects.
#[cfg(unix)]
const FIRST_PERSON: u32 = 1_000;

/// Whether others than its owner can write a file. A person's own group, which many systems make with the person and by the
/// same number, holds nobody else: their usual mode for new files lets it write.
#[cfg(unix)]
fn others_can_write(mode: u32, owner: u32, group: u32) -> bool {
    let own_group = owner == group && owner >= FIRST_PERSON;
    mode & 0o002 != 0 || mode & 0o020 != 0 && !own_group
}

#[cfg(unix)]
fn whose_link(file: &Metadata, root: Option<&Metadata>) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let running = rustix::process::geteuid().as_raw();
    let owners = [Some(running), Some(0), root.map(|root| root.uid())];
    let is_known = owners.contains(&Some(file.uid()));
    (!is_known).then(|| {
        "it belongs neither to you, nor to root, nor to whom the repository belongs".to_owned()
    })
}

#[cfg(not(unix))]
fn whose(_file: &Metadata, _root: Option<&Metadata>) -> Option<String> {
    None
}

#[cfg(not(unix))]
fn whose_link(_file: &Metadata, _root: Option<&Metadata>) -> Option<String> {
    None
}

/// Whether the environment names it, or a folder around it, as believed.
fn is_named(path: &Path) -> bool {
    trusted().is_some_and(|trusted| real(path).starts_with(real(&trusted)))
}

fn trusted() -> Option<PathBuf> {
    let named = std::env::var_os(TRUST).filter(|named| !named.is_empty());
    named.map(PathBuf::from)
}

/// The folder that the user keeps for this program.
fn own_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let settings = variable("XDG_CONFIG_HOME")
        .or_else(|| variable("APPDATA"))
        .map(PathBuf::from);
    let settings = settings.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
    settings.map(|settings| settings.join("orgwright"))
}

/// Where a path leads in truth, as far as it is there. What is not there yet cannot lead back up.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for folder in absolute.ancestors() {
        let Ok(found) = folder.canonicalize() else {
            continue;
        };
        let rest = absolute.strip_prefix(folder).unwrap_or(Path::new(""));
        let climbs = rest
            .components()
            .any(|part| !matches!(part, std::path::Component::Normal(_)));
        return match climbs {
            // Nowhere: no folder has it below.
            true => PathBuf::new(),
            false => found.join(rest),
        };
    }
    absolute
}

fn not_believed(path: &Path, reason: &str) -> Failure {
    let problem = format!("{} was found, and is not used: {reason}", path.display());
    let help = format!(
        "name the file on the command line where that is possible, or say that you trust it with {TRUST}=PATH"
    );
    failure(Exit::Usage, Code::FileNotBelieved, problem, help).state("nothing was sent to any org")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NAME: &str = "orgwright.yaml";

    fn found(start: &Path) -> Option<PathBuf> {
        find(start, NAME).expect("nothing against it")
    }

    #[cfg(unix)]
    #[test]
    fn a_persons_own_group_is_nobody_else() {
        for (mode, owner, group, others) in [
            (0o644, 1_000, 1_000, false),
            (0o664, 1_000, 1_000, false),
            (0o664, 1_000, 100, true),
            (0o664, 1_000, 1_001, true),
            (0o664, 0, 0, true),
            (0o666, 1_000, 1_000, true),
            (0o646, 1_000, 1_000, true),
        ] {
            assert_eq!(others_can_write(mode, owner, group), others, "{mode:o}");
        }
    }

    #[test]
    fn the_search_ends_at_the_repositorys_root() {
        let above = tempfile::tempdir().expect("a folder");
        let inner = above.path().join("repository/sub");
        fs::create_dir_all(&inner).expect("a folder");
        fs::write(above.path().join(NAME), "").expect("a file");
        // Outside of a repository nothing above is looked at.
        assert_eq!(found(&inner), None);
        fs::create_dir(above.path().join("repository/.git")).expect("a folder");
        assert_eq!(found(&inner), None);
        let own = above.path().join("repository").join(NAME);
        fs::write(&own, "").expect("a file");
        assert_eq!(found(&inner), Some(own));
        let nearest = inner.join(NAME);
        fs::write(&nearest, "").expect("a file");
        assert_eq!(found(&inner), Some(nearest));
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_write_and_what_leads_elsewhere_is_not_believed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let above = tempfile::tempdir().expect("a folder");
        let root = above.path().join("repository");
        fs::create_dir_all(root.join(".git")).expect("a folder");
        let file = root.join(NAME);
        fs::write(&file, "").expect("a file");
        for (mode, is_believed) in [
            (0o644, true),
            (0o600, true),
            (0o664, false),
            (0o666, false),
            (0o602, false),
        ] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("it is mine");
            assert_eq!(find(&root, NAME).is_ok(), is_believed, "{mode:o}");
        }
        fs::remove_file(&file).expect("it is there");
        fs::write(above.path().join("secret"), "").expect("a file");
        symlink("../secret", &file).expect("a link");
        assert!(find(&root, NAME).is_err());
        fs::remove_file(&file).expect("it is there");
        fs::write(root.join("other.yaml"), "").expect("a file");
        symlink("other.yaml", &file).expect("a link");
        assert_eq!(found(&root), Some(file));
    }

    #[test]
    fn secrets_lie_in_the_project() {
        let above = tempfile::tempdir().expect("a folder");
        let root = above.path().join("repository");
        fs::create_dir_all(root.join(".git")).expect("a folder");
        let toml = root.join("orgwright.toml");
        let check = |secret: &str, is_fine: bool| {
            let secret = root.join(secret);
            assert_eq!(
                check_secrets(&toml, &[&secret]).is_ok(),
                is_fine,
                "{}",
                secret.display()
            );
        };
        check("keys/not-there-yet", true);
        check("key.pem", true);
        check("../key.pem", false);
        check("/etc/passwd", false);
        check("not-there/../../key.pem", false);
    }
}
