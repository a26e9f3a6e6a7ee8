//! The control endpoint, `/emulator/…`: what tests need of an org that no Salesforce offers.
//!
//! It lies outside the platform's paths, takes the administrator's token alone, counts no API request, and neither faults
//! nor latency apply to it. What a page in a browser sends is refused: it comes with an `Origin`, or by a name of its own.
//! Bodies and answers are JSON; a refusal is `{"error": "…"}`.

mod deploys;
mod emails;
mod hierarchies;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::faults::Faults;
use crate::http::{Request, Response};
use crate::jobs;
use crate::login;
use crate::moment::rest_moment;
use crate::store::Org;
use crate::world::{Clock, World};

/// What the control endpoint keeps beside the org.
pub(crate) struct Control {
    start: Org,
    /// Whether it may be addressed by any name.
    is_open: bool,
    snapshots: Mutex<BTreeMap<String, Org>>,
}

/// Whether a `Host` names this machine and nothing that a name server could lead elsewhere.
fn is_of_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = |address: IpAddr| address.is_loopback();
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

/// A refusal: status and sentence.
type Refused = (u16, String);

impl Control {
    /// Keeps the org as it starts.
    pub(crate) fn new(start: Org, is_open: bool) -> Control {
        Control {
            start,
            is_open,
            snapshots: Mutex::default(),
        }
    }

    /// Whether other machines reach it.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether a request is for this endpoint.
    pub(crate) fn is_meant(request: &Request) -> bool {
        request.path == "/emulator" || request.path.starts_with("/emulator/")
    }

    /// Answers a request.
    pub(crate) fn answer(
        &self,
        world: &mut World,
        faults: &mut Faults,
        request: &Request,
    ) -> Response {
        if let Some((status, error)) = self.refusal(world, request) {
            return Response::json(status, &json!({"error": error}));
        }
        jobs::settle(world);
        let path = request.path.trim_matches('/').strip_prefix("emulator");
        let resource = path.unwrap_or_default().trim_start_matches('/');
        let answered = match (request.method.as_str(), resource) {
            ("GET", "") => Ok(self.state(world, faults)),
            ("POST", "reset") => {
                world.restore(self.start.clone());
                Ok(self.state(world, faults))
            }
            ("POST", "snapshot") => self.keep(world, request),
            ("POST", "restore") => self.restore(world, request),
            ("GET", "journal") => journal(world, request),
            ("DELETE", "journal") => {
                world.journal.clear();
                Ok(json!({"entries": []}))
            }
            ("POST", "clock") => advance(world, request),
            ("POST", "deploys") => deploys::enqueue(world, request),
            ("GET", "refusals") => Ok(json!(world.org.refusals)),
            ("PUT", "refusals") => script(world, request),
            ("GET", "email-changes") => Ok(emails::waiting(&world.org)),
            ("POST", "email-changes") => {
                text(request, "username").and_then(|name| emails::confirm(&mut world.org, &name))
            }
            ("POST", "hierarchies") => text(request, "object").and_then(|object| {
                hierarchies::grant(&mut world.org, &object, given(request, "granted"))
            }),
            ("GET", "faults") => Ok(json!({"struck": faults.struck()})),
            ("PUT", "faults") => set(faults, request),
            ("DELETE", "faults") => {
                *faults = Faults::default();
                Ok(json!({"struck": 0}))
            }
            _ => Err((
                404,
                format!(
                    "{} {} is nothing the emulator offers",
                    request.method, request.path
                ),
            )),
        };
        answered.map_or_else(
            |(status, error)| Response::json(status, &json!({"error": error})),
            |body| Response::json(200, &body),
        )
    }

    /// Why a request is refused, whatever it asks for.
    fn refusal(&self, world: &World, request: &Request) -> Option<Refused> {
        if request.header("origin").is_some() {
            return Some((403, "a page in a browser has no business here".to_owned()));
        }
        let host = request.header("host").unwrap_or_default();
        if !self.is_open && !is_of_this_machine(host) {
            return Some((
                403,
                "this endpoint is addressed as localhost or by a loopback address".to_owned(),
            ));
        }
        let token = login::bearer(request);
        match token == Some(world.org.organization.access_token.as_str()) {
            true => None,
            false => Some((
                401,
                "this endpoint wants the token of the ready line: Authorization: Bearer TOKEN"
                    .to_owned(),
            )),
        }
    }

    /// The org in a few numbers.
    fn state(&self, world: &World, faults: &Faults) -> Value {
        let org = &world.org;
        let records: Map<String, Value> = org
            .records
            .iter()
            .map(|(object, table)| (object.clone(), json!(table.len())))
            .collect();
        let running = org
            .deploys
            .values()
            .filter(|job| job.completed.is_none())
            .count();
        json!({
            "now": rest_moment(world.now()),
            "clock": match world.clock { Clock::Real => "real", Clock::Manual => "manual" },
            "users": org.users.len(),
            "records": records,
            "deploys_running": running,
            "recalculations_running": org.recalculations.len(),
            "api_requests": org.api_requests,
            "faults_struck": faults.struck(),
            "snapshots": self.snapshots().keys().collect::<Vec<_>>(),
        })
    }

