//! Which org a run is about. Nothing is sent here, and nothing is guessed: the demo org is the default only where
//! nothing points at a Salesforce org.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::{did_you_mean, failure};
use super::recording;
use super::trust;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::org::{NamedTarget, Target, target};
use crate::report::EMBEDDED_ORG;
use crate::report::text::printable;

/// The org that was chosen.
pub(crate) enum Choice {
    /// The demo org inside this program.
    Embedded,
    /// A Salesforce org: how it was named, and how to log in.
    Salesforce(String, Box<Target>),
}

impl Choice {
    /// The line that names the org before anything is known of it.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Embedded => EMBEDDED_ORG.to_owned(),
            Self::Salesforce(name, _) if self.is_record() => {
                format!("org {}: a record, {}", printable(name), recording::NO_ORG)
            }
            Self::Salesforce(name, _) => format!("org {}", printable(name)),
        }
    }

    /// Whether it is the record of an org.
    pub(crate) fn is_record(&self) -> bool {
        matches!(self, Self::Salesforce(_, target) if matches!(**target, Target::Record(_)))
    }

    /// Whether it is the demo org.
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded)
    }
}

/// What points at a Salesforce org around a run.
#[derive(Debug, Default)]
struct Surroundings {
    file: Option<PathBuf>,
    sf_target_org: Option<String>,
    sf_instance_url: Option<String>,
    /// Whether it runs where nobody looks on: under continuous integration.
    is_unattended: bool,
}

/// The org named, or the demo org where nothing points at another one.
pub(crate) fn choose(asked: Option<&str>, folder: &Path) -> Result<Choice, Failure> {
    match asked {
        Some("") => Err(failure(
            Exit::Usage,
            Code::OrgNotNamed,
            "the org is named by nothing: --org, or ORGWRIGHT_ORG, is empty",
            "name one, such as --org sf:ALIAS; a variable that should hold the name may not be set here",
        )
        .state("nothing was sent to any org")),
        None => default(&surroundings(folder)?),
        Some("embedded") => Ok(Choice::Embedded),
        Some("env") => Ok(Choice::Salesforce("env".to_owned(), Box::new(Target::Env))),
        Some(name) if name.starts_with(RECORD) => recorded(name),
        Some(name) => match name.strip_prefix("sf:") {
            Some("") => Err(failure(
                Exit::Usage,
                Code::UnknownOrg,
                "`sf:` lacks the alias or username of a Salesforce CLI log-in",
                "sf:ALIAS",
            )),
            Some(alias) => Ok(Choice::Salesforce(
                name.to_owned(),
                Box::new(Target::SfAlias(alias.to_owned())),
            )),
            None => named(name, trust::find(folder, FILE)?.as_deref()),
        },
    }
}

/// What stands before the folder of a record.
const RECORD: &str = "replay:";

/// The record in a folder, played as an org.
fn recorded(name: &str) -> Result<Choice, Failure> {
    let folder = name.strip_prefix(RECORD).unwrap_or_default();
    let recording = recording::open(Path::new(folder))?;
    let target = Target::Record(Arc::new(recording));
    Ok(Choice::Salesforce(name.to_owned(), Box::new(target)))
}

const FILE: &str = "orgwright.toml";

fn surroundings(folder: &Path) -> Result<Surroundings, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Ok(Surroundings {
        file: trust::find(folder, FILE)?,
        sf_target_org: variable("SF_TARGET_ORG"),
        sf_instance_url: variable("SF_ORG_INSTANCE_URL"),
        is_unattended: variable("CI").is_some_and(|value| value != "false" && value != "0"),
    })
}

/// The demo org, unless something points at a Salesforce org: then it has to be named.
fn default(around: &Surroundings) -> Result<Choice, Failure> {
    let mut found = Vec::new();
    let mut ways = vec!["--org embedded".to_owned()];
    if let Some(file) = &around.file {
        let names = names_in(file)?;
        found.push(format!("{} with {}", file.display(), listed(&names)));
        ways.extend(names.iter().map(|name| format!("--org {name}")));
    }
    if let Some(alias) = &around.sf_target_org {
        found.push(format!("SF_TARGET_ORG={alias}"));
        ways.push(format!("--org sf:{alias}"));
    }
    if let Some(url) = &around.sf_instance_url {
        found.push(format!("SF_ORG_INSTANCE_URL={url}"));
        ways.push("--org env".to_owned());
    }
    if around.is_unattended {
        // A step that forgot its org must not be green over the demo org.
        found.push("CI".to_owned());
    }
    if found.is_empty() {
        return Ok(Choice::Embedded);
    }
    let problem = format!(
        "the org has to be named here, because of {}",
        found.join(" and ")
    );
    Err(failure(
        Exit::Usage,
        Code::OrgNotNamed,
        problem,
        format!("say {}", ways.join(", or ")),
    )
    .state("nothing was sent to any org"))
}

