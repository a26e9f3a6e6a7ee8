//! Organization-wide defaults: what each object takes, and what objects demand of each other.
//!
//! From "Organization-Wide Sharing Defaults" in the platform's help and the Metadata API's
//! `SharingModel`.

use super::super::findings::Findings;
use super::super::sharing::{Holder, KeepAccess, Sharing};
use super::super::spanned::Sp;
use super::super::spec::Spec;
use super::super::words::{KeptAccess, SharingModel, Word};
use super::by_object;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

use SharingModel::{
    ControlledByParent, FullAccess, Private, Read, ReadSelect, ReadWrite, ReadWriteTransfer,
};

/// Objects whose external default nobody can change.
const FIXED_EXTERNAL: [&str; 4] = ["Pricebook2", "User", "Activity", "Knowledge__kav"];

/// Objects that cannot stay wider than a private Account.
const UNDER_ACCOUNT: [&str; 3] = ["Contact", "Opportunity", "Case"];

pub(super) fn check(spec: &Spec, findings: &Findings) {
    for sharing in &spec.sharing {
        check_models(sharing, findings);
        check_external(sharing, findings);
        check_through(sharing, findings);
        for kept in &sharing.keep_access {
            check_kept(kept, findings);
        }
        asks_for_something(sharing, findings);
        narrows_something(sharing, findings);
    }
    check_under_account(spec, findings);
}

/// The defaults that `object` takes.
fn models_of(object: &str) -> &'static [SharingModel] {
    match object {
        "Lead" | "Case" => &[Private, Read, ReadWrite, ReadWriteTransfer],
        "Account" | "Opportunity" => &[Private, Read, ReadWrite],
        "Campaign" => &[Private, Read, ReadWrite, FullAccess],
        "Pricebook2" => &[Private, Read, ReadSelect],
        "User" => &[Private, Read],
        "ServiceContract" => &[Private],
        _ => &[Private, Read, ReadWrite, ControlledByParent],
    }
}

fn check_models(sharing: &Sharing, findings: &Findings) {
    let allowed = models_of(&sharing.object);
    let stated = [
        &sharing.organization_wide_default,
        &sharing.external_default,
    ];
    for model in stated.into_iter().flatten() {
        if sharing.object.is_empty() || allowed.contains(&model.value) {
            continue;
        }
        let message = format!("{} cannot have the default {model}", sharing.object.value);
        let words: Vec<&str> = allowed.iter().map(|model| model.word()).collect();
        let finding = Diagnostic::error(Code::DefaultNotPossible, message).at(&model.place);
        findings.push(finding.help(format!("it takes {}", words.join(", "))));
    }
}

fn check_external(sharing: &Sharing, findings: &Findings) {
    let Some(external) = &sharing.external_default else {
        return;
    };
    if FIXED_EXTERNAL.contains(&sharing.object.as_str()) {
        let message = format!(
            "the external default of {} cannot be changed",
            sharing.object.value
        );
        findings.error(Code::ExternalDefaultFixed, &external.place, message);
    }
    let Some(internal) = &sharing.organization_wide_default else {
        return;
    };
    if is_wider(external, internal) {
        let message = format!("the external default {external} is wider than the internal one");
        let finding = Diagnostic::error(Code::ExternalDefaultTooWide, message).at(&external.place);
        let label = format!("the internal default is {internal}");
        findings.push(
            finding
                .see(&internal.place, label)
                .help(format!("write `externalDefault: {internal}`")),
        );
    }
}

/// The way through a wider default leads to Private.
fn check_through(sharing: &Sharing, findings: &Findings) {
    let Some(through) = &sharing.narrow_through else {
        return;
    };
    let default = sharing.organization_wide_default.as_ref();
    if default.is_some_and(|default| default.value == Private) {
        return;
    }
    let message =
        format!("`narrowThrough: {through}` leads to Private, and the entry does not ask for it");
    let finding = Diagnostic::error(Code::NarrowThroughNotPrivate, message).at(&through.place);
    findings.push(finding.help("write `organizationWideDefault: Private`, or take the line out"));
}

fn is_wider(external: &Sp<SharingModel>, internal: &Sp<SharingModel>) -> bool {
    match (external.width(), internal.width()) {
        (Some(external), Some(internal)) => external > internal,
        _ => false,
    }
}

fn check_kept(kept: &KeepAccess, findings: &Findings) {
    let by_profile = matches!(
        kept.access.value,
        KeptAccess::ViewAll | KeptAccess::ModifyAll
    );
    let (fits, help) = match kept.holder {
        Holder::Profile(_) => (
            by_profile,
            "a profile keeps `ViewAll` or `ModifyAll`, through a permission set",
        ),
        Holder::Role(_) | Holder::Branch(_) => (
            !by_profile,
            "a role keeps `ReadOnly` or `ReadWrite`, through a sharing rule",
        ),
    };
    if !fits {
        let message = format!("`{}` is not for such a holder", kept.access);
        let finding = Diagnostic::error(Code::KeptAccess, message).at(&kept.access.place);
        findings.push(finding.help(help));
    }
}

fn asks_for_something(sharing: &Sharing, findings: &Findings) {
    let silent = sharing.organization_wide_default.is_none()
        && sharing.external_default.is_none()
        && sharing.keep_access.is_empty()
        && sharing.keep_everyone.is_none()
        && sharing.rules.is_empty();
    if silent {
        let message = "this entry asks for no default and no rule";
        findings.push(Diagnostic::warning(Code::EntryAsksForNothing, message).at(&sharing.place));
    }
}

/// Access is kept while a default becomes narrower, so there must be one.
fn narrows_something(sharing: &Sharing, findings: &Findings) {
    let everyone = sharing.keep_everyone.as_ref();
    let everyone = everyone.filter(|everyone| everyone.access.is_none() && !everyone.absent);
    let places = sharing.keep_access.iter().map(|kept| &kept.place);
    let kept = places
        .chain(everyone.map(|everyone| &everyone.place))
        .next();
    let (Some(kept), None) = (kept, &sharing.organization_wide_default) else {
        return;
    };
    let message = "nothing takes access away here: the entry states no `organizationWideDefault`";
    findings.push(Diagnostic::warning(Code::NothingNarrowed, message).at(kept));
}

/// A private Account needs Contact private or controlled by parent, Opportunity and Case private.
fn check_under_account(spec: &Spec, findings: &Findings) {
    let objects = by_object(spec);
    let model = |object: &str| {
        let sharing = objects.get(object)?;
        sharing.organization_wide_default.as_ref()
    };
    let Some(account) = model("Account").filter(|account| account.value == Private) else {
        return;
    };
    for object in UNDER_ACCOUNT {
        let Some(child) = model(object).filter(|child| child.width() > Private.width()) else {
            continue;
        };
        let message = format!("{object} cannot be {child} while Account is Private");
        let finding = Diagnostic::error(Code::DefaultsContradict, message).at(&child.place);
        findings.push(finding.see(&account.place, "Account is made Private here"));
    }
}