    fn snapshots(&self) -> MutexGuard<'_, BTreeMap<String, Org>> {
        self.snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, world: &World, request: &Request) -> Result<Value, Refused> {
        let name = text(request, "name")?;
        self.snapshots().insert(name.clone(), world.org.clone());
        Ok(json!({"name": name}))
    }

    fn restore(&self, world: &mut World, request: &Request) -> Result<Value, Refused> {
        let name = text(request, "name")?;
        let kept = self.snapshots().get(&name).cloned();
        let org = kept.ok_or_else(|| (404, format!("no snapshot is called {name:?}")))?;
        world.restore(org);
        Ok(json!({"name": name}))
    }
}

/// `?after=7`: the entries since one that is known.
fn journal(world: &World, request: &Request) -> Result<Value, Refused> {
    let after = match request.parameters().remove("after") {
        Some(text) => text
            .parse()
            .map_err(|_| (400, format!("after={text:?} is no number")))?,
        None => 0,
    };
    Ok(json!({"entries": world.journal.after(after)}))
}

fn advance(world: &mut World, request: &Request) -> Result<Value, Refused> {
    let by = text(request, "advance")?;
    let by = crate::moment::duration(&by)
        .ok_or_else(|| (400, format!("advance {by:?} is no duration")))?;
    if world.clock != Clock::Manual {
        return Err((
            409,
            "a real clock goes by itself: start with --clock manual".to_owned(),
        ));
    }
    world.advance(by);
    jobs::settle(world);
    Ok(json!({"now": rest_moment(world.now())}))
}

fn set(faults: &mut Faults, request: &Request) -> Result<Value, Refused> {
    *faults = Faults::parse(&request.body).map_err(|error| (400, error.to_string()))?;
    Ok(json!({"struck": 0}))
}

/// What deploys are refused with from now on, in words of the asker's own.
fn script(world: &mut World, request: &Request) -> Result<Value, Refused> {
    let refusals = serde_json::from_slice(&request.body);
    world.org.refusals = refusals.map_err(|error| (400, error.to_string()))?;
    Ok(json!(world.org.refusals))
}

/// A value in the body, which is an object.
fn given(request: &Request, key: &str) -> Option<Value> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    body.get(key).cloned()
}

