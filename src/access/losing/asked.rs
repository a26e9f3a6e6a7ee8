//! What has to be asked so that people can be told what they lose: a few queries of constant size.

use super::evaluate::{Terms, reached};
use super::ground::Ground;
use super::readers::Readers;
use super::{Effect, SharingView, active_readers, given_rows};
use crate::live::{Known, Live, Need, SharingNeed, is_under_accounts};
use std::collections::BTreeSet;

/// Rows that one page of an answer holds, and groups that one query counts by (REST API guide, Query; SOQL reference,
/// GROUP BY).
const PAGE: u64 = 2_000;

/// Queries that are asked for one object's rules, unless somebody says otherwise.
pub const USUAL_BUDGET: usize = 20;

impl SharingView<'_> {
    /// What is asked because somebody may lose sight: first of everybody and every record, then what rules share.
    pub(in crate::access) fn needs_of_losing(&self) -> Vec<Need> {
        let effect = match self.effect() {
            Known::Is(effect) if effect != Effect::None => effect,
            _ => return Vec::new(),
        };
        let populated = self.records.as_ref().learnt() != Some(&0);
        let few = self.live.users_by_profile().map(|users| users.all() / PAGE);
        let few = few
            .learnt()
            .is_some_and(|pages| pages < budget(self.live) as u64);
        if !populated || !few {
            return Vec::new();
        }
        let object = self.object().to_owned();
        let mut needs = vec![
            Need::Sharing(SharingNeed::People),
            Need::Sharing(SharingNeed::Groups),
            Need::Sharing(SharingNeed::Members),
        ];
        if effect == Effect::Parent {
            return needs;
        }
        if !self.follows_parent() {
            needs.push(Need::Sharing(SharingNeed::Rows(object.clone())));
        }
        if self.live.portions(&object, None) == Known::NotAsked {
            needs.push(self.live.need_of_portions(&object, None));
        }
        if is_under_accounts(&object) {
            needs.push(Need::Sharing(SharingNeed::RowsThroughAccounts(
                object.clone(),
            )));
        }
        needs.extend(self.needs_of_rules(effect));
        needs
    }

    /// What rules share of each owner, once it is known whom they reach.
    fn needs_of_rules(&self, effect: Effect) -> Vec<Need> {
        let object = self.object();
        let rows = self.live.share_rows(object).learnt();
        let given = rows.map_or(0, given_rows);
        let given = (1..=PAGE).contains(&given);
        let given = given.then(|| {
            let private = self.live.has_private_opportunities();
            Need::Sharing(SharingNeed::GivenRows(object.to_owned(), private))
        });
        let known = Readers::of(self).and(Ground::of(self.sharing, self.manifest, self.live));
        let unions = known.map(|(readers, ground)| {
            let unions = unions(self, &readers, &ground, effect == Effect::Narrows);
            let filters = unions.iter().filter_map(|union| ground.filter(union));
            let needs = filters.map(|filter| self.live.need_of_portions(object, Some(filter)));
            needs.collect::<BTreeSet<Need>>()
        });
        let unions = unions.learnt().unwrap_or_default();
        unions.into_iter().chain(given).collect()
    }
}

/// Queries that an object may take.
fn budget(live: &Live) -> usize {
    live.impact_budget.unwrap_or(USUAL_BUDGET)
}

/// The unions of rules that have to be counted, as many as the budget allows: those that reach most people first.
pub(super) fn unions(
    view: &SharingView,
    readers: &Readers,
    ground: &Ground,
    everything: bool,
) -> Vec<Terms> {
    let reading = active_readers(&ground.before, readers);
    let own = view
        .live
        .own_user(view.manifest)
        .map(|user| user.id.as_str());
    let mut wanted: Vec<(usize, Terms)> = Vec::new();
    for class in ground.before.classes().into_values() {
        let counted = |id: &str| Some(id) != own && reading.contains(id);
        let people = class.iter().filter(|person| counted(&person.id));
        let Some(like) = people.clone().next() else {
            continue;
        };
        let reached = reached(ground, like);
        let bypassed = !everything
            && people
                .clone()
                .any(|person| readers.loses_all(person, &ground.before));
        if !everything && !bypassed && !reached.loses() && !ground.moves {
            continue;
        }
        for union in reached.unions(everything) {
            match wanted.iter_mut().find(|(_, other)| *other == union) {
                Some((count, _)) => *count += people.clone().count(),
                None => wanted.push((people.clone().count(), union)),
            }
        }
    }
    wanted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let unions = wanted.into_iter().map(|(_, union)| union);
    unions.take(budget(view.live)).collect()
}
