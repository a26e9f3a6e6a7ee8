//! `render`: the metadata of manifests as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use super::arguments::{Render as Arguments, RenderLayout};
use super::context::Context;
use super::files::unwritable;
use super::finding::failure;
use super::session::{self, OrgSession};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Exit, Failure};
use crate::failure::of_org;
use crate::manifest::Manifest;
use crate::org::Reader;
use crate::plan::Plan;
use crate::report::text::printable;
use crate::{observe, render};

/// Renders offline, or with the org that was named for the profile's clone.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let manifests = context.manifests(&arguments.manifests)?;
    let plan = match context.global.org {
        Some(_) => read(&manifests, context)?,
        None => render::planned(&manifests, None)?,
    };
    let layout = match arguments.layout {
        RenderLayout::Source => render::Layout::Source,
        RenderLayout::Mdapi => render::Layout::Mdapi,
    };
    let files = render::files(&plan, layout)?;
    write(&arguments.out, &files)?;
    let folder = arguments.out.to_string_lossy();
    let names: String = files
        .keys()
        .map(|name| format!("{}\n", printable(name)))
        .collect();
    context.output.note(&format!(
        "{} in {}:\n",
        count(files.len() as u64, "file"),
        printable(&folder)
    ));
    context.output.say(&names);
    context.name_org_last();
    Ok(Exit::Done)
}

/// What would be made in an org that has nothing of it, with the clone's source read whole.
fn read(manifests: &[Manifest], context: &Context) -> Result<Plan, Failure> {
    let choice = context.target()?;
    context.set_org(&choice.line());
    context.name_org_first();
    session::run(async {
        let session = OrgSession::open(choice, context).await?;
        let plan = planned(manifests, &session.reader).await;
        session.close().await;
        plan
    })
}

async fn planned(manifests: &[Manifest], reader: &Reader) -> Result<Plan, Failure> {
    let facts = observe::observe(manifests, reader).await?;
    let mut plan = render::planned(manifests, Some(&facts))?;
    let completed = render::complete(&mut plan, reader).await;
    completed.map_err(|error| of_org(&error))?;
    Ok(plan)
}

/// Writes the files below a folder, and nowhere else.
fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for (name, bytes) in files {
        let inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            let problem = format!("{} does not lie below the folder", printable(name));
            return Err(failure(Exit::Failed, Code::FileUnusable, problem, ""));
        }
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_below_the_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let files = |name: &str| BTreeMap::from([(name.to_owned(), b"x".to_vec())]);
        write(folder.path(), &files("1-metadata/package.xml")).unwrap();
        assert_eq!(
            fs::read(folder.path().join("1-metadata/package.xml")).unwrap(),
            b"x"
        );
        for outside in ["../x", "/tmp/x", "a/../../x"] {
            assert!(write(folder.path(), &files(outside)).is_err(), "{outside}");
        }
    }
}
