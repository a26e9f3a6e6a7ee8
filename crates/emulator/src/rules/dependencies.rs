//! Permissions that need other permissions, in the words the platform uses.
//!
//! Only dependencies that the documentation states, that an error text names, or that both public clones of System
//! Administrator show are here. What merely occurs together in many orgs is broken by some.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::{object_permissions, takes_object_permissions};
use crate::problem::{INTEGRITY, Problem};
use crate::store::{Container, MessageNames, ObjectAccess, Org, ProfileRefusals, ViewAllWord};
use crate::xml::{child_text, elements};

/// A grant: a user permission by API name, or one right on an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// `ModifyAllData`.
    User(String),
    /// A right on an object.
    Object(Right, String),
}

/// A right on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    Read,
    Create,
    Edit,
    Delete,
    ViewAll,
    ModifyAll,
    ViewAllFields,
}

/// `permission` works only together with `required`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependency {
    pub(crate) permission: Grant,
    pub(crate) required: Grant,
}

/// Modify All Data implies View All Data (Metadata API guide, Profile). The others never occur without what they
/// require in public orgs, and fall with it when a clone of System Administrator gives it up.
const USER_ON_USER: [(&str, &str); 5] = [
    ("CreatePackaging", "ViewAllData"),
    ("InstallPackaging", "ModifyAllData"),
    ("ModifyAllData", "ViewAllData"),
    ("PublishPackaging", "ViewAllData"),
    ("QueryAllFiles", "ViewAllData"),
];

/// User permissions that need rights on objects, as error texts name them.
const USER_ON_OBJECT: [(&str, Right, &str); 9] = [
    ("ConvertLeads", Right::Create, "Account"),
    ("EditPublicDocuments", Right::Create, "Document"),
    ("EditPublicDocuments", Right::Delete, "Document"),
    ("EditPublicDocuments", Right::Edit, "Document"),
    ("EditPublicDocuments", Right::Read, "Document"),
    ("ImportPersonal", Right::Create, "Account"),
    ("ImportPersonal", Right::Create, "Contact"),
    ("ImportPersonal", Right::Edit, "Account"),
    ("ImportPersonal", Right::Edit, "Contact"),
];

/// Rights that need others on the same object (object reference, ObjectPermissions).
const SAME_OBJECT: [(Right, Right); 10] = [
    (Right::Create, Right::Read),
    (Right::Edit, Right::Read),
    (Right::Delete, Right::Read),
    (Right::Delete, Right::Edit),
    (Right::ViewAll, Right::Read),
    (Right::ViewAllFields, Right::Read),
    (Right::ModifyAll, Right::Read),
    (Right::ModifyAll, Right::Edit),
    (Right::ModifyAll, Right::Delete),
    (Right::ModifyAll, Right::ViewAll),
];

/// Rights that need the same right on another object: `Permission Read All Asset depends on permission(s): Read All
/// Account` and its like.
const OBJECT_ON_OBJECT: [(Right, &str, &str); 10] = [
    (Right::Read, "Asset", "Account"),
    (Right::Read, "Case", "Account"),
    (Right::Read, "Contact", "Account"),
    (Right::Read, "Contract", "Account"),
    (Right::Read, "Opportunity", "Account"),
    (Right::Read, "Order", "Account"),
    (Right::Read, "Case", "Contact"),
    (Right::Read, "Pricebook2", "Product2"),
    (Right::ViewAll, "Asset", "Account"),
    (Right::ViewAll, "Contract", "Account"),
];

/// Labels of user permissions that are not their API names with blanks in them, as older error texts quote them.
const LABELS: [(&str, &str); 2] = [
    ("EditPublicDocuments", "Manage Public Documents"),
    ("ImportPersonal", "Import Personal Contacts"),
];

impl Grant {
    fn user(name: &str) -> Grant {
        Grant::User(name.to_owned())
    }

    fn object(right: Right, name: &str) -> Grant {
        Grant::Object(right, name.to_owned())
    }

    /// How refusals call it: by API names since about 2015, by labels before (error texts of both times).
    fn word(&self, org: &Org) -> String {
        match self {
            Grant::User(name) => permission_word(org, name),
            Grant::Object(right, object) => right.on(org, object),
        }
    }
}

fn says_labels(org: &Org) -> bool {
    org.platform.messages == Some(MessageNames::Labels)
}

/// How refusals of permissions call a user permission.
pub(super) fn permission_word(org: &Org, name: &str) -> String {
    match says_labels(org) {
        true => permission_label(name),
        false => name.to_owned(),
    }
}

/// What people read for a user permission: its API name with blanks, where nothing else is known.
pub(crate) fn permission_label(name: &str) -> String {
    let known = LABELS.iter().find(|(api, _)| *api == name);
    known.map_or_else(|| spaced(name), |(_, label)| (*label).to_owned())
}

