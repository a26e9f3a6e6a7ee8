//! Requests and answers as the handlers see them, free of any server.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::store::Id;

/// API versions served.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 51..=66;

/// The longest URL, in bytes (REST API guide, "URI and headers length"; what a request in a composite names is no URL of
/// its own).
const LONGEST_URL: usize = 16_384;

/// A request that has been authenticated where its path demands it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: String,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The query, still percent-encoded.
    pub query: String,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body, inflated.
    pub body: Vec<u8>,
    /// `http://host:port` as the client addressed it; every URL handed out begins with it.
    pub base_url: String,
    /// The user the token belongs to; empty where no token is needed.
    pub user: Id,
}

impl Request {
    /// A header, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Whether the URL, from its scheme to its query, is longer than the platform takes.
    pub fn has_too_long_url(&self) -> bool {
        let query = self.query.len() + usize::from(!self.query.is_empty());
        self.base_url.len() + self.path.len() + query > LONGEST_URL
    }

    /// The parameters of the query, decoded.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        form(&self.query)
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; empty for an answer without a body.
    pub content_type: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, body: &impl Serialize) -> Response {
        // Every answer of this org has texts for keys, so that it can be written.
        Response::json_text(status, serde_json::to_string(body).unwrap_or_default())
    }

    /// An answer that is JSON text already.
    pub fn json_text(status: u16, body: String) -> Response {
        Response {
            status,
            content_type: "application/json;charset=UTF-8".to_owned(),
            body: body.into_bytes(),
            ..Response::default()
        }
    }

    /// An XML answer, as the SOAP services give it.
    pub fn xml(status: u16, body: String) -> Response {
        Response {
            status,
            content_type: "text/xml;charset=UTF-8".to_owned(),
            body: body.into_bytes(),
            ..Response::default()
        }
    }

    /// A plain text answer.
    pub fn text(status: u16, body: &str) -> Response {
        Response {
            status,
            content_type: "text/plain;charset=UTF-8".to_owned(),
            body: body.as_bytes().to_vec(),
            ..Response::default()
        }
    }

    /// The answer to a URL that is too long, from the web server in front of every interface.
    pub fn url_too_long() -> Response {
        Response {
            status: 414,
            content_type: "text/html;charset=iso-8859-1".to_owned(),
            body: b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>".to_vec(),
            ..Response::default()
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Response {
        Response {
            status,
            ..Response::default()
        }
    }

    /// The answer of the REST API to what it refuses.
    pub fn refusal(refusal: &Refusal) -> Response {
        Response::json(refusal.status, &Value::Array(vec![refusal.to_json()]))
    }
}

/// What the REST API refuses, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `errorCode`, in collections `statusCode`.
    pub code: Cow<'static, str>,
    /// Sentence.
    pub message: String,
    /// Fields it is about; `None` where the answer has no such key.
    pub fields: Option<Vec<String>>,
}

impl Refusal {
    /// A refusal that names no fields.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Refusal {
        Refusal {
            status,
            code: code.into(),
            message: message.into(),
            fields: None,
        }
    }

    /// A path or an id that leads nowhere.
    pub fn not_found() -> Refusal {
        Refusal::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// The same, about these fields.
    pub fn about<I: Into<String>>(mut self, fields: impl IntoIterator<Item = I>) -> Refusal {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// One element of an error array.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"message": self.message, "errorCode": self.code});
        if let Some(fields) = &self.fields {
            error["fields"] = json!(fields);
        }
        error
    }
}

/// Decodes `a=b&c=d`; of a key that occurs twice the last one holds.
pub fn form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| {
            (
                decode(&key.replace('+', " ")),
                decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

/// Decodes `%XX`; what is no such triple stays as it is.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match digits
            .filter(|_| byte == b'%')
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// What the platform answers to a path it does not know.
pub fn not_found() -> Response {
    Response::refusal(&Refusal::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let form = form("q=SELECT+Id%20FROM+User&b=%zz&c&d=%C3%A4");
        assert_eq!(form["q"], "SELECT Id FROM User");
        assert_eq!(form["b"], "%zz");
        assert_eq!(form["c"], "");
        assert_eq!(form["d"], "ä");
    }

    #[test]
    fn a_refusal_has_the_platforms_shape() {
        let refusal = Refusal::new(
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName]",
        );
        let text = refusal.about(["LastName"]).to_json().to_string();
        let expected = r#"{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}"#;
        assert_eq!(text, expected);
    }
}
