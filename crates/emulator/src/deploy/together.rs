//! Defaults of one deploy: which go together, and what becomes of them beside rules.

use std::collections::BTreeSet;

use super::parts::Part;
use super::{Deployment, Documents};
use crate::documents;

impl Deployment<'_> {
    /// Defaults that do not go together are found once all of them are laid over the org.
    pub(super) fn check_coupling(&mut self, parts: &[Part], documents: &Documents<'_>) {
        let objects: Vec<&Part> = parts
            .iter()
            .filter(|part| part.kind == "CustomObject")
            .collect();
        let deployed: BTreeSet<String> = objects.iter().map(|part| part.name.clone()).collect();
        for part in objects {
            let Ok(document) = &documents[part.file.as_str()] else {
                continue;
            };
            let element = document.root_element();
            let found = documents::custom_object::check_coupling(
                &self.draft,
                &part.name,
                element,
                &deployed,
            );
            if let Some(problem) = found {
                let failure = self.failure(part, &problem);
                self.report.replace(failure);
            }
        }
    }

    /// Known behaviour of the platform: when sharing models and sharing rules of one object share a deploy, the deploy
    /// succeeds and the model stays what it was (forcedotcom/cli issue 2639).
    pub(super) fn keep_models_beside_rules(&mut self, parts: &[Part]) {
        if !self.before.organization.silent_sharing_no_op {
            return;
        }
        let of_rules = parts.iter().filter(|part| part.kind.starts_with("Sharing"));
        let with_rules: BTreeSet<&str> = of_rules
            .filter_map(|part| part.name.split('.').next())
            .collect();
        let concerned =
            |part: &&Part| part.kind == "CustomObject" && with_rules.contains(part.name.as_str());
        for part in parts.iter().filter(concerned) {
            let Some(before) = self
                .before
                .objects
                .get(&part.name)
                .map(|object| object.sharing)
            else {
                continue;
            };
            if let Some(object) = self.draft.objects.make_mut().get_mut(&part.name) {
                object.sharing = before;
            }
        }
    }
}
