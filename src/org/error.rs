//! What can go wrong between here and an org, as facts.
//!
//! **Promise:** each error reads as one sentence without the source at hand, and none ever holds a token.

use std::fmt;
use std::time::Duration;

use super::refusal_class::RefusalClass;

/// The platform's own words for a refusal, from a REST error or a SOAP fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status of the answer, or of the part of a batch; 400 for a SOAP fault, whatever it was sent with.
    pub status: u16,
    /// The platform's code, such as `INVALID_FIELD`; the text follows the running user's language, the code does not.
    pub code: String,
    /// The platform's text, without the code in front.
    pub message: String,
    /// The fields the platform names, if any.
    pub fields: Vec<String>,
}

impl Refusal {
    /// A refusal; SOAP faults repeat the code at the start of their text, where it is taken off.
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        let stripped = message
            .strip_prefix(code)
            .and_then(|rest| rest.strip_prefix(':'));
        Self {
            status,
            code: code.to_owned(),
            message: without_tokens(stripped.unwrap_or(message).trim()),
            fields: Vec::new(),
        }
    }

    /// The error of a part that was asked together with others: what was asked is told in words.
    pub fn of(self, operation: &str) -> OrgError {
        OrgError::Refused {
            operation: operation.to_owned(),
            refusal: Box::new(self),
            request_id: None,
        }
    }

    /// Whether the org has no time or no calls left for this now, and may have later.
    pub fn is_busy(&self) -> bool {
        matches!(
            self.class(),
            RefusalClass::Transient | RefusalClass::DailyLimit
        )
    }

    /// Whether the session has ended. Two texts of the same status say something else, and a new session would
    /// not help them.
    pub(super) fn is_session_end(&self) -> bool {
        self.code == "INVALID_SESSION_ID"
            && !self
                .message
                .contains("Connected app is not attached to Agent")
            && !self
                .message
                .contains("This session is not valid for use with the REST API")
    }

    /// Whether the same read may succeed within seconds.
    pub(super) fn is_transient(&self) -> bool {
        self.class() == RefusalClass::Transient
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message: String = self.message.chars().flat_map(visible).collect();
        match (self.code.as_str(), message.as_str()) {
            (code, "") => write!(formatter, "{code} (no reason given)"),
            ("", message) => formatter.write_str(message),
            (code, message) => write!(formatter, "{code}: {message}"),
        }
    }
}

