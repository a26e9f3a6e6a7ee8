//! What every command is given: the global flags, the output, and which org the run is about.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use super::arguments::{Color, Global, Manifests};
use super::finding::failure;
use super::output::Output;
use super::recording::NO_ORG;
use super::{files, target, trust};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::live::OrgIdentity;
use crate::manifest::{self, Manifest};
use crate::report::{EMBEDDED_ORG, Frame, names, org_line};

/// The name of the manifest that is found without being named.
pub(crate) const MANIFEST: &str = "orgwright.yaml";

/// The demo org's address in reports.
pub(crate) const EMBEDDED_URL: &str = "http://127.0.0.1";

/// The surroundings of a command.
pub(crate) struct Context {
    /// Flags of every command.
    pub(crate) global: Global,
    /// Where it prints.
    pub(crate) output: Output,
    org: RefCell<Org>,
    manifests: RefCell<NamedManifests>,
    /// Queries that an object may take to tell what its rules share with whom.
    pub(crate) impact_budget: Cell<Option<usize>>,
}

/// The line that names the org, and whether it was said yet.
#[derive(Default)]
struct Org {
    line: Option<String>,
    said_first: bool,
}

/// The manifests of a run, as far as they are known.
#[derive(Default)]
struct NamedManifests {
    files: Vec<String>,
    names: String,
}

impl Global {
    /// The flags as they are where only the colour is known.
    pub(crate) fn of_color(color: Color) -> Self {
        Self {
            org: None,
            api_version: None,
            color,
            quiet: false,
            verbose: false,
            trace: None,
        }
    }
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let output = Output::new(&global);
        Self {
            global,
            output,
            org: RefCell::default(),
            manifests: RefCell::default(),
            impact_budget: Cell::new(None),
        }
    }

    /// Which org is meant.
    pub(crate) fn target(&self) -> Result<target::Choice, Failure> {
        target::choose(self.global.org.as_deref(), &files::here()?)
    }

    /// The line that names the org from here on.
    pub(crate) fn set_org(&self, line: &str) {
        self.org.borrow_mut().line = Some(line.to_owned());
    }

    /// From here on the org is named by what it says of itself. The demo org listens on another port each time,
    /// which is no part of it: the same org gives the same report.
    pub(crate) fn know_org(&self, org: &mut OrgIdentity, embedded: bool) {
        if self.is_of_record() {
            return;
        }
        if embedded {
            EMBEDDED_URL.clone_into(&mut org.instance_url);
            self.set_org(EMBEDDED_ORG);
        } else {
            self.set_org(&org_line(org));
        }
    }

    /// Whether the run is about the record of an org: its line says so, and stays.
    pub(crate) fn is_of_record(&self) -> bool {
        self.org().ends_with(NO_ORG)
    }

    /// The line that names the org.
    pub(crate) fn org(&self) -> String {
        self.org.borrow().line.clone().unwrap_or_default()
    }

    /// Notes that a report on standard output began with the org's line.
    pub(crate) fn org_was_named(&self) {
        self.org.borrow_mut().said_first = true;
    }

    /// The first line of a run whose standard output holds data, unless it was said.
    pub(crate) fn name_org_first(&self) {
        let mut org = self.org.borrow_mut();
        if let (Some(line), false) = (&org.line, org.said_first) {
            self.output.warn(&format!("{line}\n"));
            org.said_first = true;
        }
    }

    /// Data on standard output, between the two lines that name the org.
    pub(crate) fn data(&self, text: &str) {
        self.name_org_first();
        self.output.data(text);
        self.name_org_last();
    }

    /// The last line of such a run.
    pub(crate) fn name_org_last(&self) {
        if let Some(line) = &self.org.borrow().line {
            self.output.warn(&format!("{line}\n"));
        }
    }

    /// The manifests' files as given, or the nearest one.
    pub(crate) fn manifest_files(&self, arguments: &Manifests) -> Result<Vec<PathBuf>, Failure> {
        if !arguments.files.is_empty() {
            return Ok(arguments.files.clone());
        }
        let here = files::here()?;
        let found = trust::find(&here, MANIFEST)?.ok_or_else(|| {
            let problem = "no FILE was given, and there is no orgwright.yaml here or above, up to the repository's root";
            failure(Exit::Usage, Code::NoManifest, problem, "name a file, or write one with `orgwright init`")
        })?;
        // Shown as it would be typed from here.
        Ok(vec![
            found
                .strip_prefix(&here)
                .map_or(found.clone(), PathBuf::from),
        ])
    }

    /// Reads the manifests a command was given. The secrets of targets are closed to them: a manifest may be a
    /// stranger's, and what it says is shown.
    pub(crate) fn manifests(&self, arguments: &Manifests) -> Result<Vec<Manifest>, Failure> {
        let named = self.manifest_files(arguments)?;
        let secrets = target::secret_variables(&files::here()?);
        let is_allowed = |name: &str| {
            manifest::is_for_manifests(name) || arguments.env.iter().any(|own| own == name)
        };
        let files = named.iter().map(|file| file.to_string_lossy().into_owned());
        self.manifests.borrow_mut().files = files.collect();
        let loaded = manifest::load(&named, &arguments.overlay, &arguments.set, &|name| {
            let value = std::env::var(name).ok();
            value.filter(|_| is_allowed(name) && !secrets.contains(name))
        })?;
        self.manifests.borrow_mut().names = names(&loaded);
        Ok(loaded)
    }

    /// What stands around a report of a run that ended without its result.
    pub(crate) fn frame_of_failure(&self, at: Option<String>) -> Frame {
        let manifests = self.manifests.borrow();
        Frame {
            name: manifests.names.clone(),
            files: manifests.files.clone(),
            org: self.org(),
            at,
            ..Frame::default()
        }
    }
}
