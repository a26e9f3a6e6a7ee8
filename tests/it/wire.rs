//! The wire, written down: `tests/wire/*.http`, each with a request, its response and the source of both.
//!
//! The client has to send the request and understand the response; the embedded org has to take the request and answer
//! in the response's shape. The two meet here only, so neither can be right by agreeing with the other.

mod assertion;
mod client;
mod embedded;
mod transcript;

use std::collections::BTreeMap;

use client::{Replay, perform};
use embedded::{Embedded, lacks};
use transcript::{canonical, transcripts};

const TOKEN: &str = "00D000000000062!wire.TOKEN";
const REFRESH: &str = "wire-refresh";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const USER: &str = "005000000000001AAA";
const SET: &str = "0PS000000000001AAA";
const PROFILE: &str = "00e000000000001AAA";
const ASSIGNMENT: &str = "0Pa000000000001AAA";
const DEPLOY: &str = "0Af000000000001AAA";

#[tokio::test(flavor = "multi_thread")]
async fn the_client_sends_the_requests_and_understands_the_responses() {
    for transcript in transcripts() {
        let host = Replay::start(&transcript);
        let performed = perform(&transcript, &host.url).await;
        let (name, understood) = (&transcript.name, &performed.understood);
        let sent = host.sent();
        let sent = sent.unwrap_or_else(|| panic!("{name}: not sent; {understood}"));
        for (header, value) in &transcript.request.headers {
            assert_eq!(sent.headers.get(header), Some(value), "{name}: {header}");
        }
        assert_eq!(
            canonical(&sent, &performed.stands_for),
            canonical(&transcript.request, &BTreeMap::new()),
            "{name}: {sent:?}"
        );
        assert!(
            understood.contains(&transcript.understood),
            "{name} was understood as {understood}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_org_takes_the_requests_and_answers_in_the_same_shape() {
    let mut usual = Embedded::start().await;
    let mut exhausted = Embedded::start_exhausted().await;
    for transcript in transcripts() {
        let name = transcript.name.as_str();
        let org = match name {
            "limit" => &mut exhausted,
            _ => &mut usual,
        };
        let answer = org.answer(&transcript);
        assert_eq!(answer.line, transcript.response.line, "{name}: {answer:?}");
        let lacks = lacks(&transcript.response, &answer);
        assert!(lacks.is_empty(), "{name} lacks {lacks:?} in {answer:?}");
    }
    usual.stop().await;
    exhausted.stop().await;
}
