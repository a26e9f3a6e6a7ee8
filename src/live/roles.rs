//! The role hierarchy, as a tree.

use super::need::Columns;
use crate::soql::Row;
use crate::xml::Element;
use std::collections::{BTreeSet, HashMap};

/// Roles of internal users. Portal roles can be thousands, generated one an account.
pub(super) fn query(columns: Columns) -> String {
    let more = match columns {
        Columns::All => {
            ", RollupDescription, CaseAccessForAccountOwner, ContactAccessForAccountOwner, \
             OpportunityAccessForAccountOwner, MayForecastManagerShare"
        }
        Columns::InEveryOrg => "",
    };
    format!(
        "SELECT Id, Name, DeveloperName, ParentRoleId{more} FROM UserRole WHERE PortalType = 'None'"
    )
}

/// A role as the org has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRole {
    /// Record id.
    pub id: String,
    /// API name.
    pub name: String,
    parent: Option<String>,
    label: Option<String>,
    description: Option<String>,
    /// Levels by object: `None`, `Read`, `Edit` or `ControlledByLeadOrContact`, where the org says.
    levels: [Option<String>; 3],
    forecasts: bool,
}

/// The objects of [`LiveRole::level_on`], with the element of a role's document and the column of its row (object
/// reference, UserRole; Metadata API guide, Role).
const LEVELS: [(&str, &str, &str); 3] = [
    ("Case", "caseAccessLevel", "CaseAccessForAccountOwner"),
    (
        "Contact",
        "contactAccessLevel",
        "ContactAccessForAccountOwner",
    ),
    (
        "Opportunity",
        "opportunityAccessLevel",
        "OpportunityAccessForAccountOwner",
    ),
];

impl LiveRole {
    fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            id: cells.owned("Id")?,
            name: cells.owned("DeveloperName").unwrap_or_default(),
            parent: cells.owned("ParentRoleId"),
            label: cells.owned("Name"),
            description: cells.owned("RollupDescription"),
            levels: LEVELS.map(|(.., column)| cells.owned(column)),
            forecasts: row.flag("MayForecastManagerShare"),
        })
    }

    /// Record id of the role that it reports to.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// What owners of accounts with this role may do with the records of an object below; `None` where the org does not
    /// say.
    pub fn level_on(&self, object: &str) -> Option<&str> {
        let index = LEVELS.iter().position(|(of, ..)| *of == object)?;
        self.levels[index].as_deref()
    }
}

/// All roles of internal users. Built once, so that no question about the hierarchy looks at all of them.
#[derive(Clone, Debug)]
pub struct Roles {
    roles: Vec<LiveRole>,
    by_id: HashMap<String, usize>,
    /// By API name in lower case: the platform does not tell names apart by case.
    by_name: HashMap<String, usize>,
    children: HashMap<String, Vec<usize>>,
}

impl Roles {
    pub(super) fn of_rows(rows: &[Row]) -> Self {
        Self::new(rows.iter().filter_map(LiveRole::of_row).collect())
    }

