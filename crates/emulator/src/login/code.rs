//! The web server flow: a browser is sent away with a code, and whoever holds its verifier trades it for tokens.
//!
//! The org consents at once, as its administrator. What it checks is what the guide to OAuth says a code is bound to:
//! the app, the redirect, the S256 challenge, fifteen minutes, and one use.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{Denied, Form, client_known};
use crate::http::{Request, Response};
use crate::store::{Code, Id};
use crate::world::World;

/// How long a code can be traded, in milliseconds.
const LIFETIME: i64 = 15 * 60 * 1000;

/// `GET /services/oauth2/authorize`.
pub(crate) fn authorize(world: &mut World, request: &Request) -> Response {
    let mut parameters = request.parameters();
    let mut take = |name: &str| parameters.remove(name).unwrap_or_default();
    let (client_id, redirect_uri) = (take("client_id"), take("redirect_uri"));
    if client_id.is_empty() {
        return refused("invalid_client_id", "client identifier invalid");
    }
    if !leads_here(&redirect_uri) {
        return refused(
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
        );
    }
    let state = take("state");
    let (challenge, method) = (take("code_challenge"), take("code_challenge_method"));
    if take("response_type") != "code" {
        let why =
            "error=unsupported_response_type&error_description=response%20type%20must%20be%20code";
        return back(&redirect_uri, why, &state);
    }
    if !challenge.is_empty() && method != "S256" {
        let why = "error=invalid_request&error_description=invalid%20code%20challenge%20method";
        return back(&redirect_uri, why, &state);
    }
    let code = format!("aPrx{}{}", world.codes.len(), world.now());
    let kept = Code {
        user: world.org.organization.administrator.clone(),
        created: world.now(),
        client_id,
        redirect_uri: redirect_uri.clone(),
        challenge: Some(challenge).filter(|challenge| !challenge.is_empty()),
    };
    world.codes.insert(code.clone(), kept);
    back(&redirect_uri, &format!("code={code}"), &state)
}

/// A page of the org's own, as it shows where it does not know who to send the browser back to.
fn refused(error: &str, description: &str) -> Response {
    let description = encode(description);
    Response::text(
        400,
        &format!("error={error}&error_description={description}"),
    )
}

fn back(redirect_uri: &str, answer: &str, state: &str) -> Response {
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    let location = format!("{redirect_uri}{separator}{answer}&state={}", encode(state));
    Response {
        headers: vec![("Location".to_owned(), location)],
        ..Response::empty(302)
    }
}

/// Whether an address is this machine's: every app of the emulator lists those and no other.
fn leads_here(redirect_uri: &str) -> bool {
    let host = redirect_uri
        .strip_prefix("http://")
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    matches!(host, Some("localhost" | "127.0.0.1"))
}

/// Who a code stands for. It is spent by the attempt.
pub(super) fn trade(world: &mut World, form: &Form) -> Result<Id, Denied> {
    client_known(form)?;
    let stated = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let invalid = ("invalid_grant", "invalid authorization code");
    let code = world.codes.remove(stated("code")).ok_or(invalid)?;
    if code.client_id != stated("client_id") {
        return Err(invalid);
    }
    if code.redirect_uri != stated("redirect_uri") {
        return Err((
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
        ));
    }
    if world.now() - code.created > LIFETIME {
        return Err(("invalid_grant", "expired authorization code"));
    }
    let met = URL_SAFE_NO_PAD.encode(Sha256::digest(stated("code_verifier")));
    match code.challenge {
        Some(challenge) if challenge != met => Err(("invalid_grant", "invalid code verifier")),
        _ => Ok(code.user),
    }
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::form;
    use crate::seed;

    const CALLBACK: &str = "http://127.0.0.1:1717/OauthRedirect";
    /// `BASE64URL(SHA256("verifier"))`.
    const CHALLENGE: &str = "iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ";

    /// A code for the app `x`, as the browser brings it.
    fn code(world: &mut World) -> String {
        let query = format!(
            "response_type=code&client_id=x&redirect_uri={CALLBACK}&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        let answer = ask(world, &query);
        let location = answer.headers.first().expect("a redirect").1.clone();
        let (_, answer) = location.split_once('?').unwrap();
        assert!(answer.ends_with("&state=s"), "{location}");
        form(answer)["code"].clone()
    }

    fn ask(world: &mut World, query: &str) -> Response {
        let request = Request {
            query: query.to_owned(),
            ..Request::default()
        };
        authorize(world, &request)
    }

    #[test]
    fn a_code_is_bound_to_its_app_its_redirect_and_its_verifier_and_spent_by_one_use() {
        let mut world = World::new(seed::demo());
        let administrator = world.org.organization.administrator.clone();
        let mut check = |app: &str, callback: &str, verifier: &str, expected: Result<(), &str>| {
            let code = code(&mut world);
            let text = format!(
                "client_id={app}&redirect_uri={callback}&code_verifier={verifier}&code={code}"
            );
            let traded = trade(&mut world, &form(&text));
            match expected {
                Ok(()) => assert_eq!(traded, Ok(administrator.clone())),
                Err(description) => assert_eq!(traded.unwrap_err().1, description, "{text}"),
            }
            let again = trade(&mut world, &form(&text));
            assert_eq!(again.unwrap_err().1, "invalid authorization code");
        };
        check("x", CALLBACK, "verifier", Ok(()));
        check("y", CALLBACK, "verifier", Err("invalid authorization code"));
        check("x", CALLBACK, "other", Err("invalid code verifier"));
        check("x", CALLBACK, "", Err("invalid code verifier"));
        let other = "http://127.0.0.1:1/OauthRedirect";
        check(
            "x",
            other,
            "verifier",
            Err("redirect_uri must match configuration"),
        );
    }

    #[test]
    fn a_browser_is_sent_to_this_machine_only() {
        let mut world = World::new(seed::demo());
        for redirect in [
            "",
            "https://localhost/x",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example/?http://localhost",
        ] {
            let query = format!("response_type=code&client_id=x&redirect_uri={redirect}");
            let answer = ask(&mut world, &query);
            assert_eq!(
                (answer.status, answer.headers.len()),
                (400, 0),
                "{redirect}"
            );
        }
        let plain = format!(
            "response_type=code&client_id=x&redirect_uri={CALLBACK}&state=s&code_challenge=c&code_challenge_method=plain"
        );
        let location = &ask(&mut world, &plain).headers[0].1;
        assert!(location.contains("error=invalid_request"), "{location}");
    }
}
