//! The recalculation of sharing: what was asked for takes effect when it is through.
//!
//! A wider default counts at once, a narrower one and every change of rules only after the recalculation (Salesforce
//! Security Guide, "Organization-Wide Sharing Defaults"). Until then the objects concerned are locked; accounts,
//! contacts, opportunities and cases are locked together (Salesforce Help, "Object-Specific Share Locks").

use super::baseline;
use crate::store::{
    AccountLevels, AuditEntry, Id, Millis, Models, Org, Recalculation, SharingModel,
};

/// What the platform answers to a sharing change that meets a recalculation.
pub const LOCKED: &str = "The sharing calculation you requested can't be processed right now, because it interferes \
with another operation already in progress. Please try again later.";

const COUPLED: [&str; 4] = ["Account", "Contact", "Opportunity", "Case"];

/// When a recalculation comes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// By the clock.
    Due(Millis),
    /// When this deploy reports that it is done.
    WithDeploy(Id),
}

/// The objects that are recalculated and locked together with this one, itself among them.
pub fn coupled(object: &str) -> Vec<&str> {
    if COUPLED.contains(&object) {
        COUPLED.to_vec()
    } else {
        vec![object]
    }
}

/// Starts a recalculation of these objects. Call it after the store holds what was asked for: `sharing.requested` of
/// the objects, and the rules in `rules`. Setup remembers that it began, and later that it is through.
pub fn begin(org: &mut Org, objects: &[&str], by: &str, now: Millis, timing: Timing) {
    let mut concerned: Vec<String> = objects
        .iter()
        .flat_map(|object| coupled(object))
        .map(str::to_owned)
        .collect();
    concerned.sort();
    concerned.dedup();
    if concerned.is_empty() {
        return;
    }
    for object in &concerned {
        widen(org, object);
    }
    let (due, deploy) = match timing {
        Timing::Due(due) => (Some(due), None),
        Timing::WithDeploy(deploy) => (None, Some(deploy)),
    };
    let work = Recalculation {
        objects: concerned,
        started: now,
        due,
        deploy,
        by: by.to_owned(),
    };
    remember(org, &work, "started", now);
    org.recalculations.push(work);
}

/// A row of the setup audit trail, which records sharing operations (Salesforce Security Guide, "Monitor Background
/// Jobs"). The words are the emulator's.
fn remember(org: &mut Org, work: &Recalculation, verb: &str, at: Millis) {
    let entry = AuditEntry {
        id: org.next_id("0Ym"),
        created: at,
        created_by: work.by.clone(),
        action: format!("{verb}SharingRecalculation"),
        section: "Sharing Defaults".to_owned(),
        display: format!("Sharing recalculation {verb}: {}", work.objects.join(", ")),
    };
    org.audit.push(entry);
}

/// Lets every recalculation that is due come through.
pub fn settle(org: &mut Org, now: Millis) {
    finish(org, |work| work.due.is_some_and(|due| due <= now));
}

/// Lets the recalculations come through that waited for this deploy to report that it is done.
pub fn deploy_reported(org: &mut Org, deploy: &str) {
    finish(org, |work| work.deploy.as_deref() == Some(deploy));
}

/// Why the default of no object can be changed now: any recalculation stands in the way.
pub fn locked_defaults(org: &Org) -> Option<&'static str> {
    (!org.recalculations.is_empty()).then_some(LOCKED)
}

/// Why the sharing rules of this object cannot be changed now: a recalculation of it or of what it is coupled with.
pub fn locked_rules(org: &Org, object: &str) -> Option<&'static str> {
    let concerns = |work: &Recalculation| work.objects.iter().any(|locked| locked == object);
    org.recalculations.iter().any(concerns).then_some(LOCKED)
}

/// Puts what is wider than today in force at once.
fn widen(org: &mut Org, object: &str) {
    let Some(asked) = org.object(object).map(|object| object.sharing) else {
        return;
    };
    if waits_to_widen(org, object) {
        return;
    }
    let wider = |asked: SharingModel, today: SharingModel| {
        if is_wider(asked, today) { asked } else { today }
    };
    let models = Models {
        internal: wider(asked.requested.internal, asked.in_force.internal),
        external: wider(asked.requested.external, asked.in_force.external),
    };
    put_in_force(org, object, models);
}

/// Where accounts control contacts, wider defaults of the account family wait as well (Salesforce Security Guide,
/// "Organization-Wide Sharing Defaults").
fn waits_to_widen(org: &Org, object: &str) -> bool {
    let contact = org
        .object("Contact")
        .map(|contact| contact.sharing.in_force.internal);
    let family = ["Account", "Opportunity", "Case"].contains(&object);
    family && contact == Some(SharingModel::ControlledByParent)
}

/// Controlled by parent is neither wider nor narrower than another model; it waits for the recalculation.
fn is_wider(asked: SharingModel, today: SharingModel) -> bool {
    let comparable = ![asked, today].contains(&SharingModel::ControlledByParent);
    comparable && (baseline(asked), asked) > (baseline(today), today)
}

fn put_in_force(org: &mut Org, object: &str, models: Models) {
    if org
        .object(object)
        .is_some_and(|object| object.sharing.in_force == models)
    {
        return;
    }
    if let Some(object) = org.objects.make_mut().get_mut(object) {
        object.sharing.in_force = models;
    }
    end_redundant_shares(org, object, models.internal);
}

/// Where the parent controls access nothing is shared; a wider default ends what was shared by hand and gives no more than
/// it (Salesforce Security Guide, "Organization-Wide Sharing Defaults").
fn end_redundant_shares(org: &mut Org, object: &str, model: SharingModel) {
    let by_parent = model == SharingModel::ControlledByParent;
    let everybody = baseline(model);
    org.manual_shares.retain(|_, share| {
        let children = share.account_levels.unwrap_or_default() != AccountLevels::default();
        let redundant = share.cause == "Manual" && share.level <= everybody && !children;
        share.object != object || !by_parent && !redundant
    });
}

fn finish(org: &mut Org, through: impl Fn(&Recalculation) -> bool) {
    let (done, running): (Vec<_>, Vec<_>) = std::mem::take(&mut org.recalculations)
        .into_iter()
        .partition(|work| through(work));
    org.recalculations = running;
    for work in &done {
        for object in &work.objects {
            take_effect(org, object);
        }
        remember(org, work, "finished", work.due.unwrap_or(work.started));
    }
}

/// Everything asked for on this object decides access from now on.
fn take_effect(org: &mut Org, object: &str) {
    if let Some(asked) = org.object(object).map(|object| object.sharing.requested) {
        put_in_force(org, object, asked);
    }
    org.rules_in_force.retain(|_, rule| rule.object != object);
    let asked = org.rules.iter().filter(|(_, rule)| rule.object == object);
    org.rules_in_force
        .extend(asked.map(|(name, rule)| (name.clone(), rule.clone())));
}
