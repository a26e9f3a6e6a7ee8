//! The profile clone against System Administrators of real orgs.
//!
//! They are other people's and not part of this repository: `ORGWRIGHT_CORPUS` names a folder of them. Without it a
//! small one of our own goes the same way.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use orgwright::apply::{self, Options};
use orgwright::clone::{self, Baseline, Clone, Requirements, Source, Wishes};
use orgwright::emulator;
use orgwright::manifest::{self, Manifest};
use orgwright::org::{self, Reader, Target, Writer};
use orgwright::secret::Secret;
use orgwright::verify::Sample;
use orgwright::{observe, plan, xml};

/// What a clone of System Administrator has to give up for selective sync.
const DATA_ADMINISTRATION: [&str; 6] = [
    "CreatePackaging",
    "InstallPackaging",
    "ModifyAllData",
    "PublishPackaging",
    "QueryAllFiles",
    "ViewAllData",
];

/// The folder of real profiles, or a line that says what is used instead.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn corpus() -> Option<PathBuf> {
    let folder =
        std::env::var_os("ORGWRIGHT_CORPUS").map(|folder| Path::new(&folder).join("profiles"));
    if folder.is_none() {
        eprintln!(
            "skipped real profiles: ORGWRIGHT_CORPUS names no folder of metadata; the sample is used"
        );
    }
    folder
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/profiles/Admin.profile-meta.xml")
}

/// Every full System Administrator, else the sample.
fn administrators() -> Vec<PathBuf> {
    let Some(folder) = corpus() else {
        return vec![sample()];
    };
    let named = |path: &PathBuf| path.to_string_lossy().contains("__Admin.profile");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(named)
        .filter(|path| text(path).contains("<name>ModifyAllData</name>"))
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{files:?}");
    files
}

fn text(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.trim_start_matches('\u{feff}').to_owned()
}

/// A profile, read with another XML library than the clone's: by list, entry by entry, the texts of its leaves.
struct Profile(BTreeMap<String, Vec<BTreeMap<String, String>>>);

impl Profile {
    fn read(document: &str) -> Self {
        let document = roxmltree::Document::parse(document).unwrap();
        let mut lists: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
        for entry in document
            .root_element()
            .children()
            .filter(|node| node.is_element())
        {
            let leaves = entry.children().filter(|node| node.is_element());
            let leaf = |node: roxmltree::Node| {
                (
                    node.tag_name().name().to_owned(),
                    node.text().unwrap_or_default().to_owned(),
                )
            };
            lists
                .entry(entry.tag_name().name().to_owned())
                .or_default()
                .push(leaves.map(leaf).collect());
        }
        Self(lists)
    }

    /// Entries of one list that hold `on`, by the text of `key`.
    fn entries(&self, list: &str, key: &str, on: &str) -> BTreeSet<&str> {
        let entries = self.0.get(list).into_iter().flatten();
        entries
            .filter(|entry| entry.get(on).is_some_and(|text| text == "true"))
            .filter_map(|entry| entry.get(key).map(String::as_str))
            .collect()
    }

    fn permissions(&self) -> BTreeSet<&str> {
        self.entries("userPermissions", "name", "enabled")
    }
}

fn without_data_administration(mut permissions: BTreeSet<&str>) -> BTreeSet<&str> {
    permissions.retain(|name| !DATA_ADMINISTRATION.contains(name));
    permissions
}

/// The clone by itself, no org asked.
fn cloned(document: &str, selective: &str) -> Clone {
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
        baseline: Baseline::default(),
    };
    clone::clone(
        &source,
        &wishes,
        &Requirements::built_in().removals(&wishes),
    )
}

/// Lists of grants that a clone keeps as they are: list, what an entry is about, what it grants.
const KEPT: [(&str, &str, &str); 12] = [
    ("applicationVisibilities", "application", "visible"),
    ("classAccesses", "apexClass", "enabled"),
    ("customPermissions", "name", "enabled"),
    ("fieldPermissions", "field", "editable"),
    ("fieldPermissions", "field", "readable"),
    ("flowAccesses", "flow", "enabled"),
    ("objectPermissions", "object", "allowCreate"),
    ("objectPermissions", "object", "allowDelete"),
    ("objectPermissions", "object", "allowEdit"),
    ("objectPermissions", "object", "allowRead"),
    ("pageAccesses", "apexPage", "enabled"),
    ("recordTypeVisibilities", "recordType", "visible"),
];

