//! How many records are meant, and how many people may lose sight: before the plan is agreed to, until the last look, and in the
//! proof.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod limits;
mod nothing;
mod prompt;
mod until;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Org, Run, finish};

/// The start of every manifest here, up to its sharing.
const HEAD: &str = "apiVersion: orgwright/v1
kind: IntegrationUser
metadata: {name: numbers}
spec:
  profile: {name: Feed Integration, cloneFrom: System Administrator}
  role: {name: Feed_Integration, label: Feed Integration}
  user: {username: feed@numbers.example, email: ops@numbers.example, firstName: Feed, lastName: Integration}
";

/// A deploy takes an hour of a clock that stands still: what happens meanwhile does not hang on how busy the machine is.
const STILL: [&str; 4] = ["--clock", "manual", "--deploy-time", "1h"];

struct Stage {
    folder: tempfile::TempDir,
    org: Org,
}

impl Stage {
    /// An org, and a manifest with this below its head.
    fn new(arguments: &[&str], rest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let org = Org::start(folder.path(), arguments);
        let stage = Self { folder, org };
        stage.write(rest);
        stage
    }

    /// A small org of eight leads.
    fn small(rest: &str) -> Self {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/small");
        Self::new(&["--seed", seeds], rest)
    }

    fn write(&self, rest: &str) {
        let path = self.folder.path().join("orgwright.yaml");
        std::fs::write(path, format!("{HEAD}{rest}")).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        finish(&mut self.org.program(self.folder.path(), words))
    }

    /// Runs to the end, on a clock that moves with each deploy; once a line says these words, something happens.
    fn run_and_when(&self, words: &[&str], said: &str, happens: impl Fn(&Self)) -> Run {
        let mut command = self.org.program(self.folder.path(), words);
        let streams = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        let (mut told, mut happened) = (String::new(), false);
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains(said) && !happened {
                happened = true;
                happens(self);
            }
            if line.contains("accepted with") {
                self.post("/emulator/clock", &json!({"advance": "2h"}));
            }
            told += &line;
            told.push('\n');
        }
        assert!(happened, "it never said {said:?}: {told}");
        let output = child.wait_with_output().unwrap();
        Run {
            err: told,
            ..Run::from(output)
        }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let headers = "Content-Type: application/json\r\n";
        let (status, answer) = self.org.send("POST", path, headers, &body.to_string());
        assert!(status < 300, "{path}: {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// Ticks so many leads that have an address and are not ticked.
    fn tick(&self, leads: usize) {
        let soql = format!(
            "SELECT Id FROM Lead WHERE Sync_to_HubSpot__c = false AND Email LIKE '%@%' LIMIT {leads}"
        );
        let rows = self.org.query(&soql);
        assert_eq!(rows.len(), leads);
        let headers = "Content-Type: application/json\r\n";
        for row in rows {
            let id = row["Id"].as_str().unwrap();
            let path = format!("/services/data/v66.0/sobjects/Lead/{id}");
            let body = json!({"Sync_to_HubSpot__c": true}).to_string();
            let (status, answer) = self.org.send("PATCH", &path, headers, &body);
            assert!(status < 300, "{answer}");
        }
    }

    /// Makes so many users without a role, who lose sight of leads as everybody does.
    fn hire(&self, users: usize) {
        let soql = "SELECT Id FROM Profile WHERE Name = 'Standard User'";
        let like = self.org.query(soql).remove(0);
        for number in 0..users {
            let username = format!("new{number}@numbers.example");
            let body = json!({
                "Username": username, "Email": username, "LastName": format!("New{number}"), "Alias": format!("new{number}"),
                "CommunityNickname": format!("new{number}"), "ProfileId": like["Id"],
                "TimeZoneSidKey": "America/New_York", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US",
                "EmailEncodingKey": "UTF-8"
            });
            self.post("/services/data/v66.0/sobjects/User", &body);
        }
    }

    /// The default of leads as the org has it.
    fn default_of_leads(&self) -> String {
        let document = self.org.read_metadata("CustomObject", "Lead");
        let (_, rest) = document.split_once("<sharingModel>").unwrap_or_default();
        rest.split('<').next().unwrap_or_default().to_owned()
    }

    /// The sharing rules of leads as the org has them.
    fn rules_of_leads(&self) -> String {
        self.org.read_metadata("SharingRules", "Lead")
    }
}

/// Leads that are ticked and have an address, shared with the integration.
fn ticked(expected: &str) -> String {
    format!(
        "  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - name: Ticked
          access: ReadWrite
{expected}          criteria:
            - {{field: Sync_to_HubSpot__c, operator: equals, value: true}}
            - {{field: Email, operator: contains, value: \"@\"}}
"
    )
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err))
}

/// The lines of an apply that reports for machines; the last is its result.
fn lines_of(run: &Run) -> Vec<Value> {
    let lines = run.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[track_caller]
fn says(run: &Run, code: i32, sentences: &[&str]) {
    let told = run.words();
    assert_eq!(run.code, code, "{}{}", run.out, run.err);
    for sentence in sentences {
        assert!(
            told.contains(sentence),
            "{sentence:?}: {}{}",
            run.out,
            run.err
        );
    }
}

#[track_caller]
fn never_says(run: &Run, word: &str) {
    assert!(
        !run.words().contains(word),
        "{word}: {}{}",
        run.out,
        run.err
    );
}
