//! Findings: what somebody should know before, and after, the plan is applied. Each has a stable code, a sentence and
//! a next step. HubSpot's guide to selective sync names most of them as considerations; the others are what it leaves
//! out. Pure.

mod capabilities;
mod existing;
mod expectations;
mod gap;
mod hubspot;
mod kept;
mod matching;
mod restrictions;
mod roles;
mod rules;
mod sets;
mod user;
mod validations;

use crate::access::{self, Impact};
use crate::address::Address;
use crate::change::Change;
use crate::code::Code;
use crate::count::{agree, count};
use crate::diagnostic::Diagnostic;
use crate::live::{Defaults, Known, Live, Need};
use crate::manifest::{Manifest, Sharing, SharingModel};
use crate::tally::Tally;
pub use capabilities::of_capabilities;
pub use expectations::{
    errors as errors_of_expectations, expected_otherwise, is_about_expectations,
};
pub use gap::{gap_sentence, is_default_of, makes_rule_of};
pub use matching::rules_match_nothing;
use serde::Serialize;
pub use validations::voided;

/// Something a person has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManualStep {
    /// Stable code.
    pub code: &'static str,
    /// What to do.
    pub text: String,
    /// Whether it is done, where the org can tell.
    pub done: Option<bool>,
}

/// What a remark may look at.
pub struct View<'a> {
    /// What is wanted.
    pub manifest: &'a Manifest,
    /// What was read.
    pub live: &'a Live,
    /// What would change.
    pub changes: &'a [Change],
    /// Who sees what.
    pub impact: &'a [Impact],
}

/// What has to be known for the remarks alone.
pub fn needs(manifest: &Manifest) -> Vec<Need> {
    let of_role = roles::needs(manifest).into_iter();
    let of_user = user::needs(manifest).into_iter();
    of_role
        .chain(of_user)
        .chain(restrictions::needs(manifest))
        .collect()
}

/// What only the first answers show to be worth knowing.
pub fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    let of_role = roles::further_needs(manifest, live).into_iter();
    of_role.chain(user::further_needs(manifest, live)).collect()
}

/// Every remark on a plan, errors first.
pub fn remarks(view: &View) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = edition(view).into_iter().collect();
    findings.extend(refused_reads(view));
    findings.extend(language(view));
    for (sharing, impact) in view.manifest.spec.sharing.iter().zip(view.impact) {
        let address = Address::new("organization_wide_default", sharing.object.value.clone());
        let remarks = on_object(view, sharing, impact).into_iter();
        findings.extend(remarks.map(|remark| about(remark, &address)));
    }
    if let Some(role) = &view.manifest.spec.role {
        let address = Address::new("role", role.name.value.clone());
        let remarks = roles::remarks(view).into_iter();
        findings.extend(remarks.map(|remark| about(remark, &address)));
    }
    if let Some(user) = &view.manifest.spec.user {
        let address = Address::new("user", user.username.value.clone());
        let remarks = user::remarks(view).into_iter();
        findings.extend(remarks.map(|remark| about(remark, &address)));
    }
    findings.extend(hubspot::remarks(view));
    findings
        .sort_by(|a, b| (a.severity, a.code, &a.message).cmp(&(b.severity, b.code, &b.message)));
    findings
}

/// Every remark on one object's sharing.
fn on_object(view: &View, sharing: &Sharing, impact: &Impact) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    findings.extend(read_in_part(view, sharing));
    findings.extend(bypassed(view, sharing, impact));
    findings.extend(losing(sharing, impact));
    findings.extend(gap::remark(view, sharing, impact));
    findings.extend(recalculating(view, sharing));
    findings.extend(empty(sharing, impact));
    findings.extend(parentless_records(view, sharing));
    findings.extend(open_to_all(view, sharing));
    findings.extend(leaving_parent(view, sharing));
    findings.extend(kept::remarks(view, sharing, impact));
    findings.extend(rules::remarks(view, sharing, impact));
    findings.extend(restrictions::remarks(view, sharing));
    findings
}

/// The object's document was refused: what else tells of it, and what that leaves out.
fn read_in_part(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    let object = &sharing.object;
    let refused = view.live.object_stood_in(object)?;
    let message = format!(
        "{object} could not be read as a whole ({refused}): its default is the one in force, which a recalculation may be changing"
    );
    let help = "its other settings do not go with the deploy; look at them in Setup before and after, or run again later";
    let warning = Diagnostic::warning(Code::ObjectReadInPart, message);
    Some(warning.at(&object.place).help(help))
}

