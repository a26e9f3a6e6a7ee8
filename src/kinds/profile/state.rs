//! What is compared of a profile that exists, and how the difference is written.

use super::login::{self, Ranges};
use crate::change::Attributes;
use crate::clone::{self, ObjectFlags};
use crate::kinds::Attributed;
use crate::xml::Element;
use serde_json::json;
use std::collections::BTreeMap;

/// What is compared of a profile that exists: the entries we own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ProfileState {
    pub(super) user_permissions: BTreeMap<String, (bool, Option<String>)>,
    pub(super) objects: BTreeMap<String, (ObjectFlags, Option<String>)>,
    /// Fields that the clone lacks, and why it reads them, where it does.
    pub(super) fields: BTreeMap<String, Option<&'static str>>,
    pub(super) description: Option<String>,
    /// Ranges of addresses, where the manifest states some.
    pub(super) ranges: Option<Ranges>,
}

impl Attributed for ProfileState {
    fn attributes(&self) -> Attributes {
        let mut attributes: Attributes =
            vec![("description".into(), json!(self.description), None)];
        for (name, (enabled, reason)) in &self.user_permissions {
            attributes.push((
                format!("userPermissions.{name}"),
                json!(enabled),
                reason.clone(),
            ));
        }
        for (object, (flags, reason)) in &self.objects {
            attributes.push((
                format!("objectPermissions.{object}"),
                json!(flags.words()),
                reason.clone(),
            ));
        }
        for (field, reason) in &self.fields {
            let (reads, reason) = (reason.is_some(), reason.map(str::to_owned));
            attributes.push((format!("fieldPermissions.{field}"), json!(reads), reason));
        }
        if let Some(ranges) = &self.ranges {
            attributes.push(("loginIpRanges".into(), json!(login::words(ranges)), None));
        }
        attributes
    }
}

/// The entries that differ, as a document to lay over the profile.
pub(super) fn written(live: &ProfileState, desired: &ProfileState) -> Element {
    let mut overlaid = Element::new("Profile");
    if desired.description != live.description {
        let description = desired.description.as_deref().unwrap_or_default();
        overlaid.set_text("description", description);
    }
    for (name, (enabled, _)) in &desired.user_permissions {
        if live.user_permissions.get(name).map(|(on, _)| on) != Some(enabled) {
            clone::set_user_permission(&mut overlaid, name, *enabled);
        }
    }
    for (object, (flags, _)) in &desired.objects {
        if live.objects.get(object).map(|(flags, _)| flags) != Some(flags) {
            clone::set_object_permission(&mut overlaid, object, *flags);
        }
    }
    if let Some(ranges) = desired
        .ranges
        .as_ref()
        .filter(|_| desired.ranges != live.ranges)
    {
        login::write(&mut overlaid, ranges);
    }
    overlaid
}
