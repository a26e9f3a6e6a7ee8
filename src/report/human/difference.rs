//! A comparison of metadata, for people.

use crate::count::{count, number};
use crate::difference::Difference;
use crate::documents::{Compared, Comparison, FILE, State};
use crate::entries::{key, names_entry};
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{clipped, printable};
use crate::xml::Element;

/// Differences of one sort in one list that are shown before the rest is folded into a count.
const SHOWN: usize = 8;
/// Documents that are on one side only, shown before the rest is folded into a count.
const DOCUMENTS_SHOWN: usize = 20;
/// Longest value shown whole, in characters.
const LONGEST_VALUE: usize = 160;

/// What differs, document by document, and the totals.
pub fn comparison(a: &str, b: &str, comparison: &Comparison, style: Style) -> String {
    let mut page = Page::new(style);
    for compared in &comparison.documents {
        if let State::Changed(differences) = &compared.state {
            changed(&mut page, compared, differences);
        }
    }
    one_sided(&mut page, comparison, &State::OnlyInA, a);
    one_sided(&mut page, comparison, &State::OnlyInB, b);
    page.text(0, 2, &totals(comparison));
    page.finish()
}

fn changed(page: &mut Page, compared: &Compared, differences: &[Difference]) {
    let heading = format!("~ change  {}", title(compared));
    let differ = count(differences.len() as u64, "difference");
    page.split(0, Tone::Careful, &heading, "", &differ);
    if compared.identity.kind == FILE {
        page.text(4, 4, "the text differs");
    } else {
        let mut ordered: Vec<&Difference> = differences.iter().collect();
        ordered.sort_by_key(|difference| list(difference));
        for group in ordered.chunk_by(|one, other| list(one) == list(other)) {
            lines(page, group);
        }
    }
    page.raw("");
}

/// What folds together: differences in one list, of one sort.
fn list(difference: &Difference) -> (&str, &'static str) {
    let name = difference
        .path
        .first()
        .map_or("", |step| step.name.as_str());
    (name, words(difference).1)
}

fn lines(page: &mut Page, group: &[&Difference]) {
    let shown = if page.style.verbose {
        group.len()
    } else {
        SHOWN
    };
    // One line more is no longer than the line that counts it.
    let shown = if group.len() == shown + 1 {
        group.len()
    } else {
        shown
    };
    for difference in group.iter().take(shown) {
        line(page, difference);
    }
    let rest = group.len().saturating_sub(shown);
    if let (true, Some(difference)) = (rest > 0, group.first()) {
        let (symbol, word, _) = words(difference);
        let name = list(difference).0;
        let text = format!(
            "{symbol} {word}  {} more {}, -v lists them",
            number(rest as u64),
            printable(name)
        );
        page.toned(2, 6, Some(Tone::Faint), &text);
    }
}

fn line(page: &mut Page, difference: &Difference) {
    let (symbol, word, tone) = words(difference);
    let path: Vec<String> = difference.path.iter().map(ToString::to_string).collect();
    let path = printable(&path.join(" / ")).into_owned();
    let arrow = page.style.arrow();
    let values = match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{} {arrow} {}", value(before), value(after)),
        (Some(only), None) | (None, Some(only)) => value(only),
        (None, None) => String::new(),
    };
    let between = if values.is_empty() { "" } else { ": " };
    let head = format!("{symbol} {word}");
    page.split(2, tone, &head, &format!("  {path}{between}{values}"), "");
}

fn words(difference: &Difference) -> (&'static str, &'static str, Tone) {
    match (&difference.before, &difference.after) {
        (None, _) => ("+", "add", Tone::Good),
        (_, None) => ("-", "remove", Tone::Bad),
        _ => ("~", "change", Tone::Careful),
    }
}

/// A leaf as its text, an entry as what it holds besides its key: `editable true, readable true`.
fn value(element: &Element) -> String {
    let shown = if element.children.is_empty() {
        leaf(element)
    } else {
        let key = key(element);
        let is_key =
            |child: &&Element| !key.is_empty() && key.split('\u{0}').any(|part| child.text == part);
        content_words(
            element
                .children
                .iter()
                .filter(|child| !(is_key(child) && names_entry(&child.name))),
        )
    };
    clipped(&printable(&shown), LONGEST_VALUE)
}

fn leaf(element: &Element) -> String {
    let text = element.text.as_str();
    if text.is_empty() || text.trim() != text {
        format!("{text:?}")
    } else {
        text.to_owned()
    }
}

