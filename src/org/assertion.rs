//! The assertion of a JWT bearer log-in: who logs in to what, signed with the key of the connected app (RFC 7523, RS256).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Serialize;

use crate::secret::Secret;

use super::error::OrgError;
use super::secret_source::SecretSource;

/// Salesforce takes assertions that end within three minutes.
const ASSERTION_SECONDS: u64 = 170;
const HEADER: &str = r#"{"typ":"JWT","alg":"RS256"}"#;

/// The claims that Salesforce asks for (OAuth 2.0 JWT Bearer Flow).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
}

/// The private key of a connected app.
pub(super) struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads an RSA key in PEM form, PKCS #1 or PKCS #8. In a variable its lines may stand as one, with `\n` between.
    ///
    /// # Errors
    /// [`OrgError::Usage`], with the place of the key and what is wrong with it.
    pub(super) fn read(source: &SecretSource) -> Result<Self, OrgError> {
        let problem = |reason: &str| {
            OrgError::Usage(format!("the private key in {}: {reason}", source.shown()))
        };
        let secret = source.read()?;
        let pem = Secret::new(secret.expose().replace("\\n", "\n"));
        if pem.expose().contains("ENCRYPTED") {
            return Err(problem(
                "it is encrypted; write it without a passphrase, readable by you alone",
            ));
        }
        rsa_key(pem.expose().as_bytes())
            .map(Self)
            .ok_or_else(|| problem("it is not an RSA key in PEM form"))
    }

    /// The assertion that a user logs in by an app, good from now on for less than three minutes.
    ///
    /// # Errors
    /// [`OrgError::Usage`] where the key cannot sign.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        username: &str,
        audience: &str,
    ) -> Result<Secret, OrgError> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let claims = Claims {
            iss: client_id,
            sub: username,
            aud: audience,
            exp: now + ASSERTION_SECONDS,
        };
        let unsigned = serde_json::to_string(&claims).map(|claims| {
            let [header, claims] = [HEADER, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
            format!("{header}.{claims}")
        });
        unsigned
            .map_err(|error| error.to_string())
            .and_then(|unsigned| self.signed(&unsigned))
            .map_err(|reason| OrgError::Usage(format!("the private key cannot sign: {reason}")))
    }

    fn signed(&self, text: &str) -> Result<Secret, String> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|error| error.to_string())?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(Secret::new(format!("{text}.{signature}")))
    }
}

fn rsa_key(pem: &[u8]) -> Option<RsaKeyPair> {
    match PrivateKeyDer::from_pem_slice(pem).ok()? {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        std::fs::write(&file, "-----BEGIN ENCRYPTED PRIVATE KEY-----").unwrap();
        let refused = || {
            let source = SecretSource::File(file.clone());
            SigningKey::read(&source).err().unwrap().to_string()
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(refused().contains("chmod 600"));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert!(refused().contains("it is encrypted"));
        std::fs::write(&file, "none").unwrap();
        assert!(refused().contains("not an RSA key"));
    }
}
