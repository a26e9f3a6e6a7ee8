//! Every file that `render` writes, and every package and removal of a deploy, judged by the vendor's own schema with
//! another library: libxml2, through `xmllint`.
//!
//! The schema is not part of this repository: `ORGWRIGHT_WSDL` names a folder with `metadata.xsd`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use orgwright::change::Component;
use orgwright::manifest::{Manifest, load};
use orgwright::package;
use orgwright::render::{Layout, render};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// Generated manifests. Each is rendered in both layouts.
const GENERATED: u32 = 60;
/// Of those, how many are rendered with the clone of the demo org's own profile.
const CLONED: u32 = 3;

/// The vendor's schema with a document for public groups: the type is there, and no document of it.
const WITH_GROUPS: &str = "with-groups.xsd";

fn with_groups(schema: &Path) -> String {
    let namespace = "http://soap.sforce.com/2006/04/metadata";
    let group = r#"<xsd:element name="Group" type="tns:Group"/>"#;
    let is_there = std::fs::read_to_string(schema).unwrap().contains(group);
    let group = if is_there { "" } else { group };
    format!(
        r#"<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="{namespace}" targetNamespace="{namespace}" elementFormDefault="qualified"><xsd:include schemaLocation="{}"/>{group}</xsd:schema>"#,
        std::path::absolute(schema).unwrap().display()
    )
}

/// Documents by their bytes, each once, with where it was found first.
#[derive(Default)]
struct Documents(BTreeMap<Vec<u8>, String>);

impl Documents {
    /// Takes what is XML.
    fn add(&mut self, source: &str, files: package::Files) {
        for (path, bytes) in files {
            if bytes.starts_with(b"<?xml") {
                self.0.entry(bytes).or_insert(format!("{source}: {path}"));
            }
        }
    }

    /// Has all of them judged in one run.
    fn judge(&self, schema: &Path) {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..self.0.len())
            .map(|number| format!("{number}.xml"))
            .collect();
        for (name, bytes) in names.iter().zip(self.0.keys()) {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        std::fs::write(folder.path().join(WITH_GROUPS), with_groups(schema)).unwrap();
        let judged = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema", WITH_GROUPS])
            .args(&names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let verdict = String::from_utf8_lossy(&judged.stderr);
        let refused: Vec<String> = (verdict.lines())
            .filter(|line| !line.ends_with(" validates"))
            .map(|line| self.explained(line))
            .collect();
        assert!(judged.status.success(), "{}", refused.join("\n"));
        assert_eq!(verdict.lines().count(), names.len(), "{verdict}");
    }

    /// A line of the verdict with where its document comes from.
    fn explained(&self, line: &str) -> String {
        let number = line.split(".xml").next().and_then(|name| name.parse().ok());
        let source = number.and_then(|number| self.0.values().nth(number));
        format!("{}\n  {line}", source.map_or("", String::as_str))
    }
}

/// The schema, where there is one and somebody to read it.
fn schema() -> Option<PathBuf> {
    testing::schema("what is rendered")
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every manifest of this repository that is meant to work.
fn manifests() -> Vec<PathBuf> {
    let mut found = vec![
        project().join("tests/manifests/full.yaml"),
        project().join("tests/samples/clone.yaml"),
    ];
    for folder in ["manifests", "templates/manifests"] {
        let entries = std::fs::read_dir(project().join(folder)).unwrap();
        found.extend(entries.map(|entry| entry.unwrap().path()));
    }
    found.sort();
    found
}

fn loaded(file: &Path, overlays: &[PathBuf]) -> Vec<Manifest> {
    load(&[file.to_owned()], overlays, &[], &|_| None)
        .unwrap_or_else(|failure| panic!("{}: {failure:?}", file.display()))
}

/// Renders without an org, in both layouts.
fn offline(source: &str, manifests: &[Manifest], documents: &mut Documents) {
    for layout in [Layout::Source, Layout::Mdapi] {
        let files = render(manifests, None, layout)
            .unwrap_or_else(|failure| panic!("{source}: {failure:?}"));
        documents.add(&format!("{source} {layout:?}"), files);
    }
}

/// Renders with the demo org's own profile as the source of the clone, in both layouts.
fn cloned(source: &str, file: &Path, documents: &mut Documents) {
    for layout in ["source", "mdapi"] {
        let folder = tempfile::tempdir().unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_orgwright"))
            .args([
                "render", "--org", "embedded", "--layout", layout, "--out", "out",
            ])
            .arg(file)
            .env_remove("ORGWRIGHT_ORG")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{source}: {words}");
        documents.add(
            &format!("{source} {layout} cloned"),
            files(&folder.path().join("out")),
        );
    }
}

/// The files below a folder, by their path in it.
fn files(root: &Path) -> package::Files {
    let mut found = package::Files::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn what_the_repositorys_manifests_render_is_valid() {
    let Some(schema) = schema() else { return };
    let mut documents = Documents::default();
    for file in manifests() {
        let source = file.display().to_string();
        offline(&source, &loaded(&file, &[]), &mut documents);
        // The others name what the demo org does not have.
        if !file.starts_with(project().join("tests")) {
            cloned(&source, &file, &mut documents);
        }
    }
    assert!(documents.0.len() > 40, "{:?}", documents.0.values());
    documents.judge(&schema);
}

/// The manifest without what it names and the demo org does not have.
fn of_the_demo_org(text: &str) -> String {
    let mut manifest: Value = serde_json::from_str(text).unwrap();
    let spec = manifest["spec"].as_object_mut().unwrap();
    spec.remove("sharing");
    spec.remove("fields");
    spec["role"].as_object_mut().unwrap().remove("parent");
    let objects = spec["profile"]["objectPermissions"]
        .as_object_mut()
        .unwrap();
    objects.retain(|object, _| !object.ends_with("__c"));
    manifest.to_string()
}

#[test]
fn what_generated_manifests_render_is_valid() {
    let Some(schema) = schema() else { return };
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("overlay.yaml");
    std::fs::write(
        &overlay,
        "spec:\n  role:\n    label: Laid & over\n  profile:\n    description: \"<1>\"\n",
    )
    .unwrap();
    let mut documents = Documents::default();
    let mut runner = TestRunner::new(testing::law(GENERATED));
    for number in 0..testing::cases(GENERATED) {
        let text = crate::generated::manifest()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let file = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&file, &text).unwrap();
        offline(&text, &loaded(&file, &[]), &mut documents);
        offline(
            &text,
            &loaded(&file, std::slice::from_ref(&overlay)),
            &mut documents,
        );
        if number < CLONED {
            std::fs::write(&file, of_the_demo_org(&text)).unwrap();
            cloned(&text, &file, &mut documents);
        }
    }
    documents.judge(&schema);
}

#[test]
fn what_removes_components_is_valid() {
    let Some(schema) = schema() else { return };
    let removals: Vec<Component> = [
        ("CustomField", "Lead.A__c"),
        ("PermissionSet", "Keep"),
        ("Profile", "A & B"),
        ("Role", "R"),
        ("SharingCriteriaRule", "Lead.C"),
        ("SharingGuestRule", "Lead.G"),
        ("SharingOwnerRule", "Lead.O"),
        ("SharingTerritoryRule", "Account.T"),
    ]
    .into_iter()
    .map(|(kind, name)| Component::removal(kind, name))
    .collect();
    let mut documents = Documents::default();
    documents.add(
        "removals",
        package::removal_files(&removals, "66.0").unwrap(),
    );
    assert_eq!(documents.0.len(), 2);
    documents.judge(&schema);
}