/// A remark names the resource it is on, if it does not name a nearer one itself.
fn about(remark: Diagnostic, address: &Address) -> Diagnostic {
    match remark.address {
        Some(_) => remark,
        None => remark.about(address.clone()),
    }
}

/// Reads that were only to be counted and that the org refused: what they would have told is not known.
fn refused_reads(view: &View) -> Vec<Diagnostic> {
    let refused = view.live.refusals_of_counted().into_iter();
    let told = refused.map(|refused| {
        let message = format!("not known: {refused}");
        let help = "no number of the plan rests on it, and a limit that needs it refuses the plan; \
                    log in as an administrator with View Setup and View All Data to know it";
        Diagnostic::warning(Code::ReadRefused, message).help(help)
    });
    told.collect()
}

/// What no API can do.
pub fn manual_steps(view: &View) -> Vec<ManualStep> {
    let of_user = existing::manual_step(view).into_iter();
    of_user.chain(hubspot::manual_steps(view)).collect()
}

/// Whether an edition has what selective sync needs.
pub fn is_edition_enough(edition: &str) -> bool {
    let enough = ["Enterprise", "Unlimited", "Performance", "Developer"];
    enough.iter().any(|name| edition.starts_with(name))
}

/// The guide: "Selective sync requires a Salesforce Enterprise license."
fn edition(view: &View) -> Option<Diagnostic> {
    let edition = view.live.org.edition.as_str();
    if view.live.offline || is_edition_enough(edition) {
        return None;
    }
    if edition.is_empty() {
        let message = "the org does not say which edition it is: selective sync needs Enterprise Edition or above";
        return Some(
            Diagnostic::warning(Code::EditionTooLow, message)
                .help("Setup > Company Information shows it"),
        );
    }
    let message =
        format!("the org is a {edition}: selective sync needs Enterprise Edition or above");
    let help =
        "profiles, roles and criteria-based rules are limited below it; upgrade before you go on";
    Some(Diagnostic::error(Code::EditionTooLow, message).help(help))
}

/// What to do where the running user's language is not English.
pub const OTHER_LANGUAGE: &str = "a refusal that names an entry by a translated label takes more rounds, or ends the run: log in as a user whose \
     language is English";

/// Whether the org speaks English to a user of this language.
pub fn is_english(language: &str) -> bool {
    language == "en" || language.starts_with("en_")
}

/// The language in which the org words refusals.
fn language(view: &View) -> Option<Diagnostic> {
    let running = view.live.org.running_user.as_deref()?;
    let user = view.live.user(running).found()?;
    let language = user.language.as_deref()?;
    if is_english(language) {
        return None;
    }
    let message =
        format!("the org speaks `{language}` to {running}, also where it refuses something");
    Some(Diagnostic::note(Code::OtherLanguage, message).help(OTHER_LANGUAGE))
}

/// The guide: "Any profile with View/Modify All permissions to an object will override the default."
fn bypassed(view: &View, sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let bypass = impact.bypass.as_ref().learnt()?;
    if bypass.is_empty() || view.live.offline {
        return None;
    }
    let users = bypass.iter().map(|by| &by.users);
    let users = users.fold(Tally::Exactly(0), |all, one| all.plus(one));
    let names: Vec<String> = bypass
        .iter()
        .map(|by| format!("{} ({}, {})", by.name, by.by, users_of(&by.users)))
        .collect();
    let message = match bypass.as_slice() {
        [by] => format!("{} sees every {}", by.name, sharing.object),
        several => format!(
            "{} profiles and permission sets see every {}",
            several.len(),
            sharing.object
        ),
    };
    let help = format!(
        "{} in all keep their sight whatever the default says: {}",
        users_of(&users),
        names.join("; ")
    );
    Some(
        Diagnostic::note(Code::WhoSeesEverything, message)
            .at(&sharing.object.place)
            .help(help),
    )
}

/// `12 users`, or that nobody knows how many.
fn users_of(users: &Tally) -> String {
    match users.exactly() {
        Some(users) => count(users, "user"),
        None => "an unknown number of users".to_owned(),
    }
}

