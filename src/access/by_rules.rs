//! How many records rules match: each by itself, and all together that reach the manifest's user. Pure.

use super::{SharingView, count, criteria_rules, owned_by, owner_rules, rule_filter};
use crate::criteria::{self, Verdict};
use crate::live::{Filter, Known, Need};
use crate::manifest::{Criterion, ExpectedRecords, Principal, Rule, SharingModel, Sp};
use crate::tally::Tally;

/// What the rules of an object match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByRules {
    /// All that reach the user, together.
    pub together: RulesTogether,
    /// Those by themselves of which the manifest says how many records are meant.
    pub expected: Vec<RuleMatches>,
}

/// What the rules of a private object give its user together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RulesTogether {
    /// Some records; or nobody can say; or there is no rule, no record, or something else than rules decides.
    #[default]
    SomeOrNotKnown,
    /// None of the records there are.
    Nothing,
    /// None of the records yet: the fields that this very plan makes, and that somebody has to fill first.
    NothingYet(Vec<String>),
}

/// A rule, and how many records it is meant to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMatches {
    /// The rule's API name.
    pub rule: String,
    /// How many are meant.
    pub meant: Sp<ExpectedRecords>,
    /// How many it matches.
    pub records: Tally,
}

impl RuleMatches {
    /// Whether it matches as many as are meant; what is not known is not.
    pub fn holds(&self) -> bool {
        self.meant.holds(&self.records)
    }
}

/// Why a rule's records are not counted where nobody asked for them.
const NOT_ASKED: &str = "it asks for a field that is still to be made, or that you cannot see";

