//! Organization-wide defaults: what everybody may do with records nobody shared with them.
//!
//! A default has three spellings (metadata, `Organization`, `EntityDefinition`), and two values at once while a
//! recalculation runs: the one requested and the one in force. Plans compare the requested one; waiting looks at the
//! one in force.

use super::{Draft, Kind, Resource, compare};
use crate::address::Address;
use crate::change::{Attributes, Component, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts, ORGANIZATION, Question};
use crate::manifest::{Manifest, Sharing, SharingModel, Word};
use crate::soql;
use crate::xml::Element;
use serde_json::json;

/// Organization-wide defaults.
pub(super) static KIND: Kind = Kind {
    name: "organization_wide_default",
    noun: "organization-wide default",
    ask,
    propose,
};

/// What a custom object's file must hold besides the sharing model, or the deploy resets it.
const CUSTOM_OBJECT_ESSENTIALS: [&str; 4] =
    ["deploymentStatus", "label", "nameField", "pluralLabel"];

#[derive(Clone, Debug, PartialEq)]
struct SharingDefault {
    internal: Option<SharingModel>,
    external: Option<SharingModel>,
    external_reason: Option<String>,
}

impl Resource for SharingDefault {
    fn attributes(&self) -> Attributes {
        let word = |model: Option<SharingModel>| json!(model.map(SharingModel::word));
        let mut attributes: Attributes = vec![("internal".into(), word(self.internal), None)];
        if self.external.is_some() {
            attributes.push((
                "external".into(),
                word(self.external),
                self.external_reason.clone(),
            ));
        }
        attributes
    }
}

/// The defaults of the org, as they are and as the plan leaves them.
pub struct Defaults<'a> {
    manifest: &'a Manifest,
    facts: &'a Facts,
}

impl<'a> Defaults<'a> {
    /// The defaults that these facts and this manifest give.
    pub fn new(manifest: &'a Manifest, facts: &'a Facts) -> Self {
        Self { manifest, facts }
    }

    /// The default in force today.
    pub fn now(&self, object: &str) -> Option<SharingModel> {
        in_force(self.facts, object).or_else(|| live_default(self.facts, object).0)
    }

    /// The default once the plan is applied.
    pub fn after(&self, object: &str) -> Option<SharingModel> {
        let stated = self
            .manifest
            .spec
            .sharing
            .iter()
            .find(|sharing| sharing.object.value == object);
        let stated = stated.and_then(|sharing| sharing.organization_wide_default.as_ref());
        stated.map(|model| model.value).or_else(|| self.now(object))
    }

    /// Whether nothing is known of the object's default, as when no org was asked.
    pub fn unknown(&self, object: &str) -> bool {
        self.now(object).is_none()
    }
}

/// The requested default, internal and external, as metadata has it.
pub fn live_default(facts: &Facts, object: &str) -> (Option<SharingModel>, Option<SharingModel>) {
    let Some(document) = facts.component("CustomObject", object) else {
        return (None, None);
    };
    let model = |name: &str| document.text_of(name).and_then(SharingModel::of);
    (model("sharingModel"), model("externalSharingModel"))
}

/// The default in force. `EntityDefinition` shows the parent's value for an object controlled by its parent, so where
/// `Organization` has a column of its own, that is asked.
pub fn in_force(facts: &Facts, object: &str) -> Option<SharingModel> {
    let spelled = facts
        .organization()
        .and_then(|row| row.text(&column(object)));
    if let Some(spelled) = spelled {
        return spelling(spelled);
    }
    let row = facts.rows(&entity_definition(object)).first()?;
    row.text("InternalSharingModel").and_then(spelling)
}

/// The column of `Organization` for an object's default, where it has one.
fn column(object: &str) -> String {
    format!("Default{object}Access")
}

/// The metadata word for a default in any of its three spellings.
fn spelling(text: &str) -> Option<SharingModel> {
    match text {
        "None" => Some(SharingModel::Private),
        "Edit" => Some(SharingModel::ReadWrite),
        "ReadEditTransfer" => Some(SharingModel::ReadWriteTransfer),
        "All" => Some(SharingModel::FullAccess),
        other => SharingModel::of(other),
    }
}

/// `EntityDefinition` is asked one object at a time: it is a virtual object and fussy about `OR`.
pub fn entity_definition(object: &str) -> String {
    format!(
        "SELECT QualifiedApiName, InternalSharingModel, ExternalSharingModel FROM EntityDefinition \
         WHERE QualifiedApiName = {}",
        soql::literal(object)
    )
}

