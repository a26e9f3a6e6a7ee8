//! Every read of every scene, refused in every way.

use std::collections::BTreeMap;

use crate::relay::{Read, Refusal, Way};
use crate::stage::Scene;

/// What becomes of a plan whose read was refused for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Nothing can be said without it: an error with the org's own words.
    Needed,
    /// Only a number depends on it: not known, and the plan goes on.
    Counted,
    /// Either, as long as nothing false is said.
    Open,
}

/// What a read has in it, and what it is to a plan; the first line that fits holds. A read that no line fits is open.
const NEEDS: [(&str, Need); 27] = [
    ("COUNT(Id)", Need::Counted),
    ("COUNT_DISTINCT(", Need::Counted),
    ("Share WHERE", Need::Counted),
    ("limits", Need::Counted),
    ("FROM UserLicense", Need::Counted),
    ("FROM UserLogin", Need::Counted),
    ("WHERE Username LIKE", Need::Counted),
    ("ExpirationDate != null", Need::Counted),
    ("FROM SetupAuditTrail", Need::Counted),
    (
        "UserRoleId FROM User WHERE UserRoleId != null",
        Need::Counted,
    ),
    (
        "FROM PermissionSetAssignment WHERE Assignee.IsActive",
        Need::Counted,
    ),
    (
        "FROM User WHERE IsActive = true AND Profile.Name",
        Need::Open,
    ),
    ("FROM ObjectPermissions", Need::Open),
    ("FROM FieldPermissions", Need::Needed),
    ("FROM Organization", Need::Needed),
    ("sobjects/Organization/", Need::Needed),
    ("FROM User WHERE", Need::Needed),
    ("FROM UserRole", Need::Needed),
    ("FROM Profile", Need::Needed),
    ("FROM EntityDefinition", Need::Needed),
    ("readMetadata Profile", Need::Needed),
    ("readMetadata Role", Need::Needed),
    ("readMetadata SharingRules", Need::Needed),
    ("readMetadata CustomField", Need::Needed),
    ("readMetadata PermissionSet", Need::Needed),
    ("sobjects/Lead/describe", Need::Needed),
    ("sobjects/User/describe", Need::Counted),
];

/// What a read is to a plan. The part of a query for sub-rows does not count.
pub(crate) fn need(read: &Read) -> Need {
    let found = NEEDS.iter().find(|(part, _)| read.what.contains(part));
    found.map_or(Need::Open, |(_, need)| *need)
}

/// How a read is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct How {
    /// Its name in that of a case.
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    /// Whether it is refused whenever it is asked, or only once.
    pub(crate) for_good: bool,
}

const fn how(name: &'static str, code: &'static str, status: u16, for_good: bool) -> How {
    How {
        name,
        code,
        status,
        for_good,
    }
}

const FOR_GOOD: [How; 3] = [
    how("access", "INSUFFICIENT_ACCESS", 403, true),
    how("type", "INVALID_TYPE", 400, true),
    how("time-out", "QUERY_TIMEOUT", 400, true),
];

const ONCE: [How; 4] = [
    how("once-unavailable", "SERVER_UNAVAILABLE", 503, false),
    how("once-time-out", "QUERY_TIMEOUT", 400, false),
    how("once-unknown", "UNKNOWN_EXCEPTION", 500, false),
    how("once-503", "SERVICE_UNAVAILABLE", 503, false),
];

/// A read that a scene asks for the so-and-so-many-th time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) scene: Scene,
    pub(crate) read: Read,
    pub(crate) skip: u64,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) how: How,
}

impl Case {
    /// The name that runs this case alone: scene, way, how often it is answered first, and a number for the read.
    pub(crate) fn name(&self) -> String {
        let Place { scene, read, skip } = &self.place;
        let sum = read.to_string().bytes().fold(0x811c_9dc5_u32, |sum, byte| {
            (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        format!("{}/{}/{skip}/{sum:08x}", scene.name(), self.how.name)
    }

    pub(crate) fn refusal(&self) -> Refusal {
        Refusal {
            read: self.place.read.clone(),
            skip: self.place.skip,
            times: if self.how.for_good { u64::MAX } else { 1 },
            status: self.how.status,
            code: self.how.code.to_owned(),
        }
    }
}

/// Where a scene reads: the first time, the second and the last of each read.
pub(crate) fn places(scene: Scene, reads: &[Read]) -> Vec<Place> {
    let mut counts: BTreeMap<&Read, u64> = BTreeMap::new();
    for read in reads {
        *counts.entry(read).or_default() += 1;
    }
    let mut places = Vec::new();
    for (read, count) in counts {
        let mut skips = vec![0, 1, count - 1];
        skips.retain(|skip| *skip < count);
        skips.dedup();
        places.extend(skips.into_iter().map(|skip| Place {
            scene,
            read: read.clone(),
            skip,
        }));
    }
    places
}

/// Every case of a place. What is refused once beside others is asked again with nothing else; alone, one code is enough.
pub(crate) fn cases(place: &Place) -> Vec<Case> {
    let once = match place.read.way {
        Way::Part => &ONCE[..],
        Way::Alone | Way::Metadata => &ONCE[..1],
    };
    let ways = FOR_GOOD.iter().chain(once);
    ways.map(|how| Case {
        place: place.clone(),
        how: *how,
    })
    .collect()
}

/// The cases in an order that a seed decides, what refuses a plan's reads for good before all others: a run that does not
/// take all of them has seen these.
pub(crate) fn ordered(mut cases: Vec<Case>, seed: u64) -> Vec<Case> {
    let mut random = seed | 1;
    for last in (1..cases.len()).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let bound = u64::try_from(last).unwrap_or(u64::MAX - 1) + 1;
        cases.swap(last, usize::try_from(random % bound).unwrap_or(0));
    }
    let first = |case: &Case| case.place.scene.command == "plan" && case.how.name == "access";
    cases.sort_by_key(|case| !first(case));
    cases
}
