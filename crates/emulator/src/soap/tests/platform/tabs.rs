//! Tabs that profiles list and the org does not have.

use super::*;
use crate::http::Request;

/// The tabs of a profile as it is read, with their visibility.
fn listed(org: &mut Org, name: &str) -> BTreeMap<String, String> {
    let read = org.read("Profile", name);
    let document = xml::parse(&read).expect("well formed");
    let entries = document
        .descendants()
        .filter(|node| node.tag_name().name() == "tabVisibilities");
    let leaf = |node, name| child_text(node, name).unwrap_or_default().to_owned();
    entries
        .map(|node| (leaf(node, "tab"), leaf(node, "visibility")))
        .collect()
}

/// What the Tooling API answers to a query for tabs.
fn defined(org: &mut Org, condition: &str) -> serde_json::Value {
    let token = org.world.org.organization.access_token.clone();
    let soql = "SELECT Name, Label, SobjectName, IsCustom FROM TabDefinition";
    let request = Request {
        method: "GET".to_owned(),
        path: "/services/data/v66.0/tooling/query".to_owned(),
        query: format!("q={soql} {condition}").replace(' ', "+"),
        headers: [("authorization".to_owned(), format!("Bearer {token}"))].into(),
        ..Request::default()
    };
    let answer = crate::router::handle(&mut org.world, request);
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn the_tabs_of_the_org_are_listed() {
    let mut org = hard("tabs=stale");
    let answer = defined(&mut org, "WHERE Name = 'Partner_Deal__c'");
    let tab = &answer["records"][0];
    assert_eq!(tab["Label"], "Partner Deals", "{answer}");
    assert_eq!(tab["SobjectName"], "Partner_Deal__c");
    assert_eq!(tab["IsCustom"], true);
    let answer = defined(&mut org, "WHERE Name = 'standard-Dashboard'");
    let tab = &answer["records"][0];
    assert_eq!(
        (&tab["SobjectName"], &tab["IsCustom"]),
        (&().into(), &false.into())
    );
    let answer = defined(&mut org, "WHERE Name = 'standard-CarePlan'");
    assert_eq!(answer["totalSize"], 0);
}

#[test]
fn stale_tabs_are_read_and_refused_all_at_once() {
    assert!(!listed(&mut hard("tabs=listed"), "Admin").contains_key("standard-CarePlan"));
    for switches in ["tabs=stale", "tabs=stale,profile-refusals=one"] {
        let mut org = hard(switches);
        let read = listed(&mut org, "Admin");
        assert_eq!(read["standard-SocialPersona"], "DefaultOn");
        assert_eq!(read["standard-CarePlan"], "Hidden");
        assert_eq!(
            listed(&mut org, "Inside Sales")["standard-SocialPersona"],
            "Hidden"
        );
        let tabs: String = [
            "standard-CarePlan",
            "standard-Lead",
            "standard-SocialPersona",
        ]
        .map(|name| tab(name, &read[name]))
        .concat();
        let clone = format!("<custom>true</custom>{tabs}<userLicense>Salesforce</userLicense>");
        profile(&mut org, "Copy of Tabs", &clone).failed(&[
            "You can't edit tab settings for CarePlan, as it's not a valid tab.",
            "You can't edit tab settings for SocialPersona, as it's not a valid tab.",
        ]);
    }
}

#[test]
fn a_tab_that_nobody_has_is_refused_in_either_org() {
    let mut org = hard("tabs=listed");
    profile(&mut org, "Admin", &tab("Wind_Map", "Hidden"))
        .failed(&["You can't edit tab settings for Wind_Map, as it's not a valid tab."]);
    let inside = "<label>Tabs</label><tabSettings><tab>Wind_Map</tab><visibility>Visible</visibility></tabSettings>";
    org.deploy(&[
        ("package.xml", &manifest(&[("PermissionSet", "Tabs")])),
        (
            "permissionsets/Tabs.permissionset",
            &component("PermissionSet", inside),
        ),
    ])
    .failed(&["In field: tab - no CustomTab named Wind_Map found"]);
    org.deploy(&[
        ("package.xml", &manifest(&[("CustomTab", "Wind_Map")])),
        (
            "tabs/Wind_Map.tab",
            &component(
                "CustomTab",
                "<label>Wind map</label><url>https://acme.example</url>",
            ),
        ),
    ])
    .succeeded();
    let answer = defined(&mut org, "WHERE Name = 'Wind_Map'");
    assert_eq!(answer["records"][0]["Label"], "Wind map");
    profile(&mut org, "Admin", &tab("Wind_Map", "DefaultOn")).succeeded();
}