/// What says that the org has person accounts: the describe of Account has this field.
const PERSON_ACCOUNTS: &str = "IsPersonAccount";

fn ask(manifest: &Manifest) -> Vec<Question> {
    let contact = manifest.spec.sharing.iter().any(leaves_its_parent);
    let account = contact.then(|| Question::Describe("Account".to_owned()));
    let sharing = || manifest.spec.sharing.iter();
    let objects = || sharing().map(|sharing| sharing.object.value.as_str());
    let defined = objects().filter(|object| !ORGANIZATION.contains(&column(object)));
    let own = objects().flat_map(|object| {
        [
            Question::Component("CustomObject", object.to_owned()),
            Question::Describe(object.to_owned()),
        ]
    });
    own.chain(defined.map(|object| Question::Query(entity_definition(object))))
        .chain(account)
        .collect()
}

/// Contact with a default of its own.
fn leaves_its_parent(sharing: &Sharing) -> bool {
    let default = sharing.organization_wide_default.as_ref();
    sharing.object.value == "Contact"
        && default.is_some_and(|model| model.value != SharingModel::ControlledByParent)
}

/// Person accounts keep Contact controlled by its account, for good (help, Person Accounts and sharing).
fn person_accounts(sharing: &Sharing, facts: &Facts) -> Option<Diagnostic> {
    let stated = sharing.organization_wide_default.as_ref()?;
    if !leaves_its_parent(sharing) {
        return None;
    }
    facts.field("Account", PERSON_ACCOUNTS)?;
    let message = format!(
        "Contact cannot be {stated}: the org has person accounts, which keep it controlled by Account"
    );
    let help = "put the default and the rules on `Account`; contacts follow their account";
    Some(
        Diagnostic::error(Code::PersonAccountsFixContact, message)
            .at(&stated.place)
            .help(help),
    )
}

fn propose(manifest: &Manifest, facts: &Facts) -> Draft {
    let mut draft = Draft::default();
    for sharing in &manifest.spec.sharing {
        let missing = !facts.offline && facts.describe(&sharing.object).is_none();
        if missing {
            draft.errors.push(unknown_object(sharing));
            continue;
        }
        propose_default(sharing, manifest, facts, &mut draft);
    }
    draft
}

fn unknown_object(sharing: &Sharing) -> Diagnostic {
    let known = [
        "Account",
        "Contact",
        "Lead",
        "Opportunity",
        "Case",
        "Campaign",
    ];
    let unknown = super::unknown(
        Code::UnknownObject,
        "object",
        &sharing.object,
        &sharing.object.place,
        known,
    );
    match unknown.help {
        Some(_) => unknown,
        None => unknown.help("use the API name; custom objects end in `__c`, and the running user must see the object"),
    }
}

fn propose_default(sharing: &Sharing, manifest: &Manifest, facts: &Facts, draft: &mut Draft) {
    if sharing.organization_wide_default.is_none() && sharing.external_default.is_none() {
        return;
    }
    let (internal, external) = live_default(facts, &sharing.object);
    let known = internal.is_some() || external.is_some();
    let live = known.then_some(SharingDefault {
        internal,
        external,
        external_reason: None,
    });
    let desired = overlay(sharing, internal, external);
    draft
        .errors
        .extend(coupling(sharing, &desired, manifest, facts));
    draft.errors.extend(person_accounts(sharing, facts));
    let place = match &sharing.organization_wide_default {
        Some(model) => &model.place,
        None => &sharing.place,
    };
    let address = Address::new(KIND.name, sharing.object.value.clone());
    let Some((_, fields)) = compare(live.as_ref(), Some(&desired)) else {
        return;
    };
    // A default always exists: it is changed, never made.
    let comparison = (crate::change::Action::Update, fields);
    draft.change(
        address,
        comparison,
        Stage::Defaults,
        place,
        write(&sharing.object, &desired, facts),
    );
}

