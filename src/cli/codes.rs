//! Findings about the command line and this machine: their codes and explanations.

use crate::diagnostic::{Diagnostic, Exit, Failure};

/// A code with what `explain` says about it.
pub(crate) type Explained = (&'static str, &'static str, &'static str);

pub(crate) const NO_MANIFEST: &str = "OW0001";
pub(crate) const NAME_THE_ORG: &str = "OW0002";
pub(crate) const UNKNOWN_ORG: &str = "OW0003";
pub(crate) const CONSENT: &str = "OW0004";
pub(crate) const STALE: &str = "OW0005";
pub(crate) const SAVED_PLAN: &str = "OW0006";
pub(crate) const OTHER_ORG: &str = "OW0007";
pub(crate) const FILES: &str = "OW0008";
pub(crate) const DECLINED: &str = "OW0009";
pub(crate) const UNKNOWN_NAME: &str = "OW0010";
pub(crate) const EMULATOR: &str = "OW0011";
pub(crate) const MACHINE: &str = "OW0012";
pub(crate) const METADATA: &str = "OW0013";

/// Every code of this module.
pub(crate) const CODES: &[Explained] = &[
    (
        NO_MANIFEST,
        "no manifest to read",
        "No FILE was given, and neither this folder nor one above it, up to the repository's root, holds an orgwright.yaml. Name a file, or write one with `orgwright init`.",
    ),
    (
        NAME_THE_ORG,
        "the org has to be named",
        "The embedded demo org is the default only where nothing points at a Salesforce org. Here something does (ORGWRIGHT_ORG, an orgwright.toml, SF_TARGET_ORG or SF_ORG_INSTANCE_URL), so that a forgotten --org never means the wrong org. Say --org.",
    ),
    (
        UNKNOWN_ORG,
        "no such org",
        "--org takes `embedded`, `sf:ALIAS`, `env`, or a name listed under [targets] in the nearest orgwright.toml.",
    ),
    (
        CONSENT,
        "apply needs consent",
        "Apply writes to the org. Without a terminal to ask at, consent has to be given beforehand: --expect DIGEST (the plan you read, and no other) or --yes (whatever is planned). --plan FILE says which saved plan is meant and refuses any other, but it is no consent by itself: give --yes with it. Nothing was sent.",
    ),
    (
        STALE,
        "not the plan that was expected",
        "The plan made now differs from the one whose digest was given or that was saved: the manifest or the org has changed in between, or somebody edited the saved plan. The sentence names what differs first. Plan again, read it, and apply that one. The digest covers the manifest, the org's id, and every change with its before and after; counts, findings and times stay outside.",
    ),
    (
        SAVED_PLAN,
        "the saved plan cannot be read",
        "--plan takes the JSON that `orgwright plan --out plan.json` writes, whole, and of a format version this program knows.",
    ),
    (
        OTHER_ORG,
        "the saved plan is for another org",
        "A plan is made for one org, by its id. Choose that org with --org, or plan for this one.",
    ),
    (
        FILES,
        "a file could not be read or written",
        "The sentence names the file and the reason the operating system gave. Reports and plans are written to a temporary file beside their name first, so an old one is never left half overwritten.",
    ),
    (
        DECLINED,
        "not confirmed",
        "The answer was not the one asked for, so nothing was changed. At a terminal, production asks for the organization's name and every other org for `yes`.",
    ),
    (
        UNKNOWN_NAME,
        "no such name",
        "What was named does not exist; the help lists what does.",
    ),
    (
        EMULATOR,
        "the embedded org could not start",
        "The sentence says why: an address that is taken, a seed or state file that cannot be read, or a state written by another version. `orgwright reset` starts the demo org afresh.",
    ),
    (
        MACHINE,
        "this machine did not let the program run",
        "The operating system refused threads or signals, which happens in very tight sandboxes.",
    ),
    (
        METADATA,
        "a metadata file cannot be read",
        "The sentence says what is wrong, and the place where. `diff` compares nothing unless it can read everything: a folder's metadata files are those with the ending of a metadata type or of `-meta.xml`, and any other that begins with an element of the metadata namespace.",
    ),
];

/// A failure with one finding.
pub(crate) fn failure(
    exit: Exit,
    code: &'static str,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Failure {
    let help = help.into();
    let finding = Diagnostic::error(code, message);
    let finding = if help.is_empty() {
        finding
    } else {
        finding.help(help)
    };
    Failure::new(exit, vec![finding])
}

/// `; did you mean …?` for the closest of the names there are, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    similar::get_close_matches(word, names, 1, 0.6)
        .first()
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_explained() {
        assert!(CODES.is_sorted_by(|(one, ..), (other, ..)| one < other));
        assert!(
            CODES
                .iter()
                .all(|(_, title, explanation)| !title.is_empty() && explanation.ends_with('.'))
        );
    }

    #[test]
    fn the_closest_name_is_meant() {
        assert_eq!(did_you_mean("prdo", &["prod", "uat"]), Some("prod"));
        assert_eq!(did_you_mean("x", &["prod", "uat"]), None);
    }
}
