//! From the node tree to the typed manifest: how the user logs in, and which powers are accepted.

use std::net::IpAddr;

use super::findings::Findings;
use super::login::{AcceptedPower, IpRange, LoginLimits};
use super::node::{Content, Node};
use super::read_granted::a_day;
use super::reader::{Section, text};
use super::spanned::Sp;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

pub(super) fn login(mut section: Section<'_>) -> LoginLimits {
    let login = LoginLimits {
        ip_ranges: section.list_of("ipRanges", ip_range),
        api_only: section.is_set("apiOnly"),
        place: section.place.clone(),
    };
    section.finish();
    login
}

/// A network such as `192.0.2.0/24`, or its two ends.
fn ip_range<'a>(node: &'a Node, findings: &'a Findings) -> Option<Sp<IpRange>> {
    if !matches!(node.content, Content::Map(_)) {
        let network = text(node, findings)?;
        let Some(range) = IpRange::of_network(&network) else {
            let message = format!("`{network}` is not a network");
            let help = "write its first address and its bits, such as \"192.0.2.0/24\", or {from: 192.0.2.1, to: 192.0.2.9}";
            refuse(findings, &node.place, message, help);
            return None;
        };
        return Some(network.map(|_| range));
    }
    let mut section = Section::open(node, &node.place, findings)?;
    let (from, to) = (section.required_text("from"), section.required_text("to"));
    section.finish();
    let (from, to) = (address(&from, findings)?, address(&to, findings)?);
    if from.is_ipv4() != to.is_ipv4() || to < from {
        let message = format!("{from} to {to} is not a range of addresses");
        refuse(
            findings,
            &node.place,
            message,
            "write the lower address first",
        );
        return None;
    }
    Some(Sp::new(IpRange { from, to }, node.place.clone()))
}

fn address(written: &Sp<String>, findings: &Findings) -> Option<IpAddr> {
    let address = written.parse().ok();
    if address.is_none() && !written.is_empty() {
        let message = format!("`{written}` is not an address");
        refuse(
            findings,
            &written.place,
            message,
            "write it as 192.0.2.1 or 2001:db8::1",
        );
    }
    address
}

fn refuse(findings: &Findings, place: &Place, message: String, help: &str) {
    let finding = Diagnostic::error(Code::NotAnIpRange, message).at(place);
    findings.push(finding.help(help));
}

pub(super) fn accepted<'a>(node: &'a Node, findings: &'a Findings) -> Option<AcceptedPower> {
    let mut section = Section::open(node, &node.place, findings)?;
    let permission = section.required_text("permission");
    let reason = section.required_text("reason");
    let until = section.required_text("until");
    section.finish();
    let until = match until.is_empty() {
        true => return None,
        false => a_day(until, findings)?,
    };
    Some(AcceptedPower {
        permission,
        reason,
        until,
    })
}
