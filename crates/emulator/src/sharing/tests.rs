//! Record access in the demo org, changed step by step.

use super::*;
use crate::seed;
use crate::store::RulesBesideRead;
use crate::store::{
    AccountLevels, CriteriaItem, Id, Models, Principal, RuleScope, ShareRow, SharingRule,
    SharingState, User,
};

fn principal(kind: &str, name: &str) -> Principal {
    Principal {
        kind: kind.into(),
        name: Some(name.into()),
    }
}

/// The demo org with an integration user in a role of its own at the top.
fn org() -> (Org, Id) {
    let mut org = seed::demo();
    let role = add_role(&mut org, "HubSpot", None);
    let profile = org.profile_by_label("Standard User").unwrap().id.clone();
    let user = User {
        id: org.next_id("005"),
        active: true,
        profile,
        role: Some(role),
        user_type: "Standard".into(),
        ..User::default()
    };
    org.users.make_mut().insert(user.id.clone(), user.clone());
    (org, user.id)
}

fn add_role(org: &mut Org, name: &str, parent: Option<Id>) -> Id {
    let role = crate::store::Role {
        id: org.next_id("00E"),
        developer_name: name.into(),
        parent,
        ..Default::default()
    };
    let id = role.id.clone();
    org.roles.insert(id.clone(), role);
    add_role_groups(org, &id);
    id
}

fn put_in_force(org: &mut Org, object: &str, model: SharingModel) {
    org.objects.make_mut().get_mut(object).unwrap().sharing = SharingState::settled(model, model);
}

fn add_rule(
    org: &mut Org,
    object: &str,
    access: AccessLevel,
    items: &[(&str, &str, &str)],
    shared_to: Principal,
) {
    let item = |(field, operation, value): &(&str, &str, &str)| CriteriaItem {
        field: (*field).into(),
        operation: (*operation).into(),
        value: (*value).into(),
    };
    let scope = RuleScope::Criteria {
        items: items.iter().map(item).collect(),
        boolean_filter: None,
        include_records_owned_by_all: true,
    };
    let levels = AccountLevels {
        contact: AccessLevel::Read,
        ..AccountLevels::default()
    };
    let account_levels = (object == "Account").then_some(levels);
    let rule = SharingRule {
        object: object.into(),
        name: "R".into(),
        scope,
        shared_to,
        access,
        account_levels,
        ..SharingRule::default()
    };
    org.rules.insert(rule.full_name(), rule.clone());
    org.rules_in_force.insert(rule.full_name(), rule);
}

/// How many records of an object the user reads, edits, deletes.
fn counts(org: &Org, user: &str, object: &str) -> [usize; 3] {
    let sight = Sight::new(org, user, object, 0).unwrap();
    let mut counts = [0; 3];
    for access in org.rows(object).map(|(id, row)| sight.of_row(id, row)) {
        for (count, has) in counts
            .iter_mut()
            .zip([access.read, access.edit, access.delete])
        {
            *count += usize::from(has);
        }
    }
    counts
}

fn user(org: &Org, alias: &str) -> Id {
    org.users
        .values()
        .find(|user| user.alias == alias)
        .unwrap()
        .id
        .clone()
}

const SYNC: [(&str, &str, &str); 2] = [
    ("Sync_to_HubSpot__c", "equals", "True"),
    ("Email", "contains", "@"),
];

#[test]
fn a_private_default_leaves_what_a_rule_gives() {
    let (mut org, hubspot) = org();
    assert_eq!(counts(&org, &hubspot, "Lead"), [2000, 2000, 0]);
    put_in_force(&mut org, "Lead", SharingModel::Private);
    assert_eq!(counts(&org, &hubspot, "Lead"), [0, 0, 0]);
    add_rule(
        &mut org,
        "Lead",
        AccessLevel::Edit,
        &SYNC,
        principal("role", "HubSpot"),
    );
    let wanted = org.rows("Lead").filter(|(_, row)| {
        row["Sync_to_HubSpot__c"] == true
            && row
                .get("Email")
                .and_then(|email| email.as_str())
                .is_some_and(|email| email.contains('@'))
    });
    let wanted = wanted.count();
    assert_eq!(counts(&org, &hubspot, "Lead"), [wanted, wanted, 0]);
    let group = org
        .group_for(
            crate::store::GroupKind::Role,
            org.users[&hubspot].role.as_deref(),
        )
        .unwrap();
    let rows = share_rows(&org, "Lead");
    let ruled = rows.iter().filter(|row| {
        row.cause == "Rule" && row.user_or_group == group.id && row.level == AccessLevel::Edit
    });
    assert_eq!((ruled.count(), rows.len()), (wanted, wanted + 2000));
}

