//! What has to be read along with an object.

use super::OBJECT_NEEDS_OBJECT;
use crate::clone::Right;

/// Objects that have to be read by whoever reads one, nearest first.
pub fn read_along_with(object: &str) -> Vec<&'static str> {
    let mut along: Vec<&'static str> = Vec::new();
    let needs = |object: &str| {
        let reads = OBJECT_NEEDS_OBJECT
            .iter()
            .filter(|(right, ..)| *right == Right::Read);
        let object = object.to_owned();
        let needs = reads.filter(move |(_, _, by)| by.contains(&object.as_str()));
        needs.map(|(_, needed, _)| *needed)
    };
    let mut open: Vec<&'static str> = needs(object).collect();
    while let Some(next) = open.pop() {
        if !along.contains(&next) {
            along.push(next);
            open.extend(needs(next));
        }
    }
    along.sort_unstable();
    along
}
