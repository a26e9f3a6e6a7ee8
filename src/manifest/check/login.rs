//! How the user logs in: ranges stand on profiles alone, so they need one of the manifest's own.

use super::super::findings::Findings;
use super::super::spec::Spec;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(spec: &Spec, findings: &Findings) {
    let Some(login) = &spec.login else {
        return;
    };
    let own = spec.profile.as_ref().filter(|profile| !profile.absent);
    if own.is_some() {
        return;
    }
    if let Some(range) = login.ip_ranges.first() {
        let message = "log-in ranges stand on a profile, and this manifest has none of its own";
        let finding = Diagnostic::error(Code::LoginNeedsProfile, message).at(&range.place);
        let help = "make one with `name` and `cloneFrom`; a profile of others is not changed";
        findings.push(match &spec.existing_profile {
            Some(of_others) => finding
                .see(&of_others.place, "it is used as it is")
                .help(help),
            None => finding.help(help),
        });
    }
    if login.api_only && spec.granted_sets().next().is_none() {
        let message = "`apiOnly` is granted by the profile or by a permission set, and this manifest has neither";
        let finding = Diagnostic::error(Code::LoginNeedsProfile, message).at(&login.place);
        findings.push(finding.help("add a permission set under `grants`, or a profile of its own"));
    }
}
