//! What a need is about, in words.

use super::need::Need;

impl Need {
    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Organization(_) => "which organization it is".to_owned(),
            Self::TrialEnd => "when its trial ends".to_owned(),
            Self::Roles(_) => "its roles".to_owned(),
            Self::RoleDocument(name) => format!("the role `{name}`"),
            Self::Containers => "its profiles and permission sets".to_owned(),
            Self::User(name) | Self::CopiesOf(name) => format!("whether there is a user `{name}`"),
            Self::UserFields => "which fields and values a user has".to_owned(),
            Self::Frozen(name) => format!("whether the user `{name}` is frozen"),
            Self::EndingAssignments(name) => format!("which sets `{name}` holds for a time"),
            Self::Administrators => "who its administrators are".to_owned(),
            Self::Members(role) => format!("who has the role `{role}`"),
            Self::Holders(profile) => format!("who has the profile `{profile}`"),
            Self::UsersByProfile => "how many users each profile has".to_owned(),
            Self::UsersByRole => "how many users each role has".to_owned(),
            Self::RolesOfUsers => "which role each user has".to_owned(),
            Self::People => "who its users are".to_owned(),
            Self::SharingGroups => "which groups records are shared with".to_owned(),
            Self::GroupMembers => "who is in which group".to_owned(),
            Self::Groups => "its public groups and queues".to_owned(),
            Self::Object(object) => format!("what the object `{object}` is"),
            Self::ObjectDocument(object) => format!("the settings of the object `{object}`"),
            Self::FieldDocument(object, field) => format!("what the field `{object}.{field}` is"),
            Self::DefaultInForce(object) => format!("which default of {object} is in force"),
            Self::SharingRules(object) => format!("the sharing rules of {object}"),
            Self::Profile(label) => format!("the profile `{label}`"),
            Self::ProfilePermissions(label) => {
                format!("which user permissions the profile `{label}` grants")
            }
            Self::ProfileObjects(label) => format!("what the profile `{label}` grants on objects"),
            Self::ProfileFields(label, object) => {
                format!("what the profile `{label}` grants on fields of {object}")
            }
            Self::AllProfileFields(name) => format!("what the profile `{name}` grants on fields"),
            Self::FieldViewers(object, field) => format!("who may see `{object}.{field}`"),
            Self::PermissionSet(name) => format!("the permission set `{name}`"),
            Self::Grants(object) => format!("who is granted what on {object}"),
            Self::Readers(_)
            | Self::Owners(_)
            | Self::Count(..)
            | Self::AccountsOf(_)
            | Self::GivenTo(_)
            | Self::Shared(..)
            | Self::Portions(..)
            | Self::ShareRows(_)
            | Self::GivenRows(..)
            | Self::RowsThroughAccounts(_)
            | Self::Reference(_)
            | Self::Dependencies(..)
            | Self::Tabs
            | Self::RunningUser(_)
            | Self::Licences
            | Self::PackagedSets(_)
            | Self::HeldPermissions(..)
            | Self::Records(..)
            | Self::FirstRecords(..)
            | Self::Deploys => self.what_is_counted(),
        }
    }

    /// The same of what is counted or looked at.
    fn what_is_counted(&self) -> String {
        match self {
            Self::Readers(object) => format!("who reads {object} through a permission set"),
            Self::Owners(object) => format!("who owns how many {object} records"),
            Self::Count(object, None) => format!("how many {object} records there are"),
            Self::Count(object, Some(filter)) => {
                format!("how many {object} records {}", filter.meaning())
            }
            Self::AccountsOf(accounts) => {
                format!(
                    "how many accounts come along with {} records",
                    accounts.object
                )
            }
            Self::GivenTo(given) => {
                format!("how many {} records the user is given", given.object)
            }
            Self::Shared(object, _) => format!("how many {object} records the user is shared"),
            Self::Portions(object, None, _) => {
                format!("who owns how many {object} records that can be shared")
            }
            Self::Portions(object, Some(filter), _) => {
                format!(
                    "who owns how many {object} records that {}",
                    filter.meaning()
                )
            }
            Self::ShareRows(object) | Self::GivenRows(object, _) => {
                format!("whom {object} records are shared with")
            }
            Self::RowsThroughAccounts(object) => {
                format!("to whom accounts open {object} records")
            }
            Self::Reference(reference) => format!("whether there is {}", reference.what()),
            Self::Dependencies(..) => "which permission requires which".to_owned(),
            Self::Tabs => "which tabs it has".to_owned(),
            Self::RunningUser(name) => format!("who the user `{name}` is"),
            Self::Licences => "its licences".to_owned(),
            Self::PackagedSets(namespace) => {
                format!("which permission sets the package `{namespace}` brought")
            }
            Self::HeldPermissions(name, _) => {
                format!("which permissions the user `{name}` holds")
            }
            Self::Records(object, _) | Self::FirstRecords(object, _) => {
                format!("the {object} records")
            }
            Self::Deploys => "which deploys and validations it has taken".to_owned(),
            _ => "what was asked".to_owned(),
        }
    }
}
