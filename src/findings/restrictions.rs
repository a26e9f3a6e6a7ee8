//! Remarks on restriction rules: they hide records that sharing opens, and neither a count nor a proof knows of them.

use super::View;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Need, RestrictionRule, may_be_restricted};
use crate::manifest::{Manifest, Sharing};

pub(super) fn needs(manifest: &Manifest) -> Option<Need> {
    let mut sharing = manifest.spec.sharing.iter();
    let any = sharing.any(|sharing| may_be_restricted(&sharing.object));
    any.then_some(Need::RestrictionRules)
}

/// Each rule on the object; one whose object the org tells by an id may be on it.
pub(super) fn remarks(view: &View, sharing: &Sharing) -> Vec<Diagnostic> {
    let object = sharing.object.as_str();
    if !may_be_restricted(object) {
        return Vec::new();
    }
    let rules = view.live.restriction_rules().learnt().unwrap_or_default();
    let is_id = |rule: &RestrictionRule| rule.object.starts_with("01I");
    let meant = rules
        .iter()
        .filter(|rule| rule.object == object || is_id(rule));
    let told = meant.map(|rule| remark(rule, sharing, is_id(rule)));
    told.collect()
}

fn remark(rule: &RestrictionRule, sharing: &Sharing, is_by_id: bool) -> Diagnostic {
    let (name, object) = (&rule.name, &sharing.object);
    let stands = if is_by_id { "may stand" } else { "stands" };
    let diagnostic = match rule.is_scoping {
        true => Diagnostic::note(
            Code::RestrictionRules,
            format!("the scoping rule {name} {stands} on {object}: it decides which records are shown first, and takes no access away"),
        ),
        false => Diagnostic::warning(
            Code::RestrictionRules,
            format!("the restriction rule {name} {stands} on {object}: whom it concerns sees only what it lets through, whatever is shared"),
        )
        .help(format!(
            "neither the plan's numbers nor the proof know of it: look under Setup > Object Manager > {object} > Restriction Rules whether it concerns the user"
        )),
    };
    diagnostic.at(&object.place)
}
