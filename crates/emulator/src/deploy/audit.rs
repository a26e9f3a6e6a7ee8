//! What setup remembers of a deploy or a metadata call: one row of the audit trail for each thing that changed.
//!
//! Sections are those of the platform's Setup menu. The platform's action codes are not documented; these are made of
//! verb and component type.

use super::Occasion;
use super::report::{Message, Report};
use crate::documents::{self, Outcome};
use crate::store::{AuditEntry, ObjectSchema, Org};

/// Remembers what a deploy changed. The manifest is no component, and a file of rules is remembered by its rules.
pub(super) fn deploy(org: &mut Org, before: &Org, report: &Report, occasion: &Occasion) {
    let changed = |message: &&Message| {
        let counts = !["", "SharingRules"].contains(&message.kind.as_str());
        message.success && message.changed && counts
    };
    for message in report.messages.iter().filter(changed) {
        let verb = match message {
            Message { deleted: true, .. } => "deleted",
            Message { created: true, .. } => "created",
            _ => "changed",
        };
        record(
            org,
            before,
            occasion,
            verb,
            (&message.kind, &message.full_name),
        );
    }
}

/// Remembers what a call about one component changed.
pub(super) fn single_call(
    org: &mut Org,
    before: &Org,
    (kind, name): (&str, &str),
    outcome: Outcome,
    occasion: &Occasion,
) {
    let verb = match outcome {
        Outcome::Unchanged => return,
        Outcome::Created => "created",
        Outcome::Changed if documents::exists(org, kind, name) => "changed",
        Outcome::Changed => "deleted",
    };
    record(org, before, occasion, verb, (kind, name));
}

fn record(
    org: &mut Org,
    before: &Org,
    occasion: &Occasion,
    verb: &str,
    (kind, name): (&str, &str),
) {
    let default = (kind == "CustomObject")
        .then(|| changed_default(org, before, name))
        .flatten();
    let (action, section, display) = match default {
        Some(display) => (
            "changedSharingModel".to_owned(),
            "Sharing Defaults",
            display,
        ),
        None => {
            let mut display = format!("{verb} {kind} {name}");
            if let Some(first) = display.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (format!("{verb}{kind}"), section_of(kind), display)
        }
    };
    let entry = AuditEntry {
        id: org.next_id("0Ym"),
        created: occasion.now,
        created_by: occasion.user.clone(),
        action,
        section: section.to_owned(),
        display,
    };
    org.audit.push(entry);
}

/// The sentence about an organization-wide default that is another one now.
fn changed_default(org: &Org, before: &Org, object: &str) -> Option<String> {
    let words = |schema: &ObjectSchema| {
        let models = schema.sharing.requested;
        match org.organization.external_sharing_model_enabled {
            true => format!(
                "{} (external: {})",
                models.internal.as_str(),
                models.external.as_str()
            ),
            false => models.internal.as_str().to_owned(),
        }
    };
    let was = words(before.objects.get(object)?);
    let is = words(org.objects.get(object)?);
    (was != is).then(|| format!("Changed organization-wide default of {object} from {was} to {is}"))
}

fn section_of(kind: &str) -> &'static str {
    match kind {
        "Profile" | "PermissionSet" | "PermissionSetGroup" | "Role" | "Group" | "Queue" => {
            "Manage Users"
        }
        "SharingRules" | "SharingCriteriaRule" | "SharingOwnerRule" => "Sharing Rules",
        "CustomField" | "CustomObject" | "RecordType" => "Customize Objects",
        _ => "",
    }
}
