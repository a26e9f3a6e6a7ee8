//! A deploy that succeeded is what the org says; what it has is read back.

use super::{ChangeResult, Run};
use crate::change::{Component, Stage};
use crate::code::Code;
use crate::count::{agree, count, first_few};
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::Live;
use crate::xml::Element;

impl Run<'_> {
    /// Keeps the profiles that were made, as they were deployed: without what the org refused.
    pub(super) fn keep_clones(&mut self, components: &[Component], changes: &[usize]) {
        for index in changes.iter().copied() {
            let change = &self.plan.changes[index];
            if change.address.kind != "profile" || change.fingerprint.is_none() {
                continue;
            }
            let written = self.deploys(index).into_iter().flatten();
            let names: Vec<&str> = written
                .map(|component| component.full_name.as_str())
                .collect();
            let made = components.iter().filter(|component| {
                component.kind == "Profile" && names.contains(&component.full_name.as_str())
            });
            // Fields of the same deploy say in a document of their own, of the same name, that the profile sees them.
            let documents = made.filter_map(|component| component.body.as_ref());
            let made = documents.max_by_key(|document| document.children.len());
            self.clones
                .extend(made.map(|document| (index, document.clone())));
        }
    }

    /// What the org does not have of the profiles and objects that it said it deployed, one finding for each.
    pub(super) fn kept_in_part(&self, live: &Live) -> Vec<Diagnostic> {
        let clones = self.clones.iter();
        let profiles = clones
            .filter_map(|(index, deployed)| self.profile_kept_in_part(*index, deployed, live));
        let defaults = (0..self.plan.changes.len()).filter(|index| {
            let change = &self.plan.changes[*index];
            change.stage == Stage::Defaults && self.outcomes[*index].result == ChangeResult::Done
        });
        profiles
            .chain(defaults.filter_map(|index| self.settings_changed(index, live)))
            .collect()
    }

    fn settings_changed(&self, index: usize, live: &Live) -> Option<Diagnostic> {
        let change = &self.plan.changes[index];
        let object = &change.address.name;
        let sent = self.deploys(index)?.first()?.body.as_ref()?;
        let settings = kinds::settings_not_kept(object, sent, live);
        if settings.is_empty() {
            return None;
        }
        let all = count(settings.len() as u64, "setting");
        let message = format!("the deploy of the default of {object} changed {all} of the object");
        let help = format!(
            "set them back in Setup (Object Manager, {object}, Details): {}",
            first_few(&settings)
        );
        let error = Diagnostic::error(Code::SettingsChanged, message)
            .help(help)
            .about(change.address.clone())
            .naming(&settings);
        Some(error.at(change.place.as_ref()))
    }

    fn profile_kept_in_part(
        &self,
        index: usize,
        deployed: &Element,
        live: &Live,
    ) -> Option<Diagnostic> {
        let change = &self.plan.changes[index];
        let mut profiles = self.manifests.iter().filter_map(|manifest| {
            let profile = manifest.spec.profile.as_ref()?;
            Some((manifest, profile))
        });
        let (manifest, wanted) =
            profiles.find(|(_, profile)| *profile.name == change.address.name)?;
        let entries = kinds::not_kept(deployed, wanted, manifest, live);
        if entries.is_empty() {
            return None;
        }
        let all = entries.len() as u64;
        let differ = agree(all, "is not as it was sent", "are not as they were sent");
        let message = format!(
            "the org said that it deployed {}, and kept it in part: {} of it {differ}",
            change.address,
            count(all, "entry")
        );
        let help = format!(
            "{}; plan again: it writes what the manifest states, the rest has to be stated or granted in Setup",
            first_few(&entries)
        );
        let error = Diagnostic::error(Code::ProfileKeptInPart, message)
            .help(help)
            .about(change.address.clone())
            .naming(&entries);
        Some(error.at(change.place.as_ref()))
    }
}
