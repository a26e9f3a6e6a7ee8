//! The SOAP services: the Metadata API, and the log-in of the Partner API.
//!
//! Requests are read leniently, as clients get away with: local names in any case, prefixes and paths as they like.
//! Answers are strict: one line, the order of the schema, nulls left out.

mod crud;
mod describe;
mod envelope;
mod given;
mod lists;
mod partner;
mod retrieve;
#[cfg(test)]
mod tests;

use roxmltree::Node;

use crate::http::{Request, Response};
use crate::jobs::{self, NotCancelled};
use crate::store::{Id, canonical};
use crate::world::World;
use crate::xml::{Writer, child_any_case, elements, text, truth};
use crate::{deploy, login};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use envelope::{Fault, answer};

pub(crate) use partner::handle as partner;

/// The newest version served.
const NEWEST: u32 = 66;

/// What an operation needs to know besides its own element.
struct Call {
    user: Id,
    version: u32,
    /// `AllOrNoneHeader`.
    all_or_none: bool,
}

type Answer = Result<String, Fault>;

/// A fault with one of the platform's exception codes.
pub(crate) fn fault(code: &str, message: &str) -> Response {
    Fault::new(code, message).response()
}

/// Answers a request to `/services/Soap/m/…`, whatever stands in the path behind the version.
pub(crate) fn metadata(world: &mut World, request: &Request) -> Response {
    let body = request.text();
    match envelope::open(&body) {
        Ok(document) => match operation(world, request, document.root_element()) {
            Ok(body) => Response::xml(200, body),
            Err(fault) => fault.response(),
        },
        Err(fault) => fault.response(),
    }
}

fn operation(world: &mut World, request: &Request, envelope: Node<'_, '_>) -> Answer {
    let operation = envelope::operation(envelope)?;
    let user = session_user(world, request, envelope)?;
    may_use(world, &user)?;
    let header = envelope::header(envelope, "AllOrNoneHeader");
    let all_or_none = header
        .and_then(|header| argument(header, &["allOrNone"], 0))
        .is_some_and(|text| truth(&text));
    let call = Call {
        user,
        version: version_of(&request.path)?,
        all_or_none,
    };
    dispatch(world, &call, operation)
}

fn dispatch(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let name = operation.tag_name().name();
    match name.to_ascii_lowercase().as_str() {
        "describemetadata" => Ok(describe::describe()),
        "listmetadata" => lists::list(world, operation),
        "readmetadata" => lists::read(world, call, operation),
        "createmetadata" | "updatemetadata" | "upsertmetadata" => {
            crud::save(world, call, operation)
        }
        "deletemetadata" => crud::delete(world, call, operation),
        "deploy" => start_deploy(world, call, operation),
        "checkdeploystatus" => deploy_status(world, operation),
        "canceldeploy" => cancel_deploy(world, call, operation),
        "deployrecentvalidation" => quick_deploy(world, call, operation),
        "retrieve" => retrieve::start(world, call, operation),
        "checkretrievestatus" => retrieve::status(world, operation),
        "checkstatus" => old_status(world, operation),
        _ => Err(Fault::client(format!(
            "No operation available for request {{{}}}{name}, please check the WSDL for the service.",
            operation.tag_name().namespace().unwrap_or_default()
        ))),
    }
}

fn session_user(world: &World, request: &Request, envelope: Node<'_, '_>) -> Result<Id, Fault> {
    let header = envelope::header(envelope, "SessionHeader");
    let stated = header.and_then(|header| argument(header, &["sessionId"], 0));
    let token = stated
        .as_deref()
        .or_else(|| login::bearer(request))
        .unwrap_or_default();
    if login::is_json_web_token(token) {
        return Err(Fault::session());
    }
    login::user_of(world, token).ok_or_else(Fault::session)
}

/// Modify Metadata or Modify All Data, and API Enabled.
fn may_use(world: &World, user: &str) -> Result<(), Fault> {
    let containers = world.org.containers_of(user, world.now());
    let allows = |permission: &str| {
        containers
            .iter()
            .any(|container| container.allows(permission))
    };
    if !allows("ApiEnabled") {
        return Err(Fault::new(
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
        ));
    }
    if allows("ModifyAllData") || allows("ModifyMetadata") {
        return Ok(());
    }
    Err(Fault::new(
        "INSUFFICIENT_ACCESS",
        "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions",
    ))
}

/// The version in the path: `/services/Soap/m/66.0/…`.
fn version_of(path: &str) -> Result<u32, Fault> {
    let unsupported = || {
        Fault::new(
            "UNSUPPORTED_API_VERSION",
            "Invalid Api version specified on URL",
        )
    };
    let segment = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .nth(3)
        .ok_or_else(unsupported)?;
    let number = segment
        .split('.')
        .next()
        .and_then(|whole| whole.parse().ok())
        .ok_or_else(unsupported)?;
    if (20..=NEWEST).contains(&number) {
        Ok(number)
    } else {
        Err(unsupported())
    }
}

