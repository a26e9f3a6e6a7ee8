//! What the tests of this workspace share: where generated inputs come from, and what a test does without its material.
//!
//! Generated inputs are fixed, so that every run is the same run, unless somebody explores.
//! `ORGWRIGHT_SEED` is where to explore from, a number or any other text such as the hash of a commit. `ORGWRIGHT_CASES`
//! is how many cases each test is to see; more than there are is all of them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use proptest::test_runner::{Config, RngSeed};

/// The seed where nobody explores.
const USUAL: u64 = 20_260_301;

/// What all generated inputs and orders come from.
pub fn seed() -> u64 {
    std::env::var("ORGWRIGHT_SEED").map_or(USUAL, |text| number_for(&text))
}

/// How many cases a test is to see that usually sees so many.
///
/// # Panics
/// Where `ORGWRIGHT_CASES` is no number.
pub fn cases(usual: u32) -> u32 {
    let wanted = std::env::var("ORGWRIGHT_CASES").ok();
    wanted.map_or(usual, |text| {
        text.parse().expect("ORGWRIGHT_CASES is a number")
    })
}

/// Those of some cases that a test tries that usually tries so many: spread evenly, from a start that the seed says.
///
/// # Panics
/// As [`cases`].
pub fn chosen<T>(all: &[T], usual: u32) -> Vec<&T> {
    let wanted = usize::try_from(cases(usual)).unwrap_or(usize::MAX);
    let wanted = wanted.clamp(1, all.len().max(1));
    let start = usize::try_from(seed() % all.len().max(1) as u64).unwrap_or_default();
    let places = (0..wanted).map(|number| (start + number * all.len() / wanted) % all.len().max(1));
    places.filter_map(|place| all.get(place)).collect()
}

/// How a law is tried that usually sees so many cases.
///
/// # Panics
/// As [`cases`].
pub fn law(usual: u32) -> Config {
    Config {
        cases: cases(usual),
        rng_seed: RngSeed::Fixed(seed()),
        // A case that failed becomes a test of its own.
        failure_persistence: None,
        ..Config::default()
    }
}

/// A folder of what is no part of the project: `corpus` (metadata of real orgs), `responses` (recorded answers), `wsdl`
/// (the vendor's schema), `facts` (examples of record access), `clients` (other people's programs). `ORGWRIGHT_` and its name says where it is. `None` where
/// nobody has it, which is said, with what is left out for it.
///
/// # Panics
/// As [`skipped`].
pub fn material(name: &str, what: &str) -> Option<PathBuf> {
    let variable = format!("ORGWRIGHT_{}", name.to_uppercase());
    let folder = std::env::var_os(variable).filter(|folder| !folder.is_empty());
    if folder.is_none() {
        skipped(name, what);
    }
    folder.map(PathBuf::from)
}

/// The vendor's schema, where there is `xmllint` to read it.
///
/// # Panics
/// As [`skipped`].
pub fn schema(what: &str) -> Option<PathBuf> {
    let folder = material("wsdl", what)?;
    let lint = Command::new("xmllint").arg("--version").output();
    if lint.is_err() {
        skipped("wsdl", &format!("{what} (there is no xmllint)"));
        return None;
    }
    Some(folder.join("metadata.xsd"))
}

/// Says that something is left out, or done with less, for want of this material.
///
/// # Panics
/// Where `ORGWRIGHT_REQUIRE` names the material, or `all`.
pub fn skipped(material: &str, what: &str) {
    // Not `eprintln!`, which the test runner keeps to itself. A closed stream is nobody listening.
    let _ = writeln!(
        std::io::stderr().lock(),
        "skipped for want of {material}: {what}"
    );
    let required = std::env::var("ORGWRIGHT_REQUIRE").unwrap_or_default();
    let is_required = |name: &str| name == material || name == "all";
    assert!(
        !required.split(',').any(is_required),
        "ORGWRIGHT_REQUIRE asks for {material}"
    );
}

/// A number for a text: its own, or its FNV-1a hash.
fn number_for(text: &str) -> u64 {
    let hashed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = || text.bytes().fold(0xcbf2_9ce4_8422_2325, hashed);
    text.parse().unwrap_or_else(|_| hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_and_holds_none_twice() {
        let all: Vec<u32> = (0..10).collect();
        let mut chosen = chosen(&all, 5);
        chosen.sort();
        assert_eq!(
            chosen
                .windows(2)
                .filter(|pair| *pair[1] - *pair[0] != 2)
                .count(),
            0
        );
        assert_eq!(super::chosen(&all, 100).len(), 10);
        assert!(super::chosen(&all[..0], 5).is_empty());
    }

    #[test]
    fn any_text_is_a_seed() {
        assert_eq!(number_for("7"), 7);
        assert_eq!(number_for(""), 0xcbf2_9ce4_8422_2325);
        assert_ne!(number_for("d29fa92"), number_for("d29fa93"));
    }
}