#[test]
fn object_permissions_bound_what_sharing_gives() {
    let (mut org, hubspot) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    add_rule(
        &mut org,
        "Lead",
        AccessLevel::Edit,
        &SYNC,
        principal("role", "HubSpot"),
    );
    let container = org.profile_by_label("Read Only").unwrap().id.clone();
    org.users.make_mut().get_mut(&hubspot).unwrap().profile = container;
    let [read, edit, _] = counts(&org, &hubspot, "Lead");
    assert!(read > 250 && edit == 0);
    org.users.make_mut().get_mut(&hubspot).unwrap().active = false;
    assert_eq!(counts(&org, &hubspot, "Lead"), [0, 0, 0]);
}

#[test]
fn all_data_and_modify_all_see_everything() {
    let (mut org, _) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    let administrator = org.organization.administrator.clone();
    assert_eq!(counts(&org, &administrator, "Lead"), [2000; 3]);
    assert_eq!(counts(&org, &administrator, "Contact"), [1500; 3]);
    let steward = user(&org, "ithistle");
    assert_eq!(
        counts(&org, &steward, "Lead"),
        [2000; 3],
        "a permission set gives Modify All"
    );
    let analyst = user(&org, "loverhyt");
    let [read, edit, _] = counts(&org, &analyst, "Lead");
    assert!(read == 2000 && edit < 100, "View All reads only");
}

#[test]
fn superiors_have_what_those_below_have() {
    let (mut org, hubspot) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    let (seller, manager, peer) = (
        user(&org, "pashgrav"),
        user(&org, "olindqva"),
        user(&org, "ygrenhol"),
    );
    let record = org
        .rows("Lead")
        .find(|(_, row)| row["OwnerId"] == seller.as_str())
        .map(|(id, _)| id.clone())
        .unwrap();
    let read = |org: &Org, user: &str| access(org, user, "Lead", &record, 0).max_level();
    assert_eq!((read(&org, &seller), read(&org, &manager)), ("All", "All"));
    assert_eq!((read(&org, &peer), read(&org, &hubspot)), ("None", "None"));
    let shared = ShareRow {
        object: "Lead".into(),
        record: record.clone(),
        user_or_group: peer.clone(),
        level: AccessLevel::Read,
        cause: "Manual".into(),
        ..Default::default()
    };
    org.manual_shares.insert("x".into(), shared);
    assert_eq!(read(&org, &peer), "Read");
    assert_eq!(
        read(&org, &user(&org, "xbarleyc")),
        "Read",
        "the peer's manager"
    );
}

#[test]
fn a_rule_to_a_role_serves_the_roles_above_it() {
    let (mut org, hubspot) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    add_rule(
        &mut org,
        "Lead",
        AccessLevel::Read,
        &SYNC,
        principal("role", "Service_Desk"),
    );
    let head = user(&org, "nbramble");
    let [above, ..] = counts(&org, &head, "Lead");
    let [desk, ..] = counts(&org, &user(&org, "ofirthin"), "Lead");
    assert!(desk > 250 && above >= desk);
    assert_eq!(counts(&org, &hubspot, "Lead")[0], 0);
    let subordinates = Principal {
        kind: "roleAndSubordinates".into(),
        name: Some("Head_of_Service".into()),
    };
    org.rules_in_force.get_mut("Lead.R").unwrap().shared_to = subordinates;
    assert_eq!(counts(&org, &user(&org, "ofirthin"), "Lead")[0], desk);
    org.rules_in_force.get_mut("Lead.R").unwrap().shared_to = Principal {
        kind: "allInternalUsers".into(),
        name: None,
    };
    assert_eq!(counts(&org, &hubspot, "Lead")[0], desk);
}

