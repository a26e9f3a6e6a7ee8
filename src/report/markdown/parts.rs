//! Parts of a report that may lose their last items, and what holds them together.

use crate::count::number;

/// Bytes a report keeps within.
pub(super) const BUDGET: usize = 65_000;
/// Bytes kept free for one section's heading, ends and `… more` line.
const SECTION_ENDS: usize = 200;
/// Items that stand outside of any section, before the rest becomes a count.
const FIRST: usize = 5;

/// A part of a report that may lose its last items.
pub(super) struct ReportPart {
    pub(super) opening: String,
    pub(super) items: Vec<String>,
    pub(super) closing: &'static str,
}

/// A section with its heading.
pub(super) fn list(title: &str, items: impl Iterator<Item = String>) -> ReportPart {
    ReportPart {
        opening: format!("\n### {title}\n\n"),
        items: items.collect(),
        closing: "",
    }
}

/// Sentences that come before or after all sections: the first few, and how many more there are.
pub(super) fn first_of(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let mut text: String = items.iter().take(FIRST).map(String::as_str).collect();
    if items.len() > FIRST {
        let more = number((items.len() - FIRST) as u64);
        text.push_str(&format!("\u{2026} {more} more\n\n"));
    }
    text
}

/// Head, as much of the sections as fits, and tail. A section that is cut says how many items are missing.
pub(super) fn assembled(head: &str, sections: &[ReportPart], tail: &str) -> String {
    let sections: Vec<&ReportPart> = sections
        .iter()
        .filter(|section| !section.items.is_empty())
        .collect();
    let mut text = head.to_owned();
    let ends = |section: &&ReportPart| section.opening.len() + SECTION_ENDS;
    let mut kept_free: usize = tail.len() + sections.iter().map(ends).sum::<usize>();
    let mut used = head.len();
    for section in &sections {
        text.push_str(&section.opening);
        let mut shown = 0;
        for item in &section.items {
            if used + kept_free + item.len() > BUDGET {
                break;
            }
            used += item.len();
            text.push_str(item);
            shown += 1;
        }
        if shown < section.items.len() {
            text.push_str(&format!(
                "\n\u{2026} {} more\n",
                number((section.items.len() - shown) as u64)
            ));
        }
        text.push_str(section.closing);
        used += ends(section);
        kept_free -= ends(section);
    }
    text.push_str(tail);
    text
}
