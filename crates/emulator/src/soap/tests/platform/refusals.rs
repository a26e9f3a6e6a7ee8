//! Refusals of profiles and permission sets.

use super::*;

#[test]
fn refusals_come_all_together_or_one_a_deploy() {
    let grants = right("Lead", &["allowRead", "allowEdit", "allowDelete"]);
    let unknown = permission("RunWild", true) + &permission("RunWilder", false);
    let inside = new_profile(&format!("{grants}{}", tab("Wind_Map", "Hidden")), &unknown);
    let field = "<fieldPermissions><editable>true</editable><field>Lead.Company</field><readable>true</readable></fieldPermissions>";
    let inside = inside.replacen(
        "<objectPermissions>",
        &format!("{field}<objectPermissions>"),
        1,
    );
    let told = [
        "Unknown user permission: RunWild",
        "Unknown user permission: RunWilder",
        "You cannot deploy to a required field: Lead.Company",
        "You can't edit tab settings for Wind_Map, as it's not a valid tab.",
    ];
    profile(&mut hard("profile-refusals=all"), "Wild", &inside).failed(&told);
    let mut org = hard("profile-refusals=one");
    let steps = [
        inside.clone(),
        inside.replace(&permission("RunWild", true), ""),
        inside.replace(&unknown, ""),
        inside.replace(&unknown, "").replace(field, ""),
    ];
    for (inside, told) in steps.iter().zip(told) {
        profile(&mut org, "Wild", inside).failed(&[told]);
    }
    let last = steps[3].replace(&tab("Wind_Map", "Hidden"), "");
    profile(&mut org, "Wild", &last).succeeded();
}

#[test]
fn dependencies_come_one_a_deploy() {
    let inside = right("Lead", &["allowEdit"]) + &right("Campaign", &["allowCreate"]);
    let inside = new_profile(&inside, "");
    let of_lead = "Permission Edit Lead depends on permission(s): Read Lead";
    let of_campaign = "Permission Create Campaign depends on permission(s): Read Campaign";
    let together = format!("{of_campaign}; {of_lead}");
    profile(&mut hard("profile-refusals=all"), "Gaps", &inside).failed(&[&together]);
    let mut org = hard("profile-refusals=one");
    profile(&mut org, "Gaps", &inside).failed(&[of_campaign]);
    let rest = new_profile(&right("Lead", &["allowEdit"]), "");
    profile(&mut org, "Gaps", &rest).failed(&[of_lead]);
}

#[test]
fn a_permission_that_is_read_may_be_unknown() {
    let mut org = hard("unknown-permissions=ManageHpi+TransferAnyLead");
    let read = org.read("Profile", "Admin");
    for name in ["ManageHpi", "TransferAnyLead"] {
        assert!(read.contains(&permission(name, true)), "{name}");
        for enabled in [true, false] {
            let inside = new_profile("", &permission(name, enabled));
            profile(&mut org, "Copy", &inside)
                .failed(&[&format!("Unknown user permission: {name}")]);
        }
    }
    assert!(!org.read("Profile", "Standard").contains("ManageHpi"));
    let named = org
        .world
        .org
        .permissions()
        .any(|name| name == "TransferAnyLead");
    assert!(!named, "describe does not name it");
}

#[test]
fn the_licence_may_not_allow_a_permission() {
    let mut org = hard("unlicensed-permissions=FreezeUsers+View All Lead");
    let inside = new_profile(
        &right("Lead", &["allowRead", "viewAllRecords"]),
        &permission("FreezeUsers", true),
    );
    profile(&mut org, "Copy", &inside).failed(&[
        "The user license doesn't allow the permission: FreezeUsers",
        "The user license doesn't allow the permission: Read All Lead",
    ]);
    let without = new_profile(
        &right("Lead", &["allowRead"]),
        &permission("FreezeUsers", false),
    );
    profile(&mut org, "Copy", &without).succeeded();
}

