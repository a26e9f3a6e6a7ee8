//! The rows, and what each is played as.

use super::org::{Expected, Refusal};

/// What an org said once.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) nr: String,
    pattern: String,
    code: String,
    component: String,
    list: String,
    kind: String,
}

/// Some of our own, where there are none of others.
const OWN: &str = "\
1\tUnknown user permission: {UserPermission}\tnone\tProfile\tuserPermissions\tentry
2\tYou can't edit tab settings for {Tab}, as it's not a valid tab.\tnone\tProfile\ttabVisibilities\tentry
3\tIn field: layout - no Layout named {Object-Layout name} found\tnone\tProfile\tlayoutAssignments\tentry
4\tsharing operation already in progress\tnone\tSharingRules\trules\tretry
5\tPicklist sharing is not supported\tnone\tSharingRules\ttype\tfinal
6\tLicense Limit Exceeded\tLICENSE_LIMIT_EXCEEDED\tUser\tProfileId\tfinal
";

/// All rows there are.
pub(super) fn all() -> Vec<Row> {
    let folder = testing::material(
        "facts",
        "refusals as other people met them; some of our own are played",
    );
    let text = folder.map(|folder| {
        let file = folder.join("refusals-data/refusal-patterns.tsv");
        std::fs::read_to_string(file).unwrap()
    });
    let Some(text) = text else {
        return OWN.lines().map(|line| row(line, 5)).collect();
    };
    text.lines().skip(1).map(|line| row(line, 7)).collect()
}

/// An entry of a profile that is read and then refused.
pub(super) struct ReadEntry {
    pub(super) xml: String,
    pub(super) refusal: Refusal,
}

const OWN_ENTRIES: &str = "\
tab\tTideChart\tstandard-TideChart
user permission\tSoundFogHorns\tSoundFogHorns
field\tLead.Ballast\tLead.Ballast
object\tLighthouse\tLighthouse
";

/// All entries that somebody named.
pub(super) fn entries() -> Vec<ReadEntry> {
    let folder = testing::material(
        "facts",
        "entries that other people could not deploy; some of our own are played",
    );
    let text = folder.map_or_else(
        || OWN_ENTRIES.to_owned(),
        |folder| std::fs::read_to_string(folder.join("refusals-data/refused-entries.tsv")).unwrap(),
    );
    text.lines().filter_map(entry_of_line).collect()
}

/// A line: what it is, and its name. `None` where no entry is named.
fn entry_of_line(line: &str) -> Option<ReadEntry> {
    let mut columns = line.split('\t');
    let (kind, name) = (columns.next()?, columns.next()?);
    let name = name.split([' ', ',']).next()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let (list, key, value, flags, problem) = match kind.split(' ').next()? {
        "tab" => (
            "tabVisibilities",
            "tab",
            format!("standard-{name}"),
            "<visibility>DefaultOn</visibility>",
            format!("You can't edit tab settings for {name}, as it's not a valid tab."),
        ),
        "object" if !name.contains('.') => (
            "objectPermissions",
            "object",
            name.to_owned(),
            "<allowRead>true</allowRead>",
            format!("In field: object - no CustomObject named {name} found"),
        ),
        "field" => (
            "fieldPermissions",
            "field",
            name.to_owned(),
            "<readable>true</readable>",
            format!("In field: field - no CustomField named {name} found"),
        ),
        "user" => (
            "userPermissions",
            "name",
            name.to_owned(),
            "<enabled>true</enabled>",
            format!("Unknown user permission: {name}"),
        ),
        _ => return None,
    };
    let named = format!("<{key}>{value}</{key}>");
    Some(ReadEntry {
        refusal: Refusal::of("Profile", problem).holding(&[&named]),
        xml: format!("<{list}>{named}{flags}</{list}>"),
    })
}

/// A line: number, words, code, components, list, and in the column of that number its kind.
fn row(line: &str, kind: usize) -> Row {
    let columns: Vec<&str> = line.split('\t').collect();
    let column = |at: usize| columns.get(at).copied().unwrap_or_default().to_owned();
    Row {
        nr: column(0),
        pattern: column(1),
        code: column(2),
        component: column(3),
        list: column(4),
        kind: column(kind),
    }
}

