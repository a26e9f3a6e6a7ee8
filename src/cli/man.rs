//! `man`: the manual, made from the same definitions as the help.

use std::path::Path;

use clap::CommandFactory;

use super::arguments::{Arguments, Man};
use super::context::Context;
use super::files::unwritable;
use crate::diagnostic::{Exit, Failure};

/// Prints every page, or writes them into a folder.
pub(crate) fn run(arguments: &Man, context: &Context) -> Result<Exit, Failure> {
    let pages = pages().map_err(|error| unwritable(Path::new("the manual"), &error))?;
    match &arguments.out {
        None => pages.iter().for_each(|(_, page)| context.output.data(page)),
        Some(folder) => {
            for (name, page) in &pages {
                let path = folder.join(name);
                std::fs::create_dir_all(folder)
                    .and_then(|()| std::fs::write(&path, page))
                    .map_err(|error| unwritable(&path, &error))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The pages by file name: the program's own, then each command's.
fn pages() -> std::io::Result<Vec<(String, String)>> {
    let mut root = Arguments::command();
    root.build();
    let mut pages = vec![page("orgwright", root.clone())?];
    for command in root
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name())
            .to_owned();
        pages.push(page(&name, command.clone())?);
    }
    Ok(pages)
}

fn page(name: &str, command: clap::Command) -> std::io::Result<(String, String)> {
    let mut roff = Vec::new();
    clap_mangen::Man::new(command).render(&mut roff)?;
    Ok((
        format!("{name}.1"),
        String::from_utf8_lossy(&roff).into_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for command in [
            "orgwright.1",
            "orgwright-plan.1",
            "orgwright-apply.1",
            "orgwright-emulator.1",
        ] {
            assert!(names.contains(&command), "{names:?}");
        }
        assert!(pages.iter().all(|(_, page)| page.contains(".TH")));
    }
}