#[test]
fn rules_wait_for_a_private_default_where_told_so() {
    let (mut org, _) = org();
    add_rule(
        &mut org,
        "Lead",
        AccessLevel::Edit,
        &SYNC,
        principal("role", "Service_Desk"),
    );
    put_in_force(&mut org, "Lead", SharingModel::Read);
    let desk = user(&org, "ofirthin");
    let rows = |org: &Org| {
        let rows = share_rows(org, "Lead").into_iter();
        rows.filter(|row| row.cause == "Rule").count()
    };
    let [read, edit, _] = counts(&org, &desk, "Lead");
    assert!(edit > 250 && edit < read && rows(&org) > 250);
    org.platform.rules_beside_read = Some(RulesBesideRead::Waiting);
    let [all, own, _] = counts(&org, &desk, "Lead");
    assert!(all == read && own < edit);
    assert_eq!(rows(&org), 0);
    put_in_force(&mut org, "Lead", SharingModel::Private);
    assert!(rows(&org) > 250);
}

#[test]
fn queue_members_have_the_queues_records() {
    let (mut org, _) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    let (member, superior, stranger) = (
        user(&org, "torrelwo"),
        user(&org, "olindqva"),
        user(&org, "fcoppert"),
    );
    let queued = |org: &Org, user: &str| {
        let sight = Sight::new(org, user, "Lead", 0).unwrap();
        org.rows("Lead")
            .filter(|(_, row)| {
                row["OwnerId"]
                    .as_str()
                    .is_some_and(|owner| owner.starts_with("00G"))
            })
            .filter(|(id, row)| sight.of_row(id, row).edit)
            .count()
    };
    assert!(queued(&org, &member) > 100);
    assert_eq!(queued(&org, &member), queued(&org, &superior));
    assert_eq!(queued(&org, &stranger), 0);
    for group in org.groups.values_mut() {
        group.includes_bosses = false;
    }
    assert_eq!(queued(&org, &superior), 0);
}

#[test]
fn contacts_without_account_are_their_owners_alone() {
    let (mut org, hubspot) = org();
    for model in [SharingModel::ControlledByParent, SharingModel::ReadWrite] {
        put_in_force(&mut org, "Contact", model);
        assert_eq!(counts(&org, &hubspot, "Contact")[0], 1440);
    }
    put_in_force(&mut org, "Contact", SharingModel::Private);
    add_rule(
        &mut org,
        "Contact",
        AccessLevel::Edit,
        &[("LastName", "notEqual", "")],
        principal("role", "HubSpot"),
    );
    assert_eq!(counts(&org, &hubspot, "Contact"), [1440, 1440, 0]);
    assert_eq!(
        share_rows(&org, "Contact")
            .iter()
            .filter(|row| row.cause == "Rule")
            .count(),
        1440
    );
    let (id, row) = org
        .rows("Contact")
        .find(|(_, row)| !row.contains_key("AccountId"))
        .unwrap();
    let owner = row["OwnerId"].as_str().unwrap();
    assert!(access(&org, owner, "Contact", id, 0).delete);
}

#[test]
fn a_controlled_contact_goes_with_its_account() {
    let (mut org, hubspot) = org();
    put_in_force(&mut org, "Account", SharingModel::Private);
    assert_eq!(counts(&org, &hubspot, "Contact"), [0; 3]);
    assert!(share_rows(&org, "Contact").is_empty());
    add_rule(
        &mut org,
        "Account",
        AccessLevel::Read,
        &[("Tier__c", "equals", "Gold")],
        principal("role", "HubSpot"),
    );
    let gold = |org: &Org, id: Option<&str>| {
        id.and_then(|id| org.row("Account", id))
            .is_some_and(|row| row["Tier__c"] == "Gold")
    };
    let expected = org
        .rows("Contact")
        .filter(|(_, row)| gold(&org, text(row, "AccountId")))
        .count();
    assert_eq!(counts(&org, &hubspot, "Contact"), [expected, 0, 0]);
    put_in_force(&mut org, "Contact", SharingModel::Private);
    assert_eq!(
        counts(&org, &hubspot, "Contact"),
        [expected, 0, 0],
        "by the account rule's contact level"
    );
}

