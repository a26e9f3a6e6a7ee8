//! `narrowThrough: Read` in generated companies: at no look at the org while it is applied, be it in two runs, does anybody but the manifest's
//! user see fewer records than in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use orgwright::apply::{self, ApplyOptions};
use orgwright::diagnostic::Exit;
use orgwright::org::Writer;
use orgwright::verify::Sample;
use salesforce_emulator::sharing;
use salesforce_emulator::store::{Id, Org};

use super::company::{Company, Level, Model, Object, company};
use super::predicted::{Rehearsal, run};
use super::wish::{Wish, wishes};
use super::{drawn, emulated};

/// Companies that are looked at, where nobody asks for another number.
const COMPANIES: u32 = 12;

/// The records that each user sees.
type Sight = BTreeMap<Id, BTreeSet<Id>>;

/// What was seen at each look, and in the end.
struct Looks {
    meanwhile: Vec<Sight>,
    end: Sight,
}

impl Looks {
    /// Who sees fewer at a look than in the end.
    fn blinded(&self) -> Vec<&Id> {
        let users = self.end.iter();
        let is_blinded = |(user, seen): &(&Id, &BTreeSet<Id>)| {
            let mut looks = self.meanwhile.iter();
            looks.any(|look| look.get(*user).is_some_and(|then| !seen.is_subset(then)))
        };
        users.filter(is_blinded).map(|(user, _)| user).collect()
    }
}

fn sight(org: &Org, users: &[Id], object: Object) -> Sight {
    let of_user = |user: &Id| {
        let records = org.rows(object.name());
        let seen = records
            .filter(|(record, _)| sharing::access(org, user, object.name(), record, 0).read)
            .map(|(record, _)| record.clone());
        (user.clone(), seen.collect())
    };
    users.iter().map(of_user).collect()
}

/// Applies a wish over an object that is open to everybody, and looks whenever the run says something.
async fn looked_at(company: &Company, wish: &Wish, more: &str, stop_after: usize) -> Looks {
    let (org, ids) = emulated::org(company);
    let manifest = wish.manifest(company).replace(
        "organizationWideDefault: Private\n",
        &format!("organizationWideDefault: Private\n{more}"),
    );
    let others: Vec<Id> = (0..company.users.len())
        .filter(|user| Some(*user) != wish.user && company.users[*user].active)
        .map(|user| ids.users[user].clone())
        .collect();
    let rehearsal = Rehearsal::over(org, manifest).await;
    let mut meanwhile = Vec::new();
    let mut told = 0;
    // The first run is asked to stop once it has said so much; the next finishes what is left.
    for most in [stop_after, usize::MAX] {
        let planned = rehearsal.plan().await;
        let stop = Arc::new(AtomicBool::new(false));
        let options = ApplyOptions {
            wait: Duration::from_secs(60),
            sample: Sample::ALL,
            stop: stop.clone(),
            ..ApplyOptions::default()
        };
        let writer = Writer::new(rehearsal.reader.clone());
        let mut look = |_| {
            meanwhile.push(sight(&rehearsal.server.org(), &others, wish.object));
            told += 1;
            stop.store(told >= most, Ordering::Relaxed);
        };
        let manifests = rehearsal.manifests();
        let applied = apply::apply(&planned, manifests, &writer, options, &mut look).await;
        // What others share with the user is a leak all the same.
        let ended = applied.failure.map(|failure| failure.exit);
        let is_over = matches!(ended, None | Some(Exit::ProofFailed));
        assert!(
            is_over || most != usize::MAX && ended == Some(Exit::Interrupted),
            "{ended:?}\n{company:?}\n{wish:?}"
        );
    }
    let end = sight(&rehearsal.server.org(), &others, wish.object);
    rehearsal.server.stop().await;
    Looks { meanwhile, end }
}

#[test]
fn nobody_sees_fewer_meanwhile_than_in_the_end() {
    let kept = "      keepAccess: everyone\n";
    let (mut looks, mut blinded_without) = (0, 0);
    let companies = testing::law(COMPANIES).cases as usize;
    for (number, (mut company, mut wish)) in drawn(wishes(company())).take(companies).enumerate() {
        if ![Object::Lead, Object::Thing].contains(&wish.object) {
            wish.object = Object::Lead;
        }
        wish.level = Level::Edit;
        company.defaults.insert(wish.object, Model::ReadWrite);
        let through = format!("      narrowThrough: Read\n{kept}");
        let with = run(looked_at(&company, &wish, &through, 6 + 2 * number % 23));
        assert_eq!(with.blinded(), Vec::<&Id>::new(), "{company:?}\n{wish:?}");
        looks += with.meanwhile.len();
        let without = run(looked_at(&company, &wish, kept, usize::MAX));
        blinded_without += without.blinded().len();
    }
    let _ = writeln!(
        std::io::stderr(),
        "{companies} companies, {looks} looks; {blinded_without} people see fewer meanwhile without it"
    );
    assert!(blinded_without > 0, "it looks at nothing");
}
