//! Refusals of deploys in words of a test's own, put there through the control endpoint: what real orgs say can so be
//! played in any wording.

use roxmltree::Node;

use super::parts::Part;
use crate::problem::{Problem, UNKNOWN};
use crate::store::ScriptedRefusal;
use crate::xml::elements;

/// The refusals of one deploy, and which of them were said.
pub(super) struct Script {
    refusals: Vec<(ScriptedRefusal, bool)>,
}

impl Script {
    pub(super) fn of(refusals: &[ScriptedRefusal]) -> Script {
        let unsaid = |refusal: &ScriptedRefusal| (refusal.clone(), false);
        Script {
            refusals: refusals.iter().map(unsaid).collect(),
        }
    }

    /// What the org says of one component: all of its refusals.
    pub(super) fn of_part(
        &mut self,
        part: &Part,
        element: Node<'_, '_>,
    ) -> Result<(), Vec<Problem>> {
        let entries = || elements(element).filter_map(|entry| part.text.get(entry.range()));
        let mut problems = Vec::new();
        for (refusal, said) in &mut self.refusals {
            let kind = refusal.kind.as_deref();
            let is_meant = kind == Some(&*part.kind) && refusal.code.is_none();
            if is_meant && refusal.is_due(entries()) {
                *said = true;
                problems.push(Problem::new(UNKNOWN, refusal.problem.clone()));
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems),
        }
    }

    /// What the org says of the deploy as a whole: code and sentence.
    pub(super) fn of_deploy<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str> + Clone,
    ) -> Option<(String, String)> {
        let mut refusals = self.refusals.iter_mut();
        let (refusal, said) = refusals
            .find(|(refusal, _)| refusal.kind.is_none() && refusal.is_due(texts.clone()))?;
        *said = true;
        let code = refusal.code.clone();
        Some((
            code.unwrap_or_else(|| "UNKNOWN_EXCEPTION".to_owned()),
            refusal.problem.clone(),
        ))
    }

    /// The refusals that are left for later deploys.
    pub(super) fn rest(self) -> Vec<ScriptedRefusal> {
        let counted = self.refusals.into_iter().map(|(mut refusal, said)| {
            refusal.said += u64::from(said);
            refusal
        });
        counted.collect()
    }
}
