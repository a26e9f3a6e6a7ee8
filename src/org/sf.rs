//! Borrows the log-in of the Salesforce CLI.
//!
//! **Promise:** the program is called without a shell, and nothing it prints as a token comes into an error.

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::secret::Secret;

use super::error::{OrgError, excerpt};

/// The CLI needs one to four seconds; a refresh over a slow network some more.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the CLI knows about an org.
pub(super) struct SfOrg {
    pub(super) instance_url: String,
    pub(super) username: Option<String>,
    pub(super) org_id: Option<String>,
    /// Not shown by newer CLIs.
    token: Option<Secret>,
}

impl SfOrg {
    /// The org's token. Since 2026 `org display` hides it and another command shows it, which takes the CLI as long
    /// again.
    pub(super) async fn token(&self, program: &str, alias: &str) -> Result<Secret, OrgError> {
        match &self.token {
            Some(token) => Ok(token.clone()),
            None => show_token(program, alias).await,
        }
    }

    /// Whether [`SfOrg::token`] has to ask for it.
    pub(super) fn hides_token(&self) -> bool {
        self.token.is_none()
    }
}

/// Asks the CLI of that name for an org by alias or username.
pub(super) async fn display(program: &str, alias: &str) -> Result<SfOrg, OrgError> {
    if alias.is_empty() || alias.starts_with('-') || alias.contains(char::is_control) {
        return Err(OrgError::Usage(format!(
            "`{}` is no alias of a Salesforce CLI log-in",
            alias.escape_debug()
        )));
    }
    let shown = run(program, alias, &["org", "display"]).await?;
    let text = |name: &str| shown.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(instance_url) = text("instanceUrl") else {
        return Err(login(
            alias,
            String::from("the answer of `sf org display` has no instanceUrl"),
        ));
    };
    Ok(SfOrg {
        instance_url,
        username: text("username"),
        org_id: text("id"),
        token: text("accessToken")
            .filter(|token| is_token(token))
            .map(Secret::new),
    })
}

async fn show_token(program: &str, alias: &str) -> Result<Secret, OrgError> {
    let shown = run(program, alias, &["org", "auth", "show-access-token"]).await?;
    let token = shown
        .get("accessToken")
        .and_then(Value::as_str)
        .filter(|token| is_token(token));
    token.map(Secret::new).ok_or_else(|| {
        login(
            alias,
            String::from(
                "`sf org auth show-access-token` shows no token; update the CLI with `sf update`",
            ),
        )
    })
}

/// A token, and not the note that stands where one used to be.
fn is_token(text: &str) -> bool {
    !text.is_empty() && !is_hidden(text) && !text.contains(char::is_whitespace)
}

/// Whether the CLI shows a note in place of a secret.
pub(super) fn is_hidden(text: &str) -> bool {
    text.starts_with("[REDACTED]")
}

/// Runs one command and returns its `result`.
async fn run(program: &str, alias: &str, command: &[&str]) -> Result<Value, OrgError> {
    let child = Command::new(program)
        .args(command)
        .args(["--json", "-o", alias])
        .envs([
            ("SF_AUTOUPDATE_DISABLE", "true"),
            ("SF_SKIP_NEW_VERSION_CHECK", "true"),
            ("NO_COLOR", "1"),
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(TIMEOUT, child).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            let advice = "install it (npm package @salesforce/cli) or use another target";
            return Err(login(
                alias,
                format!("the Salesforce CLI `sf` is not on the PATH; {advice}"),
            ));
        }
        Ok(Err(error)) => {
            return Err(login(
                alias,
                format!("the Salesforce CLI does not start: {error}"),
            ));
        }
        Err(_) => {
            let seconds = TIMEOUT.as_secs();
            return Err(login(
                alias,
                format!(
                    "`sf {}` gave no answer in {seconds} seconds",
                    command.join(" ")
                ),
            ));
        }
    };
    result(&output).map_err(|reason| login(alias, format!("`sf {}`: {reason}", command.join(" "))))
}

