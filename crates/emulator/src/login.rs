//! Getting in: tokens, who a token belongs to, and getting out.

mod code;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::http::{Request, Response, form};
use crate::store::{Id, Session, User, short};
use crate::world::World;

pub(crate) use code::authorize;

/// The app whose access tokens are JSON Web Tokens, which the SOAP services do not take.
const JWT_APP: &str = "jwt-tokens";

/// Who a token belongs to; `None` for an unknown one and for users who are inactive or frozen.
pub(crate) fn user_of(world: &World, token: &str) -> Option<Id> {
    let organization = &world.org.organization;
    let user = match world.org.sessions.get(token) {
        Some(session) => (!session.refresh).then_some(&session.user)?,
        None => (token == organization.access_token).then_some(&organization.administrator)?,
    };
    world
        .org
        .users
        .get(user)
        .filter(|user| user.may_log_in())
        .map(|user| user.id.clone())
}

/// The token of an `Authorization` header: `Bearer T` or `OAuth T`.
pub(crate) fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth");
    known.then_some(token.trim())
}

/// Whether a token is a JSON Web Token, by its first characters: `{"`, encoded.
pub(crate) fn is_json_web_token(token: &str) -> bool {
    token.starts_with("eyJ")
}

/// A new token for a user.
pub(crate) fn issue(world: &mut World, user: &str) -> String {
    new_token(world, user, Kind::Opaque, None)
}

/// What a token looks like, and what it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Opaque,
    JsonWebToken,
    Refresh,
}

fn new_token(world: &mut World, user: &str, kind: Kind, parent: Option<String>) -> String {
    let created = world.now();
    let sessions = &world.org.sessions;
    // Where sessions have ended, their number alone could make the token of another one.
    let mut number = sessions.len();
    let mut token = token_text(world, user, kind, number);
    while sessions.contains_key(&token) {
        number += 1;
        token = token_text(world, user, kind, number);
    }
    let session = Session {
        user: user.to_owned(),
        created,
        refresh: kind == Kind::Refresh,
        parent,
    };
    world.org.sessions.insert(token.clone(), session);
    token
}

fn token_text(world: &World, user: &str, kind: Kind, number: usize) -> String {
    let (organization, created) = (&world.org.organization.id, world.now());
    let seed = format!("{organization}{user}{created}{number}{kind:?}");
    let digest = Sha256::digest(seed.as_bytes());
    let tail: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    match kind {
        Kind::Refresh => format!("5Aep{tail}"),
        Kind::JsonWebToken => format!(
            "{}.{}.{tail}",
            URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256"}"#),
            URL_SAFE_NO_PAD.encode(json!({"sub": user}).to_string())
        ),
        Kind::Opaque => format!("{}!AQ{}.{}", short(organization), &tail[..40], &tail[40..]),
    }
}

/// `POST /services/oauth2/token`.
pub(crate) fn token(world: &mut World, request: &Request) -> Response {
    let form = form(&request.text());
    let grant = form
        .get("grant_type")
        .map(String::as_str)
        .unwrap_or_default();
    let user = match grant {
        "password" => password(world, &form),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => assertion(world, request, &form),
        "refresh_token" => refreshed(world, &form),
        "client_credentials" => client(world, request, &form),
        "authorization_code" => code::trade(world, &form),
        _ => Err(("unsupported_grant_type", "grant type not supported")),
    };
    match user {
        Ok(user) => granted(world, request, &user, &form),
        Err((error, description)) => Response::json(
            400,
            &json!({"error": error, "error_description": description}),
        ),
    }
}

type Denied = (&'static str, &'static str);
type Form = BTreeMap<String, String>;

const FAILED: Denied = ("invalid_grant", "authentication failure");

fn active(world: &World, username: &str) -> Result<Id, Denied> {
    let user = world.org.user_by_username(username).ok_or(FAILED)?;
    match (user.active, user.frozen) {
        (true, false) => Ok(user.id.clone()),
        (true, true) => Err(FAILED),
        (false, _) => Err(("inactive_user", "user is inactive")),
    }
}

fn client_known(form: &Form) -> Result<(), Denied> {
    let stated = form.get("client_id").is_some_and(|id| !id.is_empty());
    if stated {
        Ok(())
    } else {
        Err(("invalid_client_id", "client identifier invalid"))
    }
}

/// Any password opens an account of the emulator but the empty one.
fn password(world: &World, form: &Form) -> Result<Id, Denied> {
    client_known(form)?;
    if form.get("password").is_none_or(String::is_empty) {
        return Err(("invalid_grant", "authentication failure - Invalid Password"));
    }
    active(
        world,
        form.get("username").map(String::as_str).unwrap_or_default(),
    )
}