#[test]
fn a_shared_contact_makes_its_account_readable() {
    let (mut org, hubspot) = org();
    for object in ["Account", "Contact", "Opportunity", "Case"] {
        put_in_force(&mut org, object, SharingModel::Private);
    }
    for role in org.roles.values_mut() {
        role.contact_access = AccessLevel::None;
    }
    assert_eq!(counts(&org, &hubspot, "Account"), [0; 3]);
    add_rule(
        &mut org,
        "Contact",
        AccessLevel::Edit,
        &SYNC,
        principal("role", "HubSpot"),
    );
    let [accounts, editable, _] = counts(&org, &hubspot, "Account");
    assert!(accounts > 50 && editable == 0);
    let group = org
        .group_for(
            crate::store::GroupKind::Role,
            org.users[&hubspot].role.as_deref(),
        )
        .unwrap();
    let implicit = share_rows(&org, "Account")
        .into_iter()
        .filter(|row| row.cause == "ImplicitParent" && row.user_or_group == group.id);
    assert_eq!(implicit.count(), accounts);
}

#[test]
fn account_owners_have_their_roles_level_on_children() {
    let (mut org, hubspot) = org();
    for object in ["Account", "Contact", "Opportunity", "Case"] {
        put_in_force(&mut org, object, SharingModel::Private);
    }
    let account = org
        .rows("Contact")
        .find_map(|(_, row)| text(row, "AccountId"))
        .unwrap()
        .to_owned();
    org.table_mut("Account")
        .get_mut(&account)
        .unwrap()
        .insert("OwnerId", hubspot.as_str().into());
    assert_eq!(
        counts(&org, &hubspot, "Contact"),
        [0; 3],
        "the role gives None"
    );
    let role = org.users[&hubspot].role.clone().unwrap();
    org.roles.get_mut(&role).unwrap().contact_access = AccessLevel::Edit;
    let [read, edit, delete] = counts(&org, &hubspot, "Contact");
    assert!(read > 0 && read == edit && delete == 0);
}

#[test]
fn narrowing_waits_for_the_recalculation_and_widening_does_not() {
    let mut org = seed::demo();
    let request = |org: &mut Org, object: &str, internal| {
        org.objects
            .make_mut()
            .get_mut(object)
            .unwrap()
            .sharing
            .requested = Models {
            internal,
            external: SharingModel::Private,
        };
    };
    let in_force = |org: &Org| org.object("Lead").unwrap().sharing.in_force.internal;
    request(&mut org, "Lead", SharingModel::Private);
    begin(&mut org, &["Lead"], "005", 0, Timing::Due(1000));
    assert_eq!(in_force(&org), SharingModel::ReadWriteTransfer);
    assert!(
        locked_rules(&org, "Lead").is_some()
            && locked_rules(&org, "Case").is_none()
            && locked_defaults(&org).is_some()
    );
    settle(&mut org, 999);
    assert_eq!(in_force(&org), SharingModel::ReadWriteTransfer);
    settle(&mut org, 1000);
    assert_eq!(
        (in_force(&org), locked_defaults(&org)),
        (SharingModel::Private, None)
    );
    request(&mut org, "Lead", SharingModel::Read);
    begin(
        &mut org,
        &["Lead"],
        "005",
        1000,
        Timing::WithDeploy("0Af".into()),
    );
    assert_eq!(in_force(&org), SharingModel::Read);
    assert!(locked_defaults(&org).is_some());
    deploy_reported(&mut org, "0Af");
    assert_eq!(locked_defaults(&org), None);
}

#[test]
fn a_wider_default_waits_where_accounts_control_contacts() {
    let check = |contact: SharingModel, at_once: SharingModel| {
        let (mut org, holder) = org();
        put_in_force(&mut org, "Account", SharingModel::Private);
        put_in_force(&mut org, "Contact", contact);
        let account = org.rows("Account").next().unwrap().0.clone();
        let shared = |object: &str, level: AccessLevel| ShareRow {
            object: object.into(),
            record: account.clone(),
            user_or_group: holder.clone(),
            level,
            cause: "Manual".into(),
            ..ShareRow::default()
        };
        let rows = [AccessLevel::Read, AccessLevel::Edit].map(|level| shared("Account", level));
        let ids = ["read", "edit"].map(str::to_owned);
        org.manual_shares = ids.into_iter().zip(rows).collect();
        let objects = org.objects.make_mut();
        let model = SharingModel::Read;
        objects.get_mut("Account").unwrap().sharing.requested = Models {
            internal: model,
            external: model,
        };
        let in_force = |org: &Org| org.object("Account").unwrap().sharing.in_force.internal;
        begin(&mut org, &["Account"], "005", 0, Timing::Due(10));
        assert_eq!(in_force(&org), at_once, "{contact:?}");
        settle(&mut org, 10);
        assert_eq!(in_force(&org), model);
        let left: Vec<&str> = org.manual_shares.keys().map(String::as_str).collect();
        assert_eq!(
            left,
            ["edit"],
            "what gives no more than the default is gone"
        );
    };
    check(SharingModel::Private, SharingModel::Read);
    check(SharingModel::ControlledByParent, SharingModel::Private);
}

