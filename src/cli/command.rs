//! Commands to copy: the same files, settings and org as the run that names them.

use super::arguments::Manifests;
use super::context::Context;
use crate::report::text::printable;

/// `orgwright VERB FILE… --overlay … --org …`, word by word, quoted for a shell.
pub(crate) fn command(verb: &str, arguments: &Manifests, context: &Context) -> Vec<String> {
    let mut words = vec!["orgwright".to_owned(), verb.to_owned()];
    let mut add = |option: Option<&str>, value: &str| {
        words.extend(option.map(str::to_owned));
        words.push(quoted(value));
    };
    for file in &arguments.files {
        add(None, &file.to_string_lossy());
    }
    for file in &arguments.overlay {
        add(Some("--overlay"), &file.to_string_lossy());
    }
    for setting in &arguments.set {
        add(Some("--set"), setting);
    }
    for name in &arguments.env {
        add(Some("--env"), name);
    }
    if let Some(org) = &context.global.org {
        add(Some("--org"), org);
    }
    if let Some(version) = &context.global.api_version {
        add(Some("--api-version"), version);
    }
    words
}

/// A word as a shell takes it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@,+%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", printable(word).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::{Color, Global};

    #[test]
    fn words_are_quoted_for_the_shell_where_they_must() {
        let check = |word: &str, expected: &str| assert_eq!(quoted(word), expected);
        check("manifests/a.yaml", "manifests/a.yaml");
        check(
            "spec.user.username=x@y.example",
            "spec.user.username=x@y.example",
        );
        check("my file.yaml", "'my file.yaml'");
        check("it's", r"'it'\''s'");
        check("$(rm)", "'$(rm)'");
        check("", "''");
    }

    #[test]
    fn a_command_names_what_the_run_was_given_and_nothing_else() {
        let mut global = Global::of_color(Color::Never);
        global.org = Some("sf:uat".to_owned());
        let arguments = Manifests {
            files: vec!["a b.yaml".into()],
            overlay: vec!["uat.yaml".into()],
            set: vec!["spec.user.email=x@y.example".to_owned()],
            env: vec!["SITE".to_owned()],
        };
        let words = command("plan", &arguments, &Context::new(global));
        let expected = "orgwright plan 'a b.yaml' --overlay uat.yaml --set spec.user.email=x@y.example --env SITE --org sf:uat";
        assert_eq!(words.join(" "), expected);
        let bare = Context::new(Global::of_color(Color::Never));
        assert_eq!(
            command("plan", &Manifests::default(), &bare).join(" "),
            "orgwright plan"
        );
    }
}
