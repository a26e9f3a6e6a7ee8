//! The profile clone against full administrators of real orgs.
//!
//! They are other people's and not part of this repository: `ORGWRIGHT_CORPUS` names a folder of them. Without it a
//! small one of our own goes the same way.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use orgwright::change::{Component, Stage, Write};
use orgwright::clone::{self, Baseline, Requirements, Source, Wishes};
use orgwright::code::Code;
use orgwright::manifest::Manifest;
use orgwright::plan::Plan;
use orgwright::render::{self, Layout};
use orgwright::report::json;
use orgwright::{observe, package, plan, xml};

mod org;
mod profile;
mod stories;

use org::{File, Org, cloned, manifest};
use profile::{Profile, chosen, differences, without_data_administration};

/// The folder of real profiles, or a line that says what is used instead.
fn corpus() -> Option<PathBuf> {
    let folder = testing::material("corpus", "clones; a sample is cloned instead")?;
    Some(folder.join("profiles"))
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/profiles/Admin.profile-meta.xml")
}

/// Every full administrator, told by what it grants and not by its name, else the sample.
fn administrators() -> Vec<PathBuf> {
    let Some(folder) = corpus() else {
        return vec![sample()];
    };
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| Profile::read(&text(path)).administers_all_data())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

fn text(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.trim_start_matches('\u{feff}').to_owned()
}

/// The name of a profile in its own org: the file's name without that of the repository it is from.
fn full_name(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    let stem = name.split_once(".profile").unwrap().0;
    let own = stem.split_once("__").map_or(stem, |(_, own)| own);
    own.trim_matches('_').replace('_', " ")
}

/// The clone by itself, no org asked.
fn computed(document: &str, selective: &str) -> String {
    let document = xml::read(document).unwrap();
    let wishes = Wishes {
        selective: [selective.to_owned()].into(),
        ..Wishes::default()
    };
    let source = Source {
        document: &document,
        objects: BTreeMap::new(),
        fields: BTreeMap::new(),
        fixed_fields: BTreeSet::new(),
        vocabulary: BTreeSet::new(),
        tabs: BTreeSet::new(),
        baseline: Baseline::default(),
    };
    let removals = Requirements::built_in().removals(&wishes);
    xml::write(&clone::clone(&source, &wishes, &removals).document).unwrap()
}

#[test]
fn every_administrator_loses_data_administration_and_nothing_else() {
    for file in administrators() {
        let source = text(&file);
        let clone = Profile::read(&computed(&source, "Lead"));
        let found = differences(&Profile::read(&source), &clone, "Lead");
        assert!(found.is_empty(), "{}: {found:#?}", file.display());
    }
}

