//! Signed assertions: made with a key of this run, and read back only where that key signed them.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

/// The app's key.
static KEY: LazyLock<rcgen::KeyPair> =
    LazyLock::new(|| rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key"));

/// How far ahead Salesforce takes the end of an assertion.
const LONGEST: Duration = Duration::from_secs(180);

/// The private key, as its file holds it.
pub(crate) fn key() -> String {
    KEY.serialize_pem()
}

/// An assertion of these claims that ends soon.
pub(crate) fn sign(mut claims: Value) -> String {
    claims["exp"] = json!(now() + LONGEST.as_secs() - 10);
    let key = EncodingKey::from_rsa_pem(key().as_bytes()).expect("a key");
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).expect("an assertion")
}

/// The claims of an assertion, all but its end, which has to be soon.
pub(crate) fn read(assertion: &str) -> Value {
    let key = DecodingKey::from_rsa_pem(KEY.public_key_pem().as_bytes()).expect("a key");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_aud = false;
    let read = jsonwebtoken::decode::<Value>(assertion, &key, &rules);
    let mut claims = read.expect("the app's key has signed it").claims;
    let end = claims["exp"].as_u64().expect("an end in seconds");
    assert!((now()..=now() + LONGEST.as_secs()).contains(&end), "{end}");
    claims["exp"].take();
    claims
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a clock").as_secs()
}
