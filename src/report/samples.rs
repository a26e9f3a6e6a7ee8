//! A plan and a proof made by hand, for the reports' tests.

use serde_json::{Value, json};

use crate::access::{Bypass, Impact, SightLost};
use crate::address::Address;
use crate::change::{Action, Change, FieldChange, Record, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place, Sources};
use crate::findings::ManualStep;
use crate::live::{Known, OrgIdentity};
use crate::plan::Plan;
use crate::report::{EMBEDDED_ORG, Frame};
use crate::tally::Tally;
use crate::verify::{Access, Verification};

/// The text that places of the sample point into.
pub(crate) const SOURCE: &str =
    "spec:\n  sharing:\n    - object: Lead\n      organizationWideDefault: Private\n";

/// A place on a line of the sample.
pub(crate) fn place(line: usize) -> Place {
    let offset = SOURCE
        .lines()
        .take(line - 1)
        .map(|text| text.len() + 1)
        .sum::<usize>()
        + 6;
    Place {
        file: "orgwright.yaml".into(),
        line,
        column: 7,
        offset,
        length: 6,
    }
}

fn field(path: &str, before: Value, after: Value, reason: Option<&str>) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before,
        after,
        through: None,
        reason: reason.map(str::to_owned),
    }
}

/// A change with its attributes.
pub(crate) fn change(
    address: Address,
    action: Action,
    stage: Stage,
    fields: Vec<FieldChange>,
) -> Change {
    let record = Record::default();
    Change {
        address,
        action,
        stage,
        irreversible: false,
        place: Some(place(3)),
        fields,
        fingerprint: None,
        write: Write::Insert(record),
    }
}

/// The org of the samples.
pub(crate) fn org() -> OrgIdentity {
    OrgIdentity {
        id: "00D000000000001EAA".into(),
        name: "Acme".into(),
        instance_url: "https://acme.my.salesforce.com".into(),
        edition: "Enterprise Edition".into(),
        sandbox: false,
        api_version: "66.0".into(),
        running_user: None,
    }
}

/// What stands around the plan.
pub(crate) fn frame() -> Frame {
    let next = ["orgwright", "apply", "--expect", "7f3a91c2d4e5"].map(str::to_owned);
    Frame {
        refusals: None,
        name: "hubspot-selective-sync".into(),
        org: EMBEDDED_ORG.to_owned(),
        files: vec!["orgwright.yaml".into()],
        next: next.into(),
        user: "hubspot.integration@acme.example".into(),
        ..Frame::default()
    }
}

/// A profile, a role, a user and a narrowed default.
pub(crate) fn plan() -> Plan {
    let mut user = change(
        Address::new("user", "hubspot.integration@acme.example"),
        Action::Create,
        Stage::User,
        vec![field(
            "email",
            Value::Null,
            json!("revops@acme.example"),
            None,
        )],
    );
    user.irreversible = true;
    let mut sources = Sources::default();
    sources.insert("orgwright.yaml".into(), SOURCE.into());
    Plan {
        limits: Vec::new(),
        expectations: Vec::new(),
        name: "hubspot-selective-sync".into(),
        manifest_digest: "sha256:00".into(),
        org: org(),
        digest: "sha256:7f3a91c2d4e5ffff".into(),
        changes: vec![profile(), role(), user, default()],
        impact: vec![impact()],
        findings: vec![
            Diagnostic::warning(
                Code::UsersLosingSight,
                "13 users lose sight of Lead records",
            )
            .help("by profile: Marketing User (12), Standard User (1)")
            .at(&place(3)),
            Diagnostic::warning(
                Code::ConnectedAppNotInstalled,
                "the profile of the integration user cannot authorise an uninstalled connected app",
            )
            .about(Address::new("profile", "HubSpot Integration"))
            .help("install the app, or add the permission to the profile")
            .at(&place(3)),
        ],
        manual_steps: vec![ManualStep {
            code: "HS03",
            text: "turn on selective sync in HubSpot".into(),
            done: None,
        }],
        left_alone: [("roles", 12), ("sharing_rules", 1)].into(),
        api_requests: 5,
        api_calls: 9,
        retrieved: Vec::new(),
        check: None,
        sources,
    }
}

fn profile() -> Change {
    let because = Some("data administration is taken off");
    let mut fields = vec![field(
        "cloneFrom",
        Value::Null,
        json!("System Administrator"),
        None,
    )];
    fields.extend(["ModifyAllData", "ViewAllData"].map(|name| {
        field(
            &format!("userPermissions.{name}"),
            json!(true),
            json!(false),
            because,
        )
    }));
    fields.extend((0..9).map(|number| {
        field(
            &format!("objectPermissions.Object{number}.read"),
            Value::Null,
            json!(true),
            None,
        )
    }));
    change(
        Address::new("profile", "HubSpot Integration"),
        Action::Create,
        Stage::Containers,
        fields,
    )
}

fn role() -> Change {
    let label = field("label", Value::Null, json!("HubSpot Integration"), None);
    change(
        Address::new("role", "HubSpot_Integration"),
        Action::Create,
        Stage::Containers,
        vec![label],
    )
}

fn default() -> Change {
    let internal = field(
        "organizationWideDefault",
        json!("ReadWrite"),
        json!("Private"),
        None,
    );
    let external = field(
        "externalDefault",
        json!("Read"),
        json!("Private"),
        Some("never wider than the internal default"),
    );
    change(
        Address::new("organization_wide_default", "Lead"),
        Action::Update,
        Stage::Defaults,
        vec![internal, external],
    )
}

fn sight_lost() -> SightLost {
    let profiles = [("Marketing User", 12), ("Standard User", 1)];
    SightLost::sample(&profiles, (1_689, 2_000))
}

fn impact() -> Impact {
    Impact {
        by_rules: crate::access::ByRules::default(),
        object: "Lead".into(),
        records: Tally::Exactly(2000),
        visible_now: None,
        visible_after: Tally::Exactly(311),
        editable_after: Tally::Exactly(311),
        ways_after: Vec::new(),
        accounts_opened: None,
        users_losing_access: Known::Is(sight_lost().profiles),
        sight_lost: Known::Is(sight_lost()),
        bypass: Known::Is(vec![Bypass {
            kind: "profile",
            name: "System Administrator".into(),
            id: "00e000000000001AAA".into(),
            users: Tally::Exactly(3),
            by: "ModifyAllData",
        }]),
    }
}

/// A proof without a fault.
pub(crate) fn verification() -> Verification {
    Verification {
        org: org(),
        converged: true,
        drift: Vec::new(),
        capabilities: Vec::new(),
        access: vec![access()],
        expectations: Vec::new(),
        findings: Vec::new(),
        authors: Vec::new(),
    }
}

/// An object whose every record is as it should be.
pub(crate) fn access() -> Access {
    Access {
        place: None,
        rules_match_nothing: false,
        manifest: "hubspot".into(),
        user: String::new(),
        object: "Lead".into(),
        population: 2000,
        checked: 2000,
        sampled: false,
        seed: None,
        expected: 311,
        visible: 311,
        editable: 311,
        leaks: Vec::new(),
        missing: Vec::new(),
        leaks_found: 0,
        missing_found: 0,
        mends: Vec::new(),
        mends_are_fewest: true,
        leaks_without_mend: 0,
    }
}
