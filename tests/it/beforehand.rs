//! What can be known before a default is narrowed is found out before: in the plan, with the place in the manifest, and
//! with nothing written.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod criteria;
mod org;
mod parent;
mod sets;
mod user;

use std::path::Path;

use crate::support::{Org, Run, finish};
use serde_json::Value;
use tempfile::TempDir;

const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");

/// An emulated org with a small company in it, and a folder to run the program in.
struct Stage {
    folder: TempDir,
    org: Org,
}

impl Stage {
    /// The small company, with these files laid over what it holds.
    fn set(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let seed = folder.path().join("seed");
        std::fs::create_dir(&seed).unwrap();
        for (path, text) in files {
            write(&seed.join(path), text);
        }
        let org = Org::start(
            folder.path(),
            &["--seed", SMALL, "--seed", &seed.to_string_lossy()],
        );
        Self { folder, org }
    }

    /// The same org with its settings changed, as no file of a seed can say.
    fn with_organization(self, settings: &[(&str, Value)]) -> Self {
        let state = self.folder.path().join("state.json");
        let seed = self
            .folder
            .path()
            .join("seed")
            .to_string_lossy()
            .into_owned();
        let kept = state.to_string_lossy().into_owned();
        let arguments = ["--seed", SMALL, "--seed", &seed, "--state", &kept];
        let org = Org::start(self.folder.path(), &arguments);
        // The first write of all keeps the state.
        let user = &org.query("SELECT Id FROM User WHERE Username LIKE 'mona%'")[0]["Id"];
        let path = format!(
            "/services/data/v66.0/sobjects/User/{}",
            user.as_str().unwrap()
        );
        let json = "Content-Type: application/json\r\n";
        assert_eq!(
            org.send("PATCH", &path, json, r#"{"Department": "x"}"#).0,
            204
        );
        drop(org);
        let mut kept: Value = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
        for (name, value) in settings {
            kept["org"]["organization"][name] = value.clone();
        }
        std::fs::write(&state, kept.to_string()).unwrap();
        let org = Org::start(self.folder.path(), &arguments);
        let folder = self.folder;
        Self { folder, org }
    }

    fn run(&self, verb: &[&str], manifest: &str) -> Run {
        write(&self.folder.path().join("orgwright.yaml"), manifest);
        finish(&mut self.org.program(self.folder.path(), verb))
    }

    fn plan(&self, manifest: &str) -> Run {
        self.run(&["plan"], manifest)
    }

    /// Neither plan nor apply goes on: both say these words, and Lead and the users are as they were.
    fn refuses(&self, manifest: &str, words: &[&str]) {
        for verb in [&["plan"][..], &["apply", "--yes"]] {
            let run = self.run(verb, manifest);
            assert_eq!(run.code, 65, "{verb:?}: {}", run.words());
            says(&run, words);
            says(&run, &["nothing was changed"]);
        }
        let users = self
            .org
            .query("SELECT Id FROM User WHERE Username LIKE 'mirror%'");
        assert_eq!(users.len(), 0);
        let default = "SELECT DefaultLeadAccess FROM Organization";
        assert_eq!(
            self.org.query(default)[0]["DefaultLeadAccess"],
            "ReadEditTransfer"
        );
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn says(run: &Run, words: &[&str]) {
    let said = run.words();
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

/// A manifest about Lead with these lines under `spec` besides its user, role and profile.
fn manifest(user: &str, more: &str) -> String {
    format!(
        "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: mirror\nspec:\n  profile:\n    \
         name: Mirror\n    cloneFrom: System Administrator\n  role:\n    name: Mirror\n  user:\n    \
         username: mirror@acme.example\n    email: mirror@acme.example\n    lastName: Mirror\n{user}{more}"
    )
}

/// The same with one rule on Lead of these criteria.
fn rule(criteria: &str) -> String {
    let sharing = format!(
        "  sharing:\n    - object: Lead\n      organizationWideDefault: Private\n      rules:\n        - name: Some\n          \
         access: ReadOnly\n          criteria:\n{criteria}"
    );
    manifest("", &sharing)
}

/// One criterion, as a rule lists it.
fn criterion(field: &str, operator: &str, value: &str) -> String {
    format!("            - {{field: {field}, operator: {operator}, value: {value}}}\n")
}
