//! What a proof finds of the numbers: rules that match nothing, or other than as many records as are meant.

use super::Access;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::findings::{is_about_expectations, rules_match_nothing};
use crate::manifest::Manifest;

/// The findings of a plan, with those about objects whose rules match nothing, as comparing all records shows and counting did
/// not.
pub fn with_nothing_matched(
    mut findings: Vec<Diagnostic>,
    manifests: &[Manifest],
    access: &[Access],
) -> Vec<Diagnostic> {
    for manifest in manifests {
        for sharing in &manifest.spec.sharing {
            let place = Some(&sharing.object.place);
            let mut known = findings.iter();
            let is_told = known.any(|finding| {
                finding.code == Code::RulesMatchNothing && finding.place.as_ref() == place
            });
            let mut nothing = access.iter().filter(|one| one.rules_match_nothing);
            let found = nothing.find(|one| one.place.as_ref() == place && !is_told);
            findings.extend(found.map(|one| rules_match_nothing(sharing, one.population)));
        }
    }
    findings
}

/// Whether a finding is about how many records rules match, or about what is expected of single ones.
pub fn is_about_numbers(finding: &Diagnostic) -> bool {
    matches!(
        finding.code,
        Code::RulesMatchNothing | Code::RuleMatchesOtherwise | Code::LimitPassedMeanwhile
    ) || is_about_expectations(finding)
}
