//! Somebody else works in the org at the same time: a person who edits it between any two moments of the run, and a
//! second run that takes turns with the first.

mod turns;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orgwright::org::{Clock, Wait, query_path};
use salesforce_emulator::Server;
use salesforce_emulator::store::{Org, SharingModel, SharingState};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::cases::{next_random, shuffled};
use crate::clock::VirtualClock;
use crate::run::{Run, Way, client};
use crate::sample::{Outcome, Sample, wanted};
use crate::{Reference, Stage, invariants, runtime, state};

/// Edits of a test run, each at one moment.
const EDITED: u32 = 70;

/// What a person does. The first eight are nobody's business but theirs; the manifest owns the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    LeadCreated,
    LeadEdited,
    LeadDeleted,
    ColleagueRenamed,
    ColleagueDeactivated,
    OtherDefaultNarrowed,
    OtherProfileChanged,
    PackageRelabelled,
    RuleRemoved,
    DefaultWidened,
    ProfileWidened,
    UserRenamed,
}

const EDITS: [Edit; 12] = [
    Edit::LeadCreated,
    Edit::LeadEdited,
    Edit::LeadDeleted,
    Edit::ColleagueRenamed,
    Edit::ColleagueDeactivated,
    Edit::OtherDefaultNarrowed,
    Edit::OtherProfileChanged,
    Edit::PackageRelabelled,
    Edit::RuleRemoved,
    Edit::DefaultWidened,
    Edit::ProfileWidened,
    Edit::UserRenamed,
];

impl Edit {
    /// Whether a manifest owns what is edited.
    fn is_of_ours(self) -> bool {
        matches!(
            self,
            Self::RuleRemoved | Self::DefaultWidened | Self::ProfileWidened | Self::UserRenamed
        )
    }

    /// Whether records change, whose times of change depend on the moment.
    fn is_of_records(self) -> bool {
        matches!(
            self,
            Self::LeadCreated | Self::LeadEdited | Self::LeadDeleted
        )
    }

    async fn make(self, server: &Server) {
        let colleague = "SELECT Id FROM User WHERE Username = 'saul@acme.example'";
        let lead = "SELECT Id FROM Lead WHERE LastName = 'Abel'";
        match self {
            Self::LeadCreated => {
                let body =
                    r#"{"LastName": "Eden", "Company": "Ropes", "Email": "eden@ropes.example"}"#;
                rest(server, "POST", "sobjects/Lead", body).await;
            }
            Self::LeadEdited => {
                let body = r#"{"Sync_to_HubSpot__c": false}"#;
                edit(server, "PATCH", "Lead", lead, body).await;
            }
            Self::LeadDeleted => edit(server, "DELETE", "Lead", lead, "").await,
            Self::ColleagueRenamed => {
                edit(
                    server,
                    "PATCH",
                    "User",
                    colleague,
                    r#"{"LastName": "Smith"}"#,
                )
                .await;
            }
            Self::ColleagueDeactivated => {
                edit(server, "PATCH", "User", colleague, r#"{"IsActive": false}"#).await;
            }
            Self::OtherDefaultNarrowed => server.change(|org| {
                let campaign = org.objects.make_mut().get_mut("Campaign");
                let private = SharingModel::Private;
                campaign.expect("campaigns").sharing = SharingState::settled(private, private);
            }),
            Self::OtherProfileChanged => server.change(|org| {
                let profile = org.profile_by_label("Standard User").expect("a profile");
                let container = profile.container.clone();
                let container = org.containers.make_mut().get_mut(&container);
                let rights = &mut container.expect("its rights").user_permissions;
                rights.insert("ExportReport".to_owned());
            }),
            Self::PackageRelabelled => server.change(|org| {
                let mut sets = org.containers.make_mut().values_mut();
                let set = sets.find(|set| set.label == "HubSpot");
                set.expect("the package's").label = "HubSpot 2".to_owned();
            }),
            Self::RuleRemoved => server.change(state::remove_rule),
            Self::DefaultWidened => server.change(state::widen),
            Self::ProfileWidened => server.change(state::grant_everything),
            Self::UserRenamed => change_ours(server, r#"{"LastName": "Nobody"}"#).await,
        }
    }

    /// The org as it is once the edit was made in it.
    async fn made_in(self, stage: &Stage, org: &Org) -> Org {
        let server = stage.start_over(org).await;
        self.make(&server).await;
        server.org()
    }
}

/// Somebody changes the integration user, where there is one.
pub(crate) async fn change_ours(server: &Server, body: &str) {
    let ours = format!("SELECT Id FROM User WHERE Username = '{}'", state::USERNAME);
    edit(server, "PATCH", "User", &ours, body).await;
}

/// Changes the record that a query finds, if it finds one.
async fn edit(server: &Server, method: &str, object: &str, query: &str, body: &str) {
    let found = rest(server, "GET", &query_path(query), "").await;
    let found: Value = serde_json::from_str(&found).expect("JSON");
    if let Some(id) = found["records"][0]["Id"].as_str() {
        rest(server, method, &format!("sobjects/{object}/{id}"), body).await;
    }
}

/// A request of the administrator's, beside the clock that the runs live by.
async fn rest(server: &Server, method: &str, path: &str, body: &str) -> String {
    let host = server.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("the org listens");
    let request = format!(
        "{method} /services/data/v66.0/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        server.access_token(),
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("HTTP/1.1 2"), "{path}: {answer}");
    body.to_owned()
}

/// A clock on which a person edits the org once the client has waited for it so many times.
struct Meanwhile {
    clock: Arc<VirtualClock>,
    server: Arc<Server>,
    waits: AtomicUsize,
    at: usize,
    edit: Option<Edit>,
}

impl Clock for Meanwhile {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep(&self, time: Duration) -> Wait<'_, ()> {
        self.clock.sleep(time)
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move {
            let done = self.clock.within(limit, work).await;
            let is_now = self.waits.fetch_add(1, Ordering::Relaxed) == self.at;
            if let Some(edit) = self.edit.filter(|_| is_now) {
                edit.make(&self.server).await;
            }
            done
        })
    }

