//! One manifest for several orgs: overlays, single settings, and values from the environment.

use std::sync::Arc;

use super::findings::Findings;
use super::node::{Content, Entry, Node, parse};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place, Sources};

/// Lays `over` on `base`: maps are merged key by key, everything else is replaced.
pub(super) fn overlay(base: &mut Node, over: Node) {
    let Node { content, place } = over;
    match (&mut base.content, content) {
        (Content::Map(entries), Content::Map(changes)) => {
            for change in changes {
                match entries.iter_mut().find(|entry| entry.key == change.key) {
                    Some(entry) => {
                        let merges = matches!(
                            (&entry.value.content, &change.value.content),
                            (Content::Map(_), Content::Map(_))
                        );
                        if !merges {
                            entry.key_place = change.key_place;
                        }
                        overlay(&mut entry.value, change.value);
                    }
                    None => entries.push(change),
                }
            }
        }
        (_, content) => *base = Node { content, place },
    }
}

/// Applies `--set PATH=VALUE`, where `argument` is `PATH=VALUE`.
///
/// The value is read as YAML. A path leads through keys, and through lists by position from 0.
pub(super) fn set(root: &mut Node, argument: &str, sources: &mut Sources, findings: &Findings) {
    let Some((path, text)) = argument.split_once('=') else {
        let file: Arc<str> = "--set".into();
        sources.insert(Arc::clone(&file), argument.into());
        let finding = Diagnostic::error(Code::SettingNotApplicable, "`--set` wants PATH=VALUE")
            .at(&whole(&file, argument))
            .help("for example `--set spec.user.username=hubspot@acme.example.uat`");
        findings.push(finding);
        return;
    };
    let file: Arc<str> = format!("--set {path}").into();
    sources.insert(Arc::clone(&file), text.into());
    let place = whole(&file, text);
    let value = match text.trim() {
        "" => Some(Node {
            content: Content::Null,
            place: place.clone(),
        }),
        _ => parse(&file, text, findings),
    };
    let Some(value) = value else {
        return;
    };
    if let Err(message) = put(root, path.split('.').collect(), value, &place) {
        findings.error(Code::SettingNotApplicable, &place, message);
    }
}

/// Puts `value` at `path` below `node`, making maps where nothing is.
fn put(node: &mut Node, path: Vec<&str>, value: Node, place: &Place) -> Result<(), String> {
    let mut target = node;
    for segment in path {
        if segment.is_empty() {
            return Err("a path is keys with single points between them".into());
        }
        target = step(target, segment, place)?;
    }
    *target = value;
    Ok(())
}

fn step<'a>(node: &'a mut Node, segment: &str, place: &Place) -> Result<&'a mut Node, String> {
    if matches!(node.content, Content::Null) {
        node.content = Content::Map(Vec::new());
    }
    match &mut node.content {
        Content::Map(entries) => {
            let known = entries.iter().position(|entry| &*entry.key == segment);
            let position = known.unwrap_or(entries.len());
            if known.is_none() {
                entries.push(empty_entry(segment, place));
            }
            let entry = entries.get_mut(position);
            entry
                .map(|entry| &mut entry.value)
                .ok_or_else(|| format!("there is no `{segment}`"))
        }
        Content::List(items) => {
            let count = items.len();
            let position: Option<usize> = segment.parse().ok();
            position
                .and_then(|position| items.get_mut(position))
                .ok_or_else(|| {
                    format!("`{segment}` is not a position in a list of {count}, counted from 0")
                })
        }
        _ => Err(format!(
            "there is nothing below a single value, so no `{segment}`"
        )),
    }
}

fn empty_entry(key: &str, place: &Place) -> Entry {
    Entry {
        key: key.into(),
        key_place: place.clone(),
        value: Node {
            content: Content::Null,
            place: place.clone(),
        },
    }
}

fn whole(file: &Arc<str>, text: &str) -> Place {
    Place {
        length: text.len(),
        ..Place::start_of(file)
    }
}

/// Replaces every `${env:NAME}` in the values below `node`.
pub(super) fn expand(
    node: &mut Node,
    environment: &dyn Fn(&str) -> Option<String>,
    findings: &Findings,
) {
    match &mut node.content {
        Content::Null | Content::Broken => {}
        Content::List(items) => {
            for item in items {
                expand(item, environment, findings);
            }
        }
        Content::Map(entries) => {
            for entry in entries {
                expand(&mut entry.value, environment, findings);
            }
        }
        Content::Scalar { text, .. } if !text.contains("${") => {}
        Content::Scalar { text, .. } => match expanded(text, environment) {
            Ok(value) => *text = value.into(),
            Err(finding) => {
                findings.push((*finding).at(&node.place));
                node.content = Content::Broken;
            }
        },
    }
}

