//! Certificate authorities that are trusted beside the system's.
//!
//! **Promise:** this is the one thing about TLS that can be set; a check is never left out.

use std::path::{Path, PathBuf};

use reqwest::Certificate;

use super::Options;
use super::broken::innermost;
use super::error::OrgError;

/// The certificates of `SSL_CERT_FILE` and of the target, on top of the system's.
pub(super) fn extra(options: &Options) -> Result<Vec<Certificate>, OrgError> {
    let mut certificates = Vec::new();
    for file in files(options) {
        certificates.extend(read(&file)?);
    }
    Ok(certificates)
}

fn files(options: &Options) -> Vec<PathBuf> {
    let from_environment = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    from_environment
        .into_iter()
        .chain(options.ca_file.clone())
        .collect()
}

/// Nothing else than a certificate that is none keeps a client from being made; only its file can be named.
pub(super) fn unusable(options: &Options, reason: &str) -> OrgError {
    let named: Vec<String> = files(options)
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    match named.is_empty() {
        true => OrgError::Usage(format!("the HTTP client cannot be set up: {reason}")),
        false => OrgError::Usage(format!(
            "the certificates in {} cannot be used: {reason}",
            named.join(" and ")
        )),
    }
}

fn read(file: &Path) -> Result<Vec<Certificate>, OrgError> {
    let problem = |reason: String| {
        OrgError::Usage(format!("the certificate file {}: {reason}", file.display()))
    };
    let pem = std::fs::read(file).map_err(|error| problem(error.to_string()))?;
    Certificate::from_pem_bundle(&pem).map_err(|error| problem(innermost(&error)))
}
