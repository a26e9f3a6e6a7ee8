//! Where the secrets of a target lie: who finds a target must know before anything is read.

use std::path::Path;

use super::{NamedTarget, TokenGrant};
use crate::org::secret_source::SecretSource;

impl NamedTarget {
    /// Names of the environment variables that hold its secrets.
    pub fn secret_variables(&self) -> Vec<&str> {
        let places = match &self.grant {
            TokenGrant::Jwt { private_key, .. } => [Some(private_key), None],
            TokenGrant::ClientCredentials { client_secret, .. } => [Some(client_secret), None],
            TokenGrant::RefreshToken {
                client_secret,
                refresh_token,
                ..
            } => [client_secret.as_ref(), Some(refresh_token)],
            TokenGrant::Browser(browser) => [browser.client_secret.as_ref(), None],
            TokenGrant::SfdxAuthUrl { auth_url } => [Some(auth_url), None],
            TokenGrant::AccessToken { token } => [Some(token), None],
        };
        places
            .into_iter()
            .flatten()
            .filter_map(SecretSource::variable)
            .collect()
    }

    /// The files that hold its secrets, or will.
    pub fn secret_files(&self) -> Vec<&Path> {
        let places: Vec<Option<&Path>> = match &self.grant {
            TokenGrant::Jwt { private_key, .. } => vec![private_key.file()],
            TokenGrant::ClientCredentials { client_secret, .. } => vec![client_secret.file()],
            TokenGrant::RefreshToken {
                client_secret,
                refresh_token,
                ..
            } => vec![
                client_secret.as_ref().and_then(SecretSource::file),
                refresh_token.file(),
            ],
            TokenGrant::Browser(browser) => vec![
                browser.client_secret.as_ref().and_then(SecretSource::file),
                Some(&browser.refresh_token_file),
            ],
            TokenGrant::SfdxAuthUrl { auth_url } => vec![auth_url.file()],
            TokenGrant::AccessToken { token } => vec![token.file()],
        };
        places.into_iter().flatten().collect()
    }
}
