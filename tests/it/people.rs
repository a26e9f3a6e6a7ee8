//! What each of the demo org's people sees before and after an apply, held against what the org says of every one of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Org, finish};

const MANIFEST: &str = "apiVersion: orgwright/v1
kind: IntegrationUser
metadata: {name: people}
spec:
  profile: {name: HubSpot Integration, cloneFrom: System Administrator, withoutDataAdministration: [Lead]}
  role: {name: HubSpot_Integration, parent: Head_of_Marketing}
  user: {username: hubspot.integration@acme.example, email: revops@acme.example, lastName: Integration}
  sharing:
    - object: Lead
      organizationWideDefault: Private
      keepAccess: [{role: Field_Sales_North, access: ReadWrite}]
      rules:
        - {name: Web_leads, access: ReadWrite, criteria: [{field: LeadSource, operator: equals, value: Web}]}
";

/// Ids of the leads that each active user sees, by username.
fn sights(org: &Org) -> BTreeMap<String, BTreeSet<String>> {
    let ids = org.query("SELECT Id FROM Lead ORDER BY Id");
    let ids: Vec<&str> = ids.iter().map(|row| row["Id"].as_str().unwrap()).collect();
    let users = org.query("SELECT Id, Username FROM User WHERE IsActive = true");
    let sight = |user: &Value| {
        let seen = ids.chunks(200).flat_map(|some| {
            let query = format!(
                "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ('{}') AND HasReadAccess = true",
                user["Id"].as_str().unwrap(),
                some.join("','")
            );
            let rows = org.query(&query).into_iter();
            rows.map(|row| row["RecordId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        (
            user["Username"].as_str().unwrap().to_owned(),
            seen.collect(),
        )
    };
    users.iter().map(sight).collect()
}

fn holds(tally: &Value, number: usize) -> bool {
    let number = number as u64;
    match tally.as_u64() {
        Some(exactly) => exactly == number,
        None => {
            tally["at_least"].as_u64() <= Some(number) && Some(number) <= tally["at_most"].as_u64()
        }
    }
}

#[test]
fn the_plan_says_of_everybody_what_the_org_says_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("orgwright.yaml"), MANIFEST).unwrap();
    let org = Org::start(folder.path(), &[]);
    let before = sights(&org);
    let plan = finish(&mut org.program(folder.path(), &["plan", "--format", "json"]));
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let applied = finish(&mut org.program(folder.path(), &["apply", "--yes"]));
    assert_eq!(applied.code, 0, "{}", applied.words());
    let after = sights(&org);
    let lost = &plan["impact"][0]["sight_lost"];
    let people = lost["people"].as_array().unwrap();
    let mut exact = 0;
    for person in people {
        let name = person["username"].as_str().unwrap();
        let (was, is) = (&before[name], &after[name]);
        let gone = was.difference(is).count();
        let right = holds(&person["before"], was.len())
            && holds(&person["after"], is.len())
            && holds(&person["lost"], gone);
        assert!(
            right,
            "{person}: {} then {}, {gone} lost",
            was.len(),
            is.len()
        );
        exact += usize::from(person["lost"].is_u64());
    }
    assert!(
        exact * 10 >= people.len() * 9,
        "{exact} of {}",
        people.len()
    );
    let named: BTreeSet<&str> = people
        .iter()
        .filter_map(|one| one["username"].as_str())
        .collect();
    for (name, was) in &before {
        let gone = was.difference(&after[name]).count();
        assert!(
            named.contains(name.as_str()) || gone == 0,
            "{name} loses {gone} and is not named"
        );
    }
    let of = |key: &str| lost[key].as_u64().unwrap();
    let emptied = before
        .iter()
        .filter(|(name, was)| !was.is_empty() && after[*name].is_empty());
    assert_eq!(of("lose_everything"), emptied.count() as u64);
    assert!(of("lose_part") > 20 && of("lose_nothing") > 4, "{lost}");
}
