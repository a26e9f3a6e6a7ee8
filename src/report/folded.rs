//! Findings of one kind that are too many to read one by one: one line with their number. JSON keeps all.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::count::number;
use crate::diagnostic::{Diagnostic, Severity};

/// Findings of one kind that are told one by one.
const MOST_OF_A_KIND: usize = 20;

/// How one finding is told, or many.
pub(super) enum Told<'a> {
    /// By itself.
    One(&'a Diagnostic),
    /// With all others of its kind: the first of so many.
    Many(&'a Diagnostic, usize),
}

impl Told<'_> {
    /// The sentence about many: `5,000 of these, another rule reaches the user; the first: …`
    pub(super) fn sentence(first: &Diagnostic, count: usize) -> String {
        format!(
            "{} findings of this kind ({}); the first: {}",
            number(count as u64),
            first.code.title(),
            first.message
        )
    }
}

/// Findings in their order, where those of a kind that are many stand as one in the place of the first.
pub(super) fn folded(findings: &[Diagnostic], is_unfolded: bool) -> Vec<Told<'_>> {
    let mut counts: BTreeMap<(Severity, Code), usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry((finding.severity, finding.code)).or_default() += 1;
    }
    let mut told = Vec::new();
    for finding in findings {
        let kind = (finding.severity, finding.code);
        match counts.get_mut(&kind) {
            Some(count) if *count > MOST_OF_A_KIND && !is_unfolded => {
                told.push(Told::Many(finding, *count));
                // What follows of the kind is told by this one.
                *count = 0;
            }
            Some(0) => {}
            _ => told.push(Told::One(finding)),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_one_and_a_few_are_each() {
        let of = |code, count| vec![Diagnostic::note(code, "so it is"); count];
        let all = [
            of(Code::NoRecords, 5000),
            of(Code::RoleShared, 2),
            of(Code::NoRecords, 1),
        ]
        .concat();
        let shown = |is_unfolded| {
            let told = folded(&all, is_unfolded).into_iter();
            told.map(|told| match told {
                Told::One(_) => 1,
                Told::Many(_, count) => count,
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(shown(false), [5001, 1, 1]);
        assert_eq!(shown(true).len(), 5003);
    }
}
