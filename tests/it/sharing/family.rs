//! Accounts, contacts, opportunities and cases together: what a plan says of each beforehand, and that its proof holds,
//! against the same evaluator.

use orgwright::access::Impact;
use orgwright::tally::Tally;
use orgwright::verify::Access;
use proptest::prelude::*;

use super::company::{
    Children, Company, Condition, Level, Logic, Model, Object, Party, Rule, Which, company,
};
use super::predicted::{Rehearsal, few, run};
use super::wish::{Wish, wishes};
use super::{evaluator, records_of};

const FAMILY: [Object; 4] = [
    Object::Account,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
];

/// What a manifest about all four wants: of each object what the bits of a wish say, or nothing.
fn family((company, wish): &(Company, Wish), which: u8) -> (Company, Vec<Wish>) {
    let mut company = Wish::known(company);
    // What other people's rules give is a leak by right.
    company.rules.clear();
    let wish = |(place, object): (usize, Object)| {
        let asks = which >> place & 1 == 1;
        let mut conditions = wish.conditions.clone();
        conditions.rotate_left(place % wish.conditions.len());
        conditions.truncate(if asks { 1 + place % 2 } else { 0 });
        Wish {
            object,
            conditions,
            ..wish.clone()
        }
    };
    let wishes = FAMILY.into_iter().enumerate().map(wish).collect();
    (company, wishes)
}

fn manifest(company: &Company, wishes: &[Wish]) -> String {
    let more = wishes[1..].iter().map(Wish::sharing);
    wishes[0].manifest(company) + &more.collect::<String>()
}

fn counted(company: &Company, user: usize, object: Object) -> (u64, u64) {
    let records = records_of(company, object).into_iter();
    let access = records.map(|record| evaluator::access(company, user, record));
    access.fold((0, 0), |(read, edit), access| {
        (read + u64::from(access.read), edit + u64::from(access.edit))
    })
}

fn holds(tally: &Tally, number: u64) -> bool {
    tally.at_least() <= number && tally.at_most().is_none_or(|most| number <= most)
}

/// What was planned, and what was proved, of each object.
async fn told(company: &Company, text: String) -> (Vec<Impact>, Vec<Access>) {
    let rehearsal = Rehearsal::of(company, text).await;
    let planned = rehearsal.plan().await;
    let applied = rehearsal.apply(&planned).await;
    rehearsal.server.stop().await;
    let proof = applied
        .verification
        .unwrap_or_else(|| panic!("{:?}", applied.failure));
    (planned.impact, proof.access)
}

/// The company with everything private, its groups and queues full and what people shared by hand, but for others' rules.
fn private((company, wish): &(Company, Wish)) -> (Company, Wish) {
    let mut company = company.clone();
    company.rules.clear();
    for object in [Object::Lead, Object::Thing, Object::Contract] {
        company.defaults.insert(object, Model::Private);
    }
    for object in FAMILY {
        company.defaults.insert(object, Model::Private);
    }
    (company, wish.clone())
}

async fn planned(company: &Company, text: String) -> Vec<Impact> {
    let rehearsal = Rehearsal::of(company, text).await;
    let planned = rehearsal.plan().await;
    rehearsal.server.stop().await;
    planned.impact
}

/// A record that somebody deletes between the proof's two questions is no record that is missing.
#[test]
fn a_record_that_is_deleted_meanwhile_is_not_missing() {
    let company = Company::of_words(&["North", "North", "South"]);
    let wish = Wish {
        object: Object::Lead,
        conditions: vec![Condition::Word(vec!["North"])],
        logic: Logic::All,
        level: Level::Read,
        user: None,
        role: None,
    };
    let access = run(async {
        let rehearsal = Rehearsal::of(&company, wish.manifest(&company)).await;
        let planned = rehearsal.plan().await;
        rehearsal.apply(&planned).await;
        let access = rehearsal.proof_after_a_deletion("Lead").await;
        rehearsal.server.stop().await;
        access
    });
    assert_eq!(
        (access.expected, access.visible, access.population),
        (1, 1, 2)
    );
    assert!(access.holds(), "{access:?}");
}

