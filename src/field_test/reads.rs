//! What plans and proofs ask of an org, each sort of question as an expectation: that the org tells.

use super::{COUNTS, Expectation, FieldOutcome, Pace};
use crate::count::count;
use crate::live::{Live, Need, Refused};
use crate::manifest::Manifest;

/// A sort of question: its id, what is expected, what it means where the org does not tell, and which needs are of it.
type Sort = (&'static str, &'static str, &'static str, fn(&Need) -> bool);

/// No plan without it.
const NO_PLAN: &str = "there is no plan without it: the run ends with the org's refusal";
/// Only counted.
const UNKNOWN: &str = "the number stays unknown, is shown so, and exceeds every limit";
/// Compared only where it is known.
const UNCOMPARED: &str =
    "what depends on it is shown as unknown, and a plan that needs it is refused";
/// A remark less.
const NO_REMARK: &str = "a remark or a check is left out";

const SORTS: &[Sort] = &[
    (
        "FT101",
        "the org tells which organization it is",
        NO_PLAN,
        |need| matches!(need, Need::Organization(_)),
    ),
    ("FT102", "it tells when its trial ends", NO_REMARK, |need| {
        matches!(need, Need::TrialEnd)
    }),
    (
        "FT103",
        "it tells its roles with their levels",
        NO_PLAN,
        |need| matches!(need, Need::Roles(_)),
    ),
    ("FT104", "it reads a role", UNCOMPARED, |need| {
        matches!(need, Need::RoleDocument(_))
    }),
    (
        "FT105",
        "it tells its profiles and permission sets",
        NO_PLAN,
        |need| matches!(need, Need::Containers),
    ),
    (
        "FT106",
        "it tells of users with their permission sets",
        NO_PLAN,
        |need| {
            matches!(
                need,
                Need::User(_) | Need::Members(_) | Need::Administrators | Need::Holders(_)
            )
        },
    ),
    (
        "FT107",
        "it describes the fields of users",
        UNCOMPARED,
        |need| matches!(need, Need::UserFields),
    ),
    (
        "FT108",
        "it tells whether a user is frozen",
        NO_REMARK,
        |need| matches!(need, Need::Frozen(_)),
    ),
    (
        "FT109",
        "it tells which assignments end",
        NO_REMARK,
        |need| matches!(need, Need::EndingAssignments(_)),
    ),
    (
        "FT110",
        "it tells of users with a sandbox's name appended",
        NO_REMARK,
        |need| matches!(need, Need::CopiesOf(_)),
    ),
    ("FT111", "it counts its users by profile", UNKNOWN, |need| {
        matches!(need, Need::UsersByProfile)
    }),
    ("FT112", "it counts its users by role", UNKNOWN, |need| {
        matches!(need, Need::UsersByRole)
    }),
    ("FT113", "it tells the role of each user", UNKNOWN, |need| {
        matches!(need, Need::RolesOfUsers)
    }),
    (
        "FT114",
        "it tells its public groups and queues",
        UNCOMPARED,
        |need| matches!(need, Need::Groups),
    ),
    ("FT115", "it describes an object", NO_PLAN, |need| {
        matches!(need, Need::Object(_))
    }),
    (
        "FT116",
        "it reads an object's settings",
        UNCOMPARED,
        |need| matches!(need, Need::ObjectDocument(_)),
    ),
    (
        "FT117",
        "it tells which default of an object is in force",
        UNCOMPARED,
        |need| matches!(need, Need::DefaultInForce(_)),
    ),
    (
        "FT118",
        "it reads the sharing rules of an object",
        NO_PLAN,
        |need| matches!(need, Need::SharingRules(_)),
    ),
    ("FT119", "it reads a profile", NO_PLAN, |need| {
        matches!(need, Need::Profile(_))
    }),
    (
        "FT120",
        "it tells the user permissions of a profile",
        UNCOMPARED,
        |need| matches!(need, Need::ProfilePermissions(_)),
    ),
    (
        "FT121",
        "it tells what a profile grants on objects",
        UNCOMPARED,
        |need| matches!(need, Need::ProfileObjects(_)),
    ),
    (
        "FT122",
        "it tells what a profile grants on fields",
        UNCOMPARED,
        |need| matches!(need, Need::ProfileFields(..) | Need::AllProfileFields(_)),
    ),
    (
        "FT123",
        "it tells which profiles grant a field",
        UNCOMPARED,
        |need| matches!(need, Need::FieldViewers(..)),
    ),
    ("FT124", "it reads a permission set", UNCOMPARED, |need| {
        matches!(need, Need::PermissionSet(_))
    }),
    (
        "FT125",
        "it tells who is granted what on an object",
        UNKNOWN,
        |need| matches!(need, Need::Grants(_)),
    ),
    (
        "FT126",
        "it tells who reads an object through a permission set",
        UNKNOWN,
        |need| matches!(need, Need::Readers(_)),
    ),
    (
        "FT127",
        "it counts the records of an object by owner",
        UNKNOWN,
        |need| matches!(need, Need::Owners(_)),
    ),
    (
        "FT128",
        "it counts the records of an object",
        UNKNOWN,
        |need| matches!(need, Need::Count(..)),
    ),
    (
        "FT129",
        "it counts the records that share rows open",
        UNKNOWN,
        |need| matches!(need, Need::Shared(..)),
    ),
    (
        "FT130",
        "it tells what a name in criteria stands for",
        UNCOMPARED,
        |need| matches!(need, Need::Reference(_)),
    ),
    (
        "FT131",
        "it tells which permission requires which",
        NO_REMARK,
        |need| matches!(need, Need::Dependencies(..)),
    ),
    ("FT132", "it lists its tabs", NO_REMARK, |need| {
        matches!(need, Need::Tabs)
    }),
    (
        "FT133",
        "it tells the records of an object",
        "`verify` proves nothing about them",
        |need| matches!(need, Need::Records(..) | Need::FirstRecords(..)),
    ),
    ("FT134", "it tells who is logged in", NO_REMARK, |need| {
        matches!(need, Need::RunningUser(_))
    }),
    ("FT135", "it tells its licences", NO_REMARK, |need| {
        matches!(need, Need::Licences)
    }),
    (
        "FT136",
        "it tells what a package brought",
        NO_REMARK,
        |need| matches!(need, Need::PackagedSets(_)),
    ),
    (
        "FT137",
        "it tells which permissions a user holds",
        NO_REMARK,
        |need| matches!(need, Need::HeldPermissions(..)),
    ),
    (
        "FT138",
        "it tells which deploys it works on",
        NO_REMARK,
        |need| matches!(need, Need::Deploys),
    ),
    (
        "FT139",
        "it tells who stands where, who owns what and whom it is shared with",
        UNKNOWN,
        |need| matches!(need, Need::Sharing(_)),
    ),
];

/// Whether users or records are counted for it, all of them.
pub(super) fn counts(need: &Need) -> bool {
    matches!(
        need,
        Need::UsersByProfile
            | Need::UsersByRole
            | Need::RolesOfUsers
            | Need::Owners(_)
            | Need::Count(..)
            | Need::Shared(..)
            | Need::Sharing(_)
            | Need::Readers(_)
            | Need::Records(..)
            | Need::FirstRecords(..)
    )
}

/// Whether the org refused to count by some condition and was asked by another one, which it took: days of a field that
/// holds moments are asked for so, once it is known what the field holds.
fn is_asked_otherwise(need: &Need, live: &Live) -> bool {
    let Need::Count(object, Some(_)) = need else {
        return false;
    };
    let asked = live.asked();
    let is_refused = asked.get(need).is_some_and(Option::is_some);
    let mut others = asked.iter();
    is_refused
        && others.any(|(other, refused)| {
            refused.is_none() && matches!(other, Need::Count(of, Some(_)) if of == object)
        })
}

/// Whether the org refused because a field is not there that the manifests are to make.
fn is_about_new_field(refused: &Refused, manifests: &[Manifest]) -> bool {
    let mut fields = manifests.iter().flat_map(|manifest| &manifest.spec.fields);
    refused.code == "INVALID_FIELD"
        && fields.any(|field| !field.absent && refused.message.contains(field.name.as_str()))
}

/// What became of each sort of question.
pub(super) fn expectations(manifests: &[Manifest], live: &Live, pace: Pace) -> Vec<Expectation> {
    let asked = live.asked();
    let counted = [
        "FT111", "FT112", "FT113", "FT126", "FT127", "FT128", "FT129", "FT133",
    ];
    let of_sort = |(id, expects, otherwise, is_of): &Sort| {
        let these: Vec<Option<&Refused>> = asked
            .iter()
            .filter(|(need, _)| is_of(need) && !is_asked_otherwise(need, live))
            .map(|(_, refused)| *refused)
            .collect();
        let mut refusals = these.iter().flatten();
        let lacks = |refused: &Refused| is_about_new_field(refused, manifests);
        let refusal = refusals.clone().find(|refused| !lacks(refused));
        let (outcome, seen) = match (refusal, these.len()) {
            (Some(refused), _) => (FieldOutcome::DoesNotHold, refused.to_string()),
            (None, _) if refusals.next().is_some() => {
                let why = "a field that the manifest makes is not there yet";
                (FieldOutcome::NotTried, why.to_owned())
            }
            (None, 0) if pace == Pace::Careful && counted.contains(id) => {
                (FieldOutcome::NotTried, COUNTS.to_owned())
            }
            (None, 0) => {
                let why = "nothing in the manifest makes it necessary";
                (FieldOutcome::NotTried, why.to_owned())
            }
            (None, asked) => (FieldOutcome::Holds, count(asked as u64, "question")),
        };
        Expectation {
            id,
            expects,
            outcome,
            seen,
            otherwise,
        }
    };
    SORTS.iter().map(of_sort).collect()
}