fn result(output: &Output) -> Result<Value, String> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&output.stdout) else {
        // The old program `sfdx` and a broken installation print text. None of it is shown: it may hold a token.
        return Err(format!(
            "it printed no JSON ({}); version 2 of the Salesforce CLI is needed",
            output.status
        ));
    };
    if answer.get("status").and_then(Value::as_i64) == Some(0) {
        return Ok(answer
            .get_mut("result")
            .map(Value::take)
            .unwrap_or_default());
    }
    let name = answer
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let message = answer
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("no reason given");
    let advice = match name {
        "NoOrgFound" | "NamedOrgNotFoundError" | "NamedOrgNotFound" => {
            "; `sf org list` shows the log-ins there are"
        }
        "RefreshTokenAuthError" | "AuthInfoOverwriteError" => {
            "; log in again with `sf org login web`"
        }
        "CommandNotFound" | "Error" if message.contains("not a sf command") => {
            "; update the CLI with `sf update`"
        }
        _ => "",
    };
    Err(format!("{}{advice}", excerpt(message)))
}

fn login(alias: &str, reason: String) -> OrgError {
    OrgError::Login {
        host: format!("the Salesforce CLI's org `{alias}`"),
        reason,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const TOKEN: &str = "00D000000000001!canary";

    /// A child process started by another test would hold the script open for writing, and Linux refuses to run it.
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    /// A program that answers `org display` with the first text and any other command with the second.
    async fn ask(display_answer: &str, other_answer: &str) -> Result<(SfOrg, Secret), OrgError> {
        let _alone = ONE_AT_A_TIME.lock().await;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sf");
        let script = format!(
            "#!/bin/sh\nif [ \"$2\" = display ]; then cat <<'END'\n{display_answer}\nEND\nelse cat <<'END'\n{other_answer}\nEND\nfi\n"
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = program.to_str().unwrap();
        let org = display(program, "dev").await?;
        let token = org.token(program, "dev").await?;
        Ok((org, token))
    }

    fn displayed(token: &str) -> String {
        format!(
            r#"{{"status":0,"result":{{"id":"00D000000000001EAA","accessToken":"{token}","instanceUrl":"https://a.my.salesforce.com","username":"u@a.example"}},"warnings":[]}}"#
        )
    }

    #[tokio::test]
    async fn an_older_cli_shows_the_token_at_once() {
        let (org, token) = ask(&displayed(TOKEN), "{}").await.unwrap();
        assert_eq!(
            (token.expose(), org.username.as_deref()),
            (TOKEN, Some("u@a.example"))
        );
        assert!(!org.hides_token());
    }

    #[tokio::test]
    async fn a_newer_cli_is_asked_for_the_token() {
        let shown =
            format!(r#"{{"status":0,"result":{{"accessToken":"{TOKEN}"}},"warnings":["w"]}}"#);
        let (org, token) = ask(
            &displayed("[REDACTED] Use 'sf org auth show-access-token' to view"),
            &shown,
        )
        .await
        .unwrap();
        assert_eq!(token.expose(), TOKEN);
        assert!(org.hides_token());
    }

    #[tokio::test]
    async fn failures_say_what_to_do() {
        let redacted = displayed("[REDACTED]");
        for (display_answer, other_answer, expected) in [
            (
                r#"{"status":1,"name":"NamedOrgNotFoundError","message":"No authorization information found for dev."}"#,
                "",
                "No authorization information found for dev.; `sf org list` shows",
            ),
            ("Warning: canary", "", "printed no JSON"),
            (
                redacted.as_str(),
                redacted.as_str(),
                "shows no token; update the CLI",
            ),
            (
                r#"{"status":0,"result":{"accessToken":"00D000000000001!canary"}}"#,
                "",
                "no instanceUrl",
            ),
        ] {
            let error = ask(display_answer, other_answer)
                .await
                .err()
                .unwrap()
                .to_string();
            assert!(
                error.contains(expected) && !error.contains("canary"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_missing_program_and_a_hostile_alias() {
        let _alone = ONE_AT_A_TIME.lock().await;
        let error = display("/nonexistent/sf", "dev")
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("is not on the PATH"), "{error}");
        for alias in ["", "--target-org", "a\nb"] {
            assert!(matches!(
                display("/nonexistent/sf", alias).await,
                Err(OrgError::Usage(_))
            ));
        }
    }
}
