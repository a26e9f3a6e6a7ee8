//! What users can see and do, as a page of its own.

use maud::{Markup, html};

use super::{document, lines, section};
use crate::access::Escalation;
use crate::count::number;
use crate::inventory::{Inventory, ObjectInventory, PermissionInventory, UserInventory, worst};
use crate::live::Known;
use crate::report::inventory::{
    NOT_ASKED, NOT_KNOWN, by_tier, log_in_words, rights_words, size_words, standing_words,
    tally_words, unknown, worst_first,
};
use crate::report::text::printable;
use crate::tally::Tally;

/// The whole report.
pub fn inventory(inventory: &Inventory, org: &str) -> String {
    let body = html! {
        header {
            h1 { "orgwright access" }
            p { (printable(org)) " \u{b7} " (size_words(inventory)) }
        } "\n"
        @for user in &inventory.users { (one(user)) }
        footer { ul { @for (_, why) in NOT_ASKED { li { (why) } } } }
    };
    document("orgwright access", body)
}

fn one(user: &UserInventory) -> Markup {
    let profile = user.profile.as_deref().unwrap_or(NOT_KNOWN);
    let licence = user.licence.as_ref().learnt().and_then(Option::as_deref);
    html! {
        article {
            h1 { (printable(&user.username)) }
            @let facts = worst(user);
            @if !facts.is_empty() {
                ol class="error" { @for fact in &facts { li { strong { (printable(fact)) } } } } "\n"
            }
            p {
                "profile " (printable(profile)) ", licence " (printable(licence.unwrap_or(NOT_KNOWN)))
                br;
                (printable(&log_in_words(&user.log_in).join("; ")))
            } "\n"
            (section("Escalation paths", "", escalations(user)))
            (section("Permissions with power", "", permissions(user)))
            (section("Objects", "", objects(user)))
            (section("What it holds", "", sets(user)))
            (section("Not known", "note", not_known(user)))
        } "\n"
    }
}

fn escalations(user: &UserInventory) -> Markup {
    let Some(escalations) = user.escalations.as_ref().learnt() else {
        return html! { p { (NOT_KNOWN) } };
    };
    html! {
        @if escalations.is_empty() { p { "none that these permissions open" } }
        @else {
            ul { @for escalation in escalations { (escalation_entry(escalation)) } } "\n"
        }
    }
}

fn escalation_entry(escalation: &Escalation) -> Markup {
    let class = match escalation.reaches_all_data {
        true => "error",
        false => "warning",
    };
    html! {
        li {
            strong class=(class) { (escalation.by.join(" + ")) }
            ": it " (escalation.how)
            br;
            small {
                "reaches " (printable(&escalation.reaches.join("; ")))
                @if escalation.by_hand { " (a person has to do it)" }
            }
        } "\n"
    }
}

fn permissions(user: &UserInventory) -> Markup {
    let Some(permissions) = user.permissions.as_ref().learnt() else {
        return html! { p { (NOT_KNOWN) } };
    };
    let sleeping = user
        .only_activated
        .as_ref()
        .learnt()
        .map_or(&[][..], Vec::as_slice);
    html! {
        @if permissions.is_empty() { p { "none" } }
        @for (tier, of_tier) in by_tier(permissions) {
            details {
                summary { strong { (tier.word()) } " " (tier.meaning()) ": " (of_tier.len()) }
                table { @for held in of_tier { (permission_row(held)) } }
            } "\n"
        }
        @if !sleeping.is_empty() {
            details {
                summary { "only in an activated session: " (sleeping.len()) }
                table { @for held in sleeping { (permission_row(held)) } }
            } "\n"
        }
    }
}

fn permission_row(held: &PermissionInventory) -> Markup {
    let from = held.from.iter().map(|from| printable(from).into_owned());
    html! {
        tr { td { code { (held.name) } } td { (lines(from.collect())) } } "\n"
    }
}

fn objects(user: &UserInventory) -> Markup {
    let Some(objects) = user.objects.as_ref().learnt() else {
        return html! { p { (NOT_KNOWN) } };
    };
    html! {
        div class="wide" {
            table {
                tr {
                    th { "object" } th { "may" } th { "records" } th { "reads" } th { "edits" }
                    th { "fields read" } th { "edited" } th { "from" }
                } "\n"
                @for object in worst_first(objects) { (object_row(object)) }
            }
        } "\n"
    }
}

fn object_row(object: &ObjectInventory) -> Markup {
    let from = object
        .held
        .from
        .iter()
        .map(|from| printable(from).into_owned());
    let open = object.held.rights.view_all;
    html! {
        tr {
            td { (printable(&object.object)) }
            td class=(if open { "warning" } else { "" }) { (rights_words(object.held.rights)) }
            @for tally in [&object.records, &object.readable, &object.editable] { (tally_cell(tally)) }
            @for fields in [&object.readable_fields, &object.editable_fields] { (field_cell(fields)) }
            td { (lines(from.collect())) }
        } "\n"
    }
}

fn tally_cell(tally: &Tally) -> Markup {
    let why = tally.unknown().unwrap_or_default();
    html! { td class="n" title=(printable(why)) { (tally_words(tally)) } }
}

fn field_cell(fields: &Known<u64>) -> Markup {
    let why = fields.why_unknown().unwrap_or_default();
    let fields = fields
        .as_ref()
        .learnt()
        .map_or(NOT_KNOWN.to_owned(), |fields| number(*fields));
    html! { td class="n" title=(printable(&why)) { (fields) } }
}

fn sets(user: &UserInventory) -> Markup {
    html! {
        ul {
            @for (address, standing) in &user.sets {
                li {
                    code { (printable(address)) }
                    @if let Some(words) = standing_words(standing) { ": " (printable(&words)) }
                }
            }
        } "\n"
    }
}

fn not_known(user: &UserInventory) -> Markup {
    let unknown = unknown(user);
    html! {
        @if !unknown.is_empty() {
            ul { @for (key, why) in unknown { li { code { (key) } ": " (printable(&why)) } } } "\n"
        }
    }
}
