//! What opens contacts, opportunities and cases through the account that they hang on: its owner's role, and whoever was
//! given the account with a level on what hangs on it (object reference, AccountShare, `ContactAccessLevel` and its like).
//! No row of the record itself tells of it.

use super::rows::{RowFacts, SHARED_A_QUERY, ties};
use super::rules::{RuleRecords, is_for, meets_of};
use super::{Cause, CauseSource, CausesById};
use crate::access::{self, People, Tie, Ties};
use crate::criteria::Verdict;
use crate::laws::{CHILDREN_OF_ACCOUNTS, Level};
use crate::live::{
    LiveRecord, LiveRule, Share, ShareGroup, groups_of, read_groups, read_shares_of_accounts,
    shares_of_accounts, short_id as short,
};
use crate::org::{OrgError, Reader};
use crate::verify::subject::Subject;
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// What the accounts of these records open of them, by the first 15 characters of the record's id.
///
/// # Errors
/// What the org or the way to it made impossible; what it refuses to tell is a cause that is not known.
pub(super) async fn by_accounts(
    subject: &Subject<'_>,
    evidence: &RowFacts,
    reader: &Reader,
) -> Result<CausesById, OrgError> {
    let object = subject.sharing.object.as_str();
    let mut causes = CausesById::new();
    if !CHILDREN_OF_ACCOUNTS.contains(&object) {
        return Ok(causes);
    }
    let hanging = evidence
        .records()
        .filter(|record| record.account().is_some());
    let hanging: Vec<&LiveRecord> = hanging.collect();
    let accounts: BTreeSet<&str> = hanging
        .iter()
        .filter_map(|record| record.account())
        .collect();
    let accounts: Vec<&str> = accounts.into_iter().collect();
    let shared = match Shared::read(subject, evidence, &accounts, reader).await {
        Ok(shared) => shared.causes(subject),
        Err(error) => {
            let Some(refusal) = error.refusal() else {
                return Err(error);
            };
            let unknown = Cause::not_known("whom its account is shared with", &refusal.message);
            let mut found = by_account_rules(subject);
            found.push(unknown);
            let all = accounts
                .iter()
                .map(|account| (short(account), found.clone()));
            all.collect()
        }
    };
    for record in hanging {
        let account = record.account().map(short).unwrap_or_default();
        let of_account = shared.get(&account).into_iter().flatten();
        let of_record = causes.entry(short(record.id())).or_default();
        of_record.extend(of_account.cloned());
    }
    Ok(causes)
}

/// Whom accounts are shared with, as far as that opens something that hangs on them.
struct Shared {
    rows: Vec<(Share, Verdict)>,
    groups: BTreeMap<String, ShareGroup>,
    accounts: RuleRecords,
    reached: crate::verify::reached::HolderReach,
}

impl Shared {
    async fn read(
        subject: &Subject<'_>,
        evidence: &RowFacts,
        accounts: &[&str],
        reader: &Reader,
    ) -> Result<Self, OrgError> {
        let object = subject.sharing.object.as_str();
        let queries = accounts.chunks(SHARED_A_QUERY);
        let queries: Vec<String> = queries
            .map(|accounts| shares_of_accounts(accounts, object))
            .collect();
        let mut rows = Vec::new();
        for answer in reader.queries(&queries).await? {
            let answer = answer.map_err(|refusal| refusal.of("read share rows of accounts"))?;
            rows.extend(read_shares_of_accounts(object, &answer));
        }
        let opens = |row: &Share| row.level.as_deref() != Some("None");
        rows.retain(opens);
        let mut reached = evidence.reached.clone();
        let holders = rows.iter().map(|row| row.with.as_str()).collect();
        reached.ask(subject, holders, reader).await?;
        let rows = rows.into_iter().map(|row| {
            let reaches = reached.has(&row.with);
            (row, reaches)
        });
        let rows: Vec<(Share, Verdict)> = rows.filter(|(_, has)| *has != Verdict::No).collect();
        let holders = rows.iter().map(|(row, _)| row.with.as_str());
        let holders: BTreeSet<&str> = holders.filter(|id| id.starts_with("00G")).collect();
        let groups = match holders.is_empty() {
            true => Vec::new(),
            false => read_groups(&reader.query(&groups_of(&holders)).await?),
        };
        let ruled = rows.iter().filter(|(row, _)| row.cause == "Rule");
        let ruled = ruled.map(|(row, _)| row.record.as_str()).collect();
        Ok(Self {
            accounts: RuleRecords::read(subject, "Account", &ruled, reader).await?,
            rows,
            groups: groups
                .into_iter()
                .map(|group| (group.id.clone(), group))
                .collect(),
            reached,
        })
    }

    /// What the rows open, by the first 15 characters of the account's id.
    fn causes(&self, subject: &Subject<'_>) -> BTreeMap<String, Vec<Cause>> {
        let people = self.reached.people(subject);
        let mut causes: BTreeMap<String, Vec<Cause>> = BTreeMap::new();
        for (row, reaches) in &self.rows {
            let found = self.causes_of(subject, people.as_ref(), row, *reaches);
            causes.entry(short(&row.record)).or_default().extend(found);
        }
        causes
    }

