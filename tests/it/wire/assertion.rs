//! Signed assertions: made with a key of this run, and read back only where that key signed them.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::SigningKey as _;
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
    let header = json!({"typ": "JWT", "alg": "RS256"});
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = KEY.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of an assertion, all but its end, which has to be soon.
pub(crate) fn read(assertion: &str) -> Value {
    let (signed, signature) = assertion.rsplit_once('.').expect("a signature");
    let (header, claims) = signed.split_once('.').expect("claims");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public_key_raw())
        .verify(signed.as_bytes(), &decoded(signature))
        .expect("the app's key has signed it");
    assert_eq!(object(header), json!({"typ": "JWT", "alg": "RS256"}));
    let mut claims = object(claims);
    let end = claims["exp"].as_u64().expect("an end in seconds");
    assert!((now()..=now() + LONGEST.as_secs()).contains(&end), "{end}");
    claims["exp"].take();
    // The host of this test stands for Salesforce's, and is given no assertion for that one.
    if claims["aud"]
        .as_str()
        .is_some_and(|aud| aud.starts_with("http://127.0.0.1:"))
    {
        claims["aud"] = json!("https://login.salesforce.com");
    }
    claims
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(part)
        .expect("base64url without padding")
}

fn object(part: &str) -> Value {
    serde_json::from_slice(&decoded(part)).expect("JSON")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a clock").as_secs()
}
