//! Why anybody sees a record: how records, users and manifests are named, and how it ends.

use super::*;

/// A lead of the demo org, and who owns it.
const LEAD: &str = "00QOw0000000001MAA";
const OWNER: &str = "quentin.marlholt@acme.example";

/// A folder without a manifest.
fn bare() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    folder
}

/// A manifest that asks for a private object whose records nobody shares, for a user that the org has.
fn nothing_shared() -> TempDir {
    let folder = folder();
    let manifest = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: warehouse}\nspec:\n  \
                    user: {username: emeka.sandhallow@acme.example, email: it@acme.example, lastName: Sandhallow}\n  \
                    sharing:\n    - {object: Lead, organizationWideDefault: Private}\n";
    std::fs::write(folder.path().join("warehouse.yaml"), manifest).expect("a folder");
    folder
}

fn explained(folder: &TempDir, arguments: &[&str]) -> (i32, serde_json::Value) {
    let words = [&["explain", "--format", "json"], arguments].concat();
    let told = run(folder, &words);
    assert!(
        told.code == 0 || told.code == 2,
        "{arguments:?}: {}",
        told.err
    );
    crate::outputs::schemas::hold("explain", &told.out);
    (told.code, json(&told.out))
}

#[test]
fn a_record_is_named_by_id_address_or_e_mail_and_a_user_needs_no_manifest() {
    let folder = bare();
    let page = format!("https://acme.lightning.force.com/lightning/r/Lead/{LEAD}/view");
    let email = "joanna.pinewhistle@lanternfield-press.example";
    for name in [LEAD, &LEAD[..15], &page, email] {
        let (code, told) = explained(&folder, &[name, "--user", OWNER]);
        let record = &told["records"][0];
        assert_eq!(
            (code, &record["judgement"]),
            (0, &"not_stated".into()),
            "{name}"
        );
        assert_eq!(record["editable"], true, "{name}");
        let links = record["links"].as_array().unwrap().iter();
        let owner: Vec<_> = links.filter(|link| link["link"] == "owner").collect();
        assert_eq!(owner[0]["gives"], "all", "{name}");
    }
}

#[test]
fn a_leak_ends_with_two_and_words_come_in_any_order() {
    let folder = nothing_shared();
    let by_page = format!("https://acme.my.salesforce.com/{LEAD}");
    for words in [
        ["warehouse.yaml", LEAD],
        [LEAD, "warehouse.yaml"],
        [&by_page, "warehouse.yaml"],
    ] {
        let (code, told) = explained(&folder, &words);
        let record = &told["records"][0];
        assert_eq!(
            (code, &record["judgement"]),
            (2, &"leak".into()),
            "{words:?}"
        );
        assert_eq!(record["wanted"], false, "{words:?}");
        let links = record["links"].as_array().unwrap().iter();
        let opening: Vec<_> = links
            .filter(|link| link["gives"] != "none" && link["link"] != "user")
            .map(|link| link["link"].as_str().unwrap())
            .collect();
        assert_eq!(opening, ["object_permissions", "default"], "{words:?}");
    }
    let told = run(&folder, &["explain", "warehouse.yaml", LEAD]);
    assert!(
        told.out.contains("LEAK") && told.out.contains("4. the default of Lead"),
        "{}",
        told.out
    );
    assert!(!told.out.to_lowercase().contains("hubspot"), "{}", told.out);
    // Of an object that the manifest does not speak of, nothing is wrong.
    let (code, told) = explained(&folder, &["003Ow0000000001", "warehouse.yaml"]);
    assert_eq!(
        (code, &told["records"][0]["judgement"]),
        (0, &"not_stated".into())
    );
}

#[test]
fn what_cannot_be_explained_is_said() {
    let folder = bare();
    let check = |arguments: &[&str], code: i32, told: &str| {
        let run = run(&folder, &[&["explain"], arguments].concat());
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        let said = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{arguments:?}: {said}");
    };
    check(&[LEAD], 64, "nobody says whose sight");
    check(
        &[&LEAD.replace("MAA", "MAE"), "--user", OWNER],
        64,
        "do not fit the others",
    );
    check(
        &["zzzOw0000000001", "--user", OWNER],
        64,
        "no object's ids begin like it",
    );
    check(&["00QOw0000099999", "--user", OWNER], 1, "there is no Lead");
    check(
        &[LEAD, "--user", "nobody@acme.example"],
        1,
        "no user `nobody@acme.example`",
    );
    check(
        &["nobody@there.example", "--user", OWNER],
        1,
        "no lead and no contact",
    );
    check(
        &[
            "https://acme.example/lightning/o/Lead/list",
            "--user",
            OWNER,
        ],
        64,
        "no record's id",
    );
    check(
        &["OW2004", LEAD, "--user", OWNER],
        64,
        "takes one code, or records",
    );
    check(&["leads"], 64, "no file, no record's id");
    check(&["gone.yaml", LEAD], 64, "gone.yaml");
}
