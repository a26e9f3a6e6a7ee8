//! Manifests with overlays, settings and other manifests.

use super::*;

#[test]
fn overlays_settings_and_the_environment_adapt_one_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("uat.yaml");
    fs::write(
        &overlay,
        "spec:\n  user:\n    email: ${env:ORGWRIGHT_VAR_MAIL}\n  permissionSets: [Other]\n",
    )
    .unwrap();
    let environment =
        |name: &str| (name == "ORGWRIGHT_VAR_MAIL").then(|| "uat@acme.example".to_owned());
    let settings = ["spec.user.username=hubspot@acme.example.uat".to_owned()];
    let files = [PathBuf::from(EXAMPLE)];
    let manifests = load(
        &files,
        std::slice::from_ref(&overlay),
        &settings,
        &environment,
    )
    .unwrap();
    let user = manifests[0].spec.user.as_ref().unwrap();
    assert_eq!(*user.username, "hubspot@acme.example.uat");
    assert_eq!(&*user.username.place.file, "--set spec.user.username");
    assert_eq!(*user.email, "uat@acme.example");
    assert_eq!(&*user.email.place.file, overlay.to_str().unwrap());
    assert_eq!(user.email.place.line, 3);
    assert_eq!(manifests[0].spec.permission_sets.len(), 1);
    assert_ne!(
        manifests[0].digest,
        load_one(Path::new(EXAMPLE)).unwrap().digest
    );
    for file in [
        "--set spec.user.username",
        overlay.to_str().unwrap(),
        EXAMPLE,
    ] {
        assert!(manifests[0].sources.text(file).is_some(), "{file}");
    }
}

#[test]
fn a_mistake_in_an_overlay_or_setting_is_shown_there() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("uat.yaml");
    fs::write(&overlay, "spec:\n  user:\n    usernam: x\n").unwrap();
    let settings = [
        "spec.limits.usersLosingAccess=many".to_owned(),
        "nonsense".to_owned(),
    ];
    let files = [PathBuf::from(EXAMPLE)];
    let failure = load(
        &files,
        std::slice::from_ref(&overlay),
        &settings,
        &no_environment,
    )
    .unwrap_err();
    let places: BTreeMap<&str, String> = failure
        .diagnostics
        .iter()
        .map(|finding| {
            let place = finding.place.as_ref().unwrap();
            (
                finding.code.text(),
                format!("{}:{}:{}", place.file, place.line, place.column),
            )
        })
        .collect();
    assert_eq!(places["OW1011"], format!("{}:3:5", overlay.display()));
    assert_eq!(places["OW1013"], "--set spec.limits.usersLosingAccess:1:1");
    assert_eq!(places["OW1010"], "--set:1:1");
    let texts = failure
        .diagnostics
        .iter()
        .map(|finding| &finding.place.as_ref().unwrap().file);
    assert!(
        texts
            .into_iter()
            .all(|file| failure.sources.text(file).is_some())
    );
}

#[test]
fn manifests_planned_together_may_not_disagree() {
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("second.yaml");
    let text = fs::read_to_string(EXAMPLE).unwrap();
    fs::write(
        &second,
        text.replace(
            "organizationWideDefault: Private",
            "organizationWideDefault: Read",
        ),
    )
    .unwrap();
    let failure = load(&[EXAMPLE.into(), second], &[], &[], &no_environment).unwrap_err();
    let disagreements: Vec<&str> = failure
        .diagnostics
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        disagreements,
        [
            "two manifests disagree about the manifest name `hubspot-selective-sync`",
            "two manifests disagree about the profile `hubspot integration`",
            "two manifests disagree about the role `hubspot_integration`",
            "two manifests disagree about the user `hubspot.integration@acme.example`",
            "two manifests disagree about the organization-wide default of Lead",
            "two manifests disagree about the rule `Lead.sync_to_hubspot`",
        ]
    );
}
