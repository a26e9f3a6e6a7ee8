//! What users can see and do, for a comment.

use super::inert::{code, sentence};
use super::parts::{ReportPart, assembled, list};
use crate::access::Escalation;
use crate::inventory::{Inventory, ObjectInventory, UserInventory, worst};
use crate::report::inventory::{
    NOT_ASKED, NOT_KNOWN, by_tier, is_counted, log_in_words, rights_words, size_words,
    standing_words, tally_words, unknown, worst_first,
};

/// The whole report.
pub fn inventory(inventory: &Inventory, org: &str) -> String {
    let head = format!(
        "## orgwright access\n\n{} \u{b7} {}\n",
        sentence(org),
        size_words(inventory)
    );
    let mut sections: Vec<ReportPart> = inventory.users.iter().flat_map(one).collect();
    let not_asked = NOT_ASKED
        .into_iter()
        .map(|(_, why)| format!("- {}\n", sentence(why)));
    sections.push(list("Of nobody asked", not_asked));
    assembled(&head, &sections, "")
}

fn one(user: &UserInventory) -> Vec<ReportPart> {
    let facts = worst(user)
        .into_iter()
        .map(|fact| format!("1. **{}**\n", sentence(&fact)));
    let profile = user.profile.as_deref().unwrap_or(NOT_KNOWN);
    let mut about = vec![format!("- profile {}\n", code(profile))];
    let log_in = log_in_words(&user.log_in).join("; ");
    about.push(format!("- {}\n", sentence(&log_in)));
    let title = format!("User {}", code(&user.username));
    vec![
        list(&title, facts.chain(about)),
        list("Escalation paths", escalations(user).into_iter()),
        list("Permissions with power", permissions(user).into_iter()),
        objects(user),
        list("What it holds", sets(user).into_iter()),
        list(
            "Not known",
            unknown(user)
                .into_iter()
                .map(|(key, why)| format!("- {}: {}\n", code(key), sentence(&why))),
        ),
    ]
}

fn escalations(user: &UserInventory) -> Vec<String> {
    let Some(escalations) = user.escalations.as_ref().learnt() else {
        return vec![format!("- {NOT_KNOWN}\n")];
    };
    let words = |escalation: &Escalation| {
        let reaches = escalation.reaches.join("; ");
        format!(
            "- {}: it {}. Reaches {}\n",
            code(&escalation.by.join(" + ")),
            sentence(escalation.how),
            sentence(&reaches)
        )
    };
    match escalations.is_empty() {
        true => vec!["- none that these permissions open\n".to_owned()],
        false => escalations.iter().map(words).collect(),
    }
}

fn permissions(user: &UserInventory) -> Vec<String> {
    let Some(permissions) = user.permissions.as_ref().learnt() else {
        return vec![format!("- {NOT_KNOWN}\n")];
    };
    let of_tier = by_tier(permissions).map(|(tier, held)| {
        let names: Vec<String> = held.iter().map(|held| code(&held.name)).collect();
        format!(
            "- **{}** ({}): {}\n",
            tier.word(),
            tier.meaning(),
            names.join(", ")
        )
    });
    of_tier.collect()
}

fn objects(user: &UserInventory) -> ReportPart {
    let objects = user
        .objects
        .as_ref()
        .learnt()
        .map_or(&[][..], Vec::as_slice);
    let ordered = worst_first(objects).into_iter();
    let (counted, others): (Vec<_>, Vec<_>) = ordered.partition(|object| is_counted(object));
    let row = |object: &&ObjectInventory| {
        let numbers = [&object.records, &object.readable, &object.editable].map(tally_words);
        let from: Vec<&str> = object.held.from.iter().map(String::as_str).collect();
        format!(
            "| {} | {} | {} | {} |\n",
            sentence(&object.object),
            rights_words(object.held.rights),
            numbers.join(" | "),
            sentence(&from.join(", "))
        )
    };
    ReportPart {
        opening: "\n### Objects\n\n| object | may | records | reads | edits | from |\n| --- | --- | ---: | ---: | ---: | --- |\n"
            .to_owned(),
        items: counted.iter().chain(&others).map(row).collect(),
        closing: "",
    }
}

fn sets(user: &UserInventory) -> Vec<String> {
    let words = |(address, standing): &(String, crate::access::SetStanding)| {
        let standing =
            standing_words(standing).map_or_else(String::new, |words| format!(": {words}"));
        format!("- {}{}\n", code(address), sentence(&standing))
    };
    user.sets.iter().map(words).collect()
}