    fn chance(&self) -> f64 {
        self.clock.chance()
    }
}

/// A run during which a person makes an edit, and how often it waited for the org.
async fn edited(
    stage: &Stage,
    server: &Arc<Server>,
    folder: &Path,
    at: usize,
    edit: Option<Edit>,
) -> (Run, usize) {
    let clock = Arc::new(VirtualClock::new(Arc::clone(server), stage.seed));
    let meanwhile = Arc::new(Meanwhile {
        clock: Arc::clone(&clock),
        server: Arc::clone(server),
        waits: AtomicUsize::new(0),
        at,
        edit,
    });
    let way = Way::Credentials(folder);
    let own = Arc::clone(&meanwhile) as Arc<dyn Clock>;
    let run = clock
        .drive(client(server, &way, &stage.manifests, own))
        .await;
    (run, meanwhile.waits.load(Ordering::Relaxed))
}

/// What an edit leads to: the rest of the org during the run, and all of it after the next one.
struct Expected {
    rest: Org,
    converged: Org,
}

impl Expected {
    async fn of(stage: &Stage, reference: &Reference, edit: Edit) -> Self {
        let converged = match edit.is_of_ours() {
            true => reference.expected.clone(),
            false => state::settled(edit.made_in(stage, &reference.expected).await),
        };
        Self {
            rest: edit.made_in(stage, &stage.seeded).await,
            converged,
        }
    }
}

async fn see_edit(
    stage: &Stage,
    expected: &Expected,
    edit: Edit,
    at: usize,
    folder: &Path,
) -> Outcome {
    let server = stage.start().await;
    let (first, _) = edited(stage, &server, folder, at, Some(edit)).await;
    let comparable = |mut org: Org, like: &Org| {
        if edit.is_of_records() {
            org.records = like.records.clone();
        }
        org
    };
    let org = server.org();
    invariants::there_is_one_user_at_most(&org)?;
    if !edit.is_of_ours() {
        let org = comparable(org.clone(), &expected.rest);
        invariants::the_rest_is_untouched(&expected.rest, &org)?;
    }
    invariants::nothing_goes_twice_blindly(&first)?;
    invariants::no_secret_is_told(&first, &org)?;
    let way = Way::Credentials(folder);
    let second = stage.run(&server, &way).await;
    invariants::it_is_proved(&second).map_err(|problem| format!("{problem}: {}", second.told))?;
    let org = comparable(server.org(), &expected.converged);
    invariants::the_org_is_as_it_should_be(&org, &expected.converged)?;
    let third = stage.run(&server, &way).await;
    invariants::nothing_was_left_to_do(&third)?;
    Ok(first.exit)
}

#[test]
fn a_person_edits_the_org_at_any_moment() {
    let stage = Stage::new();
    let (waits, expected) = runtime().block_on(async {
        let reference = Reference::of(&stage).await;
        let server = stage.start().await;
        let folder = stage.target();
        let (_, waits) = edited(&stage, &server, &folder, 0, None).await;
        let mut expected = Vec::new();
        for edit in EDITS {
            expected.push((edit, Expected::of(&stage, &reference, edit).await));
        }
        (waits, expected)
    });
    let cases = expected.iter().flat_map(|(edit, expected)| {
        (0..waits).map(move |at| (format!("{edit:?}/{at}"), (*edit, expected, at)))
    });
    let sample = Sample {
        what: "twelve edits at every moment of a run",
        test: "a_person_edits",
        stage: &stage,
    };
    let mut cases = shuffled(cases.collect(), stage.seed);
    cases.truncate(wanted(EDITED));
    sample.rehearse(cases, |(edit, expected, at), folder| {
        runtime().block_on(see_edit(&stage, expected, *edit, *at, folder))
    });
}
