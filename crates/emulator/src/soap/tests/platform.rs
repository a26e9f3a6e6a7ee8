//! The metadata service of an org that is as hard as a real one.

use super::*;
use crate::store::Platform;

fn hard(switches: &str) -> Org {
    let mut org = Org::new();
    org.world.org.platform = Platform::parse(switches).expect("switches");
    org
}

fn profile(org: &mut Org, name: &str, inside: &str) -> Deployed {
    org.deploy(&[
        ("package.xml", &manifest(&[("Profile", name)])),
        (
            &format!("profiles/{name}.profile"),
            &component("Profile", inside),
        ),
    ])
}

fn tab(name: &str, visibility: &str) -> String {
    format!(
        "<tabVisibilities><tab>{name}</tab><visibility>{visibility}</visibility></tabVisibilities>"
    )
}

fn right(object: &str, flags: &[&str]) -> String {
    let flag = |name: &str| format!("<{name}>{}</{name}>", flags.contains(&name));
    let [create, delete, edit, read] =
        ["allowCreate", "allowDelete", "allowEdit", "allowRead"].map(flag);
    let [modify, view] = ["modifyAllRecords", "viewAllRecords"].map(flag);
    format!(
        "<objectPermissions>{create}{delete}{edit}{read}{modify}<object>{object}</object>{view}</objectPermissions>"
    )
}

fn permission(name: &str, enabled: bool) -> String {
    format!("<userPermissions><enabled>{enabled}</enabled><name>{name}</name></userPermissions>")
}

/// A new profile with these entries, in the order of the schema.
fn new_profile(before_license: &str, after_license: &str) -> String {
    format!(
        "<custom>true</custom>{before_license}<userLicense>Salesforce</userLicense>{after_license}"
    )
}

mod hollow;
mod language;
mod reads;
mod refusals;
mod tabs;
