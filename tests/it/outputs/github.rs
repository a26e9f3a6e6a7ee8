//! What GitHub's build server is told, and that nobody else is.

use super::*;

fn in_github(folder: &TempDir, words: &[&str], summary: &Path) -> Run {
    let mut command = program(folder.path(), words);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", summary);
    finish(&mut command)
}

#[test]
fn what_is_found_stands_beside_its_line_and_in_the_steps_summary() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let planned = in_github(&folder, &["plan", "--format", "json"], &summary);
    assert_eq!(planned.code, 0, "{}", planned.err);
    serde_json::from_str::<Value>(&planned.out).unwrap();
    let annotations: Vec<&str> = planned
        .err
        .lines()
        .filter(|line| line.starts_with("::"))
        .collect();
    assert!(
        annotations
            .iter()
            .any(|line| line.starts_with("::warning file=orgwright.yaml,line="))
    );
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n<!-- orgwright plan"), "{text}");
    edit(&folder, "access: ReadWrite", "access: Write");
    for verb in ["plan", "validate"] {
        let ended = in_github(&folder, &[verb], &summary);
        assert_eq!(ended.code, 65, "{}", ended.err);
        let error = ended
            .err
            .lines()
            .find(|line| line.starts_with("::error file="));
        assert!(error.unwrap().contains("title=OW1014"), "{}", ended.err);
    }
    assert!(fs::read_to_string(&summary).unwrap().contains("OW1014"));
}

#[test]
fn nobody_else_is_told() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "").unwrap();
    for value in ["", "false", "1"] {
        let mut command = program(folder.path(), &["plan"]);
        command
            .env("GITHUB_ACTIONS", value)
            .env("GITHUB_STEP_SUMMARY", &summary);
        let planned = finish(&mut command);
        assert!(!planned.err.contains("::"), "{}", planned.err);
    }
    assert_eq!(fs::read_to_string(&summary).unwrap(), "");
}

#[cfg(unix)]
#[test]
fn a_summary_that_is_no_file_of_its_own_is_left_alone() {
    let folder = folder();
    let aim = folder.path().join("aim");
    fs::write(&aim, "old").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    for path in [
        link,
        folder.path().join("missing"),
        folder.path().to_owned(),
    ] {
        let planned = in_github(&folder, &["plan"], &path);
        assert_eq!(planned.code, 0, "{}", planned.err);
        assert!(
            planned
                .words()
                .contains("the summary of the step cannot be written")
        );
    }
    assert_eq!(fs::read_to_string(&aim).unwrap(), "old");
    assert!(!folder.path().join("missing").exists());
}