    fn causes_of(
        &self,
        subject: &Subject<'_>,
        people: Option<&People<'_>>,
        row: &Share,
        reaches: Verdict,
    ) -> Vec<Cause> {
        let base = |name: &str, words: String| {
            let cause = Cause::new("implicit_child", name, words)
                .through(format!("account/{}", row.record))
                .of(&row.with)
                .giving(row.level.as_deref().and_then(Level::named))
                .tied(ties(people, subject, &row.with));
            match reaches {
                Verdict::Yes => cause,
                _ => cause.perhaps(),
            }
        };
        match (row.cause.as_str(), self.groups.get(&row.with)) {
            ("Owner", _) => vec![by_owner(subject, row, base)],
            ("Rule", Some(group)) => self.by_rules(subject, people, row, group, base),
            (reason, _) => {
                let words = format!("its account is shared with the user ({reason}), and it along");
                let cause = base(reason, words);
                let (record, with) = (short(&row.record), row.with.clone());
                vec![match reason.starts_with("Territory") {
                    true => cause,
                    false => cause.sourced(CauseSource::Row(record, with, reason.to_owned())),
                }]
            }
        }
    }

    fn by_rules(
        &self,
        subject: &Subject<'_>,
        people: Option<&People<'_>>,
        row: &Share,
        group: &ShareGroup,
        base: impl Fn(&str, String) -> Cause,
    ) -> Vec<Cause> {
        let account = self.accounts.of(&row.record);
        let rules = subject.live.rules("Account");
        let meant =
            rules.filter(|rule| is_for(subject, rule, group) && level_of(subject, rule).is_some());
        let met = meant.map(|rule| {
            let met = account.map(|account| meets_of("Account", subject, people, &rule, account));
            (rule, met.unwrap_or(Verdict::Either))
        });
        let met: Vec<(LiveRule<'_>, Verdict)> =
            met.filter(|(_, met)| *met != Verdict::No).collect();
        let alone = met.len() == 1;
        let named = met.iter().map(|(rule, met)| {
            let words = format!("the account rule {} shares it with its account", rule.name);
            let source = CauseSource::Rule("Account".to_owned(), rule.name.to_owned());
            let cause = base(rule.name, words).sourced(source);
            let gives = level_of(subject, rule).filter(|_| cause.certain);
            let cause = cause.giving(gives);
            match alone || *met == Verdict::Yes {
                true => cause,
                false => cause.perhaps(),
            }
        });
        let mut named: Vec<Cause> = named.collect();
        if named.is_empty() {
            let words = "an account rule shares it with its account".to_owned();
            named.push(base("", words));
        }
        named
    }
}

/// What a rule on accounts gives of the subject's records along with them.
fn level_of(subject: &Subject<'_>, rule: &LiveRule<'_>) -> Option<Level> {
    let element: &Element = rule.element.child("accountSettings")?;
    let level = access::account_level(&subject.sharing.object)?;
    let given = element.text_of(level).and_then(Level::named);
    given.filter(|level| *level > Level::None)
}

/// Who owns an account has what hangs on it, as far as the owner's role says; whether it is that role or the superior's
/// own that decides for superiors, two guides say two things.
fn by_owner(subject: &Subject<'_>, row: &Share, base: impl Fn(&str, String) -> Cause) -> Cause {
    let object = subject.sharing.object.as_str();
    let own = short(&row.with) == short(&subject.user.id);
    let source = CauseSource::Owner(short(&row.record));
    if own {
        let words = "the user owns its account, and the user's role opens what hangs on it";
        return base("Owner", words.to_owned()).sourced(source);
    }
    let words = "somebody below the user owns its account, and the role opens what hangs on it";
    let cause = base("Owner", words.to_owned()).sourced(source);
    let role = subject.user.role_id.as_deref();
    let roles = subject.live.roles().learnt();
    let role = role.and_then(|id| roles?.of_id(id));
    let given = row.level.as_deref().and_then(Level::named);
    let own_level = role.map(|role| access::level_on_own_accounts(role, object).0);
    match own_level.zip(given) {
        Some((own, given)) if own >= given => cause,
        _ => cause.perhaps(),
    }
}

/// Rules on accounts that share children along, where no row tells which.
fn by_account_rules(subject: &Subject) -> Vec<Cause> {
    let rules = access::account_rules_for(subject.sharing, subject.manifest, subject.live);
    let cause = |name: &str| {
        let words = format!("the account rule {name} shares it with its account");
        let source = CauseSource::Rule("Account".to_owned(), name.to_owned());
        let cause = Cause::new("implicit_child", name, words).through("Account");
        let ties = Ties::from([(Tie::Unknown, Verdict::Either)]);
        cause.sourced(source).tied(ties).perhaps()
    };
    rules.into_iter().map(cause).collect()
}
