//! How sentences and codes of the setup audit trail name things.
//!
//! Codes are those that people have recorded of running orgs; a sentence is understood where it names a thing behind the noun
//! for its kind, and ends there, or goes on as such sentences do.

use crate::change::Change;
use crate::live::{Live, SetupChange};

/// The attribute of a field that says who sees it.
const VISIBLE: &str = "visibleTo";

/// What a sentence of the trail can say of one thing.
pub(super) struct SetupSubject {
    kind: &'static str,
    /// What it may be called there.
    names: Vec<String>,
    /// What the sentence has to name besides.
    also: Option<String>,
}

impl SetupSubject {
    pub(super) fn rule(object: &str, rule: &str) -> Self {
        Self {
            kind: "sharing_rule",
            names: vec![format!("{object}.{rule}")],
            also: None,
        }
    }

    /// What sentences can say of a change; none where the trail has no words for its kind.
    pub(super) fn of(change: &Change, live: &Live) -> Option<Self> {
        let (kind, name) = (change.address.kind, change.address.name.as_str());
        let mut names = vec![name.to_owned()];
        let mut also = None;
        match kind {
            "role" => {
                names.push(name.replace('_', " "));
                let labels = change.fields.iter().filter(|field| field.path == "label");
                let sides = labels.flat_map(|field| [&field.before, &field.after]);
                names.extend(sides.filter_map(|side| Some(side.as_str()?.to_owned())));
            }
            "user" => {
                if let Some(user) = live.user(name).found() {
                    let full = [&user.first_name, &user.last_name];
                    let full: Vec<&str> = full.into_iter().flatten().map(String::as_str).collect();
                    names.push(full.join(" "));
                }
            }
            "permission_set" => names.extend(label_of(name, live)),
            "permission_set_assignment" => {
                let (set, user) = match name.split_once('@') {
                    Some((set, user)) => (set, user.to_owned()),
                    None => (name, user_of(change)?),
                };
                names = vec![set.to_owned()];
                names.extend(label_of(set, live));
                also = Some(user);
            }
            // Who sees a field stands in entries of profiles, by the field's label.
            "custom_field"
                if change
                    .fields
                    .iter()
                    .any(|field| field.path.starts_with(VISIBLE)) =>
            {
                return None;
            }
            "profile"
            | "sharing_rule"
            | "organization_wide_default"
            | "custom_field"
            | "public_group" => {}
            _ => return None,
        }
        Some(Self { kind, names, also })
    }

    /// Whether an entry is of a deploy that writes such a thing as a whole, so that nothing before it lasts.
    pub(super) fn is_whole(&self, entry: &SetupChange) -> bool {
        let whole = [
            "role",
            "sharing_rule",
            "organization_wide_default",
            "custom_field",
        ];
        entry.deployed && whole.contains(&self.kind)
    }

    /// Whether an entry is about it.
    pub(super) fn is_in(&self, entry: &SetupChange) -> bool {
        let also = self.also.as_deref();
        let names_also = also.is_none_or(|also| names_after(&entry.display, also, &["user"]));
        let mut names = self.names.iter().filter(|name| !name.trim().is_empty());
        self.fits(entry)
            && self.knows(entry)
            && names_also
            && names.any(|name| names_after(&entry.display, name, self.nouns()))
    }

    /// Whether an entry holds its name in words that are not understood.
    pub(super) fn may_be_in(&self, entry: &SetupChange) -> bool {
        let holds =
            |name: &String| !name.trim().is_empty() && entry.display.contains(name.as_str());
        let holds_also = self.also.as_ref().is_none_or(holds);
        self.fits(entry) && !self.is_in(entry) && holds_also && self.names.iter().any(holds)
    }

    /// Whether it is known which attributes an entry can be about: of users each attribute has a code of its own, and most of
    /// these nobody recorded.
    fn knows(&self, entry: &SetupChange) -> bool {
        let action = entry.action.to_ascii_lowercase();
        let begins = |known: &&str| action.starts_with(known);
        self.kind != "user" || CODES_OF_USERS.iter().any(begins)
    }

