//! Who keeps access: what the rule for everybody makes and leaves out, and what View All shows besides.

use super::View;
use super::gap::goes_through;
use crate::access::Impact;
use crate::change::Change;
use crate::code::Code;
use crate::count::{count, number};
use crate::diagnostic::Diagnostic;
use crate::kinds::{KeptLevel, kept_level};
use crate::live::{Defaults, Everyone, EveryonePart, WhyLeftOut, everyone_name};
use crate::manifest::{Holder, RuleAccess, Sharing, SharingModel};
use crate::tally::Tally;

pub(super) fn remarks(view: &View, sharing: &Sharing, impact: &Impact) -> Vec<Diagnostic> {
    let everyone = by_everyone(view, sharing, impact).into_iter();
    everyone
        .chain(added_by_view_all(view, sharing, impact))
        .collect()
}

/// Who keeps access by `keepAccess: everyone`, while the plan does something about it.
fn by_everyone(view: &View, sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let Some(KeptLevel::Of(access)) = kept_level(sharing, view.manifest, view.live) else {
        return None;
    };
    let object = sharing.object.as_str();
    let name = everyone_name(view.manifest);
    let is_touched = |change: &Change| match change.address.kind {
        "public_group" => change.address.name == name,
        "public_group_member" => {
            let group = change.address.name.split_once(':');
            group.is_some_and(|(group, _)| group == name)
        }
        "sharing_rule" => change.address.name == format!("{object}.{name}"),
        "organization_wide_default" => change.address.name == object,
        _ => false,
    };
    if !view.changes.iter().any(is_touched) {
        return None;
    }
    let everyone = view.live.everyone(view.manifest).learnt()?;
    let verb = match access {
        RuleAccess::ReadOnly => "sees",
        RuleAccess::ReadWrite => "sees and edits",
    };
    let rows = match &impact.records {
        Tally::Exactly(records) => count(*records, "share row"),
        _ => "a share row for each record".to_owned(),
    };
    let message = format!(
        "everybody but integrations {verb} every {object} by the rule `{name}`: {}, {rows}",
        parts(&everyone)
    );
    let narrows = impact_narrows(view, sharing);
    let now = Defaults::new(view.manifest, view.live).now(object);
    let meanwhile = match goes_through(sharing, now) && access == RuleAccess::ReadWrite {
        true => {
            "the rule stands before the default is Private; until it does they edit what they own or are shared"
        }
        false => {
            "from stage 3 until the rule stands in stage 5 they see what they own or are shared"
        }
    };
    let help = [
        left_out(&everyone),
        one_by_one(&everyone),
        not_kept(view, sharing),
        narrows.then(|| meanwhile.to_owned()),
    ];
    let help: Vec<String> = help.into_iter().flatten().collect();
    let place = &sharing.keep_everyone.as_ref()?.place;
    Some(
        Diagnostic::note(Code::KeptByEveryone, message)
            .at(place)
            .help(help.join("; ")),
    )
}

fn impact_narrows(view: &View, sharing: &Sharing) -> bool {
    let mut changes = view.changes.iter();
    changes.any(|change| {
        change.address.kind == "organization_wide_default"
            && change.address.name == sharing.object.value
    })
}

/// `33 people, as 1 role with those below and 2 people one by one`.
fn parts(everyone: &Everyone) -> String {
    let of = |is_meant: fn(&EveryonePart) -> bool| {
        everyone.parts.iter().filter(|part| is_meant(part)).count() as u64
    };
    let branches = of(|part| matches!(part, EveryonePart::Branch(..)));
    let roles = of(|part| matches!(part, EveryonePart::Role(..)));
    let users = of(|part| matches!(part, EveryonePart::User(_)));
    let told = [
        (branches > 0).then(|| format!("{} with those below", count(branches, "role"))),
        (roles > 0).then(|| format!("{} alone", count(roles, "role"))),
        (users > 0).then(|| format!("{} one by one", people(users))),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    match told.is_empty() {
        true => "nobody yet".to_owned(),
        false => format!("{} as {}", people(everyone.people as u64), told.join(", ")),
    }
}

fn people(number_of: u64) -> String {
    match number_of {
        1 => "1 person".to_owned(),
        many => format!("{} people", number(many)),
    }
}

fn left_out(everyone: &Everyone) -> Option<String> {
    let named = everyone.left_out.iter().map(|(user, why)| {
        let why = match why {
            WhyLeftOut::Described => "a manifest of this run",
            WhyLeftOut::OfAnotherGroup => "another `keepAccess: everyone`",
            WhyLeftOut::ApiOnly => "API only",
        };
        format!("{user} ({why})")
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| format!("left out: {}", named.join(", ")))
}

/// Roles whose later members are not in the group by themselves.
fn one_by_one(everyone: &Everyone) -> Option<String> {
    let roles = everyone.one_by_one.join(", ");
    (!everyone.one_by_one.is_empty()).then(|| {
        format!("person by person, since an integration has the role or one above: {roles}; a role of its own at the top of the hierarchy makes that needless")
    })
}

fn not_kept(view: &View, sharing: &Sharing) -> Option<String> {
    let now = Defaults::new(view.manifest, view.live).now(&sharing.object);
    let before = match now {
        Some(SharingModel::ReadWriteTransfer) => "transferring records, ",
        Some(SharingModel::FullAccess) => "transferring and deleting records, ",
        _ => "",
    };
    Some(format!(
        "not kept: {before}external users; people without a role and top roles that come later, until the next plan adds them"
    ))
}

/// View All shows contacts without an account and private opportunities, which no default ever showed.
fn added_by_view_all(view: &View, sharing: &Sharing, impact: &Impact) -> Option<Diagnostic> {
    let object = sharing.object.as_str();
    let what = match object {
        "Contact" => "contacts without an account, which only their owners see",
        "Opportunity" => "private opportunities",
        _ => return None,
    };
    let by_profile =
        |entry: &&crate::manifest::KeepAccess| matches!(entry.holder, Holder::Profile(_));
    let kept: Vec<_> = sharing.keep_access.iter().filter(by_profile).collect();
    let first = kept.first()?;
    let portions = view.live.portions(object, None).learnt()?;
    let shared: u64 = portions.iter().map(|portion| portion.records).sum();
    let records = impact.records.exactly()?;
    let added = records.saturating_sub(shared);
    if added == 0 {
        return None;
    }
    let profiles = kept.iter().filter_map(|entry| match &entry.holder {
        Holder::Profile(profile) => Some(profile.value.as_str()),
        Holder::Role(_) | Holder::Branch(_) => None,
    });
    let profiles: Vec<&str> = profiles.collect();
    let message = format!(
        "`keepAccess` by View All adds up to {} to what {} saw: {what}",
        count(added, "private record"),
        profiles.join(", "),
    );
    let help = "say `keepAccess: everyone`, or keep access by role: no rule shows private records";
    let warning = Diagnostic::warning(Code::ViewAllAddsRecords, message);
    Some(warning.at(&first.place).help(help))
}
