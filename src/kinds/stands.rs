//! Resources as the org has them, laid open by address: what a way back compares with what was planned.

use super::{
    Attributed, custom_field, organization_wide_default, permission_set, profile, role,
    sharing_rule, user,
};
use crate::address::Address;
use crate::change::Attributes;
use crate::live::{GroupMember, Live};
use serde_json::json;

/// The attributes of a resource that no user has to be known for; `None` where the org has no such thing. Groups tell less
/// than they were made of.
pub fn stands(address: &Address, live: &Live) -> Option<Attributes> {
    let name = address.name.as_str();
    match address.kind {
        "custom_field" => custom_field::stands(name, live),
        "permission_set" => permission_set::stands(name, live),
        "profile" => profile::stands(name, live),
        "role" => role::stands(name, live),
        "user" => user::stands(name, live),
        "organization_wide_default" => organization_wide_default::stands(name, live),
        "sharing_rule" => sharing_rule::stands(name, live),
        "public_group" => {
            let group = live.group_of_name(name)?;
            let bosses = json!(group.includes_bosses != Some(false));
            Some(vec![("doesIncludeBosses".to_owned(), bosses, None)])
        }
        "public_group_member" => {
            let (_, member) = name.split_once(':')?;
            standing_member(name, live)?;
            Some(vec![("member".to_owned(), json!(member), None)])
        }
        _ => None,
    }
}

/// The membership that an address means: `GROUP:role Sales`.
pub fn standing_member<'a>(name: &str, live: &'a Live) -> Option<&'a GroupMember> {
    let (group, member) = name.split_once(':')?;
    let mut members = live.members_of(live.group_of_name(group)?);
    members.find(|one| live.called(&one.member) == member)
}

pub(super) fn laid_open(resource: &impl Attributed) -> Option<Attributes> {
    Some(resource.attributes())
}
