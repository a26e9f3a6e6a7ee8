//! Why anybody sees a record, link by link, held against the evaluator: what opens it is named, and nothing else.

use orgwright::explain::{self, AskedRecords, Explanation, Link, RecordName};
use orgwright::live::Live;
use proptest::prelude::*;
use salesforce_emulator::Options;

use super::company::{Company, Grants, Object, Rights, company};
use super::predicted::{connected, run, to_everybody};
use super::{drawn, emulated, evaluator};

/// Users and records of a company that are looked at.
const LOOKED_AT: usize = 3;

const OBJECTS: [Object; 6] = [
    Object::Lead,
    Object::Account,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
    Object::Thing,
];

/// Who sees what, by an evaluator that knows nothing of the program, with what the program says about it.
async fn explained(company: &Company, options: Options) -> Vec<(usize, usize, Explanation)> {
    let (org, ids) = emulated::org(company);
    let (server, reader) = connected(org, options).await;
    let users = (0..company.users.len()).rev();
    let users = users.filter(|user| company.users[*user].active && !company.users[*user].system);
    let records = (0..company.records.len())
        .filter(|record| OBJECTS.contains(&company.records[*record].object));
    let records: Vec<usize> = records.collect();
    let mut all = Vec::new();
    for user in users.take(LOOKED_AT) {
        let name = format!("user{user}@company.example");
        let meant = records
            .iter()
            .skip(user)
            .step_by(records.len().div_ceil(LOOKED_AT).max(1));
        for record in meant {
            let records = [RecordName::Id(ids.records[*record].to_string())];
            let asked = AskedRecords {
                records: &records,
                user: Some(&name),
            };
            let told = explain::explain(&[], &Live::default(), &reader, &asked).await;
            let told = told.unwrap_or_else(|failure| panic!("{failure:?}"));
            all.push((user, *record, told.into_iter().next().unwrap()));
        }
    }
    server.stop().await;
    all
}

/// Whether links let read, or edit: `None` where one that is not known decides.
fn let_do(links: &[Link], levels: &[&str]) -> Option<bool> {
    let gates = ["user", "object_permissions"];
    let reaches = |link: &Link| link.gives.map(|gives| levels.contains(&gives));
    let (gates, ways): (Vec<&Link>, Vec<&Link>) =
        links.iter().partition(|link| gates.contains(&link.link));
    if gates.iter().any(|gate| reaches(gate) == Some(false)) {
        return Some(false);
    }
    match ways.iter().any(|way| reaches(way) == Some(true)) {
        true => Some(true),
        false => ways
            .iter()
            .all(|way| reaches(way) == Some(false))
            .then_some(false),
    }
}

fn judged(company: &Company) -> Result<(usize, usize), String> {
    let (mut known, mut all) = (0, 0);
    for (user, record, told) in run(explained(company, Options::default())) {
        let access = evaluator::access(company, user, record);
        let says = (told.readable, told.editable);
        let read = let_do(&told.links, &["read", "edit", "all"]);
        let edit = let_do(&told.links, &["edit", "all"]);
        let right = says == (access.read, access.edit)
            && read.is_none_or(|read| read == access.read)
            && edit.is_none_or(|edit| edit == access.edit);
        if !right {
            let truth =
                format!("user {user}, record {record}: {access:?}, links {read:?} {edit:?}");
            let links = told.links.iter();
            let links: Vec<String> = links
                .map(|link| format!("{} {:?}: {}", link.link, link.gives, link.says))
                .collect();
            return Err(format!("{truth}\n{}\n{company:?}", links.join("\n")));
        }
        all += 1;
        known += usize::from(read.is_some());
    }
    Ok((known, all))
}

proptest! {
    #![proptest_config(testing::law(24))]

    #[test]
    fn the_links_lead_to_what_the_org_says(company in company()) {
        if let Err(wrong) = judged(&company) {
            prop_assert!(false, "{wrong}");
        }
    }
}

/// A chain of which nothing is known would lead anywhere.
#[test]
fn most_chains_are_known_to_their_end() {
    let (mut known, mut all) = (0, 0);
    for company in drawn(company()).take(testing::cases(16) as usize) {
        let (some, of) = judged(&company).unwrap_or_else(|wrong| panic!("{wrong}"));
        known += some;
        all += of;
    }
    assert!(all > 50 && known * 10 >= all * 7, "{known} of {all}");
}

/// What the org refuses to tell is no "nobody": under a private default there is a table of shares.
#[test]
fn share_rows_that_are_refused_are_not_known() {
    let mut company = Company::of_words(&["South"]);
    company.rules = vec![to_everybody()];
    let folder = tempfile::tempdir().unwrap();
    let gives = |refused: &str| {
        let faults = format!(
            r#"[{{"part": "LeadShare", "status": 400, "code": "{refused}", "answer": "no"}}]"#
        );
        let file = folder.path().join("faults.json");
        std::fs::write(&file, faults).unwrap();
        let options = Options {
            faults: (!refused.is_empty()).then_some(file),
            ..Options::default()
        };
        let (_, _, told) = run(explained(&company, options)).remove(0);
        let of = |name: &str| {
            told.links
                .iter()
                .find(|link| link.link == name)
                .unwrap()
                .gives
        };
        (of("default"), of("sharing_rules"), of("share_rows"))
    };
    assert_eq!(gives(""), (Some("none"), Some("read"), Some("none")));
    for refused in ["INVALID_TYPE", "INSUFFICIENT_ACCESS"] {
        assert_eq!(gives(refused), (Some("none"), None, None), "{refused}");
    }
}

/// An assignment that may be over is no right: only the profile gives one for certain.
#[test]
fn whether_a_permission_set_is_in_force_is_not_known_where_the_org_does_not_say() {
    let reads = Rights {
        read: true,
        edit: true,
        ..Rights::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let gives = |by_profile: bool, refused: bool| {
        let mut company = Company::of_words(&["South"]);
        company.rules = vec![to_everybody()];
        let rights = if by_profile { reads } else { Rights::default() };
        for profile in &mut company.profiles {
            profile.objects.insert(Object::Lead, rights);
        }
        let objects = [(Object::Lead, reads)].into();
        company.sets = vec![Grants {
            objects,
            ..Grants::default()
        }];
        company
            .users
            .iter_mut()
            .for_each(|user| user.sets = vec![0]);
        let faults = r#"[{"part": "ExpirationDate", "status": 400, "code": "INSUFFICIENT_ACCESS", "answer": "no"}]"#;
        let file = folder.path().join("faults.json");
        std::fs::write(&file, faults).unwrap();
        let options = Options {
            faults: refused.then_some(file),
            ..Options::default()
        };
        let (_, _, told) = run(explained(&company, options)).remove(0);
        let mut links = told.links.iter();
        let link = links
            .find(|link| link.link == "object_permissions")
            .unwrap();
        assert_eq!(link.says.contains("is not known"), refused, "{}", link.says);
        link.gives
    };
    assert_eq!(gives(false, false), Some("all"));
    assert_eq!(gives(false, true), None);
    assert_eq!(gives(true, true), Some("all"));
}
