//! Orgs that say no, each in a way that real ones are known for, and all at once: the reference manifest ends applied and
//! proved all the same, and what was left out for it is told.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use serde_json::Value;

use crate::support::{Org, Run, finish};

const MANIFEST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/manifests/hubspot-selective-sync.yaml"
);

/// Permissions that the clone source shows and the org does not know.
const UNKNOWN: &str = "unknown-permissions=ActivateContract+BulkMacrosAllowed+CanUseNewDashboardBuilder+ConnectOrgToEnvironmentHub+\
     EditBillingInfo+ManageCssUsers+ManageEntitlements+ManageHubConnections+ManagePvtRptsAndDashbds+ManageSolutions+ManageTwoFactor+\
     SendSitRequests";

/// Permissions of the clone source that no licence allows.
const UNLICENSED: &str = "unlicensed-permissions=FreezeUsers+EditMyReports+RunReports+ViewPublicReports+CreateReportFolders+\
     ImportLeads+TransferAnyLead+EditTask";

/// Requests of an apply on an org that is unwilling in every way, besides log-in and looks at deploys; one of them is what
/// the proof asks about what the user can do.
const MOST_REQUESTS: usize = 68;

/// The demo org under these switches, and the manifest applied to it by a user of this language.
fn applied(switches: &[&str], language: &str) -> Run {
    counted(switches, language).0
}

