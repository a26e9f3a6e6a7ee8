//! Files that are written, and streams that are not read to the end.

use super::*;

#[cfg(unix)]
#[test]
fn files_and_folders_are_the_owners() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    run(&folder, &["plan", "--out", "plan.json"]);
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (
            mode("plan.json"),
            mode(".orgwright"),
            mode(".orgwright/embedded.json")
        ),
        (0o600, 0o700, 0o600)
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join(".orgwright/.gitignore")).unwrap(),
        "*\n"
    );
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let folder = folder();
    let mut child = program(folder.path(), &["plan"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = folder();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let run: Run = program(folder.path(), &["schema"])
        .stdout(full)
        .output()
        .unwrap()
        .into();
    assert!(
        run.code == 1 && run.err.contains("standard output cannot be written"),
        "{}",
        run.err
    );
}

#[test]
fn render_needs_no_org() {
    let folder = folder();
    let run = run(&folder, &["render", "--out", "project"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!folder.path().join(".orgwright").exists());
    for file in run.out.lines() {
        assert!(folder.path().join("project").join(file).is_file(), "{file}");
    }
    let readme = std::fs::read_to_string(folder.path().join("project/README.md")).unwrap();
    for told in ["stand-ins", "`Admin.profile` only says who may see"] {
        assert!(readme.contains(told), "{told}: {readme}");
    }
}

#[test]
fn a_role_is_rendered_with_and_without_the_levels_that_come_later() {
    let folder = folder();
    let manifest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/manifests/hubspot-contacts-and-leads.yaml"
    );
    let rendered = run(
        &folder,
        &["render", manifest, "--out", "project", "--org", "embedded"],
    );
    assert_eq!(rendered.code, 0, "{}", rendered.err);
    let read =
        |path: &str| std::fs::read_to_string(folder.path().join("project").join(path)).unwrap();
    let role = |directory: &str| {
        read(&format!(
            "{directory}/main/default/roles/HubSpot_Integration.role-meta.xml"
        ))
    };
    let level = "<contactAccessLevel>None</contactAccessLevel>";
    assert!(!role("force-app").contains(level) && role("role-levels").contains(level));
    let project = json(&read("sfdx-project.json"));
    assert_eq!(project["packageDirectories"][2]["path"], "role-levels");
    let readme = read("README.md");
    let steps = [
        "roles",
        "sharing-defaults\n",
        "--source-dir role-levels\n",
        "sharingRules\n",
    ];
    let found = steps.map(|step| {
        readme
            .find(step)
            .unwrap_or_else(|| panic!("{step}: {readme}"))
    });
    assert!(found.is_sorted(), "{readme}");
    assert!(!readme.contains("stand-ins"), "{readme}");
}

#[test]
fn metadata_is_compared_offline() {
    let folder = folder();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let role = |name: &str| {
        format!("<Role xmlns='http://soap.sforce.com/2006/04/metadata'><name>{name}</name></Role>")
    };
    write("a/roles/R.role-meta.xml", &role("One"));
    write("b/roles/R.role", &role("One"));
    write("c.xml", &role("Two"));
    write("d/R.role", "<Role>\n<name></Role>");
    let check = |words: &[&str], code: i32| {
        let run = run(&folder, words);
        assert_eq!(run.code, code, "{words:?}: {}{}", run.out, run.err);
        run
    };
    assert_eq!(
        check(&["diff", "a", "b"], 0).out,
        "no differences in 1 document\n"
    );
    let changed = check(&["diff", "a/roles/R.role-meta.xml", "c.xml"], 2);
    assert!(
        changed.out.contains("name: One") && changed.err.is_empty(),
        "{}",
        changed.out
    );
    let json = check(&["diff", "a", "c.xml", "--format", "json"], 2).out;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["summary"]["only_in_b"], 1);
    let malformed = check(&["diff", "a", "d"], 65);
    assert!(malformed.err.contains("d/R.role:2:"), "{}", malformed.err);
    assert!(malformed.out.is_empty());
    check(&["diff", "a", "nowhere"], 1);
    check(&["diff", "a"], 64);
}