/// An entry of the clone source: its list, texts that its XML holds, its name as messages have it, and its label.
type Entry = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

/// A right of an entry that goes beyond another.
const MODIFY_ALL: Entry = (
    "objectPermissions",
    &["<object>Campaign</object>", "<modifyAllRecords>true"],
    "Campaign",
    "Campaigns",
);

/// One of each list.
const ENTRIES: [Entry; 14] = [
    (
        "userPermissions",
        &["<name>ImportLeads</name>"],
        "ImportLeads",
        "Import Leads",
    ),
    (
        "objectPermissions",
        &["<object>Campaign</object>", "<viewAllRecords>true"],
        "Campaign",
        "Campaigns",
    ),
    (
        "tabVisibilities",
        &["<tab>standard-Campaign</tab>"],
        "Campaign",
        "Campaigns",
    ),
    (
        "fieldPermissions",
        &["<field>Campaign.EndDate</field>"],
        "Campaign.EndDate",
        "End Date",
    ),
    (
        "applicationVisibilities",
        &["<application>Quay</application>"],
        "Quay",
        "Quay",
    ),
    (
        "classAccesses",
        &["<apexClass>TideTable</apexClass>"],
        "TideTable",
        "TideTable",
    ),
    (
        "pageAccesses",
        &["<apexPage>Tides</apexPage>"],
        "Tides",
        "Tides",
    ),
    (
        "customMetadataTypeAccesses",
        &["<name>Berth__mdt</name>"],
        "Berth__mdt",
        "Berth",
    ),
    (
        "customPermissions",
        &["<name>Board</name>"],
        "Board",
        "Board",
    ),
    (
        "recordTypeVisibilities",
        &["<recordType>Campaign.Race</recordType>"],
        "Campaign.Race",
        "Race",
    ),
    (
        "flowAccesses",
        &["<flow>Mooring</flow>"],
        "Mooring",
        "Mooring",
    ),
    (
        "layoutAssignments",
        &["<layout>Campaign-Regatta Layout</layout>"],
        "Campaign-Regatta Layout",
        "Regatta Layout",
    ),
    (
        "externalDataSourceAccesses",
        &["<externalDataSource>Ledger</externalDataSource>"],
        "Ledger",
        "Ledger",
    ),
    (
        "categoryGroupVisibilities",
        &["<dataCategoryGroup>Knots</dataCategoryGroup>"],
        "Knots",
        "Knots",
    ),
];

/// Lists that a deploy may leave as they were, each with the name of an entry as its file has it.
pub(super) fn names_of_entries() -> Vec<(&'static str, &'static str)> {
    let compared = ENTRIES.iter().filter(|(list, ..)| {
        // Which groups of articles a profile sees, no read tells of both profiles.
        *list != "categoryGroupVisibilities"
    });
    let named = compared.map(|(list, _, name, _)| match *list {
        "tabVisibilities" => (*list, "standard-Campaign"),
        _ => (*list, *name),
    });
    named.collect()
}

impl Row {
    /// What is said, to what, and how a run should end. `None` where nothing of the kind is ever sent, or its words are
    /// not known.
    pub(super) fn played(&self) -> Option<(Refusal, Expected)> {
        let is_read = !self.list.starts_with("profileActionOverrides"); // no profile has them since API 45
        let of_standard_profiles = self.component.contains("(standard)");
        if self.pattern.starts_with('(') || of_standard_profiles || !is_read {
            return None;
        }
        let expected = self.expected()?;
        let refusal = self.refusal(expected)?;
        Some(match expected {
            Expected::Waited => (refusal.twice(), expected),
            _ => (refusal, expected),
        })
    }

