//! Components that a switch is about, as it names them: `Profile`, `Profile/Admin`, `Profile/Admin.tabVisibilities`.

use serde::{Deserialize, Serialize};

/// Components of a type: all of them, or the one of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Components {
    /// `Profile`.
    pub kind: String,
    /// Its full name, as it is shown; every component of the type without one.
    pub name: Option<String>,
}

impl Components {
    /// Whether a component is one of them.
    pub fn hold(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name.as_deref().is_none_or(|named| named == name)
    }
}

impl From<String> for Components {
    fn from(text: String) -> Components {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (kind, Some(name.to_owned())),
            None => (text.as_str(), None),
        };
        Components {
            kind: kind.to_owned(),
            name,
        }
    }
}

impl From<Components> for String {
    fn from(components: Components) -> String {
        match components.name {
            Some(name) => format!("{}/{name}", components.kind),
            None => components.kind,
        }
    }
}

/// Components, or one list of each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Lists {
    /// Whose.
    pub of: Components,
    /// Name of the list's entries, such as `tabVisibilities`; everything without one.
    pub element: Option<String>,
}

impl From<String> for Lists {
    fn from(text: String) -> Lists {
        // Full names may hold dots, names of elements begin with a small letter.
        let list = text
            .rsplit_once('.')
            .filter(|(_, element)| element.starts_with(|first: char| first.is_ascii_lowercase()));
        match list {
            Some((of, element)) => Lists {
                of: of.to_owned().into(),
                element: Some(element.to_owned()),
            },
            None => Lists {
                of: text.into(),
                element: None,
            },
        }
    }
}

impl From<Lists> for String {
    fn from(lists: Lists) -> String {
        let of = String::from(lists.of);
        match lists.element {
            Some(element) => format!("{of}.{element}"),
            None => of,
        }
    }
}

/// Components that a call cannot read, and with which fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RefusedRead {
    /// Which.
    pub of: Components,
    /// How.
    pub fault: ReadFault,
}

/// How the platform fails to read components, in ways that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFault {
    /// A fault of the platform that looks like one of rights.
    InsufficientAccess,
    /// A fault of the platform.
    UnknownException,
    /// A call that takes too long, where it asks for several components.
    RequestRunningTooLong,
}

impl ReadFault {
    const ALL: [(ReadFault, &'static str); 3] = [
        (ReadFault::InsufficientAccess, "INSUFFICIENT_ACCESS"),
        (ReadFault::UnknownException, "UNKNOWN_EXCEPTION"),
        (ReadFault::RequestRunningTooLong, "REQUEST_RUNNING_TOO_LONG"),
    ];

    /// The platform's code for it.
    pub fn code(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(fault, _)| *fault == self)
            .map_or("", |(_, code)| code)
    }
}

impl TryFrom<String> for RefusedRead {
    type Error = String;

    fn try_from(text: String) -> Result<RefusedRead, String> {
        let Some((of, code)) = text.rsplit_once(':') else {
            return Ok(RefusedRead {
                of: text.into(),
                fault: ReadFault::InsufficientAccess,
            });
        };
        let known = ReadFault::ALL.into_iter().find(|(_, known)| *known == code);
        let (fault, _) = known.ok_or_else(|| {
            let codes = ReadFault::ALL.map(|(_, code)| code).join(", ");
            format!("{code:?} is none of {codes}")
        })?;
        Ok(RefusedRead {
            of: of.to_owned().into(),
            fault,
        })
    }
}

impl From<RefusedRead> for String {
    fn from(read: RefusedRead) -> String {
        format!("{}:{}", String::from(read.of), read.fault.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_and_lists_come_back_as_they_were_stated() {
        for text in ["Profile", "Profile/Sales v1.5", "CustomField/Lead.X__c"] {
            let read = Lists::from(text.to_owned());
            assert_eq!(read.element, None);
            assert_eq!(String::from(read), text);
        }
        let read = Lists::from("Profile/Sales v1.5.tabVisibilities".to_owned());
        assert_eq!(read.of.name.as_deref(), Some("Sales v1.5"));
        assert_eq!(read.element.as_deref(), Some("tabVisibilities"));
        let read = RefusedRead::try_from("Role/North:UNKNOWN_EXCEPTION".to_owned()).unwrap();
        assert!(read.of.hold("Role", "North") && !read.of.hold("Role", "South"));
        assert_eq!(String::from(read), "Role/North:UNKNOWN_EXCEPTION");
        assert!(RefusedRead::try_from("Role:SLEEPY".to_owned()).is_err());
    }
}
