//! Deploys of somebody else: they stand in the queue, and their validations are there to be made void.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};

use super::{Refused, given, text};
use crate::deploy::Options;
use crate::http::Request;
use crate::jobs;
use crate::moment::duration;
use crate::store::Millis;
use crate::world::World;

const PACKAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><version>66.0</version></Package>";

/// Puts a deploy of a user in the queue that holds nothing and takes its own time; `checkOnly` makes it a validation.
pub(super) fn enqueue(world: &mut World, request: &Request) -> Result<Value, Refused> {
    let username = text(request, "username")?;
    let takes = text(request, "takes")?;
    let takes = duration(&takes).ok_or_else(|| (400, format!("takes {takes:?} is no duration")))?;
    let check_only = given(request, "checkOnly").is_some_and(|value| value == true);
    let user = world.org.user_by_username(&username);
    let user = user.map(|user| user.id.clone());
    let user = user.ok_or_else(|| (404, format!("no user is called {username:?}")))?;
    let options = Options {
        check_only,
        rollback_on_error: true,
        single_package: true,
        ..Options::default()
    };
    let id = jobs::enqueue(world, &user, &empty_package()?, options, None);
    jobs::take(
        world,
        &id,
        Millis::try_from(takes.as_millis()).unwrap_or(Millis::MAX / 4),
    );
    jobs::settle(world);
    Ok(json!({"id": id}))
}

fn empty_package() -> Result<Vec<u8>, Refused> {
    let failed = |error: std::io::Error| (400, error.to_string());
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let begun = writer.start_file("package.xml", options);
    begun.map_err(|error| failed(error.into()))?;
    writer.write_all(PACKAGE.as_bytes()).map_err(failed)?;
    let packed = writer.finish();
    Ok(packed.map_err(|error| failed(error.into()))?.into_inner())
}
