//! Records as a query returns them: columns by path.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A record as a query returned it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Row(pub Map<String, Value>);

/// The cells of a record, lent.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a>(&'a Map<String, Value>);

impl Row {
    /// The row that a JSON object is.
    #[cfg(test)]
    pub fn of(value: &Value) -> Self {
        Self(value.as_object().cloned().expect("an object"))
    }

    /// Its cells.
    pub fn cells(&self) -> Cells<'_> {
        Cells(&self.0)
    }

    /// The value at a dotted path, names without regard to case, as SOQL has them.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.cells().get(path)
    }

    /// The text at a path; `None` for null and for what is not text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.cells().text(path)
    }

    /// Whether the value at a path is `true`.
    pub fn flag(&self, path: &str) -> bool {
        self.cells().flag(path)
    }

    /// The whole number at a path.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.cells().number(path)
    }

    /// The rows of a child sub-query.
    pub fn children(&self, relationship: &str) -> impl Iterator<Item = Cells<'_>> {
        let records = self
            .get(relationship)
            .and_then(|value| value.get("records"))
            .and_then(Value::as_array);
        records
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(Cells)
    }
}

impl<'a> Cells<'a> {
    /// The value at a dotted path, names without regard to case.
    pub fn get(self, path: &str) -> Option<&'a Value> {
        let mut steps = path.split('.');
        let mut value = find(self.0, steps.next()?)?;
        for step in steps {
            value = find(value.as_object()?, step)?;
        }
        Some(value)
    }

    /// The text at a path; `None` for null and for what is not text.
    pub fn text(self, path: &str) -> Option<&'a str> {
        self.get(path)?.as_str()
    }

    /// The text at a path, owned.
    pub fn owned(self, path: &str) -> Option<String> {
        self.text(path).map(str::to_owned)
    }

    /// Whether the value at a path is `true`.
    pub fn flag(self, path: &str) -> bool {
        self.get(path).and_then(Value::as_bool) == Some(true)
    }

    /// The whole number at a path.
    pub fn number(self, path: &str) -> Option<u64> {
        let value = self.get(path)?;
        value.as_u64().or_else(|| {
            value
                .as_f64()
                .filter(|n| *n >= 0.0 && n.fract() == 0.0)
                .map(|n| n as u64)
        })
    }
}

fn find<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_reaches_through_parents_without_regard_to_case() {
        let row = Row::of(&json!({
            "Id": "005", "Profile": {"Name": "Standard User"}, "UserRole": null, "n": 3, "x": 2.0,
            "Sets": {"records": [{"Name": "A"}]},
        }));
        assert_eq!(row.text("profile.name"), Some("Standard User"));
        assert_eq!(row.text("UserRole.Name"), None);
        assert_eq!((row.number("N"), row.number("x")), (Some(3), Some(2)));
        let names = row.children("Sets").filter_map(|set| set.text("Name"));
        assert_eq!(names.collect::<Vec<_>>(), ["A"]);
    }
}