fn expanded(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Box<Diagnostic>> {
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        value.push_str(before);
        let Some((reference, behind)) = after.split_once('}') else {
            return Err(bad_reference("the `${` is never closed with `}`".into()));
        };
        let Some(name) = reference.strip_prefix("env:") else {
            return Err(bad_reference(format!("`${{{reference}}}` is not known")));
        };
        let found = environment(name).ok_or_else(|| unset(name))?;
        value.push_str(&found);
        rest = behind;
    }
    value.push_str(rest);
    Ok(value)
}

fn bad_reference(message: String) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(Code::EnvironmentReference, message)
            .help("only `${env:NAME}` is expanded"),
    )
}

/// How the names of variables begin that are meant for manifests.
const FOR_MANIFESTS: &str = "ORGWRIGHT_VAR_";

/// Whether a variable is meant for manifests, by its name. A manifest may come from a stranger's pull request, and what it
/// says stands in the plan for everybody to read: no list of names could name all that are secrets.
pub fn is_for_manifests(name: &str) -> bool {
    name.starts_with(FOR_MANIFESTS)
}

fn unset(name: &str) -> Box<Diagnostic> {
    let (message, help) = match is_for_manifests(name) {
        true => (
            format!("the environment variable `{name}` is not set"),
            format!("set it before the run: `export {name}=…`"),
        ),
        false => (
            format!("the environment variable `{name}` is not open to manifests, or not set"),
            format!(
                "call it `{FOR_MANIFESTS}{name}`, or allow this one on the command line: `--env {name}`; what manifests read is \
                 shown in plans, and the secrets that orgwright.toml names stay closed to them"
            ),
        ),
    };
    Box::new(Diagnostic::error(Code::EnvironmentReference, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::digest::canonical;
    use super::*;

    fn node(text: &str) -> Node {
        let findings = Findings::default();
        parse(&"m.yaml".into(), text, &findings).unwrap()
    }

    fn check(base: &str, change: impl Fn(&mut Node, &Findings), expected: &str) {
        let findings = Findings::default();
        let mut root = node(base);
        change(&mut root, &findings);
        let found = match findings.into_sorted().first() {
            Some(finding) => finding.message.clone(),
            None => canonical(&root).to_string(),
        };
        assert_eq!(found, expected, "{base}");
    }

    #[test]
    fn overlays_merge_maps_and_replace_everything_else() {
        let over =
            |text: &'static str| move |root: &mut Node, _: &Findings| overlay(root, node(text));
        check(
            "a: {b: 1, c: 2}",
            over("a: {c: 3, d: 4}"),
            r#"{"a":{"b":1,"c":3,"d":4}}"#,
        );
        check("a: [1, 2]", over("a: [3]"), r#"{"a":[3]}"#);
        check("a: {b: 1}", over("a: x"), r#"{"a":"x"}"#);
        check("a: {b: 1}", over("a:"), r#"{}"#);
    }

    #[test]
    fn settings_reach_keys_and_list_positions() {
        let with = |argument: &'static str| {
            move |root: &mut Node, findings: &Findings| {
                set(root, argument, &mut Sources::default(), findings);
            }
        };
        check("a: {b: 1}", with("a.b=2"), r#"{"a":{"b":2}}"#);
        check("a:", with("a.b.c=x y"), r#"{"a":{"b":{"c":"x y"}}}"#);
        check(
            "a: [{b: 1}]",
            with("a.0.b=[Lead, Contact]"),
            r#"{"a":[{"b":["Lead","Contact"]}]}"#,
        );
        check("a: 1", with("a="), r#"{}"#);
        check(
            "a: [1]",
            with("a.1=2"),
            "`1` is not a position in a list of 1, counted from 0",
        );
        check(
            "a: 1",
            with("a.b=2"),
            "there is nothing below a single value, so no `b`",
        );
        check("a: 1", with("a"), "`--set` wants PATH=VALUE");
        check(
            "a: 1",
            with("a..b=1"),
            "a path is keys with single points between them",
        );
    }

    #[test]
    fn the_environment_is_expanded_in_values_only() {
        let with = |root: &mut Node, findings: &Findings| {
            let environment = |name: &str| (name == "USER").then(|| "ada".to_owned());
            expand(root, &environment, findings);
        };
        check(
            "a: '${env:USER}@${env:USER}.example'",
            with,
            r#"{"a":"ada@ada.example"}"#,
        );
        check("'${env:USER}': [b]", with, r#"{"${env:USER}":["b"]}"#);
        check(
            "a: ${env:NOBODY}",
            with,
            "the environment variable `NOBODY` is not open to manifests, or not set",
        );
        check(
            "a: ${env:ORGWRIGHT_VAR_NOBODY}",
            with,
            "the environment variable `ORGWRIGHT_VAR_NOBODY` is not set",
        );
        check("a: '${env:USER'", with, "the `${` is never closed with `}`");
        check("a: ${USER}", with, "`${USER}` is not known");
    }
}
