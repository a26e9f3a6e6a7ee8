//! A plan on a record is the plan on the org, but for the names: put back, both say the same.

use std::path::Path;

use serde_json::{Map, Value};

use super::{approve, demo_org, json, read};
use crate::support::{finish, program};

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn name(&mut self) -> String {
        let words = [
            "Alpha", "Bravo", "Charlie", "delta", "ECHO", "Foxtrot", "HubSpot", "Sync",
        ];
        let (first, second) = (self.pick(&words), self.pick(&words));
        format!("{first} {second}{}", self.roll(100))
    }
}

/// A manifest of any shape: which parts it has, what they are called, what they ask.
fn manifest(dice: &mut Dice) -> String {
    let (name, profile, role, rule) = (dice.name(), dice.name(), dice.name(), dice.name());
    let api = |name: &str| name.replace(' ', "_");
    let source = dice.pick(&["System Administrator", "Marketing User", "Standard User"]);
    let object = dice.pick(&["Lead", "Contact"]);
    let user = api(&dice.name()).to_lowercase();
    let mut text = format!(
        "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: {}}}\nspec:\n  profile: {{name: {profile}, cloneFrom: {source}}}\n",
        api(&name)
    );
    if dice.roll(3) > 0 {
        let label = if dice.roll(2) == 0 {
            format!(", label: {role} (ours)")
        } else {
            String::new()
        };
        let parent = if dice.roll(3) == 0 {
            ", parent: Head_of_Sales"
        } else {
            ""
        };
        text += &format!("  role: {{name: {}{label}{parent}}}\n", api(&role));
    } else {
        text += "  role: {name: Field_Sales_North}\n";
    }
    text += &format!(
        "  user: {{username: {user}@acme.example, email: {user}@acme.example, firstName: Ada, lastName: {rule}, alias: a{}}}\n",
        dice.roll(1_000)
    );
    if dice.roll(2) == 0 {
        text += "  permissionSets: [HubSpot_Inc__HubSpot_Integration_Permissions]\n";
    }
    if dice.roll(3) == 0 {
        text += &format!(
            "  fields:\n    - {{object: {object}, name: {}__c, label: {rule}, type: Checkbox}}\n",
            api(&rule)
        );
    }
    text += &format!(
        "  sharing:\n    - object: {object}\n      organizationWideDefault: {}\n",
        dice.pick(&["Private", "Read"])
    );
    match dice.roll(4) {
        0 => text += "      keepAccess:\n        - {profile: Marketing User, access: ViewAll}\n",
        1 => text += "      keepAccess:\n        - {role: Sales_North, access: ReadOnly}\n",
        _ => {}
    }
    let criterion = dice.pick(&[
        "{field: Sync_to_HubSpot__c, operator: equals, value: true}",
        "{field: Email, operator: contains, value: \"@\"}",
        "{field: Email, operator: contains, value: .example}",
        "{field: LastName, operator: startsWith, value: A}",
        "{field: LastName, operator: notEqual, value: [\"O'Hare\", Smith]}",
        "{field: CreatedDate, operator: greaterThan, value: \"2024-02-28\"}",
    ]);
    text += &format!(
        "      rules:\n        - name: {}\n          access: {}\n          criteria:\n            - {criterion}\n            - {{field: LeadSource, \
         operator: equals, value: Web}}\n          logic: 1 {} 2\n",
        api(&rule),
        dice.pick(&["ReadOnly", "ReadWrite"]),
        dice.pick(&["AND", "OR"])
    );
    text
}

