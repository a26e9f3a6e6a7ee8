//! How a report is drawn for people: colour, symbols, width; and the page it is drawn on.

use anstyle::{AnsiColor, Style as Ansi};

use super::text::{columns, wrapped};

/// What the place a report goes to can show, and how much of it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colour is wanted.
    pub color: bool,
    /// Whether characters beyond ASCII can be shown.
    pub unicode: bool,
    /// Columns to keep within.
    pub width: usize,
    /// Whether long lists are unfolded.
    pub verbose: bool,
    /// Whether people who lose sight are named.
    pub names: bool,
}

/// What a stretch of text says by its colour; a word always says it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is made, or is as it should be.
    Good,
    /// Something changes, or deserves a look.
    Careful,
    /// Something goes, or went wrong.
    Bad,
    /// Something cannot be undone.
    Final,
    /// Headings.
    Strong,
    /// Context.
    Faint,
}

impl Style {
    /// No colour, no folding undone, 80 columns.
    pub const PLAIN: Self = Self {
        color: false,
        unicode: true,
        width: 80,
        verbose: false,
        names: false,
    };

    /// Text in a tone, where colour is wanted.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let ansi = tone.ansi();
        format!("{ansi}{text}{ansi:#}")
    }

    /// What stands between before and after.
    pub fn arrow(self) -> &'static str {
        if self.unicode { "\u{2192}" } else { "->" }
    }

    /// What stands where a line was cut.
    pub fn ellipsis(self) -> &'static str {
        if self.unicode { "\u{2026}" } else { "..." }
    }

    /// What stands between facts on one line.
    pub fn dot(self) -> &'static str {
        if self.unicode { "\u{b7}" } else { "|" }
    }
}

impl Tone {
    fn ansi(self) -> Ansi {
        let colored = |color: AnsiColor| Ansi::new().fg_color(Some(color.into()));
        match self {
            Self::Good => colored(AnsiColor::Green),
            Self::Careful => colored(AnsiColor::Yellow),
            Self::Bad => colored(AnsiColor::Red).bold(),
            Self::Final => colored(AnsiColor::Magenta).bold(),
            Self::Strong => Ansi::new().bold(),
            Self::Faint => Ansi::new().dimmed(),
        }
    }
}

/// A page that text is put on line by line, within the width.
#[derive(Debug)]
pub struct Page {
    /// How it is drawn.
    pub style: Style,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    /// The page's text.
    pub fn finish(self) -> String {
        self.text
    }

    /// A line as it is: already safe, already within the width.
    pub fn raw(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A heading, with an empty line before it.
    pub fn heading(&mut self, heading: &str) {
        let heading = self.style.paint(Tone::Strong, heading);
        self.text.push('\n');
        self.raw(&heading);
    }

    /// Text from column `first` on, its further lines from column `rest` on.
    pub fn text(&mut self, first: usize, rest: usize, text: &str) {
        self.toned(first, rest, None, text);
    }

    /// The same in a tone.
    pub fn toned(&mut self, first: usize, rest: usize, tone: Option<Tone>, text: &str) {
        let hang = rest.saturating_sub(first);
        let lines = wrapped(text, self.style.width.saturating_sub(first), hang);
        for (position, line) in lines.iter().enumerate() {
            let indent = if position == 0 { first } else { rest };
            let line = tone.map_or_else(|| line.clone(), |tone| self.style.paint(tone, line));
            self.raw(&format!("{:indent$}{line}", ""));
        }
    }

    /// A line that begins in a tone, with something at its right end: there where it fits, else below.
    pub fn split(&mut self, indent: usize, tone: Tone, head: &str, rest: &str, right: &str) {
        let room = self.style.width.saturating_sub(indent);
        let mut lines = wrapped(&format!("{head}{rest}"), room, 4);
        let gap =
            room.saturating_sub(lines.first().map_or(0, |line| columns(line)) + columns(right));
        let beside = lines.len() == 1 && gap >= 2;
        if let Some(first) = lines.first_mut() {
            *first = first.replacen(head, &self.style.paint(tone, head), 1);
            if beside {
                first.push_str(&" ".repeat(gap));
                first.push_str(&self.style.paint(Tone::Faint, right));
            }
        }
        for (position, line) in lines.iter().enumerate() {
            let indent = if position == 0 { indent } else { indent + 4 };
            self.raw(&format!("{:indent$}{line}", ""));
        }
        if !beside && !right.is_empty() {
            self.toned(indent + 4, indent + 4, Some(Tone::Faint), right);
        }
    }

    /// Facts on one line, broken only between them where they do not fit.
    pub fn facts(&mut self, facts: &[String]) {
        let between = format!(" {} ", self.style.dot());
        let mut line = String::new();
        for fact in facts {
            if !line.is_empty()
                && columns(&line) + columns(&between) + columns(fact) > self.style.width
            {
                self.text(0, 2, &std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push_str(&between);
            }
            line.push_str(fact);
        }
        self.text(0, 2, &line);
    }

    /// A command to copy: broken before its options, in a way the shell joins again.
    pub fn command(&mut self, label: &str, command: &[String]) {
        let whole = format!("{label}{}", command.join(" "));
        if columns(&whole) <= self.style.width {
            return self.raw(&whole);
        }
        let mut line = label.to_owned();
        for (position, word) in command.iter().enumerate() {
            let starts_option = word.starts_with("--");
            let pair = columns(word)
                + command
                    .get(position + 1)
                    .map_or(0, |next| columns(next) + 1);
            if starts_option && columns(&line) + pair + 3 > self.style.width {
                self.raw(&format!("{line}\\"));
                line = " ".repeat(label.len() + 2);
            }
            line.push_str(word);
            line.push(' ');
        }
        self.raw(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, draw: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Style {
            width,
            ..Style::PLAIN
        });
        draw(&mut page);
        page.finish()
    }

    #[test]
    fn text_hangs_and_keeps_within_the_width() {
        let text = drawn(20, |page| page.text(2, 6, "one two three four five six"));
        assert_eq!(text, "  one two three four\n      five six\n");
        let hard = drawn(20, |page| page.text(0, 4, &"x".repeat(50)));
        assert!(hard.lines().all(|line| columns(line) <= 20), "{hard}");
        assert_eq!(hard.matches('x').count(), 50);
    }

    #[test]
    fn the_right_end_goes_below_where_it_does_not_fit() {
        assert_eq!(
            drawn(20, |page| page.split(2, Tone::Good, "left", "", "right")),
            "  left         right\n"
        );
        assert_eq!(
            drawn(20, |page| page.split(
                2,
                Tone::Good,
                "quite",
                " a long one",
                "right"
            )),
            "  quite a long one\n      right\n"
        );
    }

    #[test]
    fn a_long_command_stays_copyable() {
        let words: Vec<String> = [
            "orgwright",
            "apply",
            "orgwright.yaml",
            "--org",
            "sf:uat",
            "--expect",
            "7f3a91c2d4e5",
        ]
        .map(str::to_owned)
        .into();
        let text = drawn(50, |page| page.command("next: ", &words));
        assert_eq!(
            text,
            "next: orgwright apply orgwright.yaml \\\n        --org sf:uat --expect 7f3a91c2d4e5\n"
        );
    }

    #[test]
    fn colour_only_where_it_is_wanted() {
        assert_eq!(Style::PLAIN.paint(Tone::Bad, "x"), "x");
        let colored = Style {
            color: true,
            ..Style::PLAIN
        };
        assert_eq!(colored.paint(Tone::Good, "x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
