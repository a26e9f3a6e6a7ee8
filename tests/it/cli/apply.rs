//! Applying, and what may be applied.

use super::*;

#[test]
fn without_consent_nothing_is_started_and_nothing_is_sent() {
    let folder = folder();
    let run = run(&folder, &["apply"]);
    assert_eq!(run.code, 64);
    assert!(
        run.err.contains("OW0004") && run.out.is_empty(),
        "{}",
        run.err
    );
    assert!(!folder.path().join(".orgwright").exists());
}

#[test]
fn only_the_plan_that_was_read_is_applied() {
    let folder = folder();
    let stale = run(&folder, &["apply", "--expect", "000000000000"]);
    assert_eq!(stale.code, 5, "{}", stale.err);
    assert!(
        stale.err.contains("OW0005") && stale.err.contains("next: orgwright plan"),
        "{}",
        stale.err
    );
    assert_eq!(run(&folder, &["plan", "--out", "plan.json"]).code, 0);
    let path = folder.path().join("plan.json");
    let saved = std::fs::read_to_string(&path).unwrap();
    let id = json(&saved)["org"]["id"].as_str().unwrap().to_owned();
    std::fs::write(&path, saved.replace(&id, "00D000000000009EAA")).unwrap();
    let other = run(
        &folder,
        &["apply", "--plan", "plan.json", "--yes", "--format", "json"],
    );
    assert_eq!(other.code, 5, "{}", other.err);
    assert_eq!(
        json(&other.out)["error"]["diagnostics"][0]["code"],
        "OW0007"
    );
    let forged = saved.replace("revops@", "someone.else@");
    assert!(forged != saved);
    let older = saved.replacen("\"2.0\"", "\"1.0\"", 1);
    for (text, code, told) in [
        (forged.as_str(), 5, "was edited"),
        (&older, 5, "format_version is 1.0"),
        (saved.get(..400).unwrap(), 65, "not JSON"),
        ("{}", 65, "no `format_version`"),
    ] {
        std::fs::write(&path, text).unwrap();
        let refused = run(&folder, &["apply", "--plan", "plan.json", "--yes"]);
        assert_eq!(refused.code, code, "{}", refused.err);
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
    }
}

#[test]
fn a_saved_plan_is_no_consent() {
    let folder = folder();
    let saved = run(&folder, &["plan", "--out", "plan.json"]);
    assert!(
        saved
            .out
            .contains("next: orgwright apply --plan plan.json\n")
            && saved.err == "the plan is saved in plan.json\n",
        "{}{}",
        saved.out,
        saved.err
    );
    std::fs::remove_dir_all(folder.path().join(".orgwright")).unwrap();
    let refused = run(&folder, &["apply", "--plan", "plan.json"]);
    assert_eq!(refused.code, 64);
    assert!(
        refused.err.contains("OW0004") && refused.err.contains("--yes"),
        "{}",
        refused.err
    );
    assert!(!folder.path().join(".orgwright").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_apply_stops_safely_and_names_the_command_that_continues() {
    let folder = folder();
    let mut child = program(folder.path(), &["apply", "--yes", "orgwright.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("accepted") {
        line.clear();
        assert!(
            told.read_line(&mut line).unwrap() > 0,
            "it ended before a deploy"
        );
    }
    signal(&child, "-INT");
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(
        rest.contains("stopping") && rest.contains("next: orgwright apply orgwright.yaml"),
        "{rest}"
    );
    assert!(
        out.contains("OUTCOME (") && out.contains("not done"),
        "{out}"
    );
}

#[test]
fn an_apply_is_proved_and_the_next_plan_is_empty() {
    let folder = folder();
    let applied = run(
        &folder,
        &["apply", "--yes", "--format", "json", "--detailed-exitcode"],
    );
    assert_eq!(applied.code, 2, "{}{}", applied.out, applied.err);
    let lines: Vec<Value> = applied.out.lines().map(json).collect();
    assert_eq!(lines[0]["event"], "planned");
    let result = lines.last().expect("a result");
    assert_eq!(
        (&result["event"], &result["exit"]),
        (&Value::from("result"), &Value::from(2))
    );
    assert!(
        result["outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|outcome| outcome["result"] == "done")
    );
    let access = &result["verification"]["access"][0];
    assert!(
        access["visible"] == access["expected"]
            && access["leaks"] == Value::from(Vec::<Value>::new()),
        "{access}"
    );
    assert_eq!(
        (applied.err.lines().next(), applied.err.lines().last()),
        (Some(EMBEDDED), Some(EMBEDDED))
    );
    let again = run(&folder, &["plan", "--detailed-exitcode"]);
    assert!(
        again.code == 0 && again.out.contains("\nNo changes. "),
        "{}",
        again.out
    );
    let verified = run(&folder, &["verify"]);
    assert!(
        verified.code == 0 && verified.out.contains("Proved: "),
        "{}",
        verified.out
    );
}
