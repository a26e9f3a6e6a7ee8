//! Differences applied to a document.

use super::groups::own_locator;
use super::{Difference, Locator, PathStep, canonical};
use crate::xml::{Element, Text};
use std::collections::{BTreeMap, HashMap};

/// Why differences do not fit a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// What should change is not there.
    #[error("there is no {0}")]
    Missing(String),
    /// What should change is not as it was.
    #[error("{0} is not as it was when the difference was made")]
    Changed(String),
}

/// The old document with the differences applied; what they do not name stays as it is.
///
/// # Errors
/// Something is missing, or is not as it was.
pub fn apply(document: &Element, differences: &[Difference]) -> Result<Element, ApplyError> {
    let mut document = document.clone();
    let differences: Vec<&Difference> = differences.iter().collect();
    change(&mut document, &differences, 0)?;
    Ok(document)
}

/// Applies differences that lead to or through this element.
fn change(
    element: &mut Element,
    differences: &[&Difference],
    depth: usize,
) -> Result<(), ApplyError> {
    let whole = differences
        .iter()
        .find(|difference| difference.path.len() == depth);
    if let Some(Difference {
        path,
        before: Some(before),
        after: Some(after),
    }) = whole
    {
        if canonical::text(element) != canonical::text(before) {
            return Err(ApplyError::Changed(named(path)));
        }
        after.clone_into(element);
        return Ok(());
    }
    let sorted = sort(element, differences, depth)?;
    for (index, differences) in &sorted.inner {
        if let Some(child) = element.children.get_mut(*index) {
            change(child, differences, depth + 1)?;
        }
    }
    for index in sorted.removals.into_iter().rev() {
        element.children.remove(index);
    }
    if !sorted.additions.is_empty() {
        element.text = Text::default();
        element.children.extend(sorted.additions);
    }
    Ok(())
}

/// Differences by what they do to the children, found before any child is touched.
#[derive(Default)]
struct Sorted<'a> {
    inner: BTreeMap<usize, Vec<&'a Difference>>,
    removals: Vec<usize>,
    additions: Vec<Element>,
}

fn sort<'a>(
    element: &Element,
    differences: &[&'a Difference],
    depth: usize,
) -> Result<Sorted<'a>, ApplyError> {
    let index = Index::of(element);
    let mut sorted = Sorted::default();
    for difference in differences {
        let last = difference.path.len() == depth + 1;
        match (&difference.before, &difference.after) {
            (None, Some(after)) if last => sorted.additions.push(after.clone()),
            (Some(before), None) if last => {
                let place = index.find(difference, depth)?;
                let found = element.children.get(place).map(canonical::text);
                if found != Some(canonical::text(before)) {
                    return Err(ApplyError::Changed(named(&difference.path)));
                }
                sorted.removals.push(place);
            }
            _ => {
                let place = index.find(difference, depth)?;
                sorted.inner.entry(place).or_default().push(difference);
            }
        }
    }
    sorted.removals.sort_unstable();
    sorted.removals.dedup();
    Ok(sorted)
}

/// Where the children stand, by name and by what tells them apart.
struct Index<'a>(HashMap<(&'a str, Locator<'a>), Vec<usize>>);

impl<'a> Index<'a> {
    fn of(element: &'a Element) -> Self {
        let mut places: HashMap<(&str, Locator<'_>), Vec<usize>> = HashMap::new();
        for (place, child) in element.children.iter().enumerate() {
            for locator in [Locator::Position, own_locator(child)] {
                places
                    .entry((&child.name, locator))
                    .or_default()
                    .push(place);
            }
        }
        Self(places)
    }

    fn find(&self, difference: &Difference, depth: usize) -> Result<usize, ApplyError> {
        let missing = || ApplyError::Missing(named(&difference.path));
        let step = difference.path.get(depth).ok_or_else(missing)?;
        let places = self.0.get(&(step.name.as_str(), step.locator.clone()));
        let place = places.and_then(|places| places.get(step.position));
        place.copied().ok_or_else(missing)
    }
}

fn named(path: &[PathStep]) -> String {
    let steps: Vec<String> = path.iter().map(ToString::to_string).collect();
    steps.join(" / ")
}