/// A text in the body.
fn text(request: &Request, key: &str) -> Result<String, Refused> {
    let given = given(request, key);
    let text = given.as_ref().and_then(Value::as_str);
    let text = text.filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| (400, format!("the body needs {{\"{key}\": \"…\"}}")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::seed;

    struct Emulator {
        world: World,
        faults: Faults,
        control: Control,
    }

    impl Emulator {
        fn new() -> Emulator {
            let org = seed::demo();
            let control = Control::new(org.clone(), false);
            let world = World {
                clock: Clock::Manual,
                ..World::new(org)
            };
            Emulator {
                world,
                faults: Faults::default(),
                control,
            }
        }

        fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
            let token = format!("Bearer {}", self.world.org.organization.access_token);
            let headers = [
                ("host", "127.0.0.1:8080"),
                ("authorization", token.as_str()),
            ];
            self.ask_as(&headers, method, path, body)
        }

        fn ask_as(
            &mut self,
            headers: &[(&str, &str)],
            method: &str,
            path: &str,
            body: &str,
        ) -> (u16, Value) {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let request = Request {
                method: method.into(),
                path: path.into(),
                query: query.into(),
                headers: headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                body: body.into(),
                ..Request::default()
            };
            let answer = self
                .control
                .answer(&mut self.world, &mut self.faults, &request);
            (answer.status, serde_json::from_slice(&answer.body).unwrap())
        }

        /// A request of the platform's own, as the administrator.
        fn call(&mut self, method: &str, path: &str, body: Value) -> u16 {
            let token = &self.world.org.organization.access_token;
            let request = Request {
                method: method.into(),
                path: path.into(),
                headers: [("authorization".to_owned(), format!("Bearer {token}"))].into(),
                body: body.to_string().into_bytes(),
                ..Request::default()
            };
            crate::router::handle(&mut self.world, request).status
        }

        fn add_lead(&mut self, last_name: &str) -> u16 {
            let lead = json!({"LastName": last_name, "Company": "B"});
            self.call("POST", "/services/data/v66.0/sobjects/Lead", lead)
        }

        fn leads(&mut self) -> Value {
            self.ask("GET", "/emulator", "").1["records"]["Lead"].clone()
        }
    }

    #[test]
    fn neither_a_page_nor_a_stranger_is_answered() {
        let mut emulator = Emulator::new();
        let token = format!("Bearer {}", emulator.world.org.organization.access_token);
        let own = ("authorization", token.as_str());
        for (headers, status) in [
            (vec![("host", "localhost:1"), own], 200),
            (vec![("host", "[::1]:1"), own], 200),
            (vec![("host", "localhost:1")], 401),
            (
                vec![
                    ("host", "localhost:1"),
                    ("authorization", "Bearer 00D!guessed"),
                ],
                401,
            ),
            (vec![("host", "evil.example:1"), own], 403),
            (vec![("host", "localhost.evil.example"), own], 403),
            (
                vec![
                    ("host", "localhost:1"),
                    ("origin", "https://evil.example"),
                    own,
                ],
                403,
            ),
            (vec![own], 403),
        ] {
            assert_eq!(
                emulator.ask_as(&headers, "POST", "/emulator/reset", "").0,
                status,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn an_org_goes_back_to_a_snapshot_and_to_its_start() {
        let mut emulator = Emulator::new();
        emulator.add_lead("One");
        assert_eq!(
            emulator
                .ask("POST", "/emulator/snapshot", r#"{"name":"one"}"#)
                .0,
            200
        );
        emulator.add_lead("Two");
        assert_eq!(emulator.leads(), 2002);
        assert_eq!(
            emulator
                .ask("POST", "/emulator/restore", r#"{"name":"one"}"#)
                .0,
            200
        );
        assert_eq!(emulator.leads(), 2001);
        assert_eq!(
            emulator
                .ask("POST", "/emulator/restore", r#"{"name":"two"}"#)
                .0,
            404
        );
        assert_eq!(emulator.ask("POST", "/emulator/reset", "").0, 200);
        assert_eq!(emulator.leads(), 2000);
        assert_eq!(emulator.world.org, seed::demo());
    }

    #[test]
    fn the_journal_holds_what_was_written_and_nothing_else() {
        let mut emulator = Emulator::new();
        assert_eq!(emulator.add_lead("One"), 201);
        assert_eq!(
            emulator.call("GET", "/services/data/v66.0/limits", Value::Null),
            200
        );
        assert_eq!(
            emulator.call(
                "POST",
                "/services/data/v66.0/sobjects/Lead",
                json!({"Nope": 1})
            ),
            400
        );
        let records = json!({"allOrNone": true, "records": [
            {"attributes": {"type": "Lead"}, "LastName": "Two", "Company": "B"},
            {"attributes": {"type": "Lead"}, "Nope": 1}]});
        emulator.call("POST", "/services/data/v66.0/composite/sobjects", records);
        let user = emulator.world.org.organization.administrator.clone();
        let path = format!("/services/data/v66.0/sobjects/User/{user}");
        assert_eq!(emulator.call("PATCH", &path, json!({"Title": "Boss"})), 204);
        let (_, journal) = emulator.ask("GET", "/emulator/journal", "");
        let entries = journal["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2, "{journal}");
        assert_eq!(entries[0]["changes"][0]["action"], "created");
        assert_eq!(entries[0]["changes"][0]["type"], "Lead");
        let username = &emulator.world.org.users[&user].username;
        let changed = json!([{"action": "changed", "type": "User", "id": user, "name": username}]);
        assert_eq!(entries[1]["changes"], changed);
        let (_, later) = emulator.ask("GET", "/emulator/journal?after=1", "");
        assert_eq!(later["entries"], json!([entries[1]]));
        emulator.ask("DELETE", "/emulator/journal", "");
        assert_eq!(
            emulator.ask("GET", "/emulator/journal", "").1["entries"],
            json!([])
        );
    }

    #[test]
    fn time_and_faults_are_under_control() {
        let mut emulator = Emulator::new();
        let before = emulator.world.now();
        assert_eq!(
            emulator
                .ask("POST", "/emulator/clock", r#"{"advance":"90s"}"#)
                .0,
            200
        );
        let passed = Duration::from_secs(90).as_millis() as i64;
        assert_eq!(emulator.world.now() - before, passed);
        emulator.world.clock = Clock::Real;
        assert_eq!(
            emulator
                .ask("POST", "/emulator/clock", r#"{"advance":"90s"}"#)
                .0,
            409
        );
        assert_eq!(
            emulator
                .ask(
                    "PUT",
                    "/emulator/faults",
                    r#"[{"path":"/query","status":503}]"#
                )
                .0,
            200
        );
        assert_eq!(
            emulator
                .ask("PUT", "/emulator/faults", r#"[{"paht":"/query"}]"#)
                .0,
            400
        );
        assert_eq!(emulator.ask("DELETE", "/emulator/faults", "").0, 200);
    }

    #[test]
    fn somebody_elses_deploy_stands_in_the_queue_for_its_own_time() {
        let mut emulator = Emulator::new();
        let admin = emulator.world.org.organization.administrator.clone();
        let username = emulator.world.org.users[&admin].username.clone();
        let mut put = |check_only: bool, takes: &str| {
            let body = json!({"username": username, "checkOnly": check_only, "takes": takes});
            let (status, body) = emulator.ask("POST", "/emulator/deploys", &body.to_string());
            assert_eq!(status, 200, "{body}");
            body["id"].as_str().unwrap().to_owned()
        };
        let (validation, long, behind) = (put(true, "0"), put(false, "1h"), put(true, "0"));
        let status = |emulator: &Emulator, id: &str| emulator.world.org.deploys[id].status.clone();
        assert_eq!(status(&emulator, &validation), "Succeeded");
        assert_eq!(status(&emulator, &long), "Pending");
        assert!(emulator.world.org.deploys[&validation].check_only);
        let hour = r#"{"advance":"59m"}"#;
        emulator.ask("POST", "/emulator/clock", hour);
        assert_eq!(status(&emulator, &long), "InProgress");
        assert_eq!(status(&emulator, &behind), "Pending");
        emulator.ask("POST", "/emulator/clock", hour);
        assert_eq!(status(&emulator, &long), "Succeeded");
        assert_eq!(status(&emulator, &behind), "Succeeded");
        let now = emulator.world.now();
        let good = |id: &str| jobs::validation(&emulator.world.org, id, now).is_some();
        // What is deployed after a validation makes it void.
        assert!(!good(&validation) && good(&behind));
        let nobody = r#"{"username": "nobody@acme.example", "takes": "1s"}"#;
        assert_eq!(emulator.ask("POST", "/emulator/deploys", nobody).0, 404);
    }

    #[test]
    fn a_changed_address_waits_for_its_owner() {
        let mut emulator = Emulator::new();
        let user = emulator.world.org.organization.administrator.clone();
        let path = format!("/services/data/v66.0/sobjects/User/{user}");
        let before = emulator.world.org.users[&user].clone();
        let moved = json!({"Email": "moved@dune.example", "Title": "Boss"});
        assert_eq!(emulator.call("PATCH", &path, moved.clone()), 204);
        let now = emulator.world.org.users[&user].clone();
        assert_eq!(
            (&now.email, &now.other["Title"]),
            (&before.email, &json!("Boss"))
        );
        let last = emulator.world.org.audit.last().unwrap();
        assert_eq!(last.action, "useremailchangesent");
        let (_, body) = emulator.ask("GET", "/emulator/email-changes", "");
        let expected =
            json!({"username": before.username, "from": before.email, "to": "moved@dune.example"});
        assert_eq!(body["waiting"], json!([expected]));
        let confirmed = json!({"username": before.username}).to_string();
        let confirm = |emulator: &mut Emulator| {
            emulator
                .ask("POST", "/emulator/email-changes", &confirmed)
                .0
        };
        assert_eq!(confirm(&mut emulator), 200);
        assert_eq!(emulator.world.org.users[&user].email, "moved@dune.example");
        assert_eq!(confirm(&mut emulator), 404);
    }

    #[test]
    fn a_changed_address_holds_at_once_where_nobody_waits() {
        let mut emulator = Emulator::new();
        let administrator = emulator.world.org.organization.administrator.clone();
        let address = |emulator: &mut Emulator, id: &String, email: &str| {
            let path = format!("/services/data/v66.0/sobjects/User/{id}");
            assert_eq!(emulator.call("PATCH", &path, json!({"Email": email})), 204);
            emulator.world.org.users[id].email.clone()
        };
        let inactive = |user: &&crate::store::User| !user.active;
        let inactive = emulator
            .world
            .org
            .users
            .values()
            .find(inactive)
            .unwrap()
            .id
            .clone();
        assert_eq!(
            address(&mut emulator, &inactive, "left@dune.example"),
            "left@dune.example"
        );
        let stated = crate::store::Platform::parse("email-changes=at-once").unwrap();
        emulator.world.org.lay_platform(&stated);
        assert_eq!(
            address(&mut emulator, &administrator, "new@dune.example"),
            "new@dune.example"
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut emulator = Emulator::new();
        for (method, path, body, status) in [
            ("GET", "/emulator/reset", "", 404),
            ("POST", "/emulator/nothing", "", 404),
            ("POST", "/emulator/snapshot", "", 400),
            ("POST", "/emulator/restore", "[]", 400),
            ("POST", "/emulator/clock", r#"{"advance":"soon"}"#, 400),
            ("GET", "/emulator/journal?after=x", "", 400),
        ] {
            let (answered, body) = emulator.ask(method, path, body);
            assert_eq!(answered, status, "{method} {path}");
            assert!(body["error"].is_string(), "{body}");
        }
    }
}
