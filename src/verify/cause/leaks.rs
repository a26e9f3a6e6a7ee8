//! The complete causes of each leak: of everything, of its share rows, and of the account that it hangs on.

use super::accounts::by_accounts;
use super::everything::{by_everything, is_open, is_without_table, rules_unknown};
use super::rows::RowFacts;
use super::{Cause, CausesById};
use crate::laws::Level;
use crate::live::short_id as short;
use crate::org::{OrgError, Reader};
use crate::verify::subject::Subject;
use crate::verify::wanted::Around;
use crate::verify::{Access, Mismatch};
use std::collections::{BTreeMap, BTreeSet};

/// Leaks that are explained: 200 a query, 25 queries a request.
const MOST_EXPLAINED: usize = 10_000;

/// What was found of other objects' leaks: who holds them, by the first 15 characters of their ids.
pub(in crate::verify) type Explained = BTreeMap<String, BTreeSet<String>>;

/// Puts the causes to each leak, as far as the org tells.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(in crate::verify) async fn explain_leaks(
    subject: &Subject<'_>,
    access: &mut Access,
    around: &mut Around,
    explained: &mut Explained,
    reader: &Reader,
) -> Result<(), OrgError> {
    let leaks = &mut access.leaks;
    let first: Vec<&Mismatch> = leaks.iter().take(MOST_EXPLAINED).collect();
    let mut found = causes(subject, &first, around, explained, reader).await?;
    for (id, causes) in &found {
        let holders = causes.iter().filter_map(|cause| cause.holder.clone());
        explained.insert(id.clone(), holders.collect());
    }
    let any_settling = found.values().any(are_settling);
    for (index, leak) in leaks.iter_mut().enumerate() {
        leak.settling = index >= MOST_EXPLAINED && any_settling;
        if let Some(causes) = found.remove(&short(&leak.id)) {
            leak.settling = are_settling(&causes);
            let words: Vec<&str> = causes.iter().map(|cause| cause.words.as_str()).collect();
            leak.cause = words.join("; ");
            leak.causes = causes.into_iter().collect();
        }
    }
    Ok(())
}

fn are_settling(causes: &BTreeSet<Cause>) -> bool {
    !causes.is_empty() && causes.iter().all(|cause| cause.settling)
}

/// What opens these records to the user, each as far as it leaks.
///
/// # Errors
/// What the org or the way to it made impossible; what it refuses to tell is a cause that is not known.
async fn causes(
    subject: &Subject<'_>,
    leaks: &[&Mismatch],
    around: &mut Around,
    explained: &Explained,
    reader: &Reader,
) -> Result<CausesById, OrgError> {
    let ids: Vec<String> = leaks.iter().map(|leak| leak.id.clone()).collect();
    if ids.is_empty() {
        return Ok(CausesById::new());
    }
    let evidence = match RowFacts::read(subject, &ids, around, reader).await {
        Err(error) => Err(refusal_of(error)?),
        Ok(evidence) => Ok(evidence),
    };
    let of_accounts = match &evidence {
        Ok(evidence) => by_accounts(subject, evidence, reader).await?,
        Err(_) => CausesById::new(),
    };
    let mut by_rows = CausesById::new();
    for (id, cause) in evidence
        .iter()
        .flat_map(|evidence| evidence.causes(subject))
    {
        by_rows.entry(id).or_default().insert(cause);
    }
    let mut causes = CausesById::new();
    for leak in leaks {
        let id = short(&leak.id);
        let least = match leak.access {
            "edit" => Level::Edit,
            _ => Level::Read,
        };
        let mut found = by_everything(subject, least);
        found.extend(by_rows.remove(&id).into_iter().flatten());
        found.extend(of_accounts.get(&id).into_iter().flatten().cloned());
        match &evidence {
            Ok(evidence) => {
                if is_open(subject, least) {
                    found.extend(evidence.by_rules_alone(subject, &id));
                    found.extend(rules_unknown(subject));
                }
                found = by_law(subject, evidence, &id, found);
            }
            Err(refused) if !is_without_table(subject, &refused.0) => {
                let what = "whom it is shared with";
                found.insert(Cause::not_known(what, &refused.1));
            }
            Err(_) => {}
        }
        found.retain(|cause| cause.level.is_none_or(|level| level >= least));
        name_children(&mut found, around, explained, &id);
        if found.is_empty() {
            let why = "nothing that can be read tells why it is visible";
            found.insert(Cause::not_known("what opens it", why));
        }
        causes.insert(id, found);
    }
    Ok(causes)
}

/// Code and words of a refusal.
///
/// # Errors
/// What is none.
fn refusal_of(error: OrgError) -> Result<(String, String), OrgError> {
    match error.refusal() {
        Some(refusal) => Ok((refusal.code.clone(), refusal.message.clone())),
        None => Err(error),
    }
}

/// What of this the laws let lead to such a record.
fn by_law(
    subject: &Subject<'_>,
    evidence: &RowFacts,
    id: &str,
    found: BTreeSet<Cause>,
) -> BTreeSet<Cause> {
    let Some(record) = evidence.record(id) else {
        return found;
    };
    let (sort, default) = (
        subject.sort(record),
        subject.live.default_in_force(&subject.sharing.object),
    );
    let held = found.into_iter().filter_map(|cause| match cause.way() {
        Some(way) => {
            let holds = way.leads_to(sort, default);
            cause.under_law(holds)
        }
        None => Some(cause),
    });
    held.collect()
}

/// Says of an account which of the records that leak bring it along.
fn name_children(
    found: &mut BTreeSet<Cause>,
    around: &Around,
    explained: &Explained,
    account: &str,
) {
    let Some(leaking) = around.leaking.get(account) else {
        return;
    };
    let by_row: Vec<Cause> = found
        .iter()
        .filter(|cause| cause.kind == "implicit_parent")
        .cloned()
        .collect();
    // Where rows can be read, what no row says is not so: not everything that leaks brings its account along.
    if found.iter().all(|cause| cause.kind == "not_known") {
        found.extend(leaking.iter().map(|child| by_child(child)));
        return;
    }
    for row in by_row {
        let brings = |child: &&String| {
            let holders = explained.get(&short(child));
            holders.is_some_and(|holders| row.holder.iter().any(|one| holders.contains(one)))
        };
        let children: Vec<&String> = leaking.iter().filter(brings).collect();
        let Some(first) = children.first() else {
            continue;
        };
        let words = format!("it is the account of {first}, which should not be visible either");
        let named = Cause {
            name: "account of a record that is visible".to_owned(),
            id: Some((*first).clone()),
            children: children.iter().map(|child| short(child)).collect(),
            words,
            ..row.clone()
        };
        found.remove(&row);
        found.insert(Cause {
            through: children.into_iter().cloned().chain(row.through).collect(),
            ..named
        });
    }
}

/// An account whose child leaks, where no row says so.
fn by_child(child: &str) -> Cause {
    let words = format!("it is the account of {child}, which should not be visible either");
    let cause = Cause::new(
        "implicit_parent",
        "account of a record that is visible",
        words,
    );
    Cause {
        children: BTreeSet::from([short(child)]),
        ..cause.through(child).of(child)
    }
}