/// What is the same for both plans once names are put back: places in files, digests and the org's address are not. Blanks
/// and underscores of names are alike in a record, and names stand in the order of their pseudonyms.
fn compared(value: &Value, put_back: &dyn Fn(&str) -> String) -> Value {
    let of_each_run = [
        "digest",
        "fingerprint",
        "file",
        "line",
        "column",
        "instance_url",
        "manifests",
    ];
    match value {
        Value::String(text) => Value::String(put_back(text).replace('_', " ")),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| compared(item, put_back)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(entries) => {
            let kept = entries
                .iter()
                .filter(|(key, _)| !of_each_run.contains(&key.as_str()));
            let kept = kept
                .map(|(key, value)| (put_back(key).replace('_', " "), compared(value, put_back)));
            let mut kept: Vec<(String, Value)> = kept.collect();
            kept.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(kept.into_iter().collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The text with every pseudonym replaced by what it stands for.
fn put_back(text: &str, names: &Map<String, Value>) -> String {
    let days = names.iter().filter(|(day, _)| day.contains('-'));
    let text = days.fold(text.to_owned(), |text, (day, original)| {
        text.replace(day.as_str(), original.as_str().unwrap_or_default())
    });
    let is_between = |c: char| !c.is_alphanumeric();
    let pieces = text.split_inclusive(is_between).map(|piece| {
        let word = piece.trim_end_matches(is_between);
        let original = original(word, names);
        let original = original.unwrap_or_else(|| word.to_owned());
        format!("{original}{}", &piece[word.len()..])
    });
    pieces.collect()
}

/// What a word stands for, where it is a pseudonym. A sentence may say a name in small letters that nobody wrote so.
fn original(word: &str, names: &Map<String, Value>) -> Option<String> {
    let vendor = ["HubSpot", "hubspot"].into_iter();
    let bare = vendor.filter_map(|vendor| word.strip_prefix(vendor)).next();
    let bare = bare.unwrap_or(word);
    if let Some(original) = names.get(bare).and_then(Value::as_str) {
        return Some(original.to_owned());
    }
    if !bare.starts_with('q') || bare.len() < 5 {
        return None;
    }
    let mut known = names.iter();
    let (_, original) = known.find(|(pseudonym, _)| pseudonym.to_lowercase() == bare)?;
    Some(original.as_str()?.to_lowercase())
}

/// The plan on the org and the plan on its record, both in the org's names.
fn plans(folder: &Path, case: usize) -> (Value, Value) {
    let (record, names) = (format!("record-{case}"), format!("names-{case}.json"));
    let planned = finish(&mut program(folder, &["plan", "--format", "json"]));
    let words = ["field-test", "--record", &record, "--names", &names];
    let tested = finish(&mut program(folder, &words));
    // What a manifest asks in vain, such as to count by a date where there are moments, an org refuses.
    assert!(
        matches!(tested.code, 0 | 2),
        "{case}: {}{}",
        tested.out,
        tested.err
    );
    assert_eq!(approve(folder, &record).code, 0);
    let (manifest, replay) = (
        format!("{record}/orgwright.yaml"),
        format!("replay:{record}"),
    );
    let words = ["plan", &manifest, "--org", &replay, "--format", "json"];
    let replayed = finish(&mut program(folder, &words));
    assert_eq!(
        replayed.code, planned.code,
        "{case}: {}{}",
        replayed.out, replayed.err
    );
    let names = json(&read(folder.join(names)));
    let names = names.as_object().expect("an object");
    (
        compared(&json(&planned.out), &str::to_owned),
        compared(&json(&replayed.out), &|text| put_back(text, names)),
    )
}

/// Manifests of a usual run; `ORGWRIGHT_CASES` says how many there are to be.
const SEEDS: u32 = 15;

#[test]
fn a_plan_on_a_record_is_the_plan_on_the_org_in_other_names() {
    let folder = super::folder();
    assert_eq!(finish(&mut program(folder.path(), &["plan"])).code, 0);
    let before = demo_org(folder.path());
    let mut planned_whole = 0;
    let mut dice = Dice(testing::seed());
    for case in 0..testing::cases(SEEDS) as usize {
        let text = manifest(&mut dice);
        std::fs::write(folder.path().join("orgwright.yaml"), &text).expect("a file");
        let (planned, replayed) = plans(folder.path(), case);
        planned_whole += usize::from(planned.get("changes").is_some());
        if planned != replayed {
            let lines = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
            let (planned, replayed) = (lines(&planned), lines(&replayed));
            let differ = planned
                .lines()
                .zip(replayed.lines())
                .filter(|(one, other)| one != other);
            let differ: Vec<String> = differ
                .take(12)
                .map(|(one, other)| format!("{one}\n{other}"))
                .collect();
            panic!("case {case}:\n{text}\n{}", differ.join("\n"));
        }
    }
    assert!(
        planned_whole > testing::cases(SEEDS) as usize / 2,
        "most are plans: {planned_whole}"
    );
    assert!(demo_org(folder.path()) == before, "the org was written to");
}