#[test]
fn rules_take_effect_with_the_recalculation() {
    let (mut org, hubspot) = org();
    put_in_force(&mut org, "Lead", SharingModel::Private);
    add_rule(
        &mut org,
        "Lead",
        AccessLevel::Edit,
        &SYNC,
        principal("role", "HubSpot"),
    );
    org.rules_in_force.remove("Lead.R");
    begin(&mut org, &["Lead"], "005", 0, Timing::Due(50));
    assert_eq!(counts(&org, &hubspot, "Lead")[0], 0);
    settle(&mut org, 50);
    assert!(counts(&org, &hubspot, "Lead")[0] > 250);
    org.rules.remove("Lead.R");
    begin(&mut org, &["Lead"], "005", 50, Timing::Due(60));
    assert!(
        counts(&org, &hubspot, "Lead")[0] > 250,
        "a deleted rule gives until the recalculation is through"
    );
    settle(&mut org, 60);
    assert_eq!(counts(&org, &hubspot, "Lead")[0], 0);
}

#[test]
fn accounts_and_their_children_are_locked_together() {
    let mut org = seed::demo();
    begin(&mut org, &["Contact"], "005", 0, Timing::Due(10));
    for object in ["Account", "Contact", "Opportunity", "Case"] {
        assert_eq!(locked_rules(&org, object), Some(LOCKED), "{object}");
    }
    assert_eq!(locked_rules(&org, "Lead"), None);
}

#[test]
fn strangers_and_missing_records_have_nothing() {
    let org = seed::demo();
    let administrator = &org.organization.administrator;
    assert_eq!(
        access(&org, "005000000000000AAA", "Lead", "00Q", 0),
        Access::default()
    );
    assert_eq!(
        access(&org, administrator, "Nothing__c", "a00", 0),
        Access::default()
    );
    assert_eq!(
        access(&org, administrator, "Lead", "00Q000000000000AAA", 0),
        Access::default()
    );
}

#[test]
fn share_rows_keep_their_ids() {
    let org = seed::demo();
    let rows = share_rows(&org, "Partner_Deal__c");
    let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert!(ids.len() == rows.len() && rows.iter().any(|row| row.cause == "Rule"));
    assert_eq!(rows, share_rows(&org, "Partner_Deal__c"));
}

#[test]
fn a_guest_reads_what_rules_for_guests_share_and_nothing_else() {
    let (mut org, guest) = org();
    let user = org.users.make_mut().get_mut(&guest).unwrap();
    (user.user_type, user.role) = ("Guest".into(), None);
    user.nickname = "Web_Shop".into();
    assert_eq!(
        counts(&org, &guest, "Lead"),
        [0, 0, 0],
        "defaults are public"
    );
    let rule = |guest: &str| SharingRule {
        object: "Lead".into(),
        name: "Open".into(),
        shared_to: principal("guestUser", guest),
        access: AccessLevel::Read,
        scope: RuleScope::Criteria {
            items: vec![CriteriaItem {
                field: "Sync_to_HubSpot__c".into(),
                operation: "equals".into(),
                value: "True".into(),
            }],
            boolean_filter: None,
            include_records_owned_by_all: false,
        },
        ..SharingRule::default()
    };
    let mut keep = |rule: SharingRule| {
        org.guest_rules.insert(rule.full_name(), rule);
        let rows = share_rows(&org, "Lead").into_iter();
        let rows = rows.filter(|row| row.cause == "GuestRule" && row.user_or_group == guest);
        (counts(&org, &guest, "Lead"), rows.count())
    };
    assert_eq!(keep(rule("Another")), ([0, 0, 0], 0));
    let shared = keep(rule("web_shop"));
    let ticked = org
        .rows("Lead")
        .filter(|(_, row)| row["Sync_to_HubSpot__c"] == true);
    let ticked = ticked.count();
    assert_eq!(shared, ([ticked, 0, 0], ticked));
    assert!(ticked > 100);
}
