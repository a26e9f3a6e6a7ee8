//! Leaks by the thousand: what explaining them costs, and what is told of them.

use super::super::company::{Children, Company, Group, Level, Party, Record, Share};
use super::super::emulated;
use super::super::predicted::{run, to_everybody};
use super::super::wish::Wish;
use super::Leaking;

/// Ten thousand leaks by two ways are explained in as many requests as a few pages of them.
#[test]
fn ten_thousand_leaks_take_a_dozen_requests() {
    let mut company = Company::of_words(&["South"]);
    let south = company.records[0].clone();
    // The emulated org takes its time for so many.
    let many = if testing::cases(1) >= 200 {
        10_000
    } else {
        2_000
    };
    company.records = vec![south.clone(); many];
    company.rules = vec![to_everybody()];
    let wish = Wish::of_word("North");
    let calls = |company: &Company| {
        let (mut after, user) = wish.granted(company);
        after.groups.push(Group {
            members: vec![Party::User(user)],
            bosses: false,
        });
        let shares = (0..after.records.len()).step_by(2).map(|record| Share {
            record,
            to: Party::Group(0),
            level: Level::Read,
            children: Children::default(),
        });
        after.shares = shares.collect();
        let placed = Wish {
            user: Some(user),
            role: after.users[user].role,
            ..wish.clone()
        };
        let leaking = Leaking {
            manifest: placed.manifest(&after),
            org: emulated::org(&after).0,
            user: String::new(),
        };
        run(leaking.proved_and_counted())
    };
    let (proved, all) = calls(&company);
    company.rules.clear();
    company.records.fill(Record {
        word: "North",
        ..south
    });
    let (without, of_proof) = calls(&company);
    assert_eq!(
        (without[0].leaks.len(), without[0].visible),
        (0, many as u64)
    );
    let access = &proved[0];
    assert_eq!(access.leaks.len(), many);
    let both = access
        .leaks
        .iter()
        .filter(|leak| leak.causes.len() == 2)
        .count();
    assert_eq!(both, many / 2, "{:?}", access.leaks[0]);
    let mends: Vec<_> = access
        .mends
        .iter()
        .map(|mend| (mend.kind, mend.closes_in_set))
        .collect();
    assert_eq!(
        mends,
        [("group", many as u64 / 2), ("sharing_rule", many as u64)]
    );
    assert!(
        all <= of_proof + 12,
        "{all} calls, {of_proof} without a leak"
    );
}

/// More records than are held at once are all compared, all counted, and the first of those that leak are told.
#[test]
fn records_in_pages_are_all_compared() {
    let (leaking, wanted) = (10_300, 9_800);
    let mut company = Company::of_words(&["South"]);
    let south = company.records[0].clone();
    let north = Record {
        word: "North",
        ..south.clone()
    };
    company.records = vec![south; leaking];
    company.records.extend(vec![north; wanted]);
    let wish = Wish::of_word("North");
    let (mut after, user) = wish.granted(&company);
    after.rules.push(to_everybody());
    let placed = Wish {
        user: Some(user),
        role: after.users[user].role,
        ..wish
    };
    let of_company = Leaking {
        manifest: placed.manifest(&after),
        org: emulated::org(&after).0,
        user: String::new(),
    };
    let access = run(of_company.proved()).remove(0);
    let all = (leaking + wanted) as u64;
    let counts = (
        access.population,
        access.checked,
        access.expected,
        access.visible,
    );
    assert_eq!(counts, (all, all, wanted as u64, all));
    let told = (access.leaks_found, access.leaks.len(), access.missing_found);
    assert_eq!(told, (leaking as u64, 10_000, 0));
    assert!(access.leaks.iter().all(|leak| leak.causes.len() == 1));
}