    fn refusal(&self, expected: Expected) -> Option<Refusal> {
        let component = self.component.split([',', ' ']).next()?;
        let words = |name: &str| self.words(name, "HubSpot");
        Some(match component {
            "Profile" | "any" if expected == Expected::LeftOut => {
                let (_, holds, name, label) = self.entry()?;
                Refusal::of("Profile", self.words(name, label)).holding(holds)
            }
            "Profile" => Refusal::of("Profile", words("HubSpot")),
            "Role" => Refusal::of("Role", words("HubSpot")),
            "CustomObject" if expected == Expected::Rights => {
                Refusal::of_deploy(self.code()?, words("Lead")).holding(&["<sharingModel>"])
            }
            "CustomObject" => Refusal::of("CustomObject", words("Lead")),
            "SharingRules" => Refusal::of("SharingCriteriaRule", words("Lead")),
            "CustomField" => Refusal::of("CustomField", words("Lead.Moored__c")),
            "User" => Refusal::of_record("User", self.code()?, words("Email")),
            "PermissionSetAssignment" => {
                let code = self.code().unwrap_or("FIELD_INTEGRITY_EXCEPTION");
                Refusal::of_record(component, code, words("Deckhand"))
            }
            "whole" => Refusal::of_deploy(self.code()?, words("Lead")),
            _ => return None,
        })
    }

    fn expected(&self) -> Option<Expected> {
        let first = self.kind.split([',', ' ']).next()?;
        let is_of_record = self.component.starts_with("PermissionSetAssignment");
        // A tab of the same deploy may be there the next time; a clone does without it.
        let of_tab = self.list == "tabVisibilities";
        Some(match first {
            "entry" if is_of_record => Expected::Final,
            "entry" => Expected::LeftOut,
            "retry" if of_tab => Expected::LeftOut,
            "retry" => Expected::Waited,
            "final" | "document" => Expected::Final,
            "rights" => Expected::Rights,
            _ => return None,
        })
    }

    /// The first code that the row names.
    fn code(&self) -> Option<&str> {
        let is_code = |word: &&str| {
            word.len() > 4 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        };
        self.code.split([' ', ';', ',']).find(is_code)
    }

    /// The entry of the clone that the row is about.
    fn entry(&self) -> Option<&'static Entry> {
        if self.pattern.starts_with("Permission Modify All") {
            return Some(&MODIFY_ALL);
        }
        let mut entries = ENTRIES.iter();
        let named = entries.find(|(list, ..)| self.list.contains(list));
        named.or_else(|| ENTRIES.first().filter(|_| self.list.starts_with("any")))
    }

    /// The words with something in place of each name: of two wordings the first, of what may be left out nothing.
    fn words(&self, name: &str, label: &str) -> String {
        let pattern = self.pattern.split(" | ").next().unwrap_or_default();
        let mut words = String::new();
        let mut rest = pattern;
        let mut seen = 0;
        while let Some(at) = rest.find(['{', '[']) {
            words.push_str(&rest[..at]);
            let close = if rest[at..].starts_with('{') {
                '}'
            } else {
                ']'
            };
            let Some(end) = rest[at..].find(close) else {
                break;
            };
            let inner = &rest[at + 1..at + end];
            if close == '}' {
                words.push_str(&filled(inner, name, label, seen));
                seen += usize::from(!inner.contains('|'));
            }
            rest = &rest[at + end + 1..];
        }
        words + rest
    }
}

/// What stands in place of a name in a pattern: verbs as they are written, what it is about, and then others.
fn filled(placeholder: &str, name: &str, label: &str, seen: usize) -> String {
    if placeholder.contains("View All") {
        return "View All".to_owned();
    }
    if placeholder.contains('|') || placeholder == "verb" {
        return placeholder
            .split('|')
            .next()
            .unwrap_or_default()
            .replace("verb", "Read");
    }
    match (placeholder, seen) {
        ("line" | "column" | "n", _) => "8".to_owned(),
        (_, 0) if placeholder.to_lowercase().contains("label") => label.to_owned(),
        ("FIELD" | "TYPE", _) => "Compass".to_owned(),
        (_, 0) => name.to_owned(),
        ("Object" | "NAME", _) => name.to_owned(),
        _ => "Compass".to_owned(),
    }
}
