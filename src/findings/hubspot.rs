//! What is particular to HubSpot: its package, its own settings, and how its sync behaves.

use super::ManualStep;
use super::View;
use crate::change::Action;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds::find_permission_set;
use crate::manifest::{Manifest, VendorName};

/// Namespace of HubSpot's managed package.
const NAMESPACE: &str = "HubSpot_Inc__";

/// Whether the manifest is about HubSpot: as it says, else where it assigns the package's permission set, or says so in a
/// name.
pub(super) fn concerns(manifest: &Manifest) -> bool {
    if let Some(integration) = &manifest.spec.integration {
        return integration.value == VendorName::HubSpot;
    }
    let sets = manifest
        .spec
        .permission_sets
        .iter()
        .any(|set| set.name.value.starts_with(NAMESPACE));
    let named = |name: &str| name.to_lowercase().contains("hubspot");
    let profile = manifest
        .spec
        .profile
        .as_ref()
        .is_some_and(|profile| named(&profile.name));
    sets || profile || named(&manifest.name)
}

/// Who works with the user, for sentences.
pub(super) fn integration(manifest: &Manifest) -> &'static str {
    match concerns(manifest) {
        true => "HubSpot",
        false => "the integration",
    }
}

pub(super) fn remarks(view: &View) -> Vec<Diagnostic> {
    if !concerns(view.manifest) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    findings.extend(no_permission_set(view));
    findings.extend(connected_app(view));
    findings.extend(duplicates(view));
    findings
}

/// The guide, step 4: "make sure the integration user is assigned the HubSpot Integration Permission Set".
fn no_permission_set(view: &View) -> Option<Diagnostic> {
    let of_package = |name: &str| {
        let found = find_permission_set(view.live, name).ok().flatten();
        let namespace = found.and_then(|set| set.namespace.as_deref());
        name.starts_with(NAMESPACE) || namespace.is_some_and(|prefix| NAMESPACE.starts_with(prefix))
    };
    let sets = view.manifest.spec.permission_sets.iter();
    let listed = sets
        .into_iter()
        .any(|set| !set.absent && of_package(&set.name));
    let user = view.manifest.spec.user.as_ref()?;
    let message = "the user does not get the permission set of HubSpot's package: HubSpot suspends the sync without it";
    let help = "add `HubSpot_Inc__HubSpot_Integration_Permissions` under `permissionSets`";
    (!listed).then(|| {
        Diagnostic::warning(Code::HubSpotPermissionSetMissing, message)
            .at(&user.username.place)
            .help(help)
    })
}

/// Since September 2025 only the standard System Administrator profile may approve uninstalled connected apps.
fn connected_app(view: &View) -> Option<Diagnostic> {
    let made = view
        .changes
        .iter()
        .find(|change| change.address.kind == "profile" && change.action == Action::Create)?;
    let message = "a cloned profile may not authorise a connected app that is not installed";
    let help = "an administrator installs HubSpot's app first: Setup > Connected Apps OAuth Usage > HubSpot > Install";
    let diagnostic = Diagnostic::note(Code::ConnectedAppNotInstalled, message)
        .help(help)
        .about(made.address.clone());
    Some(diagnostic.at(made.place.as_ref()))
}

/// HubSpot looks for an e-mail address as the integration user, so what is hidden is made a second time.
fn duplicates(view: &View) -> Option<Diagnostic> {
    let hides = |object: &str| matches!(object, "Lead" | "Contact");
    let sharing = view
        .manifest
        .spec
        .sharing
        .iter()
        .find(|sharing| hides(&sharing.object))?;
    let message =
        "HubSpot cannot find a hidden record by its e-mail address, and may create a second one";
    let help = "share also what HubSpot has to recognise, or let a duplicate rule in Salesforce refuse the second";
    Some(
        Diagnostic::note(Code::DuplicatesOfHiddenRecords, message)
            .at(&sharing.object.place)
            .help(help),
    )
}

pub(super) fn manual_steps(view: &View) -> Vec<ManualStep> {
    if !concerns(view.manifest) {
        return Vec::new();
    }
    let username = view
        .manifest
        .spec
        .user
        .as_ref()
        .map_or("the integration user", |user| user.username.value.as_str());
    let objects: Vec<&str> = view
        .manifest
        .spec
        .sharing
        .iter()
        .map(|sharing| sharing.object.value.as_str())
        .collect();
    let step = |code, text: String| ManualStep {
        code,
        text,
        done: None,
    };
    let mut steps = vec![
        step("HS01", format!("Setup > Users: set a password for {username} (Reset Password), once; log-in needs it.")),
        step("HS02", "Setup > Connected Apps OAuth Usage: install HubSpot's connected app, as an administrator.".into()),
        step("HS03", format!("HubSpot > Settings > Integrations > Salesforce: connect again, logged in as {username}.")),
    ];
    if objects.is_empty() {
        return steps;
    }
    steps.extend([
        step(
            "HS04",
            format!(
                "HubSpot > Salesforce settings: for {} choose \"create in HubSpot when created or updated in Salesforce\", \
                 so that a record syncs when it comes to meet the criteria.",
                objects.join(" and ")
            ),
        ),
        step(
            "HS05",
            "HubSpot: the inclusion list limits the other direction, HubSpot to Salesforce. Check that it still fits.".into(),
        ),
        step(
            "HS06",
            "Records that match already sync once something touches them: re-sync or mass-update them. \
             HubSpot looks every 10 to 15 minutes."
                .into(),
        ),
    ]);
    steps
}
