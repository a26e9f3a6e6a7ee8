//! Where a secret lies, and getting it from there.
//!
//! **Promise:** no error repeats a secret, and a file that others can read is not taken for one.

use std::path::{Path, PathBuf};

use crate::private_file;
use crate::secret::Secret;

use super::error::OrgError;

/// Where a secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretSource {
    Variable(String),
    File(PathBuf),
    /// Taken out of another secret that held it.
    Value(Secret),
}

impl SecretSource {
    /// Fetches the secret.
    pub(super) fn read(&self) -> Result<Secret, OrgError> {
        let secret = match self {
            Self::Variable(name) => Secret::new(std::env::var(name).map_err(|_| {
                OrgError::Usage(format!("the environment variable {name} is not set"))
            })?),
            Self::File(path) => secret_in(path)?,
            Self::Value(secret) => secret.clone(),
        };
        if secret.expose().is_empty() {
            return Err(OrgError::Usage(format!("{} is empty", self.shown())));
        }
        Ok(secret)
    }

    /// The name of the environment variable, where it is one.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::File(_) | Self::Value(_) => None,
        }
    }

    /// The file that it lies in, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Variable(_) | Self::Value(_) => None,
        }
    }

    /// The place, in words.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Variable(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Value(_) => String::from("the secret"),
        }
    }
}

fn secret_in(path: &Path) -> Result<Secret, OrgError> {
    let problem =
        |reason: &str| OrgError::Usage(format!("cannot use the file {}: {reason}", path.display()));
    let bytes = private_file::read(path).map_err(|error| problem(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| problem("it is not text"))?;
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_holds_nothing_says_so() {
        let error = SecretSource::Variable(String::from("ORGWRIGHT_NEVER_SET"))
            .read()
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "the environment variable ORGWRIGHT_NEVER_SET is not set"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        private_file::replace(&file, b" \n").unwrap();
        assert!(
            SecretSource::File(file.clone())
                .read()
                .unwrap_err()
                .to_string()
                .ends_with("is empty")
        );
        private_file::replace(&file, b"canary\n").unwrap();
        assert_eq!(SecretSource::File(file).read().unwrap().expose(), "canary");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_no_place_for_a_secret() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "canary").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = SecretSource::File(file).read().unwrap_err().to_string();
        assert!(
            error.contains("chmod 600") && !error.contains("canary"),
            "{error}"
        );
    }
}
