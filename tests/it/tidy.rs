//! The house rules, read out of the documents and held against the code.
//!
//! `docs/architecture.md` says who may import whom and where things may happen, and the emulator has a table of its own;
//! this test reads the tables, so that neither the documents nor the code can drift alone. Each check lists everything it
//! found at once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codes;
mod documents;
mod effects;
mod imports;
mod markdown;
mod names;
mod queries;
mod readme;
mod size;
mod source;
mod tests;
mod words;

/// Fails with every problem found, below the rule they break.
fn expect_none(rule: &str, problems: &[String]) {
    assert!(problems.is_empty(), "{rule}:\n  {}", problems.join("\n  "));
}

#[test]
fn modules_import_only_what_stands_above_them() {
    let problems = imports::CRATES.iter().flat_map(imports::Floors::problems);
    let problems: Vec<String> = problems.collect();
    expect_none("the import tables of the documents", &problems);
}

#[test]
fn the_libraries_declare_their_modules_in_the_order_of_the_import_tables() {
    for floors in imports::CRATES {
        assert_eq!(floors.declared(), floors.tabled());
    }
}

#[test]
fn things_happen_only_where_the_table_says() {
    expect_none(
        "the table of effects in docs/architecture.md",
        &effects::problems(),
    );
}

#[test]
fn queries_and_columns_stand_in_one_room() {
    expect_none(
        "query text and names of columns outside src/live",
        &queries::problems(),
    );
}

#[test]
fn no_type_has_a_name_of_the_prelude() {
    expect_none(
        "types with a name that every module sees as another's",
        &names::of_the_prelude(),
    );
}

#[test]
fn no_two_types_of_the_client_have_one_name() {
    expect_none("names of more than one type", &names::twice());
}

#[test]
fn files_and_functions_stay_short() {
    expect_none(
        "at most 400 lines a file and 60 a function, tests apart",
        &size::problems(),
    );
}

#[test]
fn tests_stay_short() {
    expect_none(
        "at most 400 lines a file of tests and 80 a function",
        &tests::too_long(),
    );
}

#[test]
fn every_run_of_the_tests_is_the_same_run() {
    expect_none("tests that may end otherwise", &tests::unsteady());
}

#[test]
fn the_project_speaks_of_itself_alone() {
    expect_none("words that do not belong here", &words::problems());
}

#[test]
fn every_path_in_the_documents_exists() {
    expect_none("paths that are not there", &documents::missing_paths());
}

#[test]
fn every_source_file_is_on_the_code_map() {
    expect_none(
        "files that docs/architecture.md does not name",
        &documents::unmapped_files(),
    );
}

#[test]
fn every_finding_is_documented_as_the_program_explains_it() {
    expect_none(
        "docs/findings.md and `orgwright explain` differ",
        &documents::finding_differences(),
    );
}

#[test]
fn codes_are_told_in_one_place() {
    expect_none(
        "codes as text outside src/code.rs, where their type belongs",
        &codes::literals(),
    );
}

#[test]
fn every_code_is_raised() {
    expect_none("codes that nothing raises", &codes::unused());
}

#[test]
fn the_documented_exit_codes_are_those_of_the_program() {
    assert_eq!(
        documents::documented_exit_codes(),
        documents::real_exit_codes()
    );
}

#[test]
fn every_kind_is_documented() {
    expect_none(
        "kinds that docs/manifest.md does not explain",
        &documents::undocumented_kinds(),
    );
}

#[test]
fn every_key_of_the_manifest_is_documented() {
    expect_none(
        "keys that docs/manifest.md does not name",
        &documents::undocumented_keys(),
    );
}

#[test]
fn the_stages_are_those_of_the_document() {
    assert_eq!(documents::documented_stages(), documents::real_stages());
}

#[test]
fn the_commands_of_the_readme_run() {
    expect_none("blocks of README.md that fail", &readme::problems());
}

#[test]
fn the_readme_tests_with_the_command_that_ci_runs() {
    let command = readme::test_command() + " --locked";
    let ci = source::read(".ci/run");
    let runs = ci.lines().any(|line| line.trim() == command);
    assert!(runs, ".ci/run does not run `{command}`");
}