fn check(file: &Path) {
    let (source, shown) = (text(file), file.display());
    let clone = cloned(&source, "Lead");
    let written = xml::write(&clone.document).unwrap();
    let (source, clone) = (Profile::read(&source), Profile::read(&written));
    let expected = without_data_administration(source.permissions());
    assert_eq!(clone.permissions(), expected, "{shown}");
    for (list, key, on) in KEPT {
        let mut before = source.entries(list, key, on);
        if list == "objectPermissions" {
            // Ten of these profiles list no leads: Modify All Data implies them.
            before.insert("Lead");
        }
        assert_eq!(clone.entries(list, key, on), before, "{shown} {list} {on}");
    }
    for on in ["viewAllRecords", "modifyAllRecords"] {
        let mut expected = source.entries("objectPermissions", "object", on);
        expected.remove("Lead");
        let kept = clone.entries("objectPermissions", "object", on);
        assert_eq!(kept, expected, "{shown} {on}");
    }
    for restriction in clone::LOGIN_RESTRICTIONS {
        assert!(!clone.0.contains_key(restriction), "{shown}");
    }
    let defaults = clone.entries("applicationVisibilities", "application", "default");
    assert!(defaults.len() <= 1, "{shown} {defaults:?}");
}

#[test]
fn every_administrator_loses_data_administration_and_nothing_else() {
    administrators().iter().for_each(|file| check(file));
}

/// An org whose System Administrator is this profile, and a connection to it.
async fn org_with(
    administrator: &str,
    faults: &str,
) -> (tempfile::TempDir, emulator::Server, Reader) {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("Admin.profile-meta.xml");
    std::fs::write(&seed, administrator).unwrap();
    let failing = folder.path().join("faults.json");
    std::fs::write(&failing, faults).unwrap();
    let options = emulator::Options {
        seeds: vec![seed],
        faults: Some(failing),
        ..emulator::Options::default()
    };
    let server = emulator::start(options).await.unwrap();
    let target = Target::Url {
        base_url: server.base_url().to_owned(),
        token: Secret::new(server.access_token()),
    };
    let reader = org::connect(target, org::Options::default()).await.unwrap();
    (folder, server, reader)
}

fn manifest() -> Vec<Manifest> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/clone.yaml");
    manifest::load(&[file], &[], &[], &|_| None).unwrap()
}

async fn apply(reader: &Reader) {
    let manifests = manifest();
    let facts = observe::observe(&manifests, reader).await.unwrap();
    let planned = plan::plan(&manifests, &facts).unwrap();
    let options = Options {
        wait: Duration::from_secs(60),
        stop: Arc::new(AtomicBool::new(false)),
        sample: Sample::All,
    };
    let writer = Writer::new(reader.clone());
    let applied = apply::apply(&planned, &manifests, &writer, options, &mut |_| ()).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let facts = observe::observe(&manifests, reader).await.unwrap();
    let again = plan::plan(&manifests, &facts).unwrap();
    assert!(again.is_empty(), "{:?}", again.changes);
}

/// Applies the manifest to an org with this System Administrator and reads the new profile back.
async fn applied(administrator: &str, faults: &str) -> String {
    let (_folder, server, reader) = org_with(administrator, faults).await;
    apply(&reader).await;
    let names = ["HubSpot Copy".to_owned()];
    let profile = reader
        .read_metadata("Profile", &names)
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    server.stop().await;
    xml::write(&profile).unwrap()
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
    let applied = applied(&administrator, "[]").await;
    let (source, made) = (
        Profile::read(&administrator),
        by_hand.as_deref().map(Profile::read),
    );
    let expected = match &made {
        Some(made) => made.permissions(),
        None => without_data_administration(source.permissions()),
    };
    let profile = Profile::read(&applied);
    assert_eq!(profile.permissions(), expected);
    for on in ["viewAllRecords", "modifyAllRecords"] {
        let open = profile.entries("objectPermissions", "object", on);
        assert!(!open.contains("Lead") && open.len() > 1, "{open:?}");
    }
    let editable = |profile: &Profile| {
        let fields = profile.entries("fieldPermissions", "field", "editable");
        fields
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let lost: Vec<String> = editable(&source)
        .difference(&editable(&profile))
        .cloned()
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[tokio::test]
async fn an_org_that_takes_no_tooling_query_in_a_batch_is_cloned_from_all_the_same() {
    let administrator = text(&sample());
    let refusing = r#"[{"path": "/composite/batch", "body": "tooling/query", "status": 400,
        "answer": "[{\"errorCode\": \"INVALID_BATCH_REQUEST\", \"message\": \"not in a batch\"}]"}]"#;
    let profile = applied(&administrator, refusing).await;
    let source = Profile::read(&administrator);
    let expected = without_data_administration(source.permissions());
    assert_eq!(Profile::read(&profile).permissions(), expected);
}
