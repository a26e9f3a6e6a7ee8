//! Stories, one a folder of `tests/scenarios`, told to the built program against an emulated org.
//!
//! | in the folder | holds |
//! | --- | --- |
//! | `manifest.yaml` | what is wanted |
//! | `org/` | what the org holds before, in the vendor's own file formats; missing: the demo org |
//! | `scenario.toml` | what differs from the usual, see [`Scenario`]; may be missing |
//! | `requests.json` | requests that bring the org where no file can: method, path and body of each |
//! | `plan.txt` | the plan for people at 80 columns, and its exit code |
//! | `after/TYPE/NAME.xml` | elements that the component must have afterwards |
//! | `after/TYPE/NAME.gone` | the component must not exist afterwards |
//! | `after/queries.json` | queries with the rows they must return afterwards |
//!
//! Of every folder, without being asked: the plan is as written and writes nothing; two plans for machines are the same
//! bytes; apply ends as stated; where that is 0, the next plan is empty, the next apply writes nothing, and verify ends
//! as stated; no stream and no file holds the token. `BLESS=1 cargo test scenarios::` writes `plan.txt` anew.
//! Each folder is a test of its name. All together have to make, change, replace and remove whatever the kinds can.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod after;
mod story;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use orgwright::kinds::KINDS;

use story::Scenario;

/// A test for each story, and the list of all.
macro_rules! stories {
    ($($name:ident)*) => {
        const STORIES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                story::tell(&root().join(stringify!($name).replace('_', "-")));
            }
        )*
    };
}

stories! {
    a_power_is_accepted
    a_role_moves_to_another_branch
    a_rule_that_showed_all_is_replaced
    account_left_alone_by_its_children
    account_with_coupled_objects
    accounts_and_all_that_hangs_on_them
    an_administrators_powers_go
    an_existing_profile
    another_recalculation_holds_the_lock
    beyond_the_licence
    cases_open_their_accounts
    clone_source_the_org_does_not_have
    contact_controlled_by_parent
    contacts_open_accounts_of_others
    converged_org
    criteria_at_their_edges
    criteria_field_not_readable
    criteria_on_queue_and_record_type
    criterion_on_the_user
    custom_object
    custom_sync_field
    default_without_effect
    deploy_refused
    deploy_with_a_warning
    everybody_keeps_access
    everybody_reads_meanwhile
    everyone_after_another_integration
    everyone_around_a_role_in_the_middle
    everyone_beside_another_integration
    everyone_half_done
    everyone_keeps_its_sight
    everyone_no_more
    everyone_of_the_account_family
    everyone_repaired
    everyone_where_nobody_saw
    everything_removed
    expected_access
    expected_access_missed
    expected_count_missed
    features_and_fields
    fresh_org
    grants_change
    grants_name_what_is_not_there
    half_done_default
    half_done_profile
    half_done_role
    half_done_user
    hubspot_contacts_and_accounts
    hubspot_contacts_and_leads
    hubspot_lean
    hubspot_selective_sync
    keep_access_of_a_branch
    keep_access_of_profiles
    keep_access_of_roles
    keep_access_on_the_demo_org
    keep_access_repaired
    limits_hold
    limits_refuse
    log_in_is_narrowed
    log_in_ranges_of_others
    logic_with_brackets
    names_the_org_does_not_have
    new_field_beside_others
    no_licence_is_free
    no_records
    no_rule_shows_before_private
    no_set_licence_is_free
    opportunities_open_their_accounts
    permission_set_sees_all
    permission_set_taken_away
    profile_kept_in_part
    profile_with_modify_all_data
    recalculation_takes_its_time
    rename_by_hand
    restriction_rules_on_the_object
    role_above_others
    role_below_others
    role_with_other_label
    role_without_effect
    rule_by_owner
    rule_of_others_on_the_role
    rule_removed
    rule_renamed
    rule_to_another_role
    rule_to_somebody_else
    rule_with_other_criteria
    rule_without_effect
    rules_that_match_nothing
    setting_lost
    setting_refused
    template_generic
    template_gong
    template_marketo
    template_warehouse_reader
    settings_kept
    the_whole_company_keeps_its_sight
    two_manifests_that_disagree
    two_manifests_together
    user_inactive
    user_owns_leads
    user_with_other_profile_and_role
    username_renamed
    username_taken_in_another_org
    waiting_ends_first
}

/// Kinds with what is done to them.
type Covered = BTreeSet<(String, String)>;

/// What each kind can have done to it.
const ACTIONS: [(&str, &[&str]); 12] = [
    ("custom_field", &["create", "update", "delete"]),
    ("permission_set", &["create", "update", "delete"]),
    ("public_group", &["create", "update", "delete"]),
    ("profile", &["create", "update", "delete"]),
    ("role", &["create", "update", "delete"]),
    ("user", &["create", "update"]),
    ("permission_set_license_assignment", &["create", "delete"]),
    ("permission_set_assignment", &["create", "update", "delete"]),
    (
        "permission_set_group_assignment",
        &["create", "update", "delete"],
    ),
    ("public_group_member", &["create", "delete"]),
    ("organization_wide_default", &["update"]),
    ("sharing_rule", &["create", "update", "replace", "delete"]),
];

#[test]
fn every_folder_is_told() {
    let folders: BTreeSet<String> = folders().iter().map(|folder| name(folder)).collect();
    let told: BTreeSet<String> = STORIES.iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(folders, told);
}

/// Each story holds its plan for people against `plan.txt`, so that says what a story does that ends well.
#[test]
fn the_stories_do_whatever_the_kinds_can() {
    let stories = folders();
    let done = stories
        .iter()
        .filter(|folder| Scenario::read(folder).ends_well());
    let covered: Covered = done.flat_map(|folder| planned(folder)).collect();
    let listed: BTreeSet<&str> = ACTIONS.iter().map(|(kind, _)| *kind).collect();
    let known: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(listed, known, "ACTIONS names every kind, and only kinds");
    let possible = ACTIONS.iter().flat_map(|(kind, actions)| {
        let pair = |action: &&str| ((*kind).to_owned(), (*action).to_owned());
        actions.iter().map(pair)
    });
    assert_eq!(covered, possible.collect());
}

/// Kinds and actions of the lines `  + create  permission set  NAME`.
fn planned(folder: &Path) -> Covered {
    let plan = std::fs::read_to_string(folder.join("plan.txt")).unwrap();
    let change = |line: &str| {
        let (action, rest) = line.strip_prefix("  ")?.split_once("  ")?;
        let (_, action) = action.split_once(' ')?;
        let words = rest.split("  ").next()?.replace("-wide", "_wide");
        let kind = words.replace(' ', "_");
        let known = ACTIONS.iter().any(|(name, _)| *name == kind);
        known.then(|| (kind, action.to_owned()))
    };
    plan.lines().filter_map(change).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn folders() -> Vec<PathBuf> {
    let mut entries = entries(&root());
    entries.retain(|path| path.is_dir());
    entries
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}
