//! What a user can do of what is stated or needed, in one line for people and as data for machines.

use crate::access::{Ability, Capability};
use crate::count::number;
use crate::live::Known;
use crate::manifest::Word;
use crate::report::text::printable;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One line for each user: how much of it, and what not. Whether all is as it should be, beside it.
pub(super) fn lines(capabilities: &[Capability]) -> Vec<(bool, String)> {
    let users: BTreeSet<&str> = capabilities.iter().map(|one| one.user.as_str()).collect();
    let several = users.len() > 1;
    let line = |user: &str| {
        let of_user = capabilities.iter().filter(|one| one.user == user);
        let all: Vec<&Capability> = of_user.collect();
        let who = match several {
            true => format!("{} can do", printable(user)),
            false => "Can do".to_owned(),
        };
        let good = all.iter().all(|one| one.holds());
        (good, format!("{who}: {}.", of_all(&all)))
    };
    users.into_iter().map(line).collect()
}

fn of_all(all: &[&Capability]) -> String {
    let listed = |is_meant: fn(&Capability) -> bool| {
        let meant = all.iter().filter(|one| is_meant(one));
        let meant: Vec<String> = meant.map(|one| in_words(one)).collect();
        meant.join(", ")
    };
    let held = all.iter().filter(|one| one.holds()).count();
    let mut line = format!(
        "{} of {} stated or needed",
        number(held as u64),
        number(all.len() as u64)
    );
    let missing = listed(Capability::is_difference);
    if !missing.is_empty() {
        line += &format!("; otherwise: {missing}");
    }
    let unknown = listed(|one| !matches!(one.has, Known::Is(_)));
    if !unknown.is_empty() {
        line += &format!("; not known: {unknown}");
    }
    line
}

fn in_words(one: &Capability) -> String {
    let word = match &one.ability {
        Ability::Active if one.wanted => "be active".to_owned(),
        Ability::Active => "be inactive".to_owned(),
        Ability::NotFrozen => "log in (frozen users cannot)".to_owned(),
        Ability::Permission(name) if one.wanted => format!("hold {name}"),
        Ability::Permission(name) => format!("go without {name}"),
        Ability::SetInForce(name) => format!("use the permission set {name}"),
        Ability::GroupInForce(name) => format!("use the permission set group {name}"),
        Ability::Object(object, right) => format!("{} {object}", right.word()),
        Ability::Field(object, field) => format!("read {object}.{field}"),
    };
    printable(&word).into_owned()
}

/// Each as `{"what","stated","has","from",…}`; what is not known is `null` with its reason.
pub(super) fn json(capabilities: &[Capability]) -> Vec<Value> {
    let each = capabilities.iter().map(|one| {
        let has = one.has.as_ref().learnt();
        let unknown = one.has.why_unknown().map(|why| ("has", why));
        let unknown: BTreeMap<&str, String> = unknown.into_iter().collect();
        json!({
            "manifest": one.manifest,
            "user": one.user,
            "what": one.ability.to_string(),
            "stated": one.wanted,
            "why": one.reason.word(),
            "has": has,
            "from": has.map(|_| &one.from),
            "void": one.void,
            "unknown": unknown,
            "file": &*one.place.file,
            "line": one.place.line,
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::DemandReason;
    use crate::live::Refused;
    use crate::manifest::ObjectPermission;
    use crate::report::samples;

    fn capability(ability: Ability, wanted: bool, has: Known<bool>) -> Capability {
        Capability {
            manifest: "m".into(),
            user: "bot@acme.example".into(),
            ability,
            wanted,
            reason: DemandReason::Rule,
            has,
            from: BTreeSet::new(),
            void: Vec::new(),
            place: samples::place(3),
        }
    }

    #[test]
    fn one_line_says_how_much_and_what_not() {
        let permission = |name: &str| Ability::Permission(name.to_owned());
        let all = [
            capability(Ability::Active, true, Known::Is(true)),
            capability(permission("ApiEnabled"), true, Known::Is(false)),
            capability(permission("ModifyAllData"), false, Known::Is(true)),
            capability(
                Ability::Object("Lead".into(), ObjectPermission::Edit),
                true,
                Known::Refused(Refused::not_told("it")),
            ),
        ];
        let told = lines(&all);
        let line = "Can do: 1 of 4 stated or needed; otherwise: hold ApiEnabled, go without ModifyAllData; not known: edit Lead.";
        assert_eq!(told, [(false, line.to_owned())]);
        assert_eq!(
            lines(&all[..1]),
            [(true, "Can do: 1 of 1 stated or needed.".to_owned())]
        );
        let data = json(&all);
        assert_eq!(data[1]["what"], "user_permission/ApiEnabled");
        assert!(data[3]["has"].is_null() && data[3]["from"].is_null());
        assert_eq!(data[3]["unknown"]["has"], "the org did not tell it");
    }
}