/// Names of the variables that hold the secrets of the nearest file's targets. A file that cannot be read names none.
pub(crate) fn secret_variables(folder: &Path) -> BTreeSet<String> {
    let file = trust::find(folder, FILE).ok().flatten();
    let targets = file.and_then(|file| targets(&file).ok());
    let targets = targets.unwrap_or_default();
    let names = targets.values().flat_map(NamedTarget::secret_variables);
    names.map(str::to_owned).collect()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "no targets".to_owned()
    } else {
        format!("the targets {}", names.join(", "))
    }
}

fn names_in(file: &Path) -> Result<Vec<String>, Failure> {
    Ok(targets(file)?.into_keys().collect())
}

fn targets(file: &Path) -> Result<BTreeMap<String, NamedTarget>, Failure> {
    target::read_file(file)
        .map_err(|error| failure(Exit::Usage, Code::TargetUnusable, error.to_string(), ""))
}

/// A name from the nearest `orgwright.toml`.
fn named(name: &str, file: Option<&Path>) -> Result<Choice, Failure> {
    let mut targets = file.map(targets).transpose()?.unwrap_or_default();
    if let (Some(found), Some(file)) = (targets.remove(name), file) {
        trust::check_secrets(file, &found.secret_files())?;
        return Ok(Choice::Salesforce(
            name.to_owned(),
            Box::new(Target::Named(found)),
        ));
    }
    let names: Vec<&str> = ["embedded", "env"]
        .into_iter()
        .chain(targets.keys().map(String::as_str))
        .collect();
    let mut problem = format!("there is no org `{name}`");
    match file {
        None => problem.push_str("; there is no orgwright.toml here or above that could name it"),
        Some(file) => problem.push_str(&format!(
            "; {} has {}",
            file.display(),
            listed(&targets.keys().cloned().collect::<Vec<_>>())
        )),
    }
    let help = match did_you_mean(name, &names) {
        Some(close) => {
            format!("did you mean `{close}`? --org also takes embedded, sf:ALIAS and env")
        }
        None => "--org takes embedded, sf:ALIAS, env, or a name from orgwright.toml".to_owned(),
    };
    Err(failure(Exit::Usage, Code::UnknownOrg, problem, help).state("nothing was sent to any org"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(result: Result<Choice, Failure>) -> String {
        let failure = result.err().expect("a failure");
        assert_eq!(failure.exit, Exit::Usage);
        let finding = &failure.diagnostics[0];
        format!(
            "{}: {} ({})",
            finding.code,
            finding.message,
            finding.help.as_deref().unwrap_or_default()
        )
    }

    fn folder(toml: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join(FILE), toml).unwrap();
        folder
    }

    const TWO: &str = "[targets.prod]\nauth='access_token'\ninstance_url='https://a.my.salesforce.com'\ntoken_env='T'\n\
                       [targets.uat]\nauth='access_token'\ninstance_url='https://b.my.salesforce.com'\ntoken_env='T'\n";

    #[test]
    fn the_demo_org_is_the_default_where_nothing_points_elsewhere() {
        assert!(default(&Surroundings::default()).unwrap().is_embedded());
    }

    #[test]
    fn whatever_points_at_an_org_demands_a_name() {
        let folder = folder(TWO);
        let around = Surroundings {
            file: Some(folder.path().join(FILE)),
            sf_target_org: Some("dev".into()),
            sf_instance_url: Some("https://x".into()),
            is_unattended: true,
        };
        let text = problem(default(&around));
        for part in [
            "OW0002",
            "the targets prod, uat",
            "SF_TARGET_ORG=dev",
            "and CI",
            "SF_ORG_INSTANCE_URL=https://x",
            "--org sf:dev",
            "--org env",
            "--org embedded",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_names_there_are() {
        let folder = folder(TWO);
        let text = problem(choose(Some("prdo"), folder.path()));
        assert!(
            text.contains("prod, uat") && text.contains("did you mean `prod`?"),
            "{text}"
        );
        assert!(
            matches!(choose(Some("prod"), folder.path()), Ok(Choice::Salesforce(name, target)) if name == "prod" && matches!(*target, Target::Named(_)))
        );
    }

    #[test]
    fn an_alias_and_the_environment_need_no_file() {
        let folder = folder("not toml at all [");
        assert!(
            matches!(choose(Some("sf:uat"), folder.path()), Ok(Choice::Salesforce(_, target)) if matches!(&*target, Target::SfAlias(alias) if alias == "uat"))
        );
        assert!(matches!(
            choose(Some("env"), folder.path()),
            Ok(Choice::Salesforce(_, target)) if matches!(*target, Target::Env)
        ));
        assert!(
            choose(Some("embedded"), folder.path())
                .unwrap()
                .is_embedded()
        );
        assert!(problem(choose(Some("sf:"), folder.path())).contains("alias"));
    }
}
