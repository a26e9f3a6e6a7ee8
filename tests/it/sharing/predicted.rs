//! What the program says beforehand about who will see what, held against the same evaluator, and the org afterwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orgwright::access::Impact;
use orgwright::explain::{self, AskedRecords, RecordName};
use orgwright::live::Live;
use orgwright::manifest::{self, Manifest};
use orgwright::org::{self, Clock, Reader, Target, Wait, Writer};
use orgwright::secret::Secret;
use orgwright::verify::{self, Access, Sample, SampleSize};
use orgwright::{apply, observe, plan};
use proptest::prelude::*;
use salesforce_emulator::store::Org;
use salesforce_emulator::{self as emulator, Server};

use super::company::{
    Children, Company, Condition, Level, Logic, Object, Party, Rights, Rule, Which, company,
};
use super::wish::{Wish, wishes};
use super::{emulated, evaluator, records_of};

/// A clock on which every pause is over at once.
struct Impatience;

impl Clock for Impatience {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, _: Duration) -> Wait<'_, ()> {
        Box::pin(tokio::task::yield_now())
    }

    fn within<'a>(&'a self, limit: Duration, work: Wait<'a, ()>) -> Wait<'a, bool> {
        Box::pin(async move { tokio::time::timeout(limit, work).await.is_ok() })
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// Serves an org, and logs in to it by that clock.
pub(super) async fn connected(org: Org, options: emulator::Options) -> (Server, Reader) {
    let server = emulator::start_over(org, options).await.unwrap();
    let target = Target::Url {
        base_url: server.base_url().to_owned(),
        token: Secret::new(server.access_token()),
    };
    let options = org::Options {
        clock: Some(Arc::new(Impatience)),
        ..org::Options::default()
    };
    let reader = org::connect(target, options).await.unwrap();
    (server, reader)
}

/// An org that holds the company, the program logged in to it, and its manifest.
pub(super) struct Rehearsal {
    _folder: tempfile::TempDir,
    pub(super) server: Server,
    pub(super) reader: Reader,
    pub(super) manifests: Vec<Manifest>,
}

impl Rehearsal {
    async fn new(company: &Company, wish: &Wish) -> Rehearsal {
        Self::of(company, wish.manifest(company)).await
    }

    /// An org that holds the company, and the manifest of this text.
    pub(super) async fn of(company: &Company, manifest: String) -> Rehearsal {
        Self::over(emulated::org(company).0, manifest).await
    }

    /// This org, and the manifest of this text.
    pub(super) async fn over(org: Org, manifest: String) -> Rehearsal {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wish.yaml");
        std::fs::write(&file, manifest).unwrap();
        let (server, reader) = connected(org, emulator::Options::default()).await;
        let manifests = manifest::load(&[file], &[], &[], &|_| None).unwrap();
        Rehearsal {
            _folder: folder,
            server,
            reader,
            manifests,
        }
    }

    pub(super) fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    pub(super) async fn plan(&self) -> plan::Plan {
        let facts = observe::observe(&self.manifests, &self.reader)
            .await
            .unwrap();
        plan::plan(&self.manifests, &facts).unwrap()
    }

    /// A proof of records of which one is deleted after they were read.
    pub(super) async fn proof_after_a_deletion(&self, object: &str) -> Access {
        let more = verify::needs_of_first_pages(&self.manifests, Sample::ALL);
        let lasting = Live::default();
        let facts = observe::observe_again(&lasting, &self.manifests, more, &self.reader);
        let facts = facts.await.unwrap();
        let query = format!("SELECT Id FROM {object}");
        let leads = self.reader.query(&query).await.unwrap();
        let id = leads[0].text("Id").unwrap();
        let writer = Writer::new(self.reader.clone());
        writer.delete(object, id).await.unwrap();
        let mut silent = |_| ();
        let (manifests, reader) = (&self.manifests, &self.reader);
        let proved = verify::prove(manifests, &facts, reader, Sample::ALL, &mut silent);
        proved.await.unwrap().remove(0)
    }

    pub(super) async fn apply(&self, planned: &plan::Plan) -> apply::Applied {
        let options = apply::ApplyOptions {
            wait: Duration::from_secs(60),
            rehearse: true,
            sample: Sample::ALL,
            ..apply::ApplyOptions::default()
        };
        let writer = Writer::new(self.reader.clone());
        apply::apply(planned, &self.manifests, &writer, options, &mut |_| ()).await
    }
}

fn readable(company: &Company, user: usize, wish: &Wish) -> u64 {
    let records = records_of(company, wish.object).into_iter();
    records
        .filter(|record| evaluator::access(company, user, *record).read)
        .count() as u64
}

pub(crate) async fn impact(company: &Company, wish: &Wish) -> Impact {
    let rehearsal = Rehearsal::new(company, wish).await;
    let impact = rehearsal.plan().await.impact.remove(0);
    rehearsal.server.stop().await;
    impact
}

pub(super) fn few() -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 500,
        ..testing::law(32)
    }
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// `north` is not `North` for sharing, and the same for SOQL.
#[test]
fn what_case_hides_from_queries_is_predicted_all_the_same() {
    let company = Company::of_words(&["North", "north", "South", "North Sea", ""]);
    let check = |condition: Condition, predicted: u64, visible: u64| {
        let wish = Wish {
            object: Object::Lead,
            conditions: vec![condition],
            logic: Logic::All,
            level: Level::Read,
            user: None,
            role: None,
        };
        let (after, user) = wish.granted(&company);
        let impact = run(impact(&company, &wish));
        assert_eq!(readable(&after, user, &wish), visible, "{wish:?}");
        assert_eq!(impact.visible_after.at_most(), Some(predicted), "{wish:?}");
        let exactly = impact.visible_after.exactly();
        assert!(exactly.is_none_or(|exactly| exactly == visible), "{wish:?}");
    };
    check(Condition::WordIsNot("North"), 5, 4);
    check(Condition::WordLacks("Nor"), 5, 3);
    check(Condition::Word(vec!["North"]), 2, 1);
    check(Condition::WordContains("orth"), 3, 3);
    check(Condition::WordIsNot(""), 4, 4);
}