/// Seeds an org with one administrator, applies the manifest that clones it, reads the clone back.
async fn clone_in_its_org(file: &Path) -> Vec<String> {
    let (source, name) = (text(file), full_name(file));
    let seed = File::profile(&name, &source);
    let clone = cloned(seed, &name, "[]").await;
    differences(&Profile::read(&source), &Profile::read(&clone), "Lead")
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a figure that somebody may want")]
async fn every_administrator_is_cloned_in_an_org_of_its_own() {
    let started = Instant::now();
    let files = administrators();
    let mut wrong = Vec::new();
    for file in &files {
        let found = clone_in_its_org(file).await;
        wrong.extend(
            found
                .iter()
                .map(|what| format!("{}: {what}", file.display())),
        );
    }
    eprintln!("{} administrators in {:?}", files.len(), started.elapsed());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The administrator to clone, and the profile that must come out of it.
fn by_hand() -> (String, Option<String>) {
    let Some(folder) = corpus() else {
        return (text(&sample()), None);
    };
    let made = folder.join("mysfdxproject6__HubSpot_Integration.profile-meta.xml");
    let administrator = folder.join("mysfdxproject6__Admin.profile-meta.xml");
    (text(&administrator), Some(text(&made)))
}

#[tokio::test]
async fn the_clone_in_an_org_is_what_that_orgs_people_made_by_hand() {
    let (administrator, by_hand) = by_hand();
    let seed = File::profile("Admin", &administrator);
    let clone = cloned(seed, "System Administrator", "[]").await;
    let source = Profile::read(&administrator);
    let made = by_hand.as_deref().map(Profile::read);
    let expected = match &made {
        Some(made) => made.permissions(),
        None => without_data_administration(source.permissions()),
    };
    assert_eq!(
        chosen(Profile::read(&clone).permissions()),
        chosen(expected)
    );
}

#[tokio::test]
async fn an_org_that_takes_no_tooling_query_in_a_composite_is_cloned_from_all_the_same() {
    let administrator = text(&sample());
    let refusing = r#"[{"path": "/composite", "body": "tooling/query", "status": 400,
        "answer": "[{\"errorCode\": \"INVALID_BATCH_REQUEST\", \"message\": \"not in a batch\"}]"}]"#;
    let seed = File::profile("Admin", &administrator);
    let clone = cloned(seed, "System Administrator", refusing).await;
    let found = differences(
        &Profile::read(&administrator),
        &Profile::read(&clone),
        "Lead",
    );
    assert!(found.is_empty(), "{found:#?}");
}

/// The clone of the administrator, and how many queries of the Tooling API went by themselves.
async fn asked_alone(faults: &str) -> (String, usize) {
    let administrator = text(&sample());
    let org = Org::start(&[File::profile("Admin", &administrator)], faults).await;
    let manifests = manifest(&["spec.profile.cloneFrom=System Administrator".to_owned()]);
    let facts = observe::observe(&manifests, &org.reader).await.unwrap();
    let alone = org.asked("tooling/query");
    let planned = plan::plan(&manifests, &facts).unwrap();
    org.stop().await;
    (json::planned(&planned), alone)
}

#[tokio::test]
async fn tooling_queries_that_a_composite_refuses_in_part_go_alone_and_nothing_is_lost() {
    let (whole, alone) = asked_alone("[]").await;
    assert_eq!(alone, 0, "in the composite as a rule");
    let refusing = r#"[{"path": "/composite", "part": "tooling/query", "status": 400,
        "code": "INVALID_BATCH_REQUEST", "answer": "not in a composite"}]"#;
    let (found, alone) = asked_alone(refusing).await;
    assert!(alone > 0, "the queries go again by themselves");
    let changes = |planned: &str| {
        let planned: serde_json::Value = serde_json::from_str(planned).unwrap();
        planned["changes"].clone()
    };
    assert_eq!(changes(&found), changes(&whole));
}

/// The administrator as the org gives it by itself, without these lists.
async fn cloned_without(lists: &[&str]) -> Vec<String> {
    let (administrator, _) = by_hand();
    let seed = File::profile("Admin", &administrator);
    let faults = serde_json::json!([{"body": "fullNames>Admin<", "without": lists}]);
    let clone = cloned(seed, "System Administrator", &faults.to_string()).await;
    differences(
        &Profile::read(&administrator),
        &Profile::read(&clone),
        "Lead",
    )
}

#[tokio::test]
async fn a_source_that_comes_without_user_permissions_is_cloned_whole() {
    let found = cloned_without(&["userPermissions"]).await;
    assert!(found.is_empty(), "{found:#?}");
}

/// What an administrator that is read by itself comes without.
const COMPANIONS: [&str; 10] = [
    "applicationVisibilities",
    "classAccesses",
    "customPermissions",
    "fieldPermissions",
    "flowAccesses",
    "layoutAssignments",
    "objectPermissions",
    "pageAccesses",
    "recordTypeVisibilities",
    "tabVisibilities",
];

#[tokio::test]
async fn a_source_that_comes_in_part_is_cloned_whole() {
    let found = cloned_without(&COMPANIONS).await;
    assert!(found.is_empty(), "{found:#?}");
}

