//! The Partner API's `login` and `logout`.

use roxmltree::Node;

use super::argument;
use super::envelope::{self, Fault};
use crate::http::{Request, Response};
use crate::login;
use crate::store::User;
use crate::world::World;
use crate::xml::{INSTANCE, Writer};

const PARTNER: &str = "urn:partner.soap.sforce.com";
const FAULTS: &str = "urn:fault.partner.soap.sforce.com";

/// Answers a request to `/services/Soap/u/…`.
pub(crate) fn handle(world: &mut World, request: &Request) -> Response {
    let body = request.text();
    let answered = envelope::open(&body).and_then(|document| {
        let operation = envelope::operation(document.root_element())?;
        match operation.tag_name().name() {
            "login" => log_in(world, request, operation),
            "logout" => log_out(world, document.root_element()),
            name => Err(Fault::client(format!(
                "No operation available for request {{{PARTNER}}}{name}, please check the WSDL for the service."
            ))),
        }
    });
    match answered {
        Ok(body) => Response::xml(200, body),
        Err(fault) => Response::xml(500, write_fault(&fault)),
    }
}

fn write_fault(fault: &Fault) -> String {
    let (code, message) = fault.parts();
    let (code, message) = (code.to_owned(), message.to_owned());
    fault.write(FAULTS, |writer| {
        let kind = if code == "INVALID_LOGIN" {
            "LoginFault"
        } else {
            "UnexpectedErrorFault"
        };
        writer.within("detail", |writer| {
            writer.within_tag(
                &format!("sf:{kind}"),
                &format!(" xsi:type=\"sf:{kind}\""),
                |writer| {
                    writer.leaf("sf:exceptionCode", &code);
                    writer.leaf("sf:exceptionMessage", &message);
                },
            );
        });
    })
}

fn log_in(world: &mut World, request: &Request, operation: Node<'_, '_>) -> Result<String, Fault> {
    let username = argument(operation, &["username"], 0).unwrap_or_default();
    let password = argument(operation, &["password"], 1).unwrap_or_default();
    let user = world
        .org
        .user_by_username(&username)
        .filter(|user| user.may_log_in() && !password.is_empty())
        .cloned();
    let user = user.ok_or_else(|| {
        Fault::new(
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
        )
    })?;
    let token = login::issue(world, &user.id);
    let version = request
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .nth(3)
        .unwrap_or("66.0");
    let organization = crate::store::short(&world.org.organization.id).to_owned();
    let url = |service: &str| {
        format!(
            "{}/services/Soap/{service}/{version}/{organization}",
            request.base_url
        )
    };
    Ok(respond("loginResponse", |writer| {
        writer.within("result", |writer| {
            writer.leaf("metadataServerUrl", &url("m"));
            writer.flag("passwordExpired", false);
            writer.flag("sandbox", world.org.organization.is_sandbox);
            writer.leaf("serverUrl", &url("u"));
            writer.leaf("sessionId", &token);
            writer.leaf("userId", &user.id);
            writer.within("userInfo", |writer| write_user(world, &user, writer));
        });
    }))
}

/// An answer whose response element holds what `inside` writes.
fn respond(name: &str, inside: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::compact();
    writer.declaration();
    let attributes = format!(
        " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"{PARTNER}\" xmlns:xsi=\"{INSTANCE}\""
    );
    writer.within_tag("soapenv:Envelope", &attributes, |writer| {
        writer.within("soapenv:Body", |writer| writer.within(name, inside));
    });
    writer.finish()
}

/// Ends the session of the header; the token of the start stays, as it is the way in.
fn log_out(world: &mut World, envelope: Node<'_, '_>) -> Result<String, Fault> {
    let header = envelope::header(envelope, "SessionHeader");
    let token = header.and_then(|header| argument(header, &["sessionId"], 0));
    let token = token.unwrap_or_default();
    login::user_of(world, &token).ok_or_else(Fault::session)?;
    world.org.sessions.remove(&token);
    Ok(respond("logoutResponse", |_| ()))
}

fn write_user(world: &World, user: &User, writer: &mut Writer) {
    let organization = &world.org.organization;
    writer.flag("accessibilityMode", false);
    writer.flag("chatterExternal", false);
    writer.leaf("currencySymbol", "$");
    writer.leaf("orgAttachmentFileSizeLimit", "5242880");
    writer.leaf("orgDefaultCurrencyIsoCode", "USD");
    writer.leaf("orgDefaultCurrencyLocale", "en_US");
    writer.flag("orgDisallowHtmlAttachments", false);
    writer.flag("orgHasPersonAccounts", false);
    writer.leaf("organizationId", &organization.id);
    writer.flag("organizationMultiCurrency", false);
    writer.leaf("organizationName", &organization.name);
    writer.leaf("profileId", &user.profile);
    match &user.role {
        Some(role) => writer.leaf("roleId", role),
        None => writer.empty_tag("roleId", " xsi:nil=\"true\""),
    }
    writer.leaf("sessionSecondsValid", "7200");
    writer.empty_tag("userDefaultCurrencyIsoCode", " xsi:nil=\"true\"");
    writer.leaf("userEmail", &user.email);
    writer.leaf("userFullName", &user.name());
    writer.leaf("userId", &user.id);
    writer.leaf("userLanguage", &user.language);
    writer.leaf("userLocale", &user.locale);
    writer.leaf("userName", &user.username);
    writer.leaf("userTimeZone", &user.time_zone);
    writer.leaf("userType", &user.user_type);
    writer.leaf("userUiSkin", "Theme3");
}