    fn new(roles: Vec<LiveRole>) -> Self {
        let mut by_id = HashMap::with_capacity(roles.len());
        let mut by_name = HashMap::with_capacity(roles.len());
        let mut children: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, role) in roles.iter().enumerate() {
            by_id.insert(role.id.clone(), index);
            by_name.entry(role.name.to_lowercase()).or_insert(index);
            if let Some(parent) = &role.parent {
                children.entry(parent.clone()).or_default().push(index);
            }
        }
        Self {
            roles,
            by_id,
            by_name,
            children,
        }
    }

    /// The same without one role, as if the org did not have it; those below it stand at the top.
    pub(super) fn without(&self, name: &str) -> Self {
        let others = self.roles.iter().filter(|role| role.name != name);
        Self::new(others.cloned().collect())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.roles.len()
    }

    /// All of them, in the org's order.
    pub fn all(&self) -> &[LiveRole] {
        &self.roles
    }

    /// API names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(|role| role.name.as_str())
    }

    /// The role of an API name, without regard to case.
    pub fn named(&self, name: &str) -> Option<&LiveRole> {
        let index = self.by_name.get(&name.to_lowercase())?;
        self.roles.get(*index)
    }

    /// The role of a label.
    pub fn labelled(&self, label: &str) -> Option<&LiveRole> {
        let mut roles = self.roles.iter();
        roles.find(|role| role.label.as_deref() == Some(label))
    }

    /// Whether there is a role of just this API name.
    pub fn has(&self, name: &str) -> bool {
        self.named(name).is_some_and(|role| role.name == name)
    }

    /// The role of an id.
    pub fn of_id(&self, id: &str) -> Option<&LiveRole> {
        self.by_id.get(id).and_then(|index| self.roles.get(*index))
    }

    /// The roles above a role, nearest first. A hierarchy that leads back to itself ends the walk.
    pub fn above<'a>(&'a self, role: &'a LiveRole) -> Vec<&'a LiveRole> {
        let mut seen = BTreeSet::from([role.id.as_str()]);
        let mut above = Vec::new();
        let parent = |role: &LiveRole| self.of_id(role.parent.as_deref()?);
        let mut next = parent(role);
        while let Some(role) = next.filter(|role| seen.insert(role.id.as_str())) {
            above.push(role);
            next = parent(role);
        }
        above
    }

    /// The roles below a role, at any distance.
    pub fn below<'a>(&'a self, role: &'a LiveRole) -> Vec<&'a LiveRole> {
        let mut seen = BTreeSet::from([role.id.as_str()]);
        let mut below = Vec::new();
        let mut open = vec![role];
        while let Some(role) = open.pop() {
            let children = self.children.get(&role.id).into_iter().flatten();
            for child in children.filter_map(|index| self.roles.get(*index)) {
                if seen.insert(child.id.as_str()) {
                    below.push(child);
                    open.push(child);
                }
            }
        }
        below
    }

    /// A role's document as the Metadata API has it, from its row.
    pub(super) fn document(&self, name: &str) -> Option<Element> {
        let role = self.named(name)?;
        let mut document = Element::new("Role");
        let mut set = |element: &str, text: Option<&str>| {
            if let Some(text) = text {
                document.set_text(element, text);
            }
        };
        for ((_, element, _), level) in LEVELS.iter().zip(&role.levels) {
            set(element, level.as_deref());
        }
        set("description", role.description.as_deref());
        set("name", role.label.as_deref());
        let forecasts = if role.forecasts { "true" } else { "false" };
        set("mayForecastManagerShare", Some(forecasts));
        let parent = role.parent.as_deref().and_then(|id| self.of_id(id));
        set("parentRole", parent.map(|parent| parent.name.as_str()));
        Some(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn tree(parents: &[Option<usize>]) -> Roles {
        let row = |(index, parent): (usize, &Option<usize>)| {
            Row::of(&json!({
                "Id": index.to_string(), "DeveloperName": format!("R{index}"),
                "ParentRoleId": parent.map(|parent| parent.to_string()),
            }))
        };
        let rows: Vec<Row> = parents.iter().enumerate().map(row).collect();
        Roles::of_rows(&rows)
    }

    fn ids(roles: Vec<&LiveRole>) -> Vec<&str> {
        roles.into_iter().map(|role| role.id.as_str()).collect()
    }

    #[test]
    fn a_role_stands_below_those_above_it() {
        let roles = tree(&[None, Some(0), Some(1), Some(0)]);
        let role = |name| roles.named(name).expect("a role");
        assert_eq!(ids(roles.above(role("r2"))), ["1", "0"]);
        let mut below = ids(roles.below(role("R0")));
        below.sort_unstable();
        assert_eq!(below, ["1", "2", "3"]);
        assert!(roles.has("R2") && !roles.has("r2"));
    }

    #[test]
    fn a_circle_ends_the_walk() {
        let roles = tree(&[Some(1), Some(0)]);
        let role = roles.named("R0").expect("a role");
        assert_eq!(
            (ids(roles.above(role)), ids(roles.below(role))),
            (vec!["1"], vec!["1"])
        );
    }

    #[test]
    fn a_roles_document_is_made_of_its_row() {
        let parent = json!({"Id": "1", "DeveloperName": "Top", "Name": "Top"});
        let row = json!({"Id": "2", "DeveloperName": "Ours", "Name": "Our role", "ParentRoleId": "1",
            "CaseAccessForAccountOwner": "Read", "MayForecastManagerShare": true});
        let roles = Roles::of_rows(&[Row::of(&parent), Row::of(&row)]);
        let document = roles.document("Ours").expect("a role");
        for (element, text) in [
            ("name", Some("Our role")),
            ("parentRole", Some("Top")),
            ("caseAccessLevel", Some("Read")),
            ("contactAccessLevel", None),
            ("mayForecastManagerShare", Some("true")),
        ] {
            assert_eq!(document.text_of(element), text, "{element}");
        }
        let role = roles.named("ours").expect("a role");
        assert_eq!(
            (role.level_on("Case"), role.level_on("Lead")),
            (Some("Read"), None)
        );
        assert_eq!((roles.count(), roles.without("Top").count()), (2, 1));
        assert_eq!(roles.document("Theirs"), None);
    }

    proptest! {
        #![proptest_config(testing::law(128))]

        #[test]
        fn above_and_below_are_one_relation(parents in proptest::collection::vec(proptest::option::of(0_usize..12), 1..12)) {
            let parents: Vec<Option<usize>> =
                parents.iter().enumerate().map(|(n, parent)| parent.filter(|parent| *parent < n)).collect();
            let roles = tree(&parents);
            for one in &roles.roles {
                for other in &roles.roles {
                    let above = roles.above(one).contains(&other);
                    prop_assert_eq!(above, roles.below(other).contains(&one));
                }
            }
        }
    }
}