/// Why the org did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
    /// The target cannot be used as it is written.
    #[error("{0}")]
    Usage(String),
    /// A token would have gone to a host that is not Salesforce's.
    #[error("refusing to send a token to `{host}`: {reason}")]
    Untrusted {
        /// The host that was named.
        host: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The log-in failed, or the session ended and cannot be renewed.
    #[error("cannot log in to {host}: {reason}")]
    Login {
        /// The host that was asked.
        host: String,
        /// The reason, with the next step where there is one.
        reason: String,
    },
    /// The token is a JSON Web Token, which the Metadata API does not take.
    #[error(
        "the access token is a JSON Web Token, which the Metadata API (SOAP) does not accept: turn off \"Issue JSON \
         Web Token (JWT)-based access tokens for named users\" on the app that issued it, and log in again"
    )]
    JsonWebToken,
    /// No connection, or it broke before an answer to a read.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// The host that was asked.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// The host cannot prove that it is the one that was meant.
    #[error(
        "cannot trust {host}: {reason}; behind a company proxy, name a file with its certificate authority in \
         SSL_CERT_FILE or as the target's ca_file"
    )]
    Certificate {
        /// The host that was asked.
        host: String,
        /// What is wrong with its certificate.
        reason: String,
    },
    /// The host pointed elsewhere, where neither token nor body was sent.
    #[error(
        "{from} redirects to {to}, which is not followed: name the org by that host if it is yours"
    )]
    Redirected {
        /// The host that was asked.
        from: String,
        /// The host that it names.
        to: String,
    },
    /// The org understood and refused.
    #[error("{operation}: {refusal}{}", .request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default())]
    Refused {
        /// What was asked.
        operation: String,
        /// What the org said.
        refusal: Box<Refusal>,
        /// The platform's name for the request, for its support.
        request_id: Option<String>,
    },
    /// A web page where data was expected: a log-in page, a proxy, a maintenance notice.
    #[error("{host} answered with a web page{} (HTTP {status}): is this the org's My Domain host?",
        .title.as_ref().map(|title| format!(", \"{title}\",")).unwrap_or_default())]
    HtmlPage {
        /// The host that was asked.
        host: String,
        /// HTTP status.
        status: u16,
        /// The page's title.
        title: Option<String>,
    },
    /// An answer that is not what the interface promises.
    #[error("{what}; the answer begins: {excerpt}")]
    Garbled {
        /// What was expected and why this is not it.
        what: String,
        /// The start of the answer, escaped, without tokens.
        excerpt: String,
    },
    /// A rate limit, a lock, maintenance, or a gateway with too much to do.
    #[error("{host} is busy: {reason}{}",
        .retry_after.map(|delay| format!(", it asks to wait {} seconds", delay.as_secs())).unwrap_or_default())]
    Busy {
        /// The host that was asked.
        host: String,
        /// What it said.
        reason: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A write was sent and its answer never came: it may have happened or not.
    #[error(
        "the answer to \"{operation}\" was lost ({reason}): it may have been done, so it is not sent again"
    )]
    LostAnswer {
        /// What was asked.
        operation: String,
        /// How the answer was lost.
        reason: String,
    },
    /// An answer beyond the limits.
    #[error("the answer to \"{operation}\" is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was asked.
        operation: String,
        /// The limit it went over.
        limit_bytes: usize,
    },
}

impl OrgError {
    /// Whether trying later is the way: the org is busy, recalculating or at a limit.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Refused { refusal, .. } => refusal.is_busy(),
            _ => false,
        }
    }

    /// Whether the log-in or the rights of the running user are the cause.
    pub fn is_login(&self) -> bool {
        match self {
            Self::Login { .. } | Self::JsonWebToken => true,
            Self::Refused { refusal, .. } => matches!(
                refusal.class(),
                RefusalClass::Session | RefusalClass::Permission
            ),
            _ => false,
        }
    }

    /// Whether nobody here knows if the write was done; the caller looks it up.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::LostAnswer { .. })
    }

    /// The platform's own words, if it spoke.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// How long the org asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether looking again may give an answer: it was a passing refusal, or none that could be read.
    pub fn may_pass(&self) -> bool {
        self.is_transient() || matches!(self, Self::Garbled { .. } | Self::HtmlPage { .. })
    }

    /// Whether the same may succeed within seconds.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } => true,
            Self::Refused { refusal, .. } => refusal.is_transient(),
            _ => false,
        }
    }

    pub(super) fn is_session_end(&self) -> bool {
        self.refusal().is_some_and(Refusal::is_session_end)
    }
}

/// The start of a foreign text, fit to be shown: control characters escaped, one line, without tokens.
pub(super) fn excerpt(text: &str) -> String {
    const MAX_CHARACTERS: usize = 200;
    let text = text.trim();
    let end = text.char_indices().nth(10 * MAX_CHARACTERS);
    let start = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let shown: String = without_tokens(start)
        .chars()
        .take(MAX_CHARACTERS)
        .flat_map(visible)
        .collect();
    if shown.is_empty() {
        String::from("(nothing)")
    } else {
        shown
    }
}

/// The text with every token masked that looks like one: a host may say again what it was sent, or another's.
fn without_tokens(text: &str) -> String {
    let in_token =
        |character: char| character.is_ascii_alphanumeric() || "!._-%+/=".contains(character);
    let words = text.split_inclusive(|character| !in_token(character));
    let masked = words.map(|word| {
        let token = word.trim_end_matches(|character| !in_token(character));
        match is_token(token) {
            true => word.replacen(token, "***", 1),
            false => word.to_owned(),
        }
    });
    masked.collect()
}

