//! The order of roles in a deploy.

use std::collections::{BTreeMap, BTreeSet};

use super::Documents;
use super::parts::Part;
use crate::xml::child_text;

/// Puts roles after the roles above them, where the package holds both; otherwise their order stays.
pub(super) fn order(parts: &mut [Part], documents: &Documents<'_>) {
    let Some(start) = parts.iter().position(|part| part.kind == "Role") else {
        return;
    };
    let count = parts[start..]
        .iter()
        .take_while(|part| part.kind == "Role")
        .count();
    let roles = &mut parts[start..start + count];
    let places = places(&above(roles, documents));
    let ordered: Vec<Part> = places
        .into_iter()
        .map(|place| roles[place].clone())
        .collect();
    roles.clone_from_slice(&ordered);
}

/// For each role the place of the role above it, where that is another one of the package.
fn above(roles: &[Part], documents: &Documents<'_>) -> Vec<Option<usize>> {
    let numbered = roles.iter().enumerate();
    let places: BTreeMap<&str, usize> = numbered
        .map(|(place, role)| (role.name.as_str(), place))
        .collect();
    let above = |role: &Part| {
        let document = documents[role.file.as_str()].as_ref().ok()?;
        let name = child_text(document.root_element(), "parentRole")?;
        (name != role.name).then(|| places.get(name).copied())?
    };
    roles.iter().map(above).collect()
}

/// The places in an order in which every role comes after the one above it. Of those that may come, the first comes; where
/// roles are above each other in a circle, the first of them does, and is refused for want of its parent.
fn places(above: &[Option<usize>]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); above.len()];
    for (place, above) in above.iter().enumerate() {
        if let Some(above) = above {
            below[*above].push(place);
        }
    }
    let mut waiting: BTreeSet<usize> = (0..above.len()).collect();
    let mut ready: BTreeSet<usize> = waiting
        .iter()
        .copied()
        .filter(|place| above[*place].is_none())
        .collect();
    let mut places = Vec::with_capacity(above.len());
    while let Some(next) = ready.pop_first().or_else(|| waiting.first().copied()) {
        if waiting.remove(&next) {
            places.push(next);
            ready.extend(&below[next]);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_comes_after_the_one_above_it_and_circles_end() {
        let check = |above: &[Option<usize>], expected: &[usize]| {
            assert_eq!(places(above), expected, "{above:?}");
        };
        check(&[], &[]);
        check(&[None, None, Some(0)], &[0, 1, 2]);
        check(&[Some(2), None, Some(3), None], &[1, 3, 2, 0]);
        check(&[Some(1), Some(0), None], &[2, 0, 1]);
    }
}