#[test]
fn what_the_licence_forces_on_cannot_be_turned_off() {
    let inside = new_profile(
        "",
        &(permission("ViewHelpLink", false) + &permission("RunReports", false)),
    );
    profile(&mut hard("forced-permissions=refused"), "Copy", &inside)
        .failed(&["You may not turn off permission ViewHelpLink for this License Type"]);
    let mut org = hard("forced-permissions=accepted");
    profile(&mut org, "Copy", &inside).succeeded();
    assert!(!org.read("Profile", "Copy").contains("ViewHelpLink"));
    let platform = inside.replace(">Salesforce<", ">Salesforce Platform<");
    profile(&mut hard("forced-permissions=refused"), "Copy", &platform).succeeded();
}

#[test]
fn refusals_name_things_by_api_name_or_label() {
    let inside = new_profile(
        &right("Partner_Deal__c", &["allowEdit"]),
        &permission("EditPublicDocuments", true),
    );
    let check = |switches: &str, told: &str| {
        profile(&mut hard(switches), "Copy", &inside).failed(&[told]);
    };
    let documents = "Create Document, Delete Document, Edit Document, Read Document";
    check(
        "messages=names",
        &format!(
            "Permission EditPublicDocuments depends on permission(s): {documents}; Permission Edit Partner_Deal__c depends on permission(s): Read Partner_Deal__c"
        ),
    );
    check(
        "messages=labels",
        &format!(
            "Permission Manage Public Documents depends on permission(s): {documents}; Permission Edit Partner Deal depends on permission(s): Read Partner Deal"
        ),
    );
    let inside = new_profile(&right("Asset", &["allowRead", "viewAllRecords"]), "");
    let told = "Permission View All Asset depends on permission(s): View All Account";
    let read = "Permission Read Asset depends on permission(s): Read Account";
    profile(&mut hard("view-all-records=view-all"), "Copy", &inside)
        .failed(&[&format!("{read}; {told}")]);
}

#[test]
fn a_standard_profile_names_each_permission_by_its_label() {
    let mut org = Org::new();
    let kept = permission("ViewSetup", true);
    profile(&mut org, "Admin", &kept).succeeded();
    let changed = permission("ViewSetup", false) + &permission("EditPublicTemplates", false);
    profile(&mut org, "Admin", &changed).failed(&[
        "You may not modify the permission Edit Public Templates while editing a Standard Profile",
        "You may not modify the permission View Setup while editing a Standard Profile",
    ]);
}

#[test]
fn one_default_app_stays_and_is_visible() {
    let app = |name: &str, default: bool, visible: bool| {
        format!(
            "<applicationVisibilities><application>{name}</application><default>{default}</default><visible>{visible}</visible></applicationVisibilities>"
        )
    };
    let only = "You can't remove the only default app from the profile.";
    let mut org = Org::new();
    let gone = app("standard__Sales", false, true);
    profile(&mut org, "Inside Sales", &gone).failed(&[only]);
    let hidden = app("standard__Sales", true, false);
    profile(&mut org, "Inside Sales", &hidden).failed(&[only]);
    let other = app("standard__Service", true, true);
    profile(&mut org, "Inside Sales", &other).succeeded();
}

#[test]
fn one_default_record_type_for_each_object() {
    let kind = |name: &str, default: bool, visible: bool| {
        format!(
            "<recordTypeVisibilities><default>{default}</default><recordType>Lead.{name}</recordType><visible>{visible}</visible></recordTypeVisibilities>"
        )
    };
    let types = ["Web", "Fair"].map(|name| format!("<recordTypes><fullName>{name}</fullName><active>true</active><label>{name}</label></recordTypes>"));
    let lacks = "field integrity exception: unknown (The profile needs exactly one default record type that is visible for Lead.)";
    for (switches, strict) in [
        ("default-record-type=optional", false),
        ("default-record-type=required", true),
    ] {
        let mut org = hard(switches);
        org.deploy(&[
            ("package.xml", &manifest(&[("CustomObject", "Lead")])),
            (
                "objects/Lead.object",
                &component("CustomObject", &types.concat()),
            ),
        ])
        .succeeded();
        let without = [kind("Web", false, true), kind("Fair", true, false)].concat();
        let refused = profile(&mut org, "Inside Sales", &without);
        match strict {
            true => refused.failed(&[lacks]),
            false => drop(refused.succeeded()),
        }
        let with = [kind("Web", true, true), kind("Fair", false, true)].concat();
        profile(&mut org, "Inside Sales", &with).succeeded();
    }
}
