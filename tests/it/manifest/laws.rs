//! Laws of the logic of criteria.

use super::*;
use proptest::prelude::*;

fn logic() -> impl Strategy<Value = Logic> {
    let item = (1..30usize).prop_map(Logic::Item);
    item.prop_recursive(4, 24, 4, |inner| {
        let parts = prop::collection::vec(inner, 2..5);
        prop_oneof![
            parts.clone().prop_map(Logic::And),
            parts.prop_map(Logic::Or)
        ]
    })
}

/// The same shape over the items 1, 2, 3… without gaps, as a manifest must name them.
fn renumbered(logic: &Logic, items: &[usize]) -> Logic {
    let all = |parts: &[Logic]| parts.iter().map(|part| renumbered(part, items)).collect();
    match logic {
        Logic::Item(number) => {
            let position = items.iter().position(|item| item == number);
            Logic::Item(position.unwrap() + 1)
        }
        Logic::And(parts) => Logic::And(all(parts)),
        Logic::Or(parts) => Logic::Or(all(parts)),
    }
}

/// A manifest whose rule has `count` criteria and this logic.
fn with_logic(count: usize, logic: &Logic) -> String {
    let text = fs::read_to_string(EXAMPLE).unwrap();
    let criteria = "{field: Email, operator: equals, value: a}, ".repeat(count);
    let (before, _) = text.split_once("          criteria:").unwrap();
    format!("{before}          criteria: [{criteria}]\n          logic: {logic}\n")
}

proptest! {
    #![proptest_config(testing::law(400))]

    /// What a logic is written as is read as the same logic.
    #[test]
    fn logic_survives_writing_and_reading(shape in logic()) {
        let items: Vec<usize> = shape.items().into_iter().collect();
        let logic = renumbered(&shape, &items);
        let manifest = load_text(with_logic(items.len(), &logic)).unwrap();
        let read = manifest.spec.sharing[0].rules[0].logic.as_ref().unwrap();
        prop_assert_eq!(&read.value, &logic);
    }

    /// A full manifest with pieces cut out, repeated or overwritten never panics, and every
    /// finding points into the text.
    #[test]
    fn on_damaged_manifests(at in 0.0..1.0f64, length in 0usize..60, noise in "[ -~\\n\\téß{}\\[\\]:&*!|>'\"]{0,12}") {
        let text = fs::read_to_string("tests/manifests/full.yaml").unwrap();
        let start = ((text.len() as f64) * at) as usize;
        let end = (start + length).min(text.len());
        let damaged = format!("{}{noise}{}", &text[..start], &text[end..]);
        for finding in findings_of(load_text(&damaged)) {
            let place = finding.place.unwrap();
            prop_assert!(damaged.get(place.offset..place.offset + place.length).is_some());
        }
    }
}