fn content_words<'a>(children: impl Iterator<Item = &'a Element>) -> String {
    let parts = children.map(|child| {
        if child.children.is_empty() {
            format!("{} {}", child.name, leaf(child))
        } else {
            format!("{} ({})", child.name, content_words(child.children.iter()))
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn one_sided(page: &mut Page, comparison: &Comparison, state: &State, side: &str) {
    let documents: Vec<&Compared> = (comparison.documents.iter())
        .filter(|compared| compared.state == *state)
        .collect();
    let all = page.style.verbose || documents.len() == DOCUMENTS_SHOWN + 1;
    let shown = if all {
        documents.len()
    } else {
        DOCUMENTS_SHOWN
    };
    let (head, tone) = match state {
        State::OnlyInA => ("- remove", Tone::Bad),
        _ => ("+ add", Tone::Good),
    };
    for compared in documents.iter().take(shown) {
        let rest = format!("  {}, only in {}", title(compared), printable(side));
        page.split(0, tone, head, &rest, "");
    }
    let rest = documents.len().saturating_sub(shown);
    if rest > 0 {
        let more = format!(
            "{head}  {} more, -v lists them",
            count(rest as u64, "document")
        );
        page.toned(0, 4, Some(Tone::Faint), &more);
    }
    if !documents.is_empty() {
        page.raw("");
    }
}

fn title(compared: &Compared) -> String {
    let title = format!("{} {}", compared.identity.kind, compared.identity.name);
    clipped(&printable(&title), LONGEST_VALUE)
}

/// `2 documents differ, 1 only in the first, 3 equal`
fn totals(comparison: &Comparison) -> String {
    let is = |wanted: fn(&State) -> bool| {
        comparison
            .documents
            .iter()
            .filter(|compared| wanted(&compared.state))
            .count() as u64
    };
    let changed = is(|state| matches!(state, State::Changed(_)));
    let first = is(|state| *state == State::OnlyInA);
    let second = is(|state| *state == State::OnlyInB);
    if comparison.documents.is_empty() {
        return format!(
            "no differences in {}",
            count(comparison.equal as u64, "document")
        );
    }
    let verb = if changed == 1 { "differs" } else { "differ" };
    let mut parts = vec![format!("{} {verb}", count(changed, "document"))];
    let more = [
        (first, "only in the first"),
        (second, "only in the second"),
        (comparison.equal as u64, "equal"),
    ];
    for (found, words) in more {
        if found > 0 {
            parts.push(format!("{} {words}", number(found)));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{compare, read};
    use crate::package::Files;

    fn profile(grants: std::ops::Range<usize>, label: &str) -> Vec<u8> {
        let grant = |number| {
            format!(
                "<userPermissions><enabled>true</enabled><name>P{number:02}</name></userPermissions>"
            )
        };
        let grants: String = grants.map(grant).collect();
        format!("<Profile>{grants}<description>{label}</description></Profile>").into_bytes()
    }

    fn shown(a: &[(&str, Vec<u8>)], b: &[(&str, Vec<u8>)], verbose: bool) -> String {
        let files = |side: &[(&str, Vec<u8>)]| -> Files {
            side.iter()
                .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
                .collect()
        };
        let read = |side| read(files(side)).expect("well-formed");
        let style = Style {
            verbose,
            ..Style::PLAIN
        };
        comparison("a", "b", &compare(&read(a), &read(b)), style)
    }

    #[test]
    fn changes_are_drawn_with_a_word_and_long_lists_folded() {
        let a = [
            ("A.profile", profile(0..12, "one")),
            ("x.role", b"<Role/>".to_vec()),
        ];
        let b = [("A.profile", profile(11..13, "two\u{202e}x"))];
        let text = shown(&a, &b, false);
        let expected = "\
~ change  Profile A                                               13 differences
  ~ change  description: one \u{2192} two\\u{202e}x
  + add  userPermissions P12: enabled true
  - remove  userPermissions P00: enabled true
";
        assert!(text.starts_with(expected), "{text}");
        assert!(
            text.contains("  - remove  3 more userPermissions, -v lists them\n"),
            "{text}"
        );
        assert!(text.contains("\n- remove  Role x, only in a\n"), "{text}");
        assert!(
            text.ends_with("\n1 document differs, 1 only in the first\n"),
            "{text}"
        );
        assert!(shown(&a, &b, true).contains("userPermissions P10:"));
    }

    #[test]
    fn equal_sides_say_so() {
        let a = [("x.role", b"<Role/>".to_vec())];
        assert_eq!(shown(&a, &a, false), "no differences in 1 document\n");
    }
}