/// `ViewAllData` as `View All Data`.
fn spaced(name: &str) -> String {
    let mut label = String::new();
    let mut before_was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before_was_small {
            label.push(' ');
        }
        before_was_small = !letter.is_ascii_uppercase();
        label.push(letter);
    }
    label
}

impl Right {
    const ALL: [Right; 7] = [
        Right::Read,
        Right::Create,
        Right::Edit,
        Right::Delete,
        Right::ViewAll,
        Right::ModifyAll,
        Right::ViewAllFields,
    ];

    /// How refusals call the right on an object.
    pub(super) fn on(self, org: &Org, object: &str) -> String {
        let schema = org.objects.get(object).filter(|_| says_labels(org));
        let object = schema.map_or(object, |schema| schema.label.as_str());
        let newer = org.platform.view_all_records == Some(ViewAllWord::ViewAll);
        let words = self.words();
        let word = if newer { words.last() } else { words.first() };
        format!("{} {object}", word.copied().unwrap_or_default())
    }

    /// What refusals call it, older words first.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Right::Read => &["Read"],
            Right::Create => &["Create"],
            Right::Edit => &["Edit"],
            Right::Delete => &["Delete"],
            Right::ViewAll => &["Read All", "View All"],
            Right::ModifyAll => &["Modify All"],
            Right::ViewAllFields => &["View All Fields"],
        }
    }

    /// The rights that an entry grants.
    pub(super) fn granted(access: ObjectAccess) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| right.of(access))
    }

    fn of(self, access: ObjectAccess) -> bool {
        match self {
            Right::Read => access.read,
            Right::Create => access.create,
            Right::Edit => access.edit,
            Right::Delete => access.delete,
            Right::ViewAll => access.view_all,
            Right::ModifyAll => access.modify_all,
            Right::ViewAllFields => access.view_all_fields,
        }
    }
}

/// Every dependency among permissions the org has.
pub(crate) fn dependencies(org: &Org) -> Vec<Dependency> {
    let depends = |permission: Grant, required: Grant| Dependency {
        permission,
        required,
    };
    let mut all: Vec<Dependency> = Vec::new();
    all.extend(
        USER_ON_USER
            .iter()
            .map(|(one, other)| depends(Grant::user(one), Grant::user(other))),
    );
    all.extend(
        USER_ON_OBJECT
            .iter()
            .map(|(one, right, object)| depends(Grant::user(one), Grant::object(*right, object))),
    );
    all.extend(OBJECT_ON_OBJECT.iter().map(|(right, one, other)| {
        depends(Grant::object(*right, one), Grant::object(*right, other))
    }));
    for object in org
        .objects
        .values()
        .filter(|object| takes_object_permissions(object))
    {
        let own = |(one, other): &(Right, Right)| {
            depends(
                Grant::object(*one, &object.name),
                Grant::object(*other, &object.name),
            )
        };
        all.extend(SAME_OBJECT.iter().map(own));
        for master in object
            .fields
            .values()
            .filter(|field| field.master_detail)
            .flat_map(|field| &field.reference_to)
        {
            let pair = |right| {
                depends(
                    Grant::object(right, &object.name),
                    Grant::object(right, master),
                )
            };
            all.extend([pair(Right::Read), pair(Right::ViewAll)]);
        }
    }
    all.retain(|dependency| known(org, &dependency.permission) && known(org, &dependency.required));
    all
}

fn known(org: &Org, grant: &Grant) -> bool {
    match grant {
        Grant::User(name) => org.permission(name) == Some(name),
        Grant::Object(_, object) => org
            .objects
            .get(object)
            .is_some_and(takes_object_permissions),
    }
}

struct Granted<'c> {
    users: &'c BTreeSet<String>,
    objects: BTreeMap<String, ObjectAccess>,
}

impl<'c> Granted<'c> {
    fn new(org: &Org, container: &'c Container) -> Self {
        Self {
            users: &container.user_permissions,
            objects: object_permissions(org, container),
        }
    }

    fn has(&self, grant: &Grant) -> bool {
        match grant {
            Grant::User(name) => self.users.contains(name),
            Grant::Object(right, object) => self
                .objects
                .get(object)
                .is_some_and(|access| right.of(*access)),
        }
    }

    fn breaks(&self, dependency: &Dependency) -> bool {
        self.has(&dependency.permission) && !self.has(&dependency.required)
    }
}

