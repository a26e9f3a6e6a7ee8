//! The only place that prints. Data goes to standard output, everything else to standard error.
//!
//! A reader who leaves early (`orgwright plan | head`) is no error: what follows is dropped and the run goes on.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use super::arguments::{Color, Global};
use crate::report::style::Style;
use crate::report::text::ascii;

/// Narrowest and widest a report is drawn.
const WIDTHS: (usize, usize) = (40, 100);
/// Width where nothing tells it.
const DEFAULT_WIDTH: usize = 80;

/// Standard output and standard error, and what they can show.
pub(crate) struct Output {
    /// How text on standard output is drawn.
    pub(crate) style: Style,
    /// How text on standard error is drawn.
    pub(crate) notes: Style,
    quiet: bool,
    state: Mutex<StreamState>,
}

/// What became of standard output.
#[derive(Default)]
struct StreamState {
    closed: bool,
    trouble: Option<io::Error>,
}

impl Output {
    /// The streams of this process.
    pub(crate) fn new(global: &Global) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let width = width(variable("COLUMNS").as_deref(), terminal_width());
        let style = |terminal: bool| Style {
            color: wants_color(global.color, terminal, &variable),
            unicode: shows_unicode(&variable),
            width,
            verbose: global.verbose,
            names: global.verbose,
        };
        Self {
            style: style(io::stdout().is_terminal()),
            notes: style(io::stderr().is_terminal()),
            quiet: global.quiet,
            state: Mutex::default(),
        }
    }

    /// Whether only what was asked for is to be said.
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// Text for people on standard output.
    pub(crate) fn say(&self, text: &str) {
        self.data(&if self.style.unicode {
            text.into()
        } else {
            ascii(text)
        });
    }

    /// Data on standard output, byte for byte, flushed.
    pub(crate) fn data(&self, text: &str) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        if state.closed {
            return;
        }
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            state.closed = true;
            state.trouble = (error.kind() != io::ErrorKind::BrokenPipe).then_some(error);
        }
    }

    /// A remark on standard error, unless only the result is wanted.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Text on standard error that is said in any case.
    pub(crate) fn warn(&self, text: &str) {
        let text = if self.notes.unicode {
            text.into()
        } else {
            ascii(text)
        };
        let mut stderr = io::stderr().lock();
        // Where standard error is gone there is nobody left to tell.
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
    }

    /// Why standard output could not be written, where that was not the reader's leaving.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.state
            .lock()
            .ok()?
            .trouble
            .as_ref()
            .map(ToString::to_string)
    }
}

/// Whether somebody can be asked: the question goes to standard error, the answer comes from standard input.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether colour is wanted on a stream.
fn wants_color(asked: Color, terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Color::Auto if set("CLICOLOR").as_deref() == Some("0") => false,
        Color::Auto => terminal && set("TERM").as_deref() != Some("dumb"),
    }
}

/// Whether the locale shows more than ASCII. Nothing set says nothing: containers and log viewers show UTF-8.
fn shows_unicode(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    named.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let asked = columns
        .and_then(|columns| columns.trim().parse().ok())
        .filter(|columns| *columns > 0);
    asked
        .or(terminal)
        .unwrap_or(DEFAULT_WIDTH)
        .clamp(WIDTHS.0, WIDTHS.1)
}

fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The environment `NAME=VALUE …`.
    fn environment(text: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| {
            text.split(' ')
                .find_map(|pair| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        }
    }

    #[test]
    fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
        let check = |asked, terminal, text, expected| {
            assert_eq!(
                wants_color(asked, terminal, &environment(text)),
                expected,
                "{asked:?} {terminal} {text}"
            );
        };
        check(Color::Auto, true, "TERM=xterm", true);
        check(Color::Auto, false, "TERM=xterm", false);
        check(Color::Auto, true, "NO_COLOR=1", false);
        check(Color::Auto, true, "NO_COLOR=", true);
        check(Color::Auto, true, "CLICOLOR=0", false);
        check(Color::Auto, false, "CLICOLOR_FORCE=1", true);
        check(Color::Auto, false, "CLICOLOR_FORCE=0", false);
        check(Color::Auto, false, "CLICOLOR_FORCE=1 NO_COLOR=1", false);
        check(Color::Auto, true, "TERM=dumb", false);
        check(Color::Always, false, "NO_COLOR=1 TERM=dumb", true);
        check(Color::Never, true, "CLICOLOR_FORCE=1", false);
    }

    #[test]
    fn a_locale_that_is_named_and_is_not_utf8_gets_ascii() {
        let check =
            |text, expected| assert_eq!(shows_unicode(&environment(text)), expected, "{text}");
        check("", true);
        check("LANG=C.UTF-8", true);
        check("LANG=en_GB.utf8", true);
        check("LANG=C", false);
        check("LC_ALL=POSIX LANG=en_GB.UTF-8", false);
        check("LC_ALL= LANG=en_GB.UTF-8", true);
    }

    #[test]
    fn width_is_told_by_columns_or_the_terminal_within_bounds() {
        assert_eq!(width(None, None), 80);
        assert_eq!(width(Some("72"), Some(200)), 72);
        assert_eq!(width(Some("0"), Some(200)), 100);
        assert_eq!(width(Some("x"), None), 80);
        assert_eq!(width(None, Some(7)), 40);
    }
}