fn losing(sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let lost = impact.sight_lost.as_ref().learnt()?;
    let users: u64 = lost.profiles.iter().map(|losing| losing.users).sum();
    if users == 0 {
        return None;
    }
    let profiles: Vec<String> = lost
        .profiles
        .iter()
        .map(|losing| format!("{} ({})", losing.profile, losing.users))
        .collect();
    let surely = lost.lose_everything + lost.lose_part;
    let message = match (surely, lost.cannot_tell) {
        (0, unknown) => format!(
            "nobody can say whether {} {} sight of {} records",
            count(unknown, "user"),
            agree(unknown, "loses", "lose"),
            sharing.object
        ),
        (surely, unknown) => {
            let all = match lost.lose_everything {
                0 => String::new(),
                all => format!(", {all} of them of all that they see"),
            };
            let unknown = match unknown {
                0 => String::new(),
                unknown => format!("; of {unknown} more nobody can say"),
            };
            format!(
                "{} {} sight of {} records{all}{unknown}",
                count(surely, "user"),
                agree(surely, "loses", "lose"),
                sharing.object
            )
        }
    };
    let help = format!(
        "by profile: {}; name under `keepAccess` those who must go on seeing them",
        profiles.join(", ")
    );
    Some(
        Diagnostic::warning(Code::UsersLosingSight, message)
            .at(&sharing.object.place)
            .help(help),
    )
}

/// A default that is requested and not yet in force: an earlier run, or an admin, started a recalculation.
fn recalculating(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    let (requested, _) = view.live.requested_default(&sharing.object);
    let force = view.live.default_in_force(&sharing.object);
    let (Some(requested), Some(force)) = (requested, force) else {
        return None;
    };
    // The effective value of an object controlled by its parent is the parent's.
    if requested == force || requested == SharingModel::ControlledByParent {
        return None;
    }
    let message = format!(
        "{} is being recalculated: {force} is in force, {requested} was asked for",
        sharing.object
    );
    let help =
        "apply waits for it before it writes any rule; Setup > Background Jobs shows how far it is";
    Some(
        Diagnostic::warning(Code::RecalculationUnderWay, message)
            .at(&sharing.object.place)
            .help(help),
    )
}

fn empty(sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let message = format!(
        "the org has no {} record: there is nothing to prove access on",
        sharing.object
    );
    let help = "the proof passes vacuously; run verify again once there are records";
    (impact.records == Tally::Exactly(0)).then(|| {
        Diagnostic::warning(Code::NoRecords, message)
            .at(&sharing.object.place)
            .help(help)
    })
}

/// A default, or the profile, that leaves every record visible: then nothing is selective.
fn open_to_all(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    let object = &sharing.object;
    let after = Defaults::new(view.manifest, view.live).after(object);
    let help = "every record syncs; say `organizationWideDefault: Private`";
    if after == Some(SharingModel::Read) {
        let message = format!("everybody goes on seeing every {object}, the integration user too");
        return Some(
            Diagnostic::error(Code::EverythingStaysVisible, message)
                .at(&object.place)
                .help(help),
        );
    }
    // Refused reads have a remark of their own.
    let sees_all = access::profile_sees_all(sharing, view.manifest, view.live);
    if sees_all != Known::Is(true) {
        return None;
    }
    let message = format!("the profile goes on seeing every {object}, whatever the default says");
    let help = "name the object under `withoutDataAdministration`, or leave it out of `sharing`";
    Some(
        Diagnostic::error(Code::EverythingStaysVisible, message)
            .at(&object.place)
            .help(help),
    )
}

/// Contacts without an account are private: no rule, no manual share, only the owner and View All.
fn parentless_records(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    if sharing.object.value != "Contact" {
        return None;
    }
    let count = view.live.count(&access::without_account()).learnt()?;
    if count == 0 {
        return None;
    }
    let message = format!("{count} contacts have no account: no sharing rule can ever share them");
    let help =
        "they drop out of the sync unless the integration user owns them; give them an account";
    Some(
        Diagnostic::warning(Code::ContactsWithoutAccount, message)
            .at(&sharing.object.place)
            .help(help),
    )
}

/// Contact leaves Controlled by Parent, or stays and cannot be shared.
fn leaving_parent(view: &View, sharing: &Sharing) -> Option<Diagnostic> {
    let parent = Some(SharingModel::ControlledByParent);
    let defaults = Defaults::new(view.manifest, view.live);
    let (now, after) = (
        view.live.requested_default(&sharing.object).0,
        defaults.after(&sharing.object),
    );
    if now != parent && defaults.now(&sharing.object) != parent {
        return None;
    }
    let object = &sharing.object;
    let message = format!(
        "{object} stops following its account: who sees an account no longer sees its contacts"
    );
    let help = "account owners keep the level their role gives; check page layouts and reports that rely on it";
    (after != parent).then(|| {
        Diagnostic::warning(Code::ContactLeavesItsAccount, message)
            .at(&object.place)
            .help(help)
    })
}
