//! What a change of a user that is there already sets off.

use super::{ManualStep, View};
use crate::change::{Action, Change, FieldChange};
use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// What a plan changes of one attribute of a user that is there already.
fn changed<'a>(view: &View<'a>, path: &str) -> Option<(&'a Change, &'a FieldChange)> {
    let user = view.manifest.spec.user.as_ref()?;
    let of_user = |change: &&Change| {
        let same = change.address.name == user.username.value;
        change.address.kind == "user" && change.action == Action::Update && same
    };
    let mut changes = view.changes.iter().filter(of_user);
    changes.find_map(|change| {
        let field = change.fields.iter().find(|field| field.path == path)?;
        Some((change, field))
    })
}

/// Salesforce keeps the old address until the owner of the new one has confirmed it, whoever changes it (help, Change
/// e-mail addresses).
pub(super) fn manual_step(view: &View) -> Option<ManualStep> {
    let (_, field) = changed(view, "email")?;
    let address = field.after.as_str()?;
    let text = format!(
        "Confirm the new address: Salesforce sends a mail to {address} and keeps the old address until its owner follows \
         the link in it. Until then plans show the change again."
    );
    Some(ManualStep {
        code: "SF01",
        text,
        done: None,
    })
}

/// The default lead creator keeps Modify All Data: the platform refuses it a profile without (help 000384816). Whether a
/// user is one, no API tells.
pub(super) fn lead_creator(view: &View) -> Option<Diagnostic> {
    let (change, _) = changed(view, "profile")?;
    let user = view.manifest.spec.user.as_ref()?;
    let message = format!(
        "the org does not tell whether `{}` is the default lead creator: then it refuses the new profile, at the very end",
        user.username
    );
    let help = "look before you apply: Setup > Web-to-Lead > Default Lead Creator; name somebody else there";
    let note = Diagnostic::note(Code::DefaultLeadCreator, message).help(help);
    Some(note.at(change.place.as_ref()))
}
