//! The way to a private default through one that everybody reads: the rules are made before anybody loses sight.
//!
//! **Promise:** the last step is taken only once the org shows that what the rules give stands. Whether it does beside a
//! default that opens reading already is not documented for every object; where it does not, nobody has lost sight.

use super::deploy::{DeployTo, StageDeploy};
use super::{ChangeResult, Run, Step};
use crate::change::Stage;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::kinds::{self, KeptLevel, kept_level};
use crate::live::{Known, Live, everyone_name};
use crate::manifest::{RuleAccess, Sharing, SharingModel, Word};
use crate::org::{Writer, poll};
use crate::verify::{Look, Watch};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A default that is on its way through another one.
struct DefaultThrough {
    /// Its change, by index.
    index: usize,
    object: String,
    model: SharingModel,
    /// Whether the org has that model already: it always had, or an earlier run came as far.
    is_there: bool,
}

impl Run<'_> {
    /// Takes the defaults that go through another one there, makes the rules that add to it, and waits for what they give.
    pub(super) async fn narrow_through(&mut self, writer: &Writer) -> Step<()> {
        let defaults = self.defaults_through();
        if defaults.is_empty() {
            return Ok(());
        }
        let ahead: Vec<&DefaultThrough> = defaults.iter().filter(|one| !one.is_there).collect();
        if !ahead.is_empty() {
            self.go_through(&ahead, writer).await?;
        }
        Box::pin(self.withhold()).await?;
        // An earlier run may have made the rules, and not seen what they give.
        self.make_rules_beside(&defaults, writer).await
    }

    fn defaults_through(&self) -> Vec<DefaultThrough> {
        let changes = self.changes_of(Stage::Defaults).into_iter();
        let through = changes.filter_map(|index| {
            let change = &self.plan.changes[index];
            let object = &change.address.name;
            let model = self.sharing_of(object)?.narrow_through.as_ref()?.model();
            let mut fields = change.fields.iter();
            let internal = fields.find(|field| field.path == kinds::INTERNAL_DEFAULT)?;
            let is_there = internal.before == model.word();
            (is_there || internal.through.is_some()).then(|| DefaultThrough {
                index,
                object: object.clone(),
                model,
                is_there,
            })
        });
        through.collect()
    }

    fn sharing_of(&self, object: &str) -> Option<&Sharing> {
        let mut manifests = self.manifests.iter();
        manifests.find_map(|manifest| {
            let sharing = manifest.spec.sharing_of(object)?;
            sharing.organization_wide_default.as_ref().map(|_| sharing)
        })
    }

    /// Deploys the defaults on the way, and waits until they are in force.
    async fn go_through(&mut self, defaults: &[&DefaultThrough], writer: &Writer) -> Step<()> {
        let changes: Vec<usize> = defaults.iter().map(|one| one.index).collect();
        let title = "defaults that go through another one first";
        let started = self.begin_stage(Stage::Defaults, title, &changes)?;
        let mut components = Vec::new();
        for one in defaults {
            let planned = self.deploys(one.index).into_iter().flatten();
            components.extend(planned.map(|planned| kinds::default_through(planned, one.model)));
        }
        let deploy = StageDeploy {
            stage: Stage::Defaults,
            changes: &changes,
            to: DeployTo::Writer(writer),
        };
        self.deploy_additions(deploy, components).await?;
        // Everybody reads still: nobody waits for rules in the dark.
        for one in defaults {
            self.defaults_taken.remove(&one.object);
        }
        let wanted: Vec<_> = defaults
            .iter()
            .map(|one| (one.object.clone(), one.model))
            .collect();
        self.end_without_effect_of(&changes, &wanted).await?;
        self.wait_until_in_force(Stage::Defaults, &wanted).await?;
        self.end_stage(Stage::Defaults, started);
        Ok(())
    }

    /// The rules still to be made that give more than the defaults on the way, by index.
    fn rules_beside(&self, defaults: &[DefaultThrough]) -> Vec<usize> {
        let rules = self.changes_of(Stage::Rules).into_iter();
        let adds = |index: &usize| {
            let change = &self.plan.changes[*index];
            let mut defaults = defaults.iter();
            defaults.any(|one| kinds::makes_editing_rule_of(change, &one.object))
        };
        rules.filter(adds).collect()
    }

    async fn make_rules_beside(
        &mut self,
        defaults: &[DefaultThrough],
        writer: &Writer,
    ) -> Step<()> {
        let rules = self.rules_beside(defaults);
        let title = "sharing rules, before anybody loses sight";
        let started = self.begin_stage(Stage::Rules, title, &rules)?;
        let live = self.observe_with(BTreeSet::new()).await?;
        let objects: BTreeSet<String> = defaults.iter().map(|one| one.object.clone()).collect();
        let with_sample = self.changes_of(Stage::Removals).is_empty();
        let watch =
            Watch::of_editing(self.manifests, &live, self.reader, (&objects, with_sample)).await?;
        let before = watch.look(self.reader).await?;
        self.deploy_changes(Stage::Rules, &rules, writer).await?;
        let enough = self.rows_that_must_come(&objects, &before, &live);
        self.wait_for_editing(&watch, &enough).await?;
        self.end_stage(Stage::Rules, started);
        Ok(())
    }

    /// Of which objects more rows than so many have to come: where one rule lets everybody edit every record. Where this run
    /// makes that rule, more than there were; where an earlier one did, any.
    fn rows_that_must_come(
        &self,
        objects: &BTreeSet<String>,
        before: &Look,
        live: &Live,
    ) -> BTreeMap<String, u64> {
        let keeping = self.manifests.iter().flat_map(|manifest| {
            let kept = manifest.spec.sharing.iter().filter(|sharing| {
                let level = kept_level(sharing, manifest, live);
                matches!(level, Some(KeptLevel::Of(RuleAccess::ReadWrite)))
            });
            kept.map(move |sharing| (&sharing.object.value, everyone_name(manifest)))
        });
        let meant = keeping.filter(|(object, _)| {
            objects.contains(*object) && !matches!(live.population(object), Known::Is(0))
        });
        let rows = meant.map(|(object, name)| {
            let rule = format!("{object}.{name}");
            let mut changes = self.plan.changes.iter();
            let is_new = changes
                .any(|change| change.address.kind == "sharing_rule" && change.address.name == rule);
            let stood = before.rule_rows.get(object).copied().unwrap_or_default();
            (object.clone(), if is_new { stood } else { 0 })
        });
        rows.collect()
    }

    async fn wait_for_editing(
        &mut self,
        watch: &Watch,
        enough: &BTreeMap<String, u64>,
    ) -> Step<()> {
        let started = self.now();
        let mut last = None;
        for wait in poll::schedule() {
            let look = watch.look(self.reader).await?;
            let mut enough = enough.iter();
            let has_come = enough.all(|(object, rows)| look.rule_rows.get(object) > Some(rows));
            if look.as_predicted && has_come && last.as_ref() == Some(&look) {
                return Ok(());
            }
            last = Some(look);
            self.waiting_beside(started)?;
            self.pause(wait).await;
        }
        Ok(())
    }

    /// Says that it waits for what the rules give beside a default that opens reading.
    fn waiting_beside(&mut self, started: Instant) -> Step<()> {
        if self.elapsed(started) <= self.options.wait {
            return self.waiting(Stage::Rules, "what the sharing rules give", started);
        }
        let seconds = self.elapsed(started).as_secs();
        let message = format!(
            "the rules are made, and after {seconds} s the org does not show what they give beside a default that opens reading"
        );
        let help = "nobody has lost sight. Run the same command again later; an org may show nothing of it before the \
                    default is Private: where it stays so, take `narrowThrough` out, and `apply` goes there at once";
        let diagnostic = Diagnostic::error(Code::StillWaiting, message).help(help);
        Err(Failure::new(Exit::Partial, vec![diagnostic]).into())
    }

    /// Ends the run where the org said that it took defaults, and has them as they were.
    async fn end_without_effect_of(
        &mut self,
        changes: &[usize],
        wanted: &[(String, SharingModel)],
    ) -> Step<()> {
        let late = match self.late_defaults(wanted).await {
            Ok(late) if !late.is_empty() => late,
            // What cannot be asked here is asked again by who waits.
            _ => return Ok(()),
        };
        let undone = self.requested_as_before(changes, &late).await;
        self.ends_without_effect(undone)
    }

    /// Whether a change is done already, in an earlier part of the run.
    pub(super) fn is_done(&self, index: usize) -> bool {
        self.outcomes[index].result == ChangeResult::Done
    }
}