/// The one problem, findings joined by `; `, of grants that lack what they need and did not lack it before.
pub(crate) fn broken_dependencies(
    org: &Org,
    before: &Container,
    after: &Container,
    element: Node<'_, '_>,
) -> Option<Problem> {
    let (before, after) = (Granted::new(org, before), Granted::new(org, after));
    let mut lacking: BTreeMap<Grant, BTreeSet<String>> = BTreeMap::new();
    for dependency in dependencies(org)
        .iter()
        .filter(|dependency| after.breaks(dependency) && !before.breaks(dependency))
    {
        lacking
            .entry(dependency.permission.clone())
            .or_default()
            .insert(dependency.required.word(org));
    }
    let told = match org.platform.profile_refusals {
        Some(ProfileRefusals::One) => 1,
        _ => lacking.len(),
    };
    let findings: Vec<String> = lacking
        .iter()
        .take(told)
        .map(|(grant, required)| sentence(org, grant, required))
        .collect();
    let first = lacking.keys().next()?;
    let message = findings.join("; ");
    Some(match entry_of(element, first) {
        Some(entry) => Problem::at(entry, INTEGRITY, message),
        None => Problem::new(INTEGRITY, message),
    })
}

/// Why a right on an object cannot be without another one on it.
pub(crate) fn dependency_refusal(org: &Org, object: &str, right: Right, required: Right) -> String {
    let required = BTreeSet::from([required.on(org, object)]);
    sentence(org, &Grant::object(right, object), &required)
}

fn sentence(org: &Org, grant: &Grant, required: &BTreeSet<String>) -> String {
    let required: Vec<&str> = required.iter().map(String::as_str).collect();
    format!(
        "Permission {} depends on permission(s): {}",
        grant.word(org),
        required.join(", ")
    )
}

fn entry_of<'a, 'input>(element: Node<'a, 'input>, grant: &Grant) -> Option<Node<'a, 'input>> {
    let (entry, key, name) = match grant {
        Grant::User(name) => ("userPermissions", "name", name),
        Grant::Object(_, name) => ("objectPermissions", "object", name),
    };
    elements(element)
        .find(|node| node.tag_name().name() == entry && child_text(*node, key) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ObjectSchema, SharingModel};
    use crate::xml;

    fn org() -> Org {
        let mut org = Org::default();
        for name in ["Account", "Asset", "Lead"] {
            let allowed_models = vec![SharingModel::Private];
            let object = ObjectSchema {
                name: name.into(),
                allowed_models,
                ..ObjectSchema::default()
            };
            org.objects.make_mut().insert(name.into(), object);
        }
        let known = [
            "ModifyAllData",
            "ViewAllData",
            "InstallPackaging",
            "ConvertLeads",
        ];
        org.vocabulary.extend(known.map(str::to_owned));
        org
    }

    fn check(users: &[&str], objects: &[(&str, ObjectAccess)], expected: Option<&str>) {
        let container = Container {
            user_permissions: users.iter().map(|name| (*name).to_owned()).collect(),
            object_permissions: objects
                .iter()
                .map(|(name, access)| ((*name).to_owned(), *access))
                .collect(),
            ..Container::default()
        };
        let document = xml::parse("<Profile/>").expect("well formed");
        let found = broken_dependencies(
            &org(),
            &Container::default(),
            &container,
            document.root_element(),
        );
        assert_eq!(
            found.map(|problem| problem.message).as_deref(),
            expected,
            "{users:?} {objects:?}"
        );
    }

    #[test]
    fn what_lacks_what_it_needs_is_named() {
        let create = ObjectAccess {
            create: true,
            ..ObjectAccess::default()
        };
        let read = ObjectAccess {
            read: true,
            ..ObjectAccess::default()
        };
        let view_all = ObjectAccess {
            view_all: true,
            ..read
        };
        let modify_all = ObjectAccess {
            delete: false,
            ..ObjectAccess::FULL
        };
        check(&[], &[("Lead", ObjectAccess::FULL)], None);
        check(
            &[],
            &[("Lead", create)],
            Some("Permission Create Lead depends on permission(s): Read Lead"),
        );
        check(
            &[],
            &[("Lead", modify_all)],
            Some("Permission Modify All Lead depends on permission(s): Delete Lead"),
        );
        check(
            &[],
            &[("Account", read), ("Asset", view_all)],
            Some("Permission Read All Asset depends on permission(s): Read All Account"),
        );
        check(
            &["ConvertLeads"],
            &[("Account", read)],
            Some("Permission ConvertLeads depends on permission(s): Create Account"),
        );
    }

    #[test]
    fn several_findings_are_joined_by_semicolons() {
        check(
            &["InstallPackaging"],
            &[(
                "Lead",
                ObjectAccess {
                    edit: true,
                    ..ObjectAccess::default()
                },
            )],
            Some(
                "Permission InstallPackaging depends on permission(s): ModifyAllData; Permission Edit Lead depends on permission(s): Read Lead",
            ),
        );
    }

    #[test]
    fn permissions_over_all_data_satisfy_every_object() {
        check(
            &[
                "ModifyAllData",
                "ViewAllData",
                "InstallPackaging",
                "ConvertLeads",
            ],
            &[],
            None,
        );
        check(
            &["ModifyAllData"],
            &[],
            Some("Permission ModifyAllData depends on permission(s): ViewAllData"),
        );
    }
}
