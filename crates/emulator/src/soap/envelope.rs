//! Envelopes and faults.

use roxmltree::{Document, Node};

use crate::http::Response;
use crate::xml::{self, INSTANCE, METADATA, Writer, child_any_case, elements};

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// A fault: HTTP status 500 and the sentence with its code in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `sf:INVALID_SESSION_ID`, or `soapenv:Client`.
    code: String,
    message: String,
}

impl Fault {
    /// A fault with one of the platform's exception codes.
    pub(crate) fn new(code: &str, message: impl AsRef<str>) -> Self {
        Self {
            code: format!("sf:{code}"),
            message: format!("{code}: {}", message.as_ref()),
        }
    }

    /// A fault of a message nobody can understand.
    pub(crate) fn client(message: String) -> Self {
        Self {
            code: "soapenv:Client".to_owned(),
            message,
        }
    }

    /// The fault of a token that is none, or no longer one.
    pub(crate) fn session() -> Self {
        Self::new(
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session",
        )
    }

    /// The fault as the Metadata API answers it: no detail.
    pub(crate) fn response(&self) -> Response {
        Response::xml(500, self.write(METADATA, |_| ()))
    }

    /// The fault with the prefix `sf` bound to this name space, and a detail.
    pub(crate) fn write(&self, namespace: &str, detail: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::compact();
        writer.declaration();
        let attributes = format!(
            " xmlns:soapenv=\"{ENVELOPE}\" xmlns:sf=\"{namespace}\" xmlns:xsi=\"{INSTANCE}\""
        );
        writer.within_tag("soapenv:Envelope", &attributes, |writer| {
            writer.within("soapenv:Body", |writer| {
                writer.within("soapenv:Fault", |writer| {
                    writer.leaf("faultcode", &self.code);
                    writer.leaf("faultstring", &self.message);
                    detail(writer);
                });
            });
        });
        writer.finish()
    }

    /// Code without prefix, and sentence without code.
    pub(crate) fn parts(&self) -> (&str, &str) {
        let code = self.code.trim_start_matches("sf:");
        (
            code,
            self.message
                .strip_prefix(code)
                .map_or(self.message.as_str(), |rest| rest.trim_start_matches(": ")),
        )
    }
}

/// Parses a request.
pub(crate) fn open(body: &str) -> Result<Document<'_>, Fault> {
    xml::parse(body).map_err(|error| Fault::client(error.reason))
}

/// The one element in the body.
pub(crate) fn operation<'a, 'input>(envelope: Node<'a, 'input>) -> Result<Node<'a, 'input>, Fault> {
    let body = child_any_case(envelope, "Body")
        .ok_or_else(|| Fault::client("The message has no Body".to_owned()))?;
    elements(body)
        .next()
        .ok_or_else(|| Fault::client("The Body is empty".to_owned()))
}

/// A header block by its local name.
pub(crate) fn header<'a, 'input>(
    envelope: Node<'a, 'input>,
    name: &str,
) -> Option<Node<'a, 'input>> {
    child_any_case(child_any_case(envelope, "Header")?, name)
}

/// An answer whose response element holds what `inside` writes.
pub(crate) fn answer(response: &str, inside: impl FnOnce(&mut Writer)) -> String {
    let mut content = Writer::compact();
    inside(&mut content);
    let content = content.finish();
    let instance = if content.contains(" xsi:") {
        format!(" xmlns:xsi=\"{INSTANCE}\"")
    } else {
        String::new()
    };
    let response = if content.is_empty() {
        format!("<{response}/>")
    } else {
        format!("<{response}>{content}</{response}>")
    };
    let mut writer = Writer::compact();
    writer.declaration();
    format!(
        "{}<soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\" xmlns=\"{METADATA}\"{instance}><soapenv:Body>{response}</soapenv:Body></soapenv:Envelope>",
        writer.finish()
    )
}
