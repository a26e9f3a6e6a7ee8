//! Manifests of many objects: records are counted where they are few, or where the sharing changes or is limited; what is
//! not counted is never zero.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use crate::support::{Org, finish};
use serde_json::{Value, json};

/// More objects than are counted.
const OBJECTS: usize = 27;

struct Stage {
    folder: tempfile::TempDir,
    org: Org,
}

impl Stage {
    /// An org of so many objects that everybody may edit, with three records of each.
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let seed = folder.path().join("seed");
        for number in 0..OBJECTS {
            let name = format!("Thing{number}__c");
            write_object(&seed.join("objects").join(&name), &name);
            let rows = "Name,Owner.Username\nOne,saul.seller@acme.example\nTwo,saul.seller@acme.example\nThree,saul.seller@acme.example\n";
            std::fs::write(seed.join(format!("{name}.csv")), rows).unwrap();
        }
        let small = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");
        let arguments = ["--seed", small, "--seed", &seed.to_string_lossy()];
        let org = Org::start(folder.path(), &arguments);
        Self { folder, org }
    }

    /// Ends so with a manifest whose objects have these rules and this limit.
    fn ended(
        &self,
        words: &[&str],
        rules: &[(usize, &str)],
        limit: Option<u64>,
    ) -> (i32, Value, String) {
        let sharing = (0..OBJECTS).map(|number| {
            let rules: Vec<Value> = rules.iter().filter(|(of, _)| *of == number).map(|(_, value)| {
                json!({"name": "Named", "label": "Named", "access": "ReadOnly", "sharedTo": {"role": "Robots"},
                    "criteria": [{"field": "Name", "operator": "equals", "value": value}]})
            }).collect();
            json!({"object": format!("Thing{number}__c"), "organizationWideDefault": "Private", "rules": rules})
        });
        let mut spec = json!({
            "user": {"username": "robot@small.example", "email": "robot@small.example", "firstName": "R", "lastName": "Obot"},
            "profile": {"name": "Robot", "cloneFrom": "Standard User"},
            "role": {"name": "Robots", "label": "Robots"},
            "sharing": sharing.collect::<Vec<_>>(),
        });
        if let Some(limit) = limit {
            spec["limits"] = json!({"recordsBecomingVisible": limit});
        }
        let manifest = json!({"apiVersion": "orgwright/v1", "kind": "IntegrationUser", "metadata": {"name": "many"}, "spec": spec});
        std::fs::write(self.folder.path().join("many.yaml"), manifest.to_string()).unwrap();
        let words: Vec<&str> = words.iter().copied().chain(["many.yaml"]).collect();
        let run = finish(&mut self.org.program(self.folder.path(), &words));
        let told = serde_json::from_str(&run.out).unwrap_or_default();
        (run.code, told, run.words())
    }

    fn planned(&self, rules: &[(usize, &str)], limit: Option<u64>) -> Value {
        let (code, plan, words) = self.ended(&["plan", "--format", "json"], rules, limit);
        assert_eq!(code, 0, "{words}");
        plan
    }
}

fn write_object(folder: &Path, name: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
         <deploymentStatus>Deployed</deploymentStatus><externalSharingModel>Private</externalSharingModel><label>Thing</label>\
         <nameField><label>Name</label><type>Text</type></nameField><pluralLabel>Things</pluralLabel>\
         <sharingModel>ReadWrite</sharingModel></CustomObject>\n";
    std::fs::write(folder.join(format!("{name}.object-meta.xml")), text).unwrap();
}

/// Objects whose records the plan tells, with how many there are.
fn counted(plan: &Value) -> Vec<(&str, u64)> {
    let impacts = plan["impact"].as_array().unwrap().iter();
    let counted = impacts.filter_map(|impact| {
        let records = impact["records"].as_u64();
        let why = impact["unknown"]["records"].as_str().unwrap_or_default();
        assert_ne!(
            records.is_some(),
            why.starts_with("not counted: "),
            "{impact}"
        );
        Some((impact["object"].as_str()?, records?))
    });
    counted.collect()
}

#[test]
fn many_objects_are_counted_where_their_sharing_changes_or_is_limited() {
    let stage = Stage::set();
    let first = stage.planned(&[], None);
    assert_eq!(counted(&first), []);
    // Who loses sight rests on people and permissions, not on records.
    let losing = &first["impact"][0]["users_losing_access"];
    assert!(losing.is_array(), "{losing}");
    let limited = stage.planned(&[], Some(0));
    assert_eq!(counted(&limited).len(), OBJECTS);

    let (code, _, words) = stage.ended(&["apply", "--yes"], &[], Some(0));
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("Proved: "), "{words}");
    assert_eq!(counted(&stage.planned(&[], None)), []);
    let changed = stage.planned(&[(5, "Two")], None);
    assert_eq!(counted(&changed), [("Thing5__c", 3)]);
    let impact = changed["impact"].as_array().unwrap();
    let impact = impact.iter().find(|impact| impact["object"] == "Thing5__c");
    assert_eq!(impact.unwrap()["visible_after"]["at_most"], 1);
    let (code, _, words) = stage.ended(&["apply", "--yes"], &[(5, "Two")], Some(0));
    assert_eq!(code, 4, "{words}");
}