fn overlay(
    sharing: &Sharing,
    internal: Option<SharingModel>,
    external: Option<SharingModel>,
) -> SharingDefault {
    let internal = sharing
        .organization_wide_default
        .as_ref()
        .map(|model| model.value)
        .or(internal);
    if let Some(stated) = &sharing.external_default {
        return SharingDefault {
            internal,
            external: Some(stated.value),
            external_reason: None,
        };
    }
    let wider = external.and_then(SharingModel::width) > internal.and_then(SharingModel::width);
    if external.is_some() && wider {
        let reason =
            Some("the external default can never be wider than the internal one".to_owned());
        return SharingDefault {
            internal,
            external: internal,
            external_reason: reason,
        };
    }
    // An object controlled by its parent is so for external users too.
    let coupled = external == Some(SharingModel::ControlledByParent) && internal != external;
    if coupled {
        let reason = Some("follows the internal default out of Controlled by Parent".to_owned());
        return SharingDefault {
            internal,
            external: internal,
            external_reason: reason,
        };
    }
    SharingDefault {
        internal,
        external,
        external_reason: None,
    }
}

/// Opportunity and Case cannot be wider than a private Account, and Contact must be private or follow it.
fn coupling(
    sharing: &Sharing,
    desired: &SharingDefault,
    manifest: &Manifest,
    facts: &Facts,
) -> Vec<Diagnostic> {
    let private_account =
        sharing.object.value == "Account" && desired.internal == Some(SharingModel::Private);
    if !private_account {
        return Vec::new();
    }
    let defaults = Defaults::new(manifest, facts);
    let mut errors = Vec::new();
    for child in ["Contact", "Opportunity", "Case"] {
        let after = defaults.after(child);
        let allowed = matches!(after, None | Some(SharingModel::Private))
            || (child == "Contact" && after == Some(SharingModel::ControlledByParent));
        if !allowed {
            let model = after.map_or("", SharingModel::word);
            let message = format!("Account cannot be Private while {child} is {model}");
            let help =
                format!("add `{child}` under `sharing` with `organizationWideDefault: Private`");
            errors.push(
                Diagnostic::error(Code::AccountCoupled, message)
                    .at(&sharing.object.place)
                    .help(help),
            );
        }
    }
    errors
}

fn write(object: &str, desired: &SharingDefault, facts: &Facts) -> Write {
    let mut document = Element::new("CustomObject");
    if object.ends_with("__c") {
        let live = facts.component("CustomObject", object);
        let essentials = CUSTOM_OBJECT_ESSENTIALS
            .iter()
            .filter_map(|name| live.and_then(|live| live.child(name)));
        document.children.extend(essentials.cloned());
    }
    if let Some(external) = desired.external {
        document.set_text("externalSharingModel", external.word());
    }
    if let Some(internal) = desired.internal {
        document.set_text("sharingModel", internal.word());
    }
    Write::Deploy(vec![Component::new("CustomObject", object, document)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_spellings_are_one_default() {
        for (text, expected) in [
            ("None", SharingModel::Private),
            ("Private", SharingModel::Private),
            ("Edit", SharingModel::ReadWrite),
            ("ReadEditTransfer", SharingModel::ReadWriteTransfer),
            ("ReadWriteTransfer", SharingModel::ReadWriteTransfer),
            ("All", SharingModel::FullAccess),
            ("ControlledByParent", SharingModel::ControlledByParent),
        ] {
            assert_eq!(spelling(text), Some(expected), "{text}");
        }
        assert_eq!(spelling("Sideways"), None);
    }

    #[test]
    fn person_accounts_keep_contact_controlled_by_its_account() {
        let check = |default: &str, fields: &[&str], refused: bool| {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("m.yaml");
            let text = format!(
                "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  sharing:\n\
                 \u{20}   - object: Contact\n      organizationWideDefault: {default}\n"
            );
            std::fs::write(&file, text).expect("written");
            let manifests = crate::manifest::load(&[file], &[], &[], &|_| None).expect("valid");
            let sharing = &manifests.first().expect("one").spec.sharing[0];
            let fields: Vec<_> = fields.iter().map(|name| json!({"name": name})).collect();
            let mut facts = Facts::default();
            let described = serde_json::from_value(json!({"fields": fields})).expect("a describe");
            let answer = crate::facts::Answer::Describe(described);
            facts.record(Question::Describe("Account".to_owned()), answer);
            let code = person_accounts(sharing, &facts).map(|error| error.code.text());
            assert_eq!(code, refused.then_some("OW2123"), "{default} {fields:?}");
        };
        check("Private", &["Id", "IsPersonAccount"], true);
        check("Private", &["Id"], false);
        check("ControlledByParent", &["Id", "IsPersonAccount"], false);
    }
}
