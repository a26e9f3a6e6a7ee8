//! Members of the group of `keepAccess: everyone`. They are records: made and removed, never changed.
//!
//! Whoever joined since is added. What holds somebody who is left out has to go; whatever else people put into the group
//! stays.

use super::public_group::first_entry;
use super::{Attributed, Draft, Kind, compare};
use crate::address::Address;
use crate::change::{Attributes, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Everyone, Known, Live, Reference, everyone_name};
use crate::manifest::Manifest;
use serde_json::json;
use std::collections::HashSet;

/// Members of public groups.
pub(super) static KIND: Kind = Kind {
    name: "public_group_member",
    noun: "public group member",
    needs: super::everyone::needs,
    propose,
};

struct GroupMembership {
    member: String,
}

impl Attributed for GroupMembership {
    fn attributes(&self) -> Attributes {
        vec![("member".into(), json!(self.member), None)]
    }
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    let Some(place) = first_entry(manifest, live).filter(|_| !live.offline) else {
        return draft;
    };
    match live.everyone(manifest) {
        Known::Is(everyone) => {
            add(&everyone, manifest, live, &place, &mut draft);
            take_out(&everyone, manifest, live, &place, &mut draft);
        }
        unknown => {
            let why = unknown.why_unknown().unwrap_or_default();
            let message = format!("who everybody is, is not known: {why}");
            let help =
                "log in as an administrator with View Setup and View All Data, and plan again";
            let error = Diagnostic::error(Code::EveryoneUnknown, message).at(&place);
            draft.errors.push(error.help(help));
        }
    }
    draft
}

fn add(everyone: &Everyone, manifest: &Manifest, live: &Live, place: &Place, draft: &mut Draft) {
    let name = everyone_name(manifest);
    let own = live.group_of_name(&name);
    let standing = own.into_iter().flat_map(|group| live.members_of(group));
    let standing: HashSet<&str> = standing.map(|member| member.member.as_str()).collect();
    for part in &everyone.parts {
        if standing.contains(part.id()) {
            continue;
        }
        let group = match own {
            Some(group) => RecordValue::Literal(json!(group.id)),
            None => RecordValue::Lookup(Reference::PublicGroup(name.clone())),
        };
        let member = RecordValue::Literal(json!(part.id()));
        let record = Record {
            object: "GroupMember",
            values: [("GroupId".into(), group), ("UserOrGroupId".into(), member)].into(),
        };
        let desired = GroupMembership {
            member: part.words(),
        };
        change(
            &name,
            None,
            Some(&desired),
            place,
            Write::Insert(record),
            draft,
        );
    }
}

fn take_out(
    everyone: &Everyone,
    manifest: &Manifest,
    live: &Live,
    place: &Place,
    draft: &mut Draft,
) {
    let name = everyone_name(manifest);
    for member in &everyone.to_go {
        let standing = GroupMembership {
            member: live.called(&member.member),
        };
        let write = Write::Remove("GroupMember".to_owned(), member.id.clone());
        change(&name, Some(&standing), None, place, write, draft);
    }
}

fn change(
    group: &str,
    before: Option<&GroupMembership>,
    after: Option<&GroupMembership>,
    place: &Place,
    write: Write,
    draft: &mut Draft,
) {
    let Some(comparison) = compare(before, after) else {
        return;
    };
    let member = before.or(after).map(|one| one.member.as_str());
    let address = Address::new(KIND.name, format!("{group}:{}", member.unwrap_or_default()));
    draft.change(address, comparison, Stage::User, place, write);
}
