//! `render`: the metadata of manifests as files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path};

use super::arguments::{Render as Arguments, RenderLayout};
use super::context::Context;
use super::files::unwritable;
use super::finding::failure;
use super::progress::Progress;
use super::session::{self, OrgSession};
use crate::code::Code;
use crate::count::count;
use crate::diagnostic::{Exit, Failure};
use crate::event::Event;
use crate::failure::of_org;
use crate::live::Live;
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
        let (session, live) =
            OrgSession::open_reading(choice, context, manifests, BTreeSet::new()).await?;
        let plan = match live {
            Ok(live) => planned(manifests, live, &session.reader, context).await,
            Err(failure) => Err(failure),
        };
        session.close().await;
        plan
    })
}

/// The plan for an org that has nothing of it, its clone source whole.
async fn planned(
    manifests: &[Manifest],
    live: Live,
    reader: &Reader,
    context: &Context,
) -> Result<Plan, Failure> {
    let mut live = live.without_what_is_made(manifests);
    let mut progress = Progress::new(&context.output, false, false);
    let mut emit = |event: Event| progress.show(&event);
    let completed = observe::complete_sources(&mut live, manifests, reader, &mut emit).await;
    completed.map_err(|error| of_org(&error))?;
    render::planned(manifests, Some(&live))
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
        refuse_links(folder, Path::new(name))?;
        fs::create_dir_all(parent)
            .and_then(|()| replace(&path, bytes))
            .map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

/// Refuses what lies below a link: it would be written elsewhere. The folder itself is as it was named.
fn refuse_links(folder: &Path, name: &Path) -> Result<(), Failure> {
    let mut path = folder.to_owned();
    for part in name.components() {
        path.push(part);
        if path.is_symlink() {
            let problem = format!(
                "{} is a link, and nothing is written where it leads",
                path.display()
            );
            return Err(failure(
                Exit::Usage,
                Code::FileUnusable,
                problem,
                "remove it, or name another folder with --out",
            ));
        }
    }
    Ok(())
}

/// A file in the place of an earlier one: made anew, so that no link is followed that came meanwhile.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    std::io::Write::write_all(&mut file, bytes)
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