/// Session ids begin with an org's id, signed tokens with a brace in base64.
fn is_token(word: &str) -> bool {
    /// An org's id, what stands between, and a part of the secret.
    const SHORTEST: usize = 20;
    let session = word.starts_with("00D") && (word.contains('!') || word.contains("%21"));
    word.len() >= SHORTEST && (session || word.starts_with("eyJ"))
}

/// Line ends become spaces; other control characters and those that turn the text around are escaped.
fn visible(character: char) -> Vec<char> {
    match character {
        '\n' | '\r' | '\t' => vec![' '],
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            character.escape_unicode().collect()
        }
        control if control.is_control() => control.escape_unicode().collect(),
        plain => vec![plain],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_token_is_masked_wherever_it_stands() {
        for (text, shown) in [
            (
                "Bearer 00D000000000062!AQ.canary_-x is not valid",
                "Bearer *** is not valid",
            ),
            ("{\"t\":\"00D000000000062%21AQcanary\"}", "{\"t\":\"***\"}"),
            ("<t>eyJraWQiOiIyMzAi.eyJzdWIi.c2ln</t>", "<t>***</t>"),
            (
                "org 00D000000000062EAA, not 00D!",
                "org 00D000000000062EAA, not 00D!",
            ),
        ] {
            assert_eq!(excerpt(text), shown);
            assert_eq!(Refusal::new(400, "X", text).message, shown);
        }
        let cut = format!("{}00D000000000062!canary", " x".repeat(90));
        assert!(!excerpt(&cut).contains("canary"), "{}", excerpt(&cut));
    }

    fn refused(status: u16, code: &str, message: &str) -> OrgError {
        OrgError::Refused {
            operation: String::from("read the roles"),
            refusal: Box::new(Refusal::new(status, code, message)),
            request_id: None,
        }
    }

    #[test]
    fn a_fault_says_its_code_once() {
        let error = refused(
            500,
            "INSUFFICIENT_ACCESS",
            "INSUFFICIENT_ACCESS: use of the Metadata API",
        );
        assert_eq!(
            error.to_string(),
            "read the roles: INSUFFICIENT_ACCESS: use of the Metadata API"
        );
        assert_eq!(
            refused(500, "X", "").to_string(),
            "read the roles: X (no reason given)"
        );
    }

    #[test]
    fn classes_of_refusals() {
        for (error, busy, login, transient) in [
            (
                refused(
                    403,
                    "REQUEST_LIMIT_EXCEEDED",
                    "TotalRequests Limit exceeded.",
                ),
                true,
                false,
                false,
            ),
            (
                refused(
                    403,
                    "REQUEST_LIMIT_EXCEEDED",
                    "ConcurrentRequests limit exceeded",
                ),
                true,
                false,
                true,
            ),
            (
                refused(
                    400,
                    "UNABLE_TO_LOCK_ROW",
                    "unable to obtain exclusive access",
                ),
                true,
                false,
                true,
            ),
            (
                refused(500, "INSUFFICIENT_ACCESS", "no"),
                false,
                true,
                false,
            ),
            (
                refused(400, "INVALID_FIELD", "No such column"),
                false,
                false,
                false,
            ),
        ] {
            assert_eq!(
                (error.is_busy(), error.is_login(), error.is_transient()),
                (busy, login, transient),
                "{error}"
            );
        }
    }

    #[test]
    fn some_sessions_cannot_be_helped_by_a_new_one() {
        let ended = |message| refused(401, "INVALID_SESSION_ID", message).is_session_end();
        assert!(ended("Session expired or invalid"));
        assert!(!ended(
            "This session is not valid for use with the REST API"
        ));
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        assert_eq!(
            excerpt("a\u{1b}[2Jb\nc\u{202e}d"),
            "a\\u{1b}[2Jb c\\u{202e}d"
        );
        assert_eq!(excerpt(" "), "(nothing)");
    }
}
