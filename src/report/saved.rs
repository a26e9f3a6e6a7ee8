//! Saved plans read back: as far as `apply` has to know which plan was agreed to.

use serde_json::Value;

/// A saved plan, as far as apply needs it: which plan of which org, from which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The plan's digest, `sha256:…`.
    pub digest: String,
    /// The org's id.
    pub org_id: String,
    /// The org's name, for the sentence about another one.
    pub org_name: String,
    /// The files its changes point into, each once, in their order.
    pub files: Vec<String>,
}

/// Reads a saved plan back; the error says what is wrong with it.
pub fn saved_plan(text: &str) -> Result<SavedPlan, String> {
    let json: Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let at = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let need = |pointer: &str| {
        at(pointer).ok_or_else(|| {
            format!(
                "it has no `{}`",
                pointer.trim_start_matches('/').replace('/', ".")
            )
        })
    };
    let version = need("/format_version")?;
    if version.split('.').next() != Some("1") {
        return Err(format!(
            "its format_version is {version}; this program reads 1.x"
        ));
    }
    let mut files: Vec<String> = Vec::new();
    let changes = json
        .pointer("/changes")
        .and_then(Value::as_array)
        .ok_or("it has no `changes`")?;
    for file in changes
        .iter()
        .filter_map(|change| change.get("file").and_then(Value::as_str))
    {
        if !files.iter().any(|known| known == file) {
            files.push(file.to_owned());
        }
    }
    Ok(SavedPlan {
        digest: need("/digest")?,
        org_id: need("/org/id")?,
        org_name: at("/org/name").unwrap_or_default(),
        files,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, samples};

    #[test]
    fn a_saved_plan_is_read_back() {
        let given = samples::plan();
        let saved = saved_plan(&json::plan(&given)).unwrap();
        assert_eq!((saved.digest, saved.org_id), (given.digest, given.org.id));
        assert_eq!(saved.files, ["orgwright.yaml"]);
        let check = |text: &str, problem: &str| assert_eq!(saved_plan(text).unwrap_err(), problem);
        check("{}", "it has no `format_version`");
        check(
            r#"{"format_version":"2.0"}"#,
            "its format_version is 2.0; this program reads 1.x",
        );
        check(
            r#"{"format_version":"1.0","changes":[]}"#,
            "it has no `digest`",
        );
    }
}
