//! Findings that are denied: plan and verify say so by their exit, apply writes nothing.

use super::*;

#[test]
fn a_denied_finding_ends_plan_and_apply_with_4_and_nothing_is_written() {
    let folder = folder();
    let denied = run_into_files(&folder, &["plan", "--deny", "OW2003"]);
    assert_eq!(denied.code, 4, "{}", denied.err);
    assert!(!denied.out.contains("next: "), "{}", denied.out);
    judge(&folder, 4, "OW1094");
    let allowed = run(&folder, &["plan", "--deny", "error"]);
    assert_eq!(allowed.code, 0, "{}", allowed.out);
    assert!(allowed.words().contains("--deny error"), "{}", allowed.out);
    let refused = run_into_files(&folder, &["apply", "--yes", "--deny", "ow2003"]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    judge(&folder, 4, "OW2003");
    assert!(
        refused.words().contains("nothing was changed"),
        "{}",
        refused.err
    );
    assert_eq!(run(&folder, &["apply", "--yes", "--deny", "error"]).code, 0);
    assert_eq!(run(&folder, &["verify", "--deny", "error"]).code, 0);
    assert_eq!(run(&folder, &["verify", "--deny", "OW2003"]).code, 4);
}

#[test]
fn a_code_that_does_not_exist_is_refused() {
    let folder = folder();
    for word in ["OW2999", "warning", ""] {
        let refused = run(&folder, &["plan", "--deny", word]);
        assert_eq!(refused.code, 64, "{word}: {}", refused.err);
    }
}
