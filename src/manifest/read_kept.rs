//! From the node tree to the typed manifest: who keeps access.

use super::findings::Findings;
use super::node::{Content, Node};
use super::reader::{Section, items, wrong_type};
use super::sharing::{Holder, KeepAccess, KeepEveryone};
use super::spanned::Sp;
use super::words::{KeptAccess, RuleAccess};
use crate::code::Code;

/// The word for everybody but integrations.
const EVERYONE: &str = "everyone";

/// One entry of `keepAccess`.
enum KeptEntry {
    Some(KeepAccess),
    Everyone(KeepEveryone),
}

/// What stands under `keepAccess`: the word `everyone`, or a list.
pub(super) fn kept(section: &mut Section<'_>) -> (Vec<KeepAccess>, Option<KeepEveryone>) {
    let (mut some, mut everyone) = (Vec::new(), None);
    let Some(entry) = section.entry("keepAccess") else {
        return (some, everyone);
    };
    let findings = section.findings;
    if let Content::Scalar { text, .. } = &entry.value.content {
        match &**text {
            EVERYONE => everyone = Some(kept_as_before(&entry.value)),
            _ => wrong_type(&entry.value, "`everyone` or a list", findings),
        }
        return (some, everyone);
    }
    for item in items(&entry.value, findings).unwrap_or_default() {
        match one(item, findings) {
            None => {}
            Some(KeptEntry::Some(kept)) => some.push(kept),
            Some(KeptEntry::Everyone(kept)) if everyone.is_none() => everyone = Some(kept),
            Some(KeptEntry::Everyone(kept)) => {
                let message = "`everyone` stands here twice";
                findings.error(Code::NamedTwice, &kept.place, message);
            }
        }
    }
    (some, everyone)
}

fn kept_as_before(node: &Node) -> KeepEveryone {
    KeepEveryone {
        access: None,
        absent: false,
        place: node.place.clone(),
    }
}

fn one(node: &Node, findings: &Findings) -> Option<KeptEntry> {
    if let Content::Scalar { text, .. } = &node.content
        && &**text == EVERYONE
    {
        return Some(KeptEntry::Everyone(kept_as_before(node)));
    }
    let mut section = Section::open(node, &node.place, findings)?;
    if section.is_set(EVERYONE) {
        let everyone = KeepEveryone {
            access: section.word::<RuleAccess>("access"),
            absent: section.is_set("absent"),
            place: section.place.clone(),
        };
        section.finish();
        return Some(KeptEntry::Everyone(everyone));
    }
    holder(section, findings).map(KeptEntry::Some)
}

fn holder(mut section: Section<'_>, findings: &Findings) -> Option<KeepAccess> {
    let profile = section.text("profile");
    let role = section.text("role");
    let below = section.flag("andSubordinates");
    let access = section.required_word("access", KeptAccess::ViewAll);
    let place = section.place.clone();
    section.finish();
    let with_below = below.as_ref().is_some_and(|below| below.value);
    let holder = match (profile, role) {
        (Some(profile), None) => Holder::Profile(profile),
        (None, Some(role)) if with_below => Holder::Branch(role),
        (None, Some(role)) => Holder::Role(role),
        _ => {
            let message = "who keeps access is one `profile`, one `role`, or `everyone`";
            findings.error(Code::KeptAccess, &place, message);
            return None;
        }
    };
    if let (Holder::Profile(_), Some(Sp { place, .. })) = (&holder, &below) {
        let message = "`andSubordinates` is of a `role`";
        findings.error(Code::KeptAccess, place, message);
    }
    Some(KeepAccess {
        holder,
        access,
        place,
    })
}
