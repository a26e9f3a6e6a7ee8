//! Organization-wide defaults: which are allowed, which go together, and which leave room for a sharing rule.

use std::collections::BTreeSet;

use roxmltree::Node;

use crate::problem::{INTEGRITY, Problem, UNKNOWN};
use crate::schema;
use crate::sharing;
use crate::store::{AccessLevel, Models, Org, SharingModel};
use crate::xml::{child, child_text, children, text};

/// The objects whose records hang on accounts.
const UNDER_ACCOUNTS: [&str; 3] = ["Contact", "Opportunity", "Case"];

/// The internal default a file asks for, if the object can have it.
pub(crate) fn sharing_model(
    org: &Org,
    object: &str,
    element: Node<'_, '_>,
) -> Result<SharingModel, Problem> {
    let model = parse(element)?;
    let schema = org.objects.get(object);
    let by_parent = model == SharingModel::ControlledByParent;
    let internal = element.tag_name().name() == "sharingModel";
    if let Some(custom) = schema.filter(|schema| schema.custom) {
        let is_detail = schema::is_detail(custom) || states_master(element);
        let word = if is_detail { "with a" } else { "without a" };
        // As the platform writes them: one sentence ends with a full stop, the other does not.
        let (stop, refused) = if is_detail {
            ("", internal && !by_parent)
        } else {
            (".", by_parent)
        };
        if refused {
            let message = format!(
                "Cannot set sharingModel to {} on a CustomObject {word} MasterDetail relationship field{stop}",
                model.as_str()
            );
            return Err(Problem::at(element, INTEGRITY, message));
        }
        if by_parent {
            return Ok(model);
        }
    }
    if schema.is_some_and(|schema| schema.allowed_models.contains(&model)) {
        return Ok(model);
    }
    Err(not_valid(element, model.as_str(), object))
}

/// Whether the file that asks for a default brings the master-detail field along.
fn states_master(element: Node<'_, '_>) -> bool {
    let mut fields = element
        .parent()
        .into_iter()
        .flat_map(|object| children(object, "fields"));
    fields.any(|field| child_text(field, "type") == Some("MasterDetail"))
}

fn not_valid(element: Node<'_, '_>, model: &str, object: &str) -> Problem {
    Problem::at(
        element,
        INTEGRITY,
        format!("{model} is not a valid sharing model for {object}"),
    )
}

/// The external default a file asks for, if the org has external defaults and the object can have it.
pub(crate) fn external_sharing_model(
    org: &Org,
    object: &str,
    element: Node<'_, '_>,
) -> Result<SharingModel, Problem> {
    if !org.organization.external_sharing_model_enabled {
        let message = "externalSharingModel: Not available for deploy for this organization";
        return Err(Problem::at(element, INTEGRITY, message));
    }
    sharing_model(org, object, element)
}

fn parse(element: Node<'_, '_>) -> Result<SharingModel, Problem> {
    let word = text(element);
    SharingModel::parse(word).ok_or_else(|| {
        Problem::at(
            element,
            UNKNOWN,
            format!("'{word}' is not a valid value for the enum 'SharingModel'"),
        )
    })
}

/// External users never get more by default than internal ones (Salesforce Help, external organization-wide defaults).
pub(crate) fn external_wider_than_internal(
    object: &str,
    models: Models,
    element: Node<'_, '_>,
) -> Option<Problem> {
    let Models { internal, external } = models;
    let controlled = [internal, external].contains(&SharingModel::ControlledByParent);
    let wider = if controlled {
        internal != external
    } else {
        (sharing::baseline(external), external) > (sharing::baseline(internal), internal)
    };
    let message = format!(
        "{} is not a valid sharing model for {object} when internal sharing model is {}",
        external.as_str(),
        internal.as_str()
    );
    let node = child(element, "externalSharingModel")
        .or_else(|| child(element, "sharingModel"))
        .unwrap_or(element);
    wider.then(|| Problem::at(node, INTEGRITY, message))
}

/// With private accounts, contacts are private or controlled by them, opportunities and cases private (Salesforce Help,
/// organization-wide default considerations). The sentence is about the child, and is reported on it when the same
/// deploy holds it, else on the account.
pub(crate) fn coupling_refusal(
    org: &Org,
    object: &str,
    deployed: &BTreeSet<String>,
) -> Option<String> {
    let requested = |name: &str| {
        org.objects
            .get(name)
            .map(|object| object.sharing.requested.internal)
    };
    if requested("Account") != Some(SharingModel::Private) {
        return None;
    }
    let concerned = |child: &&&str| match object {
        "Account" => !deployed.contains(**child),
        other => **child == other,
    };
    UNDER_ACCOUNTS.iter().filter(concerned).find_map(|child| {
        let model = requested(child)?;
        let fits = model == SharingModel::Private || *child == "Contact" && model == SharingModel::ControlledByParent;
        let word = model.as_str();
        (!fits).then(|| format!("{word} is not a valid sharing model for {child} when Account sharing model is Private"))
    })
}

/// Contracts have the default of accounts.
pub(crate) fn contract_follows_account(org: &mut Org) {
    let Some(account) = org
        .objects
        .get("Account")
        .map(|account| account.sharing.requested)
    else {
        return;
    };
    let Some(contract) = org
        .objects
        .get("Contract")
        .map(|contract| contract.sharing.requested)
    else {
        return;
    };
    if contract != account
        && let Some(object) = org.objects.make_mut().get_mut("Contract")
    {
        object.sharing.requested = account;
    }
}

/// Why an object cannot have a sharing rule of this level: it never has rules, its parent controls, or everybody has
/// that much anyway.
pub(crate) fn rule_refusal(org: &Org, object: &str, level: AccessLevel) -> Option<String> {
    let schema = org.objects.get(object)?;
    if !schema::has_sharing_rules(schema) {
        return Some(format!("Sharing rules are not supported for {object}"));
    }
    let model = schema.sharing.requested.internal;
    let pointless = model == SharingModel::ControlledByParent || sharing::baseline(model) >= level;
    pointless.then(|| {
        format!(
            "Sharing rules are not supported for {object} since it's org wide default is {}",
            label(model)
        )
    })
}

fn label(model: SharingModel) -> &'static str {
    match model {
        SharingModel::Private => "Private",
        SharingModel::ControlledByParent => "Controlled by Parent",
        SharingModel::ReadSelect => "Use",
        SharingModel::Read => "Public Read Only",
        SharingModel::ReadWrite => "Public Read/Write",
        SharingModel::ReadWriteTransfer => "Public Read/Write/Transfer",
        SharingModel::FullAccess => "Public Full Access",
    }
}
