//! What accounts open of their contacts, opportunities and cases: to those whom account rules name, and to those who own
//! accounts, as far as their role's level says. Pure.

use crate::laws::Level;
use crate::live::{
    Defaults, Filter, Known, LACKING_OBJECT, Live, LiveRole, Membership, is_under_accounts,
};
use crate::manifest::{Manifest, Sharing, SharingModel};
use crate::xml::Element;
use std::collections::BTreeMap;

/// The rules on accounts that share an object's records together with their account.
pub(super) fn account_rules<'a>(object: &str, live: &'a Live) -> impl Iterator<Item = &'a Element> {
    let level = account_level(object);
    let document = level.and_then(|_| live.sharing_rules("Account").found());
    let rules = document.into_iter().flat_map(|document| &document.children);
    rules.filter(move |rule| {
        let settings = rule.child("accountSettings");
        let given = settings.and_then(|levels| levels.text_of(level?));
        given.is_some_and(|given| given != "None")
    })
}

/// Names of the rules on accounts that share an object's records along with the user, or may.
pub fn account_rules_for<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
    live: &'a Live,
) -> Vec<&'a str> {
    let mut rules = account_rules(&sharing.object, live).peekable();
    if rules.peek().is_none() {
        return Vec::new();
    }
    let membership = Membership::of(sharing, manifest, live);
    let reaching = rules.filter(|rule| membership.reach(rule).is_some());
    reaching
        .filter_map(|rule| rule.text_of("fullName"))
        .collect()
}

/// Whether share rows of accounts open an object's records below them to somebody whom such rows reach: what people and teams
/// shared of an account brings what hangs on it along (object reference, AccountShare, `ContactAccessLevel` and its like).
pub(super) fn is_opened_by_account_rows(
    object: &str,
    live: &Live,
    reaches: impl Fn(&str) -> bool,
) -> Known<bool> {
    if !is_under_accounts(object) {
        return Known::Is(false);
    }
    let rows = live.rows_through_accounts(object);
    // Where everybody reads accounts, no table of their shares is kept (Record Access Under the Hood).
    let today = live.default_in_force("Account");
    let open = today.is_some_and(|today| today != SharingModel::Private);
    match rows.refused() {
        Some(refused) if refused.code == LACKING_OBJECT && open => Known::Is(false),
        _ => rows.map(|rows| rows.iter().any(|rows| reaches(&rows.holder))),
    }
}

/// The element of account rules that says what they give on an object's records.
pub fn account_level(object: &str) -> Option<&'static str> {
    match object {
        "Case" => Some("caseAccessLevel"),
        "Contact" => Some("contactAccessLevel"),
        "Opportunity" => Some("opportunityAccessLevel"),
        _ => None,
    }
}

/// Whether the owners of accounts with this role see an object's records under them.
pub(super) fn opens_to_owners(role: &LiveRole, object: &str) -> bool {
    role.level_on(object) != Some("None")
}

/// Records that open because of who owns their account, and how far at least and at most: whether it is the owner's role
/// or the superior's own that decides for superiors, two guides say two things.
pub(super) struct UnderAccounts {
    pub(super) filter: Filter,
    pub(super) least: Level,
    pub(super) most: Level,
}

/// The records that the user, or somebody in a role below, will see because of owning their account.
pub(super) fn of_account_owners(
    sharing: &Sharing,
    (manifest, live): (&Manifest, &Live),
    below: &[&LiveRole],
) -> Vec<UnderAccounts> {
    let object = sharing.object.as_str();
    if account_level(object).is_none() {
        return Vec::new();
    }
    let ours = own_levels(object, manifest, live);
    let mut by_level: BTreeMap<(Level, Level), Vec<&str>> = BTreeMap::new();
    for role in below {
        let theirs = level_of(role, object);
        let (least, most) = (theirs.0.min(ours.0), theirs.1.max(ours.1));
        if most > Level::None {
            let alike = by_level.entry((least, most)).or_default();
            alike.push(role.id.as_str());
        }
    }
    let username = manifest.spec.user.as_ref().map(|user| &user.username.value);
    let username = username.filter(|_| ours.1 > Level::None);
    let own = username.map(|name| UnderAccounts {
        filter: Filter::under_accounts_of(name),
        least: ours.0,
        most: ours.1,
    });
    let of_roles = by_level.into_iter().map(|((least, most), mut roles)| {
        roles.sort_unstable();
        UnderAccounts {
            filter: Filter::under_accounts_of_roles(roles),
            least,
            most,
        }
    });
    own.into_iter().chain(of_roles).collect()
}

/// What a role gives the owners of accounts on an object's records below, at least and at most.
pub fn level_of(role: &LiveRole, object: &str) -> (Level, Level) {
    match role.level_on(object) {
        Some("None") => (Level::None, Level::None),
        Some("Read") => (Level::Read, Level::Read),
        Some("Edit") => (Level::Edit, Level::Edit),
        _ => (Level::None, Level::Edit),
    }
}

/// The same once the plan is applied: a level that today's default forces may go with it.
pub(super) fn level_after(
    role: &LiveRole,
    object: &str,
    manifest: &Manifest,
    live: &Live,
) -> (Level, Level) {
    let forced = |level| is_forced(level, object, manifest, live);
    match level_of(role, object) {
        (_, most) if role.level_on(object).is_some_and(forced) => (Level::None, most),
        level => level,
    }
}

/// Whether no role can be below a level while today's default is in force, or none has a level. Whether a role that shows
/// it falls back with the default, nobody documents.
pub(super) fn is_forced(level: &str, object: &str, manifest: &Manifest, live: &Live) -> bool {
    match Defaults::new(manifest, live).now(object) {
        Some(SharingModel::Read) => level == "Read",
        Some(SharingModel::ControlledByParent) => true,
        Some(model) => model.is_public_to_edit() && level == "Edit",
        None => false,
    }
}

/// What the manifest's role gives on an object's records below accounts that its users own, at least and at most. Unsaid, that
/// is the narrowest level, which is none where the default is private; a role that is there keeps its own where the default is
/// not the manifest's to change.
pub fn own_levels(object: &str, manifest: &Manifest, live: &Live) -> (Level, Level) {
    let Some(role) = manifest.spec.role.as_ref() else {
        return (Level::None, Level::None);
    };
    let stated = match object {
        "Case" => role.case_access.as_ref(),
        "Contact" => role.contact_access.as_ref(),
        _ => role.opportunity_access.as_ref(),
    };
    if let Some(stated) = stated {
        return (stated.value.into(), stated.value.into());
    }
    let roles = live.roles().learnt();
    match roles.and_then(|roles| roles.named(&role.name)) {
        Some(standing) if !manifest.spec.sets_default_of(object) => level_of(standing, object),
        _ => (Level::None, Level::None),
    }
}
