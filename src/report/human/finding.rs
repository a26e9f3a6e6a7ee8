//! Findings for people: the weight, the code, the sentence, what to do, and the manifest lines underlined.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Place, Severity, Sources};
use crate::report::folded::Told;
use crate::report::place_words;
use crate::report::style::{Page, Style, Tone};
use crate::report::text::{columns, cut, printable, printable_lines, wrapped};

/// Columns left of an excerpt's text, for line numbers.
const MARGIN: usize = 10;

/// The colour of a weight.
pub(super) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Careful,
        Severity::Note => Tone::Faint,
    }
}

/// A finding in a few lines, without an excerpt.
pub(super) fn brief(page: &mut Page, finding: &Diagnostic) {
    let head = format!("{} {}", finding.severity.word(), finding.code);
    let place = finding.place.as_ref().map(place_words).unwrap_or_default();
    page.split(2, tone(finding.severity), &head, "", &place);
    page.text(6, 6, &printable(&finding.message));
    if let Some(help) = &finding.help {
        page.toned(
            6,
            12,
            Some(Tone::Faint),
            &format!("help: {}", printable(help)),
        );
    }
}

/// Many findings of a kind, in the place of the first.
pub(super) fn many(page: &mut Page, first: &Diagnostic, count: usize) {
    let head = format!("{} {}", first.severity.word(), first.code);
    page.split(2, tone(first.severity), &head, "", "");
    page.text(6, 6, &printable(&Told::sentence(first, count)));
    page.toned(
        6,
        12,
        Some(Tone::Faint),
        "help: -v lists each, and JSON keeps all",
    );
}

/// A finding on one line, where its details stand elsewhere.
pub(super) fn pointer(page: &mut Page, finding: &Diagnostic, text: &str) {
    let head = format!("{} {}", finding.severity.word(), finding.code);
    let place = finding.place.as_ref().map(place_words).unwrap_or_default();
    let rest = format!("  {text}");
    page.split(2, tone(finding.severity), &head, &rest, &place);
}

/// A finding with the manifest lines that caused it, where they are at hand.
pub(super) fn excerpt(page: &mut Page, finding: &Diagnostic, sources: &Sources) {
    let head = format!("{}[{}]:", finding.severity.word(), finding.code);
    let painted = page.style.paint(tone(finding.severity), &head);
    let message = format!("{head} {}", printable(&finding.message));
    let lines = wrapped(&message, page.style.width, 2);
    for (position, line) in lines.iter().enumerate() {
        let indent = if position == 0 { "" } else { "  " };
        page.raw(&format!("{indent}{}", line.replacen(&head, &painted, 1)));
    }
    let drawn = finding
        .place
        .as_ref()
        .and_then(|place| drawing(finding, place, sources, page.style));
    match (drawn, &finding.place) {
        (Some(drawn), _) => drawn.lines().for_each(|line| page.raw(line)),
        (None, Some(place)) => {
            page.text(2, 4, &format!("at {}:{}", place_words(place), place.column))
        }
        (None, None) => {}
    }
    elsewhere(page, finding);
    if let Some(help) = &finding.help {
        page.text(2, 8, &format!("help: {}", printable(help)));
    }
}

/// Places in other files than the excerpt's.
fn elsewhere(page: &mut Page, finding: &Diagnostic) {
    let here = finding.place.as_ref().map(|place| &place.file);
    for (place, label) in finding
        .related
        .iter()
        .filter(|(place, _)| Some(&place.file) != here)
    {
        page.text(
            2,
            4,
            &format!("see {}: {}", place_words(place), printable(label)),
        );
    }
}

/// The underlined lines; `None` where the text is not at hand or the place lies too far right to be shown.
fn drawing(finding: &Diagnostic, place: &Place, sources: &Sources, style: Style) -> Option<String> {
    let text = sources.text(&place.file)?;
    let shown = Shown::new(text, style.width.saturating_sub(MARGIN), style.ellipsis());
    let marked = shown.span(text, place)?;
    let around = shown.around(&marked);
    let mut annotations = vec![AnnotationKind::Primary.span(marked)];
    annotations.extend(around.map(|line| AnnotationKind::Visible.span(line)));
    for (other, label) in finding
        .related
        .iter()
        .filter(|(other, _)| other.file == place.file)
    {
        let marked = shown.span(text, other)?;
        annotations.push(AnnotationKind::Context.span(marked).label(printable(label)));
    }
    Some(rendered(&place.file, &shown.text, annotations, style))
}

/// The drawing of the library, in the colours and characters that the output can show.
fn rendered(file: &str, text: &str, annotations: Vec<Annotation<'_>>, style: Style) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let decor = if style.unicode {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    };
    let excerpt = Snippet::source(text)
        .path(printable(file))
        .annotations(annotations);
    renderer
        .decor_style(decor)
        .term_width(style.width)
        .render(&[Group::with_level(Level::ERROR).element(excerpt)])
}

/// A file's text as it is shown: printable, no line wider than there is room for, a mark where one was cut.
struct Shown {
    text: String,
    starts: Vec<usize>,
    /// Columns of each line that are the file's own.
    own: Vec<usize>,
}

impl Shown {
    fn new(text: &str, room: usize, mark: &str) -> Self {
        let mut shown = Self {
            text: String::with_capacity(text.len()),
            starts: Vec::new(),
            own: Vec::new(),
        };
        for (position, line) in text.split('\n').enumerate() {
            if position > 0 {
                shown.text.push('\n');
            }
            shown.starts.push(shown.text.len());
            shown.add(&printable_lines(line), room, mark);
        }
        shown
    }

    fn add(&mut self, line: &str, room: usize, mark: &str) {
        if columns(line) <= room {
            self.own.push(room);
            return self.text.push_str(line);
        }
        let own = room.saturating_sub(columns(mark));
        self.own.push(own);
        self.text.push_str(cut(line, own));
        self.text.push_str(mark);
    }

    /// Where a place is in the shown text, in bytes. Only its first line is marked.
    fn span(&self, text: &str, place: &Place) -> Option<Range<usize>> {
        let before = text.get(..place.offset)?;
        let within = text.get(place.offset..place.offset.checked_add(place.length)?)?;
        let prefix = printable_lines(before.rsplit('\n').next().unwrap_or_default());
        let within = printable_lines(within.split('\n').next().unwrap_or_default());
        let line = before.matches('\n').count();
        if columns(&prefix) + columns(&within) > *self.own.get(line)? {
            return None;
        }
        let start = self.starts.get(line)? + prefix.len();
        Some(start..start + within.len().max(1))
    }

    /// Where the line before and the line after a marked place begin; they are shown beside it.
    fn around(&self, marked: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let line = self.starts.partition_point(|start| *start <= marked.start);
        let before = line.checked_sub(2).and_then(|line| self.starts.get(line));
        let after = self.starts.get(line);
        let begins = [before.copied(), after.copied()];
        begins.into_iter().flatten().map(|start| start..start)
    }
}
