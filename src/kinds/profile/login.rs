//! From where the user may log in: ranges on its own profile. What the manifest names is added; others stay.

use crate::address::Address;
use crate::code::Code;
use crate::count::first_few;
use crate::diagnostic::Diagnostic;
use crate::kinds::Draft;
use crate::live::{Known, Live, Need, UserNeed};
use crate::manifest::{self, IpRange, Manifest, Sp};
use crate::xml::Element;
use std::collections::BTreeSet;
use std::net::IpAddr;

const RANGES: &str = "loginIpRanges";

/// Ranges as people read them: `192.0.2.0 - 192.0.2.255`.
pub(super) type Ranges = BTreeSet<(IpAddr, IpAddr)>;

/// What the manifest states.
pub(super) fn stated(manifest: &Manifest) -> &[Sp<IpRange>] {
    let login = manifest.spec.login.as_ref();
    login.map_or(&[][..], |login| &login.ip_ranges)
}

fn wanted_ranges(manifest: &Manifest) -> Ranges {
    let stated = stated(manifest).iter();
    stated.map(|range| (range.from, range.to)).collect()
}

/// The ranges of a profile's document that are addresses.
pub(super) fn ranges_of(document: &Element) -> Ranges {
    let entries = document.children_named(RANGES);
    let address = |entry: &Element, end: &str| entry.text_of(end)?.parse().ok();
    entries
        .filter_map(|entry| {
            Some((
                address(entry, "startAddress")?,
                address(entry, "endAddress")?,
            ))
        })
        .collect()
}

/// The ranges after: all that there are, and what is stated; `None` where nothing is stated.
pub(super) fn ranges_after(document: &Element, manifest: &Manifest) -> Option<Ranges> {
    let wanted = wanted_ranges(manifest);
    let after = || ranges_of(document).union(&wanted).copied().collect();
    (!wanted.is_empty()).then(after)
}

/// Writes ranges into a document, all of them: a deploy that lists some may replace the others.
pub(super) fn write(document: &mut Element, ranges: &Ranges) {
    document.remove(RANGES);
    for (from, to) in ranges {
        let entry = Element::new(RANGES)
            .with(Element::leaf("endAddress", to.to_string()))
            .with(Element::leaf("startAddress", from.to_string()));
        document.children.push(entry);
    }
    document.children.sort_by_key(|child| child.name.clone());
}

/// Adds what the manifest states to a profile that is made; `None` where it states nothing.
pub(super) fn narrow(
    document: &mut Element,
    manifest: &Manifest,
    live: &Live,
    address: &Address,
    draft: &mut Draft,
) -> Option<Ranges> {
    let ranges = ranges_after(document, manifest)?;
    write(document, &ranges);
    let outside = from_outside(manifest, &ranges, live);
    let outside = outside.map(|finding| finding.about(address.clone()));
    draft.findings.extend(outside);
    Some(ranges)
}

/// Ranges for people.
pub(super) fn words(ranges: &Ranges) -> Vec<String> {
    let words = ranges.iter();
    words.map(|(from, to)| format!("{from} - {to}")).collect()
}

pub(super) fn needs(manifest: &Manifest, wanted: &manifest::Profile) -> Option<Need> {
    let label = wanted.name.value.clone();
    (!stated(manifest).is_empty()).then_some(Need::Holders(label))
}

/// From where the user has logged in, which only the org's id of the user tells.
pub(super) fn further_needs(manifest: &Manifest, live: &Live) -> Option<Need> {
    let user = live.own_user(manifest)?;
    let need = || Need::OfUser(UserNeed::LogIns(user.id.clone()));
    (!stated(manifest).is_empty()).then(need)
}

/// Others who have the profile: the ranges would hold for them too.
pub(super) fn held_by_others(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> Option<Diagnostic> {
    let range = stated(manifest).first()?;
    let holders = live.holders(&wanted.name).learnt()?;
    let user = manifest.spec.user.as_ref();
    let is_own = |name: &str| {
        let mut own = user.into_iter().flat_map(manifest::User::names);
        own.any(|own| own.eq_ignore_ascii_case(name))
    };
    let others = holders.iter().filter(|holder| !is_own(&holder.username));
    let others: Vec<String> = others.map(|holder| holder.username.clone()).collect();
    if others.is_empty() {
        return None;
    }
    let message = format!(
        "log-in ranges on `{}` would hold for {} too",
        wanted.name,
        first_few(&others)
    );
    let help = "give the integration a profile that nobody else has";
    let error = Diagnostic::error(Code::LoginRangesOfOthers, message).help(help);
    Some(error.at(&range.place).naming(&others))
}

/// Addresses from which the user logged in and that the ranges, those that stand and those that are stated, do not hold.
pub(super) fn from_outside(manifest: &Manifest, after: &Ranges, live: &Live) -> Option<Diagnostic> {
    let range = stated(manifest).first()?;
    let user = live.own_user(manifest)?;
    let note =
        |message: String| Diagnostic::warning(Code::LoginOutsideRanges, message).at(&range.place);
    let addresses = match live.log_in_addresses(&user.id) {
        Known::Is(addresses) => addresses,
        unknown => {
            let why = unknown.why_unknown()?;
            let message = format!(
                "from where `{}` has logged in is not known: {why}",
                user.username
            );
            let help = "look at Setup > Login History before the ranges stand; from elsewhere the user is refused then";
            return Some(note(message).help(help));
        }
    };
    let holds = |address: IpAddr| {
        let range = |(from, to): &(IpAddr, IpAddr)| IpRange {
            from: *from,
            to: *to,
        };
        after.iter().any(|one| range(one).holds(address))
    };
    let outside = addresses.iter();
    let outside = outside.filter(|text| text.parse().is_ok_and(|address| !holds(address)));
    let outside: Vec<String> = outside.cloned().collect();
    if outside.is_empty() {
        return None;
    }
    let message = format!(
        "`{}` has logged in from outside the ranges: {}",
        user.username,
        first_few(&outside)
    );
    let help = "add these addresses under `login.ipRanges` where the integration uses them: from there it is refused once the ranges stand";
    Some(note(message).help(help).naming(&outside))
}
