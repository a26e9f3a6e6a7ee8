//! A text that must never be seen: a token, a client secret, a signed assertion.
//!
//! **Promise:** a [`Secret`] has no `Display` and no `Serialize`, and its `Debug` is `***`; the one way to the
//! text is [`Secret::expose`], so every use can be found by that name. Its memory is overwritten when it is dropped.

use std::fmt;

use zeroize::Zeroize as _;

/// A text that logs, errors and plans cannot print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in; white space around it (the line end of a file) is no part of a secret.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text: String = text.into();
        let secret = Self(text.trim().to_owned());
        text.zeroize();
        secret
    }

    /// The text itself, for the header or body it is meant for and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Replaces every occurrence of the secret in a text that somebody will read.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, "***")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("00D000000000001!canary\n");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose(), "00D000000000001!canary");
    }

    #[test]
    fn redacts_every_occurrence() {
        let secret = Secret::new("canary");
        assert_eq!(secret.redact("a canary, a canary"), "a ***, a ***");
        assert_eq!(Secret::new("").redact("as it was"), "as it was");
    }
}
