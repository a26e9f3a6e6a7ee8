//! Members of the group of `keepAccess: everyone`, made by one request, whose answer gets lost or comes late.

use std::collections::BTreeSet;

use orgwright::diagnostic::Exit;
use orgwright::manifest;
use salesforce_emulator::store::Org;

use crate::cases::faults;
use crate::invariants;
use crate::run::Way;
use crate::together::FAILURES;
use crate::{MANIFEST, Stage, runtime};

/// The reference manifest, by which everybody keeps access.
fn stage() -> Stage {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.yaml");
    let text = std::fs::read_to_string(MANIFEST).expect("the reference manifest");
    let default = "organizationWideDefault: Private\n";
    let kept = format!("{default}      keepAccess: everyone\n");
    std::fs::write(&file, text.replace(default, &kept)).expect("a file");
    let loaded = manifest::load(&[file], &[], &[], &|_| None);
    Stage {
        manifests: loaded.expect("a manifest"),
        ..Stage::new()
    }
}

/// Whom the group holds, each as often as it does.
fn members(org: &Org) -> Vec<String> {
    let mut groups = org.groups.values();
    let named = |name: &str| name.starts_with("Everyone_but_");
    let group = groups.find(|group| group.developer_name.as_deref().is_some_and(named));
    group.map_or_else(Vec::new, |group| group.members.values().cloned().collect())
}

#[test]
fn members_of_the_group_of_everybody_are_made_once_whatever_becomes_of_the_answer() {
    let stage = stage();
    runtime().block_on(async {
        let folder = stage.target();
        let server = stage.start().await;
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Done, "{}", run.told);
        let expected: BTreeSet<String> = members(&server.org()).into_iter().collect();
        assert!(expected.len() > 1, "{expected:?}");
        for failure in FAILURES {
            let server = stage.start().await;
            let text = format!(r#"[{{"path": "composite/sobjects", "times": 1, {failure}}}]"#);
            server.set_faults(faults(&text));
            let run = stage.run(&server, &Way::Credentials(&folder)).await;
            assert_eq!(run.exit, Exit::Done, "{failure}: {}", run.told);
            assert!(server.struck() > 0, "{failure}");
            let twice = invariants::nothing_goes_twice_blindly(&run);
            assert_eq!(twice, Ok(()), "{failure}");
            let made = members(&server.org());
            assert_eq!(made.len(), expected.len(), "{failure}: {made:?}");
        }
    });
}
