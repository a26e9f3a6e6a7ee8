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

mod tabs;
