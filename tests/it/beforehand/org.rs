//! What the org is: an edition that lacks half of the recipe, and a sandbox.

use super::*;
use serde_json::json;

fn wanted() -> String {
    rule(&criterion("LeadSource", "equals", "Web"))
}

#[test]
fn what_an_edition_does_not_have_no_consent_applies() {
    let edition = json!("Professional Edition");
    let stage = Stage::set(&[]).with_organization(&[("organization_type", edition)]);
    let run = stage.plan(&wanted());
    says(&run, &["error OW2001", "Professional Edition"]);
    let run = stage.run(&["apply", "--yes"], &wanted());
    assert_eq!(run.code, 4, "{}", run.words());
    says(&run, &["error[OW2001]", "nothing was changed"]);
    let users = stage
        .org
        .query("SELECT Id FROM User WHERE Username LIKE 'mirror%'");
    assert_eq!(users.len(), 0);
}