/// The claims of a JWT count; no certificate is registered to check its signature with.
fn assertion(world: &World, request: &Request, form: &Form) -> Result<Id, Denied> {
    let claims = form
        .get("assertion")
        .and_then(|jwt| claims(jwt))
        .ok_or(("invalid_grant", "invalid assertion"))?;
    let audience = claims["aud"].as_str().unwrap_or_default();
    let known = [
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        request.base_url.as_str(),
    ];
    if !known.contains(&audience.trim_end_matches('/')) {
        return Err(("invalid_grant", "Audience validation failed"));
    }
    let expires = claims["exp"]
        .as_f64()
        .or_else(|| claims["exp"].as_str()?.parse().ok());
    if expires.is_none_or(|seconds| seconds * 1000.0 < world.now() as f64) {
        return Err(("invalid_grant", "expired authorization code"));
    }
    if claims["iss"].as_str().is_none_or(str::is_empty) {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let user = active(world, claims["sub"].as_str().unwrap_or_default());
    user.map_err(|_| ("invalid_grant", "user hasn't approved this consumer"))
}

fn claims(jwt: &str) -> Option<Value> {
    let mut parts = jwt.split('.');
    let (_, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if signature.is_empty() || parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

fn refreshed(world: &World, form: &Form) -> Result<Id, Denied> {
    client_known(form)?;
    let session = form
        .get("refresh_token")
        .and_then(|token| world.org.sessions.get(token));
    let session = session
        .filter(|session| session.refresh)
        .ok_or(("invalid_grant", "expired access/refresh token"))?;
    Ok(session.user.clone())
}

/// Client credentials run as the administrator, whom every connected app of the emulator names.
fn client(world: &World, request: &Request, form: &Form) -> Result<Id, Denied> {
    let basic = request
        .header("authorization")
        .and_then(|header| header.strip_prefix("Basic "));
    let basic = basic.and_then(|code| String::from_utf8(STANDARD.decode(code).ok()?).ok());
    let basic = basic.is_some_and(|pair| {
        pair.split_once(':')
            .is_some_and(|(id, secret)| !id.is_empty() && !secret.is_empty())
    });
    let stated = client_known(form).is_ok()
        && form
            .get("client_secret")
            .is_some_and(|secret| !secret.is_empty());
    if !basic && !stated {
        return Err(("invalid_client", "invalid client credentials"));
    }
    Ok(world.org.organization.administrator.clone())
}

fn granted(world: &mut World, request: &Request, user: &str, form: &Form) -> Response {
    let is = |key: &str, value: &str| form.get(key).is_some_and(|stated| stated == value);
    let kind = match is("client_id", JWT_APP) {
        true => Kind::JsonWebToken,
        false => Kind::Opaque,
    };
    let new_refresh =
        is("grant_type", "authorization_code").then(|| new_token(world, user, Kind::Refresh, None));
    let parent = match is("grant_type", "refresh_token") {
        true => form.get("refresh_token").cloned(),
        false => new_refresh.clone(),
    };
    let token = new_token(world, user, kind, parent);
    let issued = world.now().to_string();
    let identity = identity_url(world, request, user);
    let signature = STANDARD.encode(Sha256::digest(format!("{identity}{issued}").as_bytes()));
    let mut body = json!({
        "access_token": token,
        "signature": signature,
        "scope": "api refresh_token id",
        "instance_url": request.base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
    });
    if let Some(refresh_token) = new_refresh {
        body["refresh_token"] = json!(refresh_token);
    }
    Response::json(200, &body)
}

/// Where a user's identity is told.
pub(crate) fn identity_url(world: &World, request: &Request, user: &str) -> String {
    format!(
        "{}/id/{}/{user}",
        request.base_url, world.org.organization.id
    )
}

/// `GET /services/oauth2/userinfo`.
pub(crate) fn userinfo(world: &World, request: &Request) -> Response {
    let Some(user) = world.org.users.get(&request.user) else {
        return bad_token();
    };
    let id = identity_url(world, request, &user.id);
    Response::json(
        200,
        &json!({
            "sub": id,
            "user_id": user.id,
            "organization_id": world.org.organization.id,
            "preferred_username": user.username,
            "nickname": user.nickname,
            "name": user.name(),
            "email": user.email,
            "email_verified": true,
            "given_name": user.first_name,
            "family_name": user.last_name,
            "zoneinfo": user.time_zone,
            "urls": urls(world, request),
            "active": user.active,
            "user_type": user.user_type.to_uppercase(),
            "language": user.language,
            "locale": user.locale,
        }),
    )
}

/// `GET /id/ORG/USER`.
pub(crate) fn identity(world: &World, request: &Request) -> Response {
    let asked = request.path.rsplit('/').next().unwrap_or_default();
    let user = world
        .org
        .users
        .get(&request.user)
        .filter(|user| short(&user.id) == short(asked));
    user.map_or_else(bad_token, |user| {
        Response::json(200, &identity_body(world, request, user))
    })
}

fn identity_body(world: &World, request: &Request, user: &User) -> Value {
    json!({
        "id": identity_url(world, request, &user.id),
        "asserted_user": true,
        "user_id": user.id,
        "organization_id": world.org.organization.id,
        "username": user.username,
        "nick_name": user.nickname,
        "display_name": user.name(),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "timezone": user.time_zone,
        "active": user.active,
        "user_type": user.user_type.to_uppercase(),
        "language": user.language,
        "locale": user.locale,
        "urls": urls(world, request),
    })
}

fn urls(world: &World, request: &Request) -> Value {
    let base = &request.base_url;
    let org = &world.org.organization.id;
    json!({
        "metadata": format!("{base}/services/Soap/m/{{version}}/{org}"),
        "partner": format!("{base}/services/Soap/u/{{version}}/{org}"),
        "rest": format!("{base}/services/data/v{{version}}/"),
        "sobjects": format!("{base}/services/data/v{{version}}/sobjects/"),
        "query": format!("{base}/services/data/v{{version}}/query/"),
        "tooling_rest": format!("{base}/services/data/v{{version}}/tooling/"),
    })
}

/// What identity URLs answer to a token they do not know.
pub(crate) fn bad_token() -> Response {
    Response::text(403, "Bad_OAuth_Token")
}

/// `POST /services/oauth2/revoke`. With a refresh token end the access tokens that came of it (Salesforce Help, "Revoke
/// OAuth Tokens Programmatically"). The token of the start cannot be revoked: it is the way in.
pub(crate) fn revoke(world: &mut World, request: &Request) -> Response {
    let mut form = form(&request.text());
    form.extend(request.parameters());
    let token = form.get("token").map(String::as_str).unwrap_or_default();
    let sessions = &mut world.org.sessions;
    if sessions.remove(token).is_none() {
        return Response::json(
            400,
            &json!({"error": "unsupported_token_type", "error_description": "this token is not supported"}),
        );
    }
    sessions.retain(|_, session| session.parent.as_deref() != Some(token));
    Response::empty(200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;
    use crate::store::Code;

    /// Sends a form to the token endpoint, or to the other one.
    fn ask(
        world: &mut World,
        endpoint: fn(&mut World, &Request) -> Response,
        form: &str,
    ) -> (u16, Value) {
        let request = Request {
            body: form.as_bytes().to_vec(),
            ..Request::default()
        };
        let answer = endpoint(world, &request);
        (
            answer.status,
            serde_json::from_slice(&answer.body).unwrap_or_default(),
        )
    }

    fn text(answer: &Value, key: &str) -> String {
        answer[key].as_str().unwrap().to_owned()
    }

    #[test]
    fn with_a_refresh_token_end_the_sessions_that_came_of_it_and_no_others() {
        let mut world = World::new(seed::demo());
        let code = Code {
            user: world.org.organization.administrator.clone(),
            created: world.now(),
            client_id: "x".to_owned(),
            redirect_uri: "r".to_owned(),
            challenge: None,
        };
        world.codes.insert("c".to_owned(), code);
        let traded = "grant_type=authorization_code&client_id=x&redirect_uri=r&code=c";
        let (_, traded) = ask(&mut world, token, traded);
        let refresh = text(&traded, "refresh_token");
        let renewal = format!("grant_type=refresh_token&client_id=x&refresh_token={refresh}");
        let (_, renewed) = ask(&mut world, token, &renewal);
        let other = "grant_type=client_credentials&client_id=x&client_secret=s";
        let (_, other) = ask(&mut world, token, other);
        let [first, second, other] =
            [&traded, &renewed, &other].map(|answer| text(answer, "access_token"));
        let alive =
            |world: &World| [&first, &second, &other].map(|token| user_of(world, token).is_some());
        assert_eq!(alive(&world), [true, true, true]);
        let revoke_one = |world: &mut World, token: &str| {
            ask(
                world,
                revoke,
                &format!("token={}", token.replace('!', "%21")),
            )
            .0
        };
        assert_eq!(revoke_one(&mut world, &second), 200);
        assert_eq!(alive(&world), [true, false, true]);
        assert_eq!(revoke_one(&mut world, &refresh), 200);
        assert_eq!(alive(&world), [false, false, true]);
        assert_eq!(ask(&mut world, token, &renewal).0, 400);
        assert_eq!(revoke_one(&mut world, &refresh), 400);
    }

    #[test]
    fn no_two_sessions_share_a_token() {
        let mut world = World::new(seed::demo());
        let user = world.org.organization.administrator.clone();
        let first = issue(&mut world, &user);
        let second = issue(&mut world, &user);
        world.org.sessions.remove(&first);
        let third = issue(&mut world, &user);
        assert_ne!(second, third);
        assert!(world.org.sessions.contains_key(&second));
    }
}