    /// The words after which sentences name such a thing.
    fn nouns(&self) -> &'static [&'static str] {
        match self.kind {
            "role" => &["role"],
            "user" => &["user"],
            "profile" => &["profile"],
            "permission_set" | "permission_set_assignment" => &["set", "permissionset"],
            "sharing_rule" => &[
                "rule",
                "sharingcriteriarule",
                "sharingownerrule",
                "sharingterritoryrule",
            ],
            "organization_wide_default" => &["of", "for"],
            "custom_field" => &["field", "customfield"],
            _ => &["group"],
        }
    }

    /// Whether an entry is of a sort that such a thing has.
    fn fits(&self, entry: &SetupChange) -> bool {
        let action = entry.action.to_ascii_lowercase();
        let has = |word: &str| action.contains(word);
        let of_set = action.starts_with("permset") || has("permissionset");
        match self.kind {
            "role" => has("role") && !has("foruser"),
            "user" => {
                let documented = ["changedemail", "changedcommunitynickname"];
                let of_users = has("user") && !of_set && !has("perm") && !has("license");
                of_users || documented.contains(&action.as_str())
            }
            "profile" => has("profile") && !has("foruser"),
            "permission_set" => of_set && !has("assign") && !has("group"),
            "permission_set_assignment" => {
                matches!(action.as_str(), "permsetassign" | "permsetunassign")
            }
            "sharing_rule" => has("sharing") && has("rule"),
            "organization_wide_default" => {
                entry.section == "Sharing Defaults" && !has("recalculation")
            }
            "custom_field" => has("field") || has("cf"),
            _ => has("group") && !of_set && !has("member"),
        }
    }
}

/// How the codes of users begin that people have recorded, or that say nothing but that a user was made or changed.
const CODES_OF_USERS: [&str; 18] = [
    "createduser",
    "changeduser",
    "activateduser",
    "deactivateduser",
    "frozeuser",
    "unfrozeuser",
    "unlockeduser",
    "changedusername",
    "changedemail",
    "useremailchangesent",
    "changedpassword",
    "resetpassword",
    "changedcommunitynickname",
    "changedfederationid",
    "changedmanager",
    "changedmarketinguser",
    "changedprofileforuser",
    "changedroleforuser",
];

/// Whose assignment it is, where the address does not say.
fn user_of(change: &Change) -> Option<String> {
    let user = change.fields.iter().find(|field| field.path == "user")?;
    let side = user.after.as_str().or(user.before.as_str());
    side.map(str::to_owned)
}

/// The label of a permission set of this API name.
fn label_of(name: &str, live: &Live) -> Option<String> {
    let containers = live.containers();
    let set = containers.learnt()?.set_named(name)?;
    Some(set.label.clone())
}

/// Whether a sentence names this after one of the nouns, as the whole of the name: what goes on after it is no part of one.
fn names_after(sentence: &str, name: &str, nouns: &[&str]) -> bool {
    let mut places = sentence.match_indices(name);
    places.any(|(at, _)| {
        let before = sentence.get(..at).unwrap_or_default();
        let after = sentence.get(at + name.len()..).unwrap_or_default();
        let noun = before.trim_end().rsplit(' ').next().unwrap_or_default();
        let noun = noun.to_ascii_lowercase();
        let follows = before.ends_with(' ') && nouns.contains(&noun.as_str());
        let ends = after.is_empty() || after.starts_with(':') || after.starts_with(" from ");
        follows && ends
    })
}

/// Whether an entry is about the making of something.
pub(super) fn makes(entry: &SetupChange) -> bool {
    let action = entry.action.to_ascii_lowercase();
    ["create", "insert", "profileclone"]
        .iter()
        .any(|verb| action.contains(verb))
        || action == "permsetassign"
}

/// Whether it is about its removal.
pub(super) fn removes(entry: &SetupChange) -> bool {
    let action = entry.action.to_ascii_lowercase();
    action.contains("delete") || action.contains("unassign")
}

/// Whether an entry can be about one of these attributes: a code that says which attribute it is about is of no other.
pub(super) fn may_change(entry: &SetupChange, paths: &[&str]) -> bool {
    let action = entry.action.to_ascii_lowercase();
    let about = |attributes: &[&str]| {
        let mut paths = paths.iter();
        paths.any(|path| attributes.iter().any(|one| path.starts_with(one)))
    };
    match action.as_str() {
        code if code.starts_with("changedprofileforuser") => about(&["profile"]),
        code if code.starts_with("changedroleforuser") => about(&["role"]),
        "changedemail" | "useremailchangesent" => about(&["email"]),
        "activateduser" | "deactivateduser" => about(&["active"]),
        "changedusername" => about(&["username"]),
        "changedcommunitynickname" => about(&["nickname"]),
        "changedfederationid" => about(&["federationId"]),
        code if code.starts_with("changedmarketinguser") => about(&["features"]),
        "frozeuser" | "unfrozeuser" | "unlockeduser" | "changedpassword" | "resetpassword"
        | "changedmanager" => false,
        code if code.starts_with("profilepermchanged") => about(&["userPermissions"]),
        code if code.starts_with("profileolpchanged") => about(&["objectPermissions"]),
        code if code.starts_with("profileflschanged") => about(&["fieldPermissions"]),
        code if code.contains("recalculation") => false,
        _ => true,
    }
}