/// Longer than any test waits for a deploy.
const AN_HOUR: Duration = Duration::from_secs(3_600);

/// An org that gives its administrator in part, and the manifest that clones it.
async fn in_part(administrator: &str) -> (Org, Vec<Manifest>) {
    let faults = serde_json::json!([{"body": "fullNames>Admin<", "without": COMPANIONS}]);
    let files = [File::profile("Admin", administrator)];
    let org = Org::start_with(&files, &faults.to_string(), AN_HOUR).await;
    (
        org,
        manifest(&["spec.profile.cloneFrom=System Administrator".to_owned()]),
    )
}

async fn planned(org: &Org, manifests: &[Manifest]) -> Plan {
    let facts = observe::observe(manifests, &org.reader).await.unwrap();
    plan::plan(manifests, &facts).unwrap()
}

#[tokio::test]
async fn a_plan_says_what_it_retrieved_and_its_digest_covers_it() {
    let (administrator, _) = by_hand();
    let (org, manifests) = in_part(&administrator).await;
    let first = planned(&org, &manifests).await;
    assert_eq!(first.retrieved, ["Profile Admin"]);
    assert!(
        first
            .findings
            .iter()
            .any(|one| one.code == Code::CloneSourceInPart)
    );
    assert!(
        first.api_calls <= 8,
        "the retrieve counts against no budget: {}",
        first.api_calls
    );
    assert_eq!(planned(&org, &manifests).await.digest, first.digest);
    org.stop().await;
    let other = administrator.replacen(
        "<apexClass>",
        "<apexClass>Another</apexClass><enabled>true</enabled></classAccesses><classAccesses><apexClass>",
        1,
    );
    assert_ne!(other, administrator, "it has classes");
    let (org, manifests) = in_part(&other).await;
    assert_ne!(planned(&org, &manifests).await.digest, first.digest);
    org.stop().await;
}

#[tokio::test]
async fn what_is_deployed_is_what_was_planned_byte_for_byte() {
    let (administrator, _) = by_hand();
    let (org, manifests) = in_part(&administrator).await;
    let planned = planned(&org, &manifests).await;
    let components = planned
        .changes
        .iter()
        .filter(|change| change.stage == Stage::Containers);
    let components: Vec<Component> = components
        .flat_map(|change| match &change.write {
            Write::Deploy(components) => components.clone(),
            _ => Vec::new(),
        })
        .collect();
    let expected = package::files(&components, &planned.org.api_version).unwrap();
    let applied = org.carry_out(&planned, &manifests, Duration::ZERO).await;
    assert!(applied.failure.is_some(), "the deploy waits in the queue");
    let deployed = org.queued_files();
    assert_eq!(
        deployed.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &expected {
        assert!(deployed[name] == *bytes, "{name} was deployed otherwise");
    }
    org.stop().await;
}

#[tokio::test]
async fn a_source_that_comes_in_part_is_rendered_whole() {
    let (administrator, _) = by_hand();
    let faults = serde_json::json!([{"body": "fullNames>Admin<", "without": COMPANIONS}]);
    let files = [File::profile("Admin", &administrator)];
    let org = Org::start(&files, &faults.to_string()).await;
    let manifests = org::manifest(&["spec.profile.cloneFrom=System Administrator".to_owned()]);
    let facts = observe::observe(&manifests, &org.reader).await.unwrap();
    let planned = render::planned(&manifests, Some(&facts)).unwrap();
    let files = render::files(&planned, Layout::Mdapi).unwrap();
    let rendered = &files["1-fields-profile-role/profiles/HubSpot Copy.profile"];
    let rendered = Profile::read(std::str::from_utf8(rendered).unwrap());
    let found = differences(&Profile::read(&administrator), &rendered, "Lead");
    assert!(found.is_empty(), "{found:#?}");
    org.stop().await;
}