/// The text of the argument of one of these names, or of the argument at that position when no name fits.
fn argument(operation: Node<'_, '_>, names: &[&str], position: usize) -> Option<String> {
    let named = names
        .iter()
        .find_map(|name| child_any_case(operation, name));
    let node = named.or_else(|| {
        elements(operation)
            .nth(position)
            .filter(|node| elements(*node).next().is_none())
    })?;
    Some(text(node).to_owned())
}

fn start_deploy(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let encoded = argument(operation, &["ZipFile"], 0).unwrap_or_default();
    let compact: String = encoded.split_whitespace().collect();
    let zip = BASE64
        .decode(compact)
        .map_err(|_| Fault::client("ZipFile is not base64".to_owned()))?;
    let options = child_any_case(operation, "DeployOptions")
        .map(read_options)
        .unwrap_or_default();
    let id = jobs::enqueue(world, &call.user, &zip, options, None);
    Ok(answer("deployResponse", |writer| queued(&id, writer)))
}

/// The answer to whatever was only put in a queue.
fn queued(id: &str, writer: &mut Writer) {
    writer.within("result", |writer| {
        writer.flag("done", false);
        writer.leaf("id", id);
        writer.leaf("state", "Queued");
    });
}

fn read_options(element: Node<'_, '_>) -> deploy::Options {
    let flag = |name: &str| child_any_case(element, name).is_some_and(|node| truth(text(node)));
    let tests =
        elements(element).filter(|node| node.tag_name().name().eq_ignore_ascii_case("runTests"));
    deploy::Options {
        allow_missing_files: flag("allowMissingFiles"),
        auto_update_package: flag("autoUpdatePackage"),
        check_only: flag("checkOnly"),
        ignore_warnings: flag("ignoreWarnings"),
        perform_retrieve: flag("performRetrieve"),
        purge_on_delete: flag("purgeOnDelete"),
        rollback_on_error: flag("rollbackOnError"),
        run_tests: tests
            .map(|node| text(node).to_owned())
            .filter(|test| !test.is_empty())
            .collect(),
        single_package: flag("singlePackage"),
        test_level: child_any_case(element, "testLevel").map(|node| text(node).to_owned()),
    }
}

fn job_id(operation: Node<'_, '_>) -> Result<Id, Fault> {
    let stated = argument(
        operation,
        &["asyncProcessId", "String", "id", "validationId"],
        0,
    )
    .unwrap_or_default();
    canonical(&stated).ok_or_else(|| Fault::new("MALFORMED_ID", format!("bad id {stated}")))
}

fn unknown_job(id: &str) -> Fault {
    Fault::new(
        "INVALID_CROSS_REFERENCE_KEY",
        format!("invalid cross reference id: {id}"),
    )
}

fn deploy_status(world: &mut World, operation: Node<'_, '_>) -> Answer {
    let id = job_id(operation)?;
    let details = argument(operation, &["includeDetails"], 1).is_some_and(|text| truth(&text));
    let job = world.org.deploys.get(&id).ok_or_else(|| unknown_job(&id))?;
    Ok(answer("checkDeployStatusResponse", |writer| {
        writer.within("result", |writer| {
            jobs::write(&world.org, job, details, writer)
        });
    }))
}

fn cancel_deploy(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let id = job_id(operation)?;
    match jobs::cancel(world, &id, &call.user) {
        Ok(()) => Ok(answer("cancelDeployResponse", |writer| {
            writer.within("result", |writer| {
                writer.flag("done", true);
                writer.leaf("id", &id);
            });
        })),
        Err(NotCancelled::Unknown) => Err(unknown_job(&id)),
        Err(NotCancelled::Completed) => Err(Fault::new(
            "INVALID_ID_FIELD",
            "Deployment already completed",
        )),
    }
}

fn quick_deploy(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let id = job_id(operation)?;
    let (zip, options) =
        jobs::validation(&world.org, &id, world.now()).ok_or_else(|| unknown_job(&id))?;
    let new = jobs::enqueue(world, &call.user, &zip, options, Some(id));
    Ok(answer("deployRecentValidationResponse", |writer| {
        writer.leaf("result", &new)
    }))
}

/// The status call of versions before 31.0, which some clients still use for retrieves.
fn old_status(world: &mut World, operation: Node<'_, '_>) -> Answer {
    let id = job_id(operation)?;
    let done = match world.org.deploys.get(&id) {
        Some(job) => job.completed.is_some(),
        None if world.org.retrieves.contains_key(&id) => true,
        None => return Err(unknown_job(&id)),
    };
    Ok(answer("checkStatusResponse", |writer| {
        writer.within("result", |writer| {
            writer.flag("done", done);
            writer.leaf("id", &id);
            writer.leaf("state", if done { "Completed" } else { "InProgress" });
        });
    }))
}