/// The same, and how many requests the apply took besides log-in and looks at deploys.
fn counted(switches: &[&str], language: &str) -> (Run, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = Vec::new();
    for switch in switches {
        arguments.extend(["--platform", switch]);
    }
    let org = Org::start(folder.path(), &arguments);
    speak(&org, language);
    let run = run(&org, folder.path(), &["apply", "--yes", "--trace", "trace"]);
    assert_eq!(run.code, 0, "{}", run.words());
    assert!(run.words().contains("Proved: "), "{}", run.words());
    let verified = self::run(&org, folder.path(), &["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.words());
    let again = self::run(&org, folder.path(), &["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}", again.words());
    let trace = std::fs::read_to_string(folder.path().join("trace")).unwrap();
    let lines = trace
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let counts =
        |line: &Value| line["phase"] != "connect" && line["operation"] != "look at a deploy";
    (run, lines.filter(counts).count())
}

fn run(org: &Org, folder: &Path, verb: &[&str]) -> Run {
    let words: Vec<&str> = verb.iter().copied().chain([MANIFEST]).collect();
    finish(&mut org.program(folder, &words))
}

/// Makes the administrator read the org in this language.
fn speak(org: &Org, language: &str) {
    let administrator = &org.query("SELECT Id FROM User WHERE Username LIKE 'ada.%'")[0]["Id"];
    let path = format!(
        "/services/data/v66.0/sobjects/User/{}",
        administrator.as_str().unwrap()
    );
    let body = format!(r#"{{"LanguageLocaleKey": "{language}"}}"#);
    let (status, _) = org.send("PATCH", &path, "Content-Type: application/json\r\n", &body);
    assert_eq!(status, 204);
}

fn left_out(run: &Run) -> usize {
    run.words().matches("OW2024").count()
}

#[test]
fn an_administrator_who_reads_german() {
    let run = applied(&[], "de");
    assert!(run.words().contains("OW2045"), "{}", run.words());
    assert!(!applied(&[], "en_GB").words().contains("OW2045"));
}

#[test]
fn an_administrator_who_reads_japanese() {
    applied(&["translations=all"], "ja");
}

/// Which profile is which cannot be told then, and none may be taken for one that grants nothing.
#[test]
fn translated_profiles_that_the_org_does_not_list() {
    let folder = tempfile::tempdir().unwrap();
    let switch = "refused-reads=Profile:INSUFFICIENT_ACCESS";
    let org = Org::start(folder.path(), &["--platform", switch]);
    speak(&org, "de");
    for verb in [&["plan"][..], &["apply", "--yes"], &["verify"]] {
        let run = run(&org, folder.path(), verb);
        assert_eq!(run.code, 77, "{}", run.words());
        assert!(run.words().contains("null EntityInfo"), "{}", run.words());
    }
}

/// A list without ids tells nothing of which is which, and neither does an empty one.
#[test]
fn translated_profiles_that_the_org_lists_without_ids() {
    for listed in [
        "<result><fullName>Admin</fullName><type>Profile</type></result>",
        "",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let answer = format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><listMetadataResponse>{listed}\
             </listMetadataResponse></soapenv:Body></soapenv:Envelope>"
        );
        let fault = serde_json::json!([{"body": "listMetadata", "status": 200, "content_type": "text/xml", "answer": answer}]);
        let faults = folder.path().join("faults.json");
        std::fs::write(&faults, fault.to_string()).unwrap();
        let org = Org::start(folder.path(), &["--faults", &faults.to_string_lossy()]);
        speak(&org, "de");
        let run = run(&org, folder.path(), &["plan"]);
        assert_eq!(run.code, 1, "{}", run.words());
        let words = "which of its profiles is the System Administrator";
        assert!(run.words().contains(words), "{}", run.words());
    }
}

#[test]
fn tabs_that_are_read_and_refused() {
    let run = applied(&["tabs=stale"], "en_US");
    assert!(run.words().contains("OW2039"), "{}", run.words());
    assert_eq!(left_out(&run), 0);
}

#[test]
fn permissions_that_the_org_does_not_know() {
    let run = applied(&[UNKNOWN], "en_US");
    assert!(
        run.words().contains("12 user permissions"),
        "{}",
        run.words()
    );
    assert_eq!(left_out(&run), 0);
}

#[test]
fn permissions_refused_one_a_deploy() {
    let run = applied(&[UNLICENSED, "profile-refusals=one"], "en_US");
    assert!(left_out(&run) >= 8, "{}", run.words());
}

#[test]
fn permissions_that_no_licence_allows() {
    let run = applied(
        &["unlicensed-permissions=FreezeUsers+View All Account"],
        "en_US",
    );
    assert!(left_out(&run) >= 2, "{}", run.words());
}

#[test]
fn refusals_that_say_labels() {
    let run = applied(
        &[UNLICENSED, "messages=labels", "profile-refusals=one"],
        "en_US",
    );
    assert!(left_out(&run) >= 8, "{}", run.words());
}

#[test]
fn permissions_that_the_licence_forces_on() {
    assert_eq!(
        left_out(&applied(&["forced-permissions=refused"], "en_US")),
        0
    );
}

#[test]
fn tooling_queries_that_a_composite_does_not_answer() {
    applied(&["tooling-in-composite=refused"], "en_US");
}

#[test]
fn no_external_defaults() {
    applied(&["external-defaults=off"], "en_US");
}

#[test]
fn a_profile_that_lacks_lists_when_it_is_read() {
    applied(
        &["missing-reads=Profile.tabVisibilities+Profile.layoutAssignments"],
        "en_US",
    );
}

#[test]
fn profiles_that_the_org_fails_to_read() {
    for switch in [
        "refused-reads=Profile:UNKNOWN_EXCEPTION",
        "refused-reads=Profile/Admin:INSUFFICIENT_ACCESS",
        "refused-reads=Profile:REQUEST_RUNNING_TOO_LONG",
        "missing-reads=Profile/Admin",
    ] {
        let run = applied(&[switch], "en_US");
        assert_eq!(left_out(&run), 0, "{switch}: {}", run.words());
        // Read in full where each is asked for by itself; else completed, which is told.
        let told = run.words().contains("OW2031");
        assert_ne!(told, switch.ends_with("TOO_LONG"), "{switch}");
    }
}

/// Its default is told by others, and the field of the manifest by itself.
#[test]
fn an_object_that_the_org_fails_to_read() {
    for switch in [
        "refused-reads=CustomObject:UNKNOWN_EXCEPTION",
        "refused-reads=CustomObject/Lead:INSUFFICIENT_ACCESS",
    ] {
        let run = applied(&[switch], "en_US");
        assert!(run.words().contains("OW2044"), "{switch}: {}", run.words());
    }
}

/// What it is for stands beside its name, in an answer that the org does give.
#[test]
fn a_profile_that_cannot_be_read_shows_no_difference_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = std::fs::read_to_string(MANIFEST).unwrap();
    let name = "    name: HubSpot Integration\n";
    let described =
        |text: &str| manifest.replace(name, &format!("{name}    description: {text}\n"));
    std::fs::write(folder.path().join("same.yaml"), described("Syncs leads.")).unwrap();
    std::fs::write(folder.path().join("other.yaml"), described("Syncs more.")).unwrap();
    let switch = "refused-reads=Profile:UNKNOWN_EXCEPTION";
    let org = Org::start(folder.path(), &["--platform", switch]);
    let ended = |words: &[&str]| finish(&mut org.program(folder.path(), words));
    let applied = ended(&["apply", "--yes", "same.yaml"]);
    assert_eq!(applied.code, 0, "{}", applied.words());
    let same = ended(&["plan", "--detailed-exitcode", "same.yaml"]);
    assert_eq!(same.code, 0, "{}", same.words());
    let other = ended(&["plan", "--detailed-exitcode", "other.yaml"]);
    assert_eq!(other.code, 2, "{}", other.words());
    assert!(other.words().contains("Syncs leads."), "{}", other.words());
}

/// In which ways an org may be unwilling, each by itself.
const KINDS: [&str; 12] = [
    "tabs=stale",
    UNKNOWN,
    "profile-refusals=one",
    UNLICENSED,
    "messages=labels",
    "forced-permissions=refused",
    "default-record-type=required",
    "tooling-in-composite=refused",
    "external-defaults=off",
    "sparse-objects=reset",
    "refused-reads=Profile/Admin:UNKNOWN_EXCEPTION",
    "missing-reads=Profile.tabVisibilities+Profile.layoutAssignments",
];

/// Pairs that a usual run tries, of 66.
const PAIRS: u32 = 5;

#[test]
fn two_of_them_together() {
    let pairs = KINDS.iter().enumerate().flat_map(|(at, one)| {
        let others = KINDS[at + 1..].iter();
        others.map(|other| [*one, *other])
    });
    let pairs: Vec<[&str; 2]> = pairs.collect();
    let languages = ["en_US", "de", "fr", "es"].into_iter().cycle();
    for (pair, language) in testing::chosen(&pairs, PAIRS).into_iter().zip(languages) {
        applied(pair, language);
    }
}

#[test]
fn all_of_it_at_once() {
    let (run, requests) = counted(
        &[
            "tabs=stale",
            UNKNOWN,
            "profile-refusals=one",
            UNLICENSED,
            "forced-permissions=refused",
            "default-record-type=required",
            "view-all-records=view-all",
            "translations=all",
            "tooling-in-composite=refused",
            "external-defaults=off",
            "sparse-objects=reset",
            "refused-reads=Profile/Admin:UNKNOWN_EXCEPTION",
        ],
        "de",
    );
    assert!(left_out(&run) > 5, "{}", run.words());
    // The rehearsal finds what is refused, one a deploy; the deploy that follows does not find it again.
    assert!(requests <= MOST_REQUESTS, "{requests} requests");
}