impl SharingView<'_> {
    /// What the rules match, each and together.
    pub(super) fn by_rules(&self) -> ByRules {
        let expected = self.rules_with_expectation();
        let expected = expected.map(|(rule, meant)| RuleMatches {
            rule: rule.name.value.clone(),
            meant: meant.clone(),
            records: self.matched_by(rule),
        });
        ByRules {
            expected: expected.collect(),
            together: self.together(),
        }
    }

    fn rules_with_expectation(&self) -> impl Iterator<Item = (&Rule, &Sp<ExpectedRecords>)> {
        let rules = self.sharing.rules.iter().filter(|rule| !rule.absent);
        rules.filter_map(|rule| Some((rule, rule.expect_visible.as_ref()?)))
    }

    /// What has to be counted for it, beside what is counted anyhow.
    pub(super) fn needs_by_rules(&self) -> Vec<Need> {
        let expected = self.rules_with_expectation();
        let alone = expected.filter_map(|(rule, _)| self.asked_alone(rule));
        let together = self.owns_some().then(|| self.filter_together()).flatten();
        let filters = alone.chain(together);
        filters.map(|filter| count(self.sharing, filter)).collect()
    }

    /// The records that a rule matches by itself, where a query is asked for them.
    fn asked_alone(&self, rule: &Rule) -> Option<Filter> {
        let asked = rule.owned_by.is_none() && self.sees_criteria(rule);
        asked.then(|| self.filter_of(rule)).flatten()
    }

    fn filter_of(&self, rule: &Rule) -> Option<Filter> {
        let has_private = self.has_private();
        self.with_knowledge(|known| {
            rule_filter(rule, self.sharing, self.manifest, known, has_private)
        })
    }

    /// How many records a rule matches by itself.
    fn matched_by(&self, rule: &Rule) -> Tally {
        if !self.is_counted() {
            return super::counted::not_counted();
        }
        if let Some(principal) = &rule.owned_by {
            return self.owned_by_those(principal);
        }
        if self.matches_nothing_yet(rule) {
            return Tally::Exactly(0);
        }
        let unknown = || Tally::Unknown(NOT_ASKED.to_owned());
        let Some(filter) = self.asked_alone(rule) else {
            return unknown();
        };
        // A query does not tell which owners can have no role.
        let leaves_out = rule.include_records_owned_by_all.as_ref();
        let leaves_out = leaves_out.is_some_and(|included| !included.value);
        let counted = self.counted(Some(&filter), self.is_open_rule(rule) || leaves_out);
        counted.unwrap_or_else(unknown)
    }

    /// How many records these own: of groups and queues nobody says who is in them, and of contacts nobody says whose are
    /// private.
    fn owned_by_those(&self, principal: &Principal) -> Tally {
        let portions = match self.live.portions(self.object(), None) {
            Known::Is(portions) => portions,
            other => return other.unknown_tally(),
        };
        let (mut at_least, mut at_most) = (0, 0);
        for portion in portions {
            let owner = portion.owner.as_deref().unwrap_or_default();
            let verdict = owned_by(principal, owner, self.live);
            at_least += u64::from(verdict == Verdict::Yes) * portion.records;
            at_most += u64::from(verdict != Verdict::No) * portion.records;
        }
        if self.object() == "Contact" || self.has_private() {
            at_least = 0;
        }
        match at_least == at_most {
            true => Tally::Exactly(at_most),
            false => Tally::Between { at_least, at_most },
        }
    }

    /// Whether a rule asks for a field still to be made in a way that no record meets yet.
    fn matches_nothing_yet(&self, rule: &Rule) -> bool {
        !criteria::may_be_met(rule, |criterion| self.is_unmet_yet(criterion))
    }

    /// Whether a criterion asks for a field still to be made in a way that no record meets yet.
    pub(super) fn is_unmet_yet(&self, criterion: &Criterion) -> bool {
        let made = self.manifest.spec.field(self.object(), &criterion.field);
        let made = made.filter(|field| !field.absent);
        self.live.field(self.object(), &criterion.field).is_none()
            && !self.has_hidden(&criterion.field)
            && made.is_some_and(|field| !criteria::may_be_met_at_first(criterion, field))
    }

    /// Whether the org has a field that the asking user may not see.
    fn has_hidden(&self, field: &str) -> bool {
        let document = self.live.object_document(self.object()).found().into_iter();
        let mut fields = document.flat_map(|object| object.children_named("fields"));
        fields.any(|known| known.text_of("fullName") == Some(field))
    }

    /// The rules by criteria that reach the user and may match something now.
    fn rules_that_may_match(&self) -> Vec<&Rule> {
        let rules = criteria_rules(self.sharing, self.manifest).map(|(rule, _)| rule);
        rules
            .filter(|rule| !self.matches_nothing_yet(rule))
            .collect()
    }

    /// Whether the manifest wants rules to give the user some records of the object: where rules decide, and nothing says
    /// that none is meant.
    pub(super) fn expects_records(&self) -> bool {
        let decides = self.default_after() == Some(SharingModel::Private)
            && self.sees_all() == Known::Is(false);
        let by_owner = owner_rules(self.sharing, self.manifest).map(|(rule, ..)| rule);
        let by_criteria = criteria_rules(self.sharing, self.manifest).map(|(rule, _)| rule);
        let mut rules = by_criteria.chain(by_owner);
        let none_is_meant = |rule: &Rule| {
            let expected = rule.expect_visible.as_ref();
            expected.is_some_and(|expected| expected.allows_none())
        };
        // What is shared with others alone says nothing of the user, and of no rules at all, all say that none is meant.
        decides && !rules.all(none_is_meant)
    }

    fn together(&self) -> RulesTogether {
        let populated = self.records.as_ref().learnt().is_some_and(|all| *all > 0);
        if !populated || !self.expects_records() || !self.gives_nothing() {
            return RulesTogether::SomeOrNotKnown;
        }
        match self.fields_to_fill() {
            fields if fields.is_empty() => RulesTogether::Nothing,
            fields => RulesTogether::NothingYet(fields),
        }
    }

    /// Whether the rules that reach the user are known to match no record.
    fn gives_nothing(&self) -> bool {
        let by_owner = owner_rules(self.sharing, self.manifest);
        let by_owner = by_owner.map(|(_, principal, _)| self.owned_by_those(principal));
        let mut by_owner = by_owner.map(|records| records.at_most() == Some(0));
        if !by_owner.all(|nothing| nothing) {
            return false;
        }
        let rules = self.rules_that_may_match();
        if rules.is_empty() {
            return true;
        }
        if !rules.iter().all(|rule| self.sees_criteria(rule)) {
            return false;
        }
        let open = rules.iter().any(|rule| self.is_open_rule(rule));
        let alone = self.filter_together();
        let alone = alone.and_then(|filter| self.counted(Some(&filter), open));
        // Where the user owns nothing, what it owns or is given is what it is given.
        let with_owned = || {
            let given = self.by_conditions()?.given;
            self.counted(given.as_ref(), open)
        };
        let records = alone.or_else(with_owned);
        records.is_some_and(|records| records.at_most() == Some(0))
    }

    /// What the rules match that reach the user and may match something now.
    fn filter_together(&self) -> Option<Filter> {
        let rules = self.rules_that_may_match().into_iter();
        let filters: Option<Vec<Filter>> = rules.map(|rule| self.asked_alone(rule)).collect();
        Filter::any(filters?)
    }

    /// Whether the user sees records besides what the rules match, so that a count of both does not tell; or some rules ask
    /// for fields still to be made, so that nobody counts both.
    fn owns_some(&self) -> bool {
        let own = self.live.own_user(self.manifest);
        let owned = own.map(|user| self.live.owned_by(self.object(), user));
        let owns = owned.is_some_and(|owned| owned != Known::Is(0));
        let waits = !self.fields_to_fill().is_empty();
        owns || waits || !self.roles_below().is_empty() || !self.queues_after().is_empty()
    }

    /// The fields still to be made without which rules match nothing.
    fn fields_to_fill(&self) -> Vec<String> {
        let rules = criteria_rules(self.sharing, self.manifest).map(|(rule, _)| rule);
        let waiting = rules.filter(|rule| self.matches_nothing_yet(rule));
        let criteria = waiting.flat_map(|rule| &rule.criteria);
        let unmet = criteria.filter(|criterion| self.is_unmet_yet(criterion));
        let mut fields: Vec<String> = unmet.map(|one| one.field.value.clone()).collect();
        fields.sort();
        fields.dedup();
        fields
    }
}