/// What opens a leak is told by kind, and each thing by itself.
#[test]
fn each_cause_of_a_leak_is_told() {
    let mut company = Company::of_words(&["South"]);
    let everybody = |which| Rule {
        object: Object::Lead,
        level: Level::Read,
        children: Children::default(),
        which,
        to: Party::Everybody,
    };
    let meeting = Which::Meeting {
        conditions: vec![Condition::Word(vec!["South"])],
        logic: Logic::All,
        owned_by_all: true,
    };
    let other = Which::Meeting {
        conditions: vec![Condition::Word(vec!["East"])],
        logic: Logic::All,
        owned_by_all: true,
    };
    company.rules = vec![
        everybody(Which::OwnedBy(Party::Everybody)),
        everybody(meeting),
        everybody(other),
    ];
    let wish = Wish {
        object: Object::Lead,
        conditions: vec![Condition::Word(vec!["North"])],
        logic: Logic::All,
        level: Level::Read,
        user: None,
        role: None,
    };
    let (_, access) = run(told(&company, wish.manifest(&company)));
    let causes = access[0].leaks[0].causes.iter();
    let told: Vec<_> = causes
        .map(|cause| (cause.kind, cause.through.join(" ")))
        .collect();
    let rule = ("sharing_rule", "group/".to_owned());
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .all(|(kind, through)| *kind == rule.0 && through.starts_with(&rule.1))
    );
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn what_people_shared_and_queues_own_is_counted(wishes in wishes(company()), whole in any::<bool>()) {
        let (company, wish) = private(&wishes);
        let all = FAMILY.map(|object| Wish { object, ..wish.clone() });
        let wishes = if whole { all.to_vec() } else { vec![wish] };
        let text = manifest(&company, &wishes);
        let impact = run(planned(&company, text.clone()));
        let (after, user) = Wish::granted_all(&wishes, &company);
        let exactly = wishes.iter().all(Wish::ignores_case);
        for (wish, impact) in wishes.iter().zip(&impact) {
            let (read, edit) = counted(&after, user, wish.object);
            let case = format!("{:?}: {impact:?}\nfor {read} read, {edit} edited; {text}", wish.object);
            if exactly {
                prop_assert!(holds(&impact.visible_after, read), "{}", case);
                prop_assert!(holds(&impact.editable_after, edit), "{}", case);
            }
            if let (Some(user), Some(now)) = (wish.user, &impact.visible_now) {
                let (read, _) = counted(&company, user, wish.object);
                prop_assert!(holds(now, read), "now {} {}", read, case);
            }
        }
    }

    #[test]
    fn a_family_is_planned_and_proved_as_it_is_seen(wishes in wishes(company()), which in any::<u8>()) {
        let (company, wishes) = family(&wishes, which);
        let text = manifest(&company, &wishes);
        let (impact, access) = run(told(&company, text.clone()));
        let (after, user) = Wish::granted_all(&wishes, &company);
        let exactly = wishes.iter().all(Wish::ignores_case);
        for (object, (impact, access)) in FAMILY.into_iter().zip(impact.iter().zip(&access)) {
            let (read, edit) = counted(&after, user, object);
            let case = format!("{object:?}: {impact:?}\nfor {read} read, {edit} edited; {access:?}\n{text}");
            prop_assert_eq!(access.visible, read, "{}", case);
            prop_assert!(holds(&impact.visible_after, read), "{}", case);
            prop_assert!(holds(&impact.editable_after, edit), "{}", case);
            if exactly && wishes[0].user.is_none() && wishes[0].role.is_none() {
                prop_assert!(impact.visible_after.exactly().is_some(), "{}", case);
            }
            let by_set = access.leaks.iter().filter(|leak| leak.cause.contains(" through the "));
            prop_assert_eq!(by_set.count(), access.leaks.len(), "{}", case);
            let profile = &after.profiles[after.users[user].profile];
            if profile.objects[&object].read && profile.objects[&object].edit {
                prop_assert!(access.missing.is_empty(), "{}", case);
            }
        }
    }
}
