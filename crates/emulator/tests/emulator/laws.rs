//! Record access by example: small companies, told to the emulator as a seed, and what the platform documents of each.
//!
//! The project's own examples are in `laws/examples.txt`; `ORGWRIGHT_FACTS` names a folder with others
//! (`access-examples.jsonl`).

mod case;
mod examples;
mod facts;
mod told;

/// Fails with every example that the org answers otherwise.
fn check(cases: &[case::Case]) {
    let wrong: Vec<String> = cases.iter().flat_map(told::differences).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_law_holds_in_its_example() {
    let cases = examples::read(include_str!("laws/examples.txt"));
    assert!(cases.len() >= 50, "{}", cases.len());
    check(&cases);
}

#[test]
fn an_example_that_is_wrong_is_found() {
    let text = "== wrong\nrole Field\nuser ada Field\nrecord nor Lead ada LastName=Nor Company=Acme\nsees ada nor R";
    let wrong = told::differences(&examples::read(text)[0]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("ada"), "{wrong:?}");
}

#[test]
fn examples_that_others_wrote_down_hold() {
    let Some(folder) = testing::material("facts", "examples of record access") else {
        return;
    };
    let path = folder.join("access-examples.jsonl");
    let text = std::fs::read_to_string(&path).expect("the examples can be read");
    let cases = facts::read(&text);
    assert!(!cases.is_empty(), "{} holds none", path.display());
    check(&cases);
}

#[test]
fn what_a_seed_names_and_the_emulator_does_not_evaluate_is_said() {
    told::check_not_modelled();
}

#[test]
fn a_seed_of_teams_territories_or_restrictions_with_a_wrong_name_is_refused() {
    told::check_refused_seeds();
}

#[test]
fn an_id_that_no_record_has_is_a_row_of_false() {
    told::check_gone();
}

#[test]
fn whoever_reads_an_object_reads_its_share_rows() {
    told::check_share_rows_of_others();
}
