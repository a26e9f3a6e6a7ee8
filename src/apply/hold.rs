//! The limits once more, before anything changes what anybody sees.
//!
//! **Promise:** this is the last point of refusal. What comes after it gives people back what the defaults take, and is
//! finished whatever the numbers do meanwhile; only a rule to the manifest's own user alone may wait then.

use super::gap::gaps_found;
use super::{Run, Step};
use crate::change::{Action, Stage};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::guard;
use crate::kinds::rule_target;
use crate::live::{Known, Live, LiveUser, Need};
use crate::manifest::{Manifest, Principal, Rule, Sharing};
use crate::observe;
use crate::org::Reader;
use crate::plan::{self, Plan};
use std::collections::BTreeSet;

/// Plans again with what limits rest on, and more, as the org tells it now: one wave of reads.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn plan_again(
    manifests: &[Manifest],
    seen: &Live,
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Plan, Failure> {
    let again = observe::look_again(manifests, seen, more, reader).await?;
    plan::plan(manifests, &again)
}

impl Run<'_> {
    /// Holds the limits of the manifests against the org as it is now, once, before the first stage that changes what
    /// anybody sees.
    pub(super) async fn hold_limits(&mut self, stage: Stage) -> Step<()> {
        let is_due = stage >= Stage::Defaults && !self.changes_of(stage).is_empty();
        let Some(seen) = self.options.seen.clone().filter(|_| is_due) else {
            return Ok(());
        };
        if self.limits_held || self.closes_a_gap() {
            return Ok(());
        }
        self.limits_held = true;
        self.reader.begin_phase("limits");
        let again = plan_again(self.manifests, &seen, BTreeSet::new(), self.reader).await?;
        let refusals = guard::beyond_limits(&again, self.options.until);
        if refusals.is_empty() {
            (self.emit)(Event::LimitsHeld { stage });
            return Ok(());
        }
        Err(Failure::new(Exit::Guarded, refusals).into())
    }
}

impl Run<'_> {
    /// Whether an earlier run restricted the defaults, and this one gives people back what is theirs: no limit keeps it from
    /// that, and rules to the manifest's own user alone may wait.
    fn closes_a_gap(&self) -> bool {
        self.changes_of(Stage::Defaults).is_empty() && !gaps_found(self.plan).is_empty()
    }
}

/// What the numbers did while the defaults were being changed.
const MEANWHILE: &str = "the numbers moved after the defaults were changed, and everybody else got back what is theirs; look at the records, \
                         raise the limit if they are meant, then run the command again: it makes the rule";

impl Run<'_> {
    /// Looks once more before the rules, where defaults or levels were changed since: a rule that nobody but the manifest's
    /// own user has anything of waits where it would show more than a limit allows. Every other is made.
    pub(super) async fn withhold(&mut self) -> Step<()> {
        let earlier = [Stage::Defaults, Stage::RoleLevels];
        let moved = self.closes_a_gap()
            || earlier
                .iter()
                .any(|stage| !self.changes_of(*stage).is_empty());
        let rules = self.changes_of(Stage::Rules).into_iter();
        let rules: Vec<usize> = rules.filter(|index| !self.is_done(*index)).collect();
        let mut own = rules.iter().filter(|index| self.is_own_alone(**index));
        let Some(seen) = self.options.seen.clone().filter(|_| moved) else {
            return Ok(());
        };
        if own.next().is_none() {
            return Ok(());
        }
        self.reader.begin_phase("limits");
        let again = plan_again(self.manifests, &seen, BTreeSet::new(), self.reader).await?;
        let limits = again.limits.iter().filter(|limit| limit.is_of_records());
        let refusals: Vec<Diagnostic> = limits
            .filter_map(|limit| limit.refusal.clone())
            .chain(guard::rules_not_as_expected(&again))
            .collect();
        let waits = |index: &usize| {
            let address = &self.plan.changes[*index].address;
            let concerns = |refusal: &Diagnostic| match refusal.code {
                Code::RuleMatchesOtherwise => refusal.address.as_ref() == Some(address),
                _ => true,
            };
            self.is_own_alone(*index) && refusals.iter().any(concerns)
        };
        self.withheld = rules.into_iter().filter(waits).collect();
        self.passed_meanwhile = refusals;
        Ok(())
    }

    /// The end of a run that withheld rules, once all others are made.
    pub(super) fn end_where_withheld(&self) -> Step<()> {
        if self.withheld.is_empty() {
            return Ok(());
        }
        let told = self.withheld.iter().map(|index| {
            let change = &self.plan.changes[*index];
            let message = format!("the rule `{}` waits", change.address.name);
            let waits = Diagnostic::error(Code::RuleWithheld, message).help(MEANWHILE);
            waits
                .at(change.place.as_ref())
                .about(change.address.clone())
        });
        let refusals = self.passed_meanwhile.iter().cloned();
        Err(Failure::new(Exit::Guarded, refusals.chain(told).collect()).into())
    }

    /// Whether a change makes a rule that shares with the manifest's own role and with nobody else: one that stands below no
    /// other, and that nobody else has.
    fn is_own_alone(&self, index: usize) -> bool {
        let change = &self.plan.changes[index];
        if change.address.kind != "sharing_rule" || change.action == Action::Delete {
            return false;
        }
        let mut manifests = self.manifests.iter();
        manifests.any(|manifest| {
            let role = manifest
                .spec
                .role
                .as_ref()
                .filter(|role| role.parent.is_none());
            let own = role.map(|role| Principal::Role(role.name.value.clone()));
            let is_meant = |sharing: &Sharing, rule: &Rule| {
                let name = format!("{}.{}", sharing.object, rule.name);
                name == change.address.name && rule_target(rule, manifest) == own
            };
            let mut sharing = manifest.spec.sharing.iter();
            let found = sharing.any(|one| one.rules.iter().any(|rule| is_meant(one, rule)));
            found && role.is_some_and(|role| self.is_of_nobody_else(&role.name, manifest))
        })
    }

    /// Whether nobody but the manifest's user has a role, as far as the org told.
    fn is_of_nobody_else(&self, role: &str, manifest: &Manifest) -> bool {
        let Some(seen) = &self.options.seen else {
            return false;
        };
        let Known::Is(roles) = seen.roles() else {
            return false;
        };
        if roles.named(role).is_none() {
            return true;
        }
        let own = manifest
            .spec
            .user
            .as_ref()
            .map(|user| user.username.as_str());
        let is_own =
            |user: &&LiveUser| own.is_some_and(|own| own.eq_ignore_ascii_case(&user.username));
        let members = seen.members(role);
        let members = members.learnt();
        members.is_some_and(|members| members.iter().all(is_own))
    }
}
