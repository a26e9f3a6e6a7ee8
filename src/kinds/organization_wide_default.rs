//! Organization-wide defaults: what everybody may do with records nobody shared with them.
//!
//! A default has three spellings (metadata, `Organization`, `EntityDefinition`), and two values at once while a
//! recalculation runs: the one requested and the one in force. Plans compare the requested one; waiting looks at the
//! one in force.

mod parent;
mod settings;

pub use settings::{leave_out_settings, settings_not_kept};

use super::{Attributed, Draft, Kind, compare, lacks_object};
use crate::address::Address;
use crate::change::{Attributes, Component, FieldChange, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{Defaults, Live, Need, tells_default_of};
use crate::manifest::{Manifest, Sharing, SharingModel, Word};
use crate::xml::Element;
use serde_json::json;

/// Organization-wide defaults.
pub(super) static KIND: Kind = Kind {
    name: "organization_wide_default",
    noun: "organization-wide default",
    needs,
    propose,
};

/// Objects that are described for their defaults alone: of more, their documents have to do, which say as much of whether
/// there is such an object, and which master it has.
const MOST_DESCRIBED: usize = 25;

/// The attribute of the default for the company's own users.
pub const INTERNAL_DEFAULT: &str = "internal";
/// The element that states it.
const MODEL: &str = "sharingModel";

#[derive(Clone, Debug, PartialEq)]
struct SharingDefault {
    internal: Option<SharingModel>,
    external: Option<SharingModel>,
    external_reason: Option<String>,
}

impl Attributed for SharingDefault {
    fn attributes(&self) -> Attributes {
        let word = |model: Option<SharingModel>| json!(model.map(SharingModel::word));
        let mut attributes: Attributes = vec![(INTERNAL_DEFAULT.into(), word(self.internal), None)];
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

/// What says that the org has person accounts: the describe of Account has this field.
const PERSON_ACCOUNTS: &str = "IsPersonAccount";

fn needs(manifest: &Manifest) -> Vec<Need> {
    let few = manifest.spec.sharing.len() <= MOST_DESCRIBED;
    let contact = manifest.spec.sharing.iter().any(leaves_its_parent);
    let account = contact.then(|| Need::Object("Account".to_owned()));
    let sharing = &manifest.spec.sharing;
    let of_object = |sharing: &Sharing| {
        let object = || sharing.object.value.clone();
        let is_described = few || !sharing.rules.is_empty();
        let described = is_described.then(|| Need::Object(object()));
        let definition =
            (!tells_default_of(&sharing.object)).then(|| Need::DefaultInForce(object()));
        let document = [Need::ObjectDocument(object())].into_iter();
        document.chain(described).chain(definition)
    };
    sharing.iter().flat_map(of_object).chain(account).collect()
}

/// Contact with a default of its own.
fn leaves_its_parent(sharing: &Sharing) -> bool {
    let default = sharing.organization_wide_default.as_ref();
    sharing.object.value == "Contact"
        && default.is_some_and(|model| model.value != SharingModel::ControlledByParent)
}

/// Person accounts keep Contact controlled by its account, for good (help, Person Accounts and sharing).
fn person_accounts(sharing: &Sharing, live: &Live) -> Option<Diagnostic> {
    let stated = sharing.organization_wide_default.as_ref()?;
    if !leaves_its_parent(sharing) {
        return None;
    }
    live.field("Account", PERSON_ACCOUNTS)?;
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

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    for sharing in &manifest.spec.sharing {
        if lacks_object(&sharing.object, live) {
            draft.errors.push(unknown_object(sharing));
            continue;
        }
        draft.errors.extend(parent::check(sharing, live));
        propose_default(sharing, manifest, live, &mut draft);
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
    let unknown = super::unknown_name(
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

fn propose_default(sharing: &Sharing, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    if sharing.organization_wide_default.is_none() && sharing.external_default.is_none() {
        return;
    }
    let (internal, external) = live.requested_default(&sharing.object);
    let known = internal.is_some() || external.is_some();
    let requested = known.then_some(SharingDefault {
        internal,
        external,
        external_reason: None,
    });
    let desired = overlay(sharing, internal, external);
    draft
        .errors
        .extend(coupling(sharing, &desired, manifest, live));
    draft.errors.extend(person_accounts(sharing, live));
    let place = match &sharing.organization_wide_default {
        Some(model) => &model.place,
        None => &sharing.place,
    };
    let address = Address::new(KIND.name, sharing.object.value.clone());
    let Some((_, mut fields)) = compare(requested.as_ref(), Some(&desired)) else {
        return;
    };
    if let Some(through) = internal.and_then(|now| sharing.through_from(now)) {
        go_through(&mut fields, through);
    }
    // A default always exists: it is changed, never made.
    let comparison = (crate::change::Action::Update, fields);
    draft.change(
        address,
        comparison,
        Stage::Defaults,
        place,
        write(&sharing.object, &desired, external, live),
    );
}

/// Says of the internal default what it is meanwhile.
fn go_through(fields: &mut [FieldChange], through: SharingModel) {
    let internal = fields
        .iter_mut()
        .filter(|field| field.path == INTERNAL_DEFAULT);
    for field in internal {
        field.through = Some(json!(through.word()));
        let reason = format!("through {through} first: nobody loses sight before the rules stand");
        field.reason = Some(reason);
    }
}

/// A default's component with another model, which is no narrower than the one that it has.
pub fn default_through(component: &Component, model: SharingModel) -> Component {
    let mut through = component.clone();
    if let Some(document) = &mut through.body {
        document.set_text(MODEL, model.word());
    }
    through
}

/// The defaults of an object as they were requested, laid open.
pub(super) fn stands(object: &str, live: &Live) -> Option<Attributes> {
    let (internal, external) = live.requested_default(object);
    let known = internal.is_some() || external.is_some();
    let default = SharingDefault {
        internal,
        external,
        external_reason: None,
    };
    known.then(|| default.attributes())
}

/// What sets the defaults of an object.
pub fn default_document(
    object: &str,
    internal: Option<SharingModel>,
    external: Option<SharingModel>,
    live: &Live,
) -> Write {
    let (_, external_now) = live.requested_default(object);
    let desired = SharingDefault {
        internal,
        external,
        external_reason: None,
    };
    write(object, &desired, external_now, live)
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
    live: &Live,
) -> Vec<Diagnostic> {
    let private_account =
        sharing.object.value == "Account" && desired.internal == Some(SharingModel::Private);
    if !private_account {
        return Vec::new();
    }
    let defaults = Defaults::new(manifest, live);
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

/// The object's document, with its settings as they were read. The external default only where it changes: an org without
/// external defaults takes none.
fn write(
    object: &str,
    desired: &SharingDefault,
    external_now: Option<SharingModel>,
    live: &Live,
) -> Write {
    let mut document = Element::new("CustomObject");
    if let Some(known) = live.object_document(object).found() {
        document
            .children
            .extend(settings::settings(object, known).cloned());
    }
    let external = desired
        .external
        .filter(|_| desired.external != external_now);
    let models = [
        ("externalSharingModel", external),
        (MODEL, desired.internal),
    ];
    for (name, model) in models {
        if let Some(model) = model {
            document.set_text(name, model.word());
        }
    }
    document.children.sort_by(|a, b| a.name.cmp(&b.name));
    Write::Deploy(vec![Component::new("CustomObject", object, document)])
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let mut live = Live::default();
            let described = serde_json::from_value(json!({"fields": fields})).expect("a describe");
            let answer = crate::live::Answer::Described(Some(described));
            live.tell(Need::Object("Account".to_owned()), answer);
            let code = person_accounts(sharing, &live).map(|error| error.code);
            assert_eq!(
                code,
                refused.then_some(Code::PersonAccountsFixContact),
                "{default} {fields:?}"
            );
        };
        check("Private", &["Id", "IsPersonAccount"], true);
        check("Private", &["Id"], false);
        check("ControlledByParent", &["Id", "IsPersonAccount"], false);
    }
}