/// No recalculation gives what the profile does not: the proof says so instead of waiting for it.
#[test]
fn a_proof_tells_what_no_profile_grants() {
    let missing = |rights: Rights| {
        let mut company = Company::of_words(&["North"]);
        company.profiles[0].objects.insert(Object::Lead, rights);
        let wish = Wish {
            level: Level::Edit,
            ..Wish::of_word("North")
        };
        run(async {
            let rehearsal = Rehearsal::new(&company, &wish).await;
            let planned = rehearsal.plan().await;
            let applied = rehearsal.apply(&planned).await;
            rehearsal.server.stop().await;
            let proof = applied.verification.expect("a proof");
            let missing = proof.access[0].missing.iter();
            missing
                .map(|missing| missing.cause.clone())
                .collect::<Vec<_>>()
        })
    };
    let reads = Rights {
        read: true,
        ..Rights::default()
    };
    assert_eq!(missing(reads), ["nothing lets the user edit the object"]);
    let nothing = Rights::default();
    assert_eq!(missing(nothing), ["nothing lets the user read the object"]);
    let edits = Rights {
        edit: true,
        ..reads
    };
    assert_eq!(missing(edits), [""; 0]);
}

/// A rule of other people that shares every lead with everybody.
pub(super) fn to_everybody() -> Rule {
    Rule {
        object: Object::Lead,
        level: Level::Read,
        children: Children::default(),
        which: Which::OwnedBy(Party::Everybody),
        to: Party::Everybody,
    }
}

/// Where the records of a sample stand among all leads, the oldest first, in a company where each is a leak.
async fn sampled(leads: usize, size: u64, seed: u64) -> Vec<usize> {
    let mut company = Company::of_words(&vec!["South"; leads]);
    company.rules = vec![to_everybody()];
    let rehearsal = Rehearsal::new(&company, &Wish::of_word("North")).await;
    let planned = rehearsal.plan().await;
    rehearsal.apply(&planned).await;
    let (manifests, reader) = (&rehearsal.manifests, &rehearsal.reader);
    let facts = observe::observe(manifests, reader).await.unwrap();
    let sample = Sample {
        size: SampleSize::Exactly(size),
        seed,
    };
    let proved = verify::prove(manifests, &facts, reader, sample, &mut |_| ()).await;
    let all = reader
        .query("SELECT Id FROM Lead ORDER BY Id")
        .await
        .unwrap();
    rehearsal.server.stop().await;
    let all: Vec<&str> = all.iter().filter_map(|row| row.text("Id")).collect();
    let leaks = proved.unwrap().remove(0).leaks;
    let place = |id: &str| all.iter().position(|other| *other == id).unwrap();
    leaks.iter().map(|leak| place(&leak.id)).collect()
}

