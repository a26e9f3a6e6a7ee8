//! Several integrations in one org, each by a manifest of its own, applied one after another: what one changes is no
//! difference of another.

use std::path::Path;

use crate::support::{Org, Run, finish};

/// A manifest of one integration about these objects.
fn manifest(name: &str, objects: &[&str], role: &str) -> String {
    let sharing = objects.iter().map(|object| {
        let field = if *object == "Case" { "Subject" } else { "Name" };
        format!(
            "    - object: {object}\n      organizationWideDefault: Private\n      rules:\n        - name: {name}_{object}\n          \
             access: ReadOnly\n          criteria: [{{field: {field}, operator: contains, value: a}}]\n"
        )
    });
    format!(
        "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: {name}}}\nspec:\n  profile: {{name: {name} API, cloneFrom: \
         System Administrator}}\n  role: {{name: {name}_Sync{role}}}\n  user: {{username: {name}@acme.example, email: it@acme.example, \
         lastName: {name}}}\n  sharing:\n{}",
        sharing.collect::<String>()
    )
}

fn ended(org: &Org, folder: &Path, words: &[&str], exit: i32) -> Run {
    let run = finish(&mut org.program(folder, words));
    assert_eq!(run.code, exit, "{words:?}\n{}{}", run.out, run.err);
    run
}

#[test]
fn a_default_that_one_changes_is_no_difference_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let org = Org::start(folder, &[]);
    let family = ["Account", "Contact", "Opportunity", "Case"];
    std::fs::write(folder.join("a.yaml"), manifest("alder", &["Lead"], "")).unwrap();
    std::fs::write(folder.join("b.yaml"), manifest("birch", &family, "")).unwrap();
    ended(&org, folder, &["apply", "a.yaml", "--yes"], 0);
    ended(&org, folder, &["apply", "b.yaml", "--yes"], 0);
    for file in ["a.yaml", "b.yaml"] {
        let planned = ended(&org, folder, &["plan", file, "--detailed-exitcode"], 0);
        assert!(planned.out.contains("No changes"), "{}", planned.out);
        ended(&org, folder, &["verify", file], 0);
    }
    // What a manifest states of its role's levels is a difference all the same.
    let stated = manifest("alder", &["Lead"], ", caseAccess: None");
    std::fs::write(folder.join("a.yaml"), stated).unwrap();
    let planned = ended(&org, folder, &["plan", "a.yaml", "--detailed-exitcode"], 2);
    assert!(planned.out.contains("caseAccess"), "{}", planned.out);
}
