//! `keepAccess: everyone`: what everybody but integrations keeps of an object, and the criteria that every record meets.

use crate::code::Code;
use crate::criteria::{Condition, Criteria};
use crate::diagnostic::Diagnostic;
use crate::live::{Columns, Defaults, Live, Need, RuleKind, SharingNeed, everyone_name};
use crate::manifest::{KeepEveryone, Logic, Manifest, Operator, RuleAccess, Sharing, SharingModel};
use crate::xml::Element;
use std::collections::BTreeMap;

/// What everybody keeps of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptLevel {
    /// This, by a rule.
    Of(RuleAccess),
    /// Nothing has to be done: the default goes on giving it.
    AsDefault,
    /// Nobody can say: the default gives nothing any more.
    Unknown,
    /// No rule can give it: records will follow their parent.
    Parent,
}

/// What has to be known of the org to tell who everybody is.
pub(super) fn needs(manifest: &Manifest) -> Vec<Need> {
    if !is_asked_for(manifest) {
        return Vec::new();
    }
    let sharing = [
        SharingNeed::People,
        SharingNeed::Groups,
        SharingNeed::Members,
        SharingNeed::EveryoneGroups,
        SharingNeed::ApiOnly,
    ];
    let sharing = sharing.into_iter().map(Need::Sharing);
    let around = [Need::Roles(Columns::All), Need::Containers];
    sharing.chain(around).collect()
}

/// Whether a manifest says anything of everybody.
fn is_asked_for(manifest: &Manifest) -> bool {
    let mut sharing = manifest.spec.sharing.iter();
    sharing.any(|sharing| sharing.keep_everyone.is_some())
}

/// The entry of an object that everybody keeps.
fn kept(sharing: &Sharing) -> Option<&KeepEveryone> {
    let kept = sharing.keep_everyone.as_ref();
    kept.filter(|kept| !kept.absent)
}

/// What everybody keeps of an object; `None` where the manifest does not ask for it. Stated, or what the default gives
/// that becomes narrower; afterwards what the group notes, or what the rule gives that stands.
pub fn kept_level(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Option<KeptLevel> {
    let kept = kept(sharing)?;
    let object = sharing.object.as_str();
    let defaults = Defaults::new(manifest, live);
    let after = defaults.after(object);
    if after == Some(SharingModel::ControlledByParent) {
        return Some(KeptLevel::Parent);
    }
    let after = after.and_then(given);
    let now = match defaults.now(object) {
        Some(SharingModel::ControlledByParent) => defaults.now("Account").and_then(given),
        now => now.and_then(given),
    };
    let stated = kept.access.as_ref().map(|access| access.value);
    let by_default = now.filter(|now| Some(*now) > after);
    // On its way through another default it gives less than it did: the group notes what that was.
    let through = sharing.narrow_through.as_ref();
    let is_on_its_way = through.is_some_and(|one| defaults.now(object) == Some(one.model()));
    let before = is_on_its_way
        .then(|| live.noted_access(manifest, object))
        .flatten();
    let level = stated
        .or(before)
        .or(by_default)
        .or_else(|| live.noted_access(manifest, object))
        .or_else(|| standing(sharing, manifest, live));
    Some(match level {
        Some(level) if Some(level) > after => KeptLevel::Of(level),
        Some(_) => KeptLevel::AsDefault,
        None if after.is_some() => KeptLevel::AsDefault,
        None => KeptLevel::Unknown,
    })
}

/// What a default gives everybody.
fn given(model: SharingModel) -> Option<RuleAccess> {
    match model {
        SharingModel::Private | SharingModel::ControlledByParent => None,
        SharingModel::Read | SharingModel::ReadSelect => Some(RuleAccess::ReadOnly),
        SharingModel::ReadWrite | SharingModel::ReadWriteTransfer | SharingModel::FullAccess => {
            Some(RuleAccess::ReadWrite)
        }
    }
}

/// What the rule for everybody gives that stands.
fn standing(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Option<RuleAccess> {
    let name = everyone_name(manifest);
    let mut rules = live.rules(&sharing.object);
    let rule = rules.find(|rule| rule.name == name && rule.kind == RuleKind::Criteria)?;
    match rule.element.text_of("accessLevel")? {
        "Read" => Some(RuleAccess::ReadOnly),
        "Edit" => Some(RuleAccess::ReadWrite),
        _ => None,
    }
}

/// By object, what everybody keeps by a rule.
pub fn kept_by_everyone<'a>(manifest: &'a Manifest, live: &Live) -> BTreeMap<&'a str, RuleAccess> {
    let sharing = manifest.spec.sharing.iter();
    let kept = sharing.filter_map(|sharing| match kept_level(sharing, manifest, live)? {
        KeptLevel::Of(access) => Some((sharing.object.as_str(), access)),
        KeptLevel::AsDefault | KeptLevel::Unknown | KeptLevel::Parent => None,
    });
    kept.collect()
}

/// Why an object cannot be kept.
pub(super) fn not_kept(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Option<Diagnostic> {
    let object = sharing.object.as_str();
    let (message, help) = match kept_level(sharing, manifest, live)? {
        KeptLevel::Of(_) | KeptLevel::AsDefault => return None,
        KeptLevel::Unknown if live.offline => (
            format!("what the default of {object} gives everybody is for the org to say"),
            "say what they keep: `keepAccess: [{everyone: true, access: ReadWrite}]`, or plan against the org",
        ),
        KeptLevel::Unknown => (
            format!(
                "the default of {object} gives nobody anything today, so it does not say what everybody keeps"
            ),
            "say what they are to see: `keepAccess: [{everyone: true, access: ReadWrite}]` (or ReadOnly)",
        ),
        KeptLevel::Parent => (
            format!("{object} records will follow their parent: no rule can keep them visible"),
            "say `keepAccess: everyone` on the parent, or another default here",
        ),
    };
    let place = &sharing.keep_everyone.as_ref()?.place;
    Some(
        Diagnostic::error(Code::KeptLevelUnknown, message)
            .at(place)
            .help(help),
    )
}

/// A field of which no record is without a value, and that rules take.
fn filled_field(object: &str) -> &'static str {
    match object {
        "Lead" | "Contact" | "Individual" => "LastName",
        "Case" => "CaseNumber",
        "Order" => "OrderNumber",
        "Contract" => "ContractNumber",
        "WorkOrder" => "WorkOrderNumber",
        _ => "Name",
    }
}

/// What every record of an object meets: a field that is never blank either is a value or is not. A blank value would say
/// as much with one line, but the security guide advises against them and does not say what they do.
pub(super) fn every_record(object: &str) -> Criteria {
    let condition = |operator| Condition {
        field: filled_field(object).to_owned(),
        operator,
        values: vec!["0".to_owned()],
    };
    Criteria {
        conditions: vec![condition(Operator::Equals), condition(Operator::NotEqual)],
        logic: Some(Logic::Or(vec![Logic::Item(1), Logic::Item(2)])),
    }
}

/// Whether a rule shares every record of an object, whoever owns it.
pub fn is_every_record(rule: &Element, object: &str) -> bool {
    let of_all = rule.text_of("includeRecordsOwnedByAll");
    let criteria = Criteria::of_element(rule);
    of_all.is_some_and(|text| text.eq_ignore_ascii_case("true"))
        && criteria.is_some_and(|criteria| criteria.canonical() == every_record(object).canonical())
}