/// The first records alone would never show what has happened since.
#[test]
fn a_sample_is_of_records_of_every_age_and_its_seed_repeats_it() {
    let one = run(sampled(400, 80, 7));
    assert_eq!(one.len(), 80);
    for quarter in 0..4 {
        let of_quarter = |place: &&usize| **place / 100 == quarter;
        assert!(one.iter().filter(of_quarter).count() >= 5, "{one:?}");
    }
    assert_eq!(one, run(sampled(400, 80, 7)));
    assert_ne!(one, run(sampled(400, 80, 8)));
    assert_eq!(run(sampled(30, 25, 7)).len(), 25);
}

/// Explains a lead that the manifest leaves alone, in a company where these rules stand.
async fn explained(rules: Vec<Rule>) -> Vec<String> {
    let mut company = Company::of_words(&["South"]);
    company.rules = rules;
    let wish = Wish::of_word("North");
    let rehearsal = Rehearsal::new(&company, &wish).await;
    let planned = rehearsal.plan().await;
    rehearsal.apply(&planned).await;
    let leads = rehearsal.reader.query("SELECT Id FROM Lead").await.unwrap();
    let records = [RecordName::Id(leads[0].text("Id").unwrap().to_owned())];
    let facts = observe::observe(&rehearsal.manifests, &rehearsal.reader)
        .await
        .unwrap();
    let asked = AskedRecords {
        records: &records,
        user: None,
    };
    let told = explain::explain(&rehearsal.manifests, &facts, &rehearsal.reader, &asked).await;
    rehearsal.server.stop().await;
    told.unwrap().remove(0).reasons
}

#[test]
fn a_rule_of_others_that_reaches_the_user_is_named() {
    let others = "which no manifest names, reaches the user";
    let named = |reasons: Vec<String>| reasons.iter().filter(|told| told.contains(others)).count();
    assert_eq!(named(run(explained(vec![to_everybody()]))), 1);
    assert_eq!(named(run(explained(Vec::new()))), 0);
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_plan_says_what_the_user_will_see((company, wish) in wishes(company())) {
        let company = Wish::known(&company);
        let impact = run(impact(&company, &wish));
        let (after, user) = wish.granted(&company);
        let expected = readable(&after, user, &wish);
        if let Some(predicted) = impact.visible_after.exactly() {
            // The plan counts by queries, which ignore case: an upper bound for text.
            let right = if wish.ignores_case() { predicted == expected } else { predicted >= expected };
            prop_assert!(right, "predicted {} for {}:\n{}", predicted, expected, wish.manifest(&company));
        }
        let bounds = (impact.visible_after.at_least(), impact.visible_after.at_most());
        let within = bounds.0 <= expected && bounds.1.is_some_and(|most| expected <= most);
        prop_assert!(within, "{:?} for {}:\n{}", bounds, expected, wish.manifest(&company));
        if let (Some(user), Some(now)) = (wish.user, impact.visible_now) {
            let expected = readable(&company, user, &wish);
            let within = now.at_least() <= expected && now.at_most().is_none_or(|most| expected <= most);
            prop_assert!(within, "now {:?} for {}:\n{}", now, expected, wish.manifest(&company));
        }
    }

    #[test]
    fn a_proof_sees_what_there_is_to_see((company, wish) in wishes(company())) {
        let applied = run(async {
            let rehearsal = Rehearsal::new(&company, &wish).await;
            let planned = rehearsal.plan().await;
            let applied = rehearsal.apply(&planned).await;
            rehearsal.server.stop().await;
            applied
        });
        let (after, user) = wish.granted(&company);
        let Some(proof) = &applied.verification else {
            return Err(TestCaseError::fail(format!("{:?}\n{}", applied.failure, wish.manifest(&company))));
        };
        prop_assert_eq!(proof.access[0].visible, readable(&after, user, &wish), "{}", wish.manifest(&company));
    }
}
