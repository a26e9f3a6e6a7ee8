//! Findings for people: the weight, the code, the sentence, what to do, and the manifest lines underlined.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};

use crate::diagnostic::{Diagnostic, Place, Severity, Sources};
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
    let (offset, length) = shown.span(text, place)?;
    let mut spans = vec![LabeledSpan::new_primary_with_span(None, (offset, length))];
    for (other, label) in finding
        .related
        .iter()
        .filter(|(other, _)| other.file == place.file)
    {
        let (offset, length) = shown.span(text, other)?;
        spans.push(LabeledSpan::new(
            Some(printable(label).into_owned()),
            offset,
            length,
        ));
    }
    let excerpt = Excerpt {
        source: NamedSource::new(printable(&place.file), shown.text),
        spans,
    };
    let mut drawn = String::new();
    handler(style).render_report(&mut drawn, &excerpt).ok()?;
    Some(without_heading(&drawn))
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

    /// Where a place is in the shown text: offset and length in bytes. Only its first line is marked.
    fn span(&self, text: &str, place: &Place) -> Option<(usize, usize)> {
        let before = text.get(..place.offset)?;
        let within = text.get(place.offset..place.offset.checked_add(place.length)?)?;
        let prefix = printable_lines(before.rsplit('\n').next().unwrap_or_default());
        let within = printable_lines(within.split('\n').next().unwrap_or_default());
        let line = before.matches('\n').count();
        if columns(&prefix) + columns(&within) > *self.own.get(line)? {
            return None;
        }
        let start = self.starts.get(line)?;
        Some((start + prefix.len(), within.len().max(1)))
    }
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if style.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(1)
        .with_width(style.width)
}

/// The drawing without the line of the message, which stands above it already.
fn without_heading(drawn: &str) -> String {
    drawn
        .lines()
        .filter(|line| !line.trim().is_empty())
        .skip(1)
        .fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        })
}

/// An excerpt as the drawing library takes it.
#[derive(Debug)]
struct Excerpt {
    source: NamedSource<String>,
    spans: Vec<LabeledSpan>,
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("-")
    }
}

impl std::error::Error for Excerpt {}

impl miette::Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.spans.iter().cloned()))
    }
}
