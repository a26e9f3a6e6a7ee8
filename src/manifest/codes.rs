//! The findings a manifest can cause: stable codes, and what `explain` says about each.

/// Code, title, and explanation of every finding that needs no org. Codes are never reused.
pub const CODES: &[(&str, &str, &str)] = &[
    // Files and YAML
    (
        "OW1001",
        "file cannot be read",
        "The file named on the command line cannot be opened. Without a name, the nearest `orgwright.yaml` up to the repository's root is taken.",
    ),
    (
        "OW1002",
        "file is not UTF-8",
        "Manifests are UTF-8 text, with or without a byte order mark. Files saved as UTF-16 or in a Windows code page are refused rather than guessed at.",
    ),
    (
        "OW1003",
        "file too large",
        "A manifest is at most 1,000,000 bytes. Larger files are refused before they are read to the end.",
    ),
    (
        "OW1004",
        "file is empty",
        "The file holds no YAML value. `orgwright init` writes a manifest to start from.",
    ),
    (
        "OW1005",
        "YAML cannot be read",
        "The text is not well-formed YAML. Reading ends at the first such place, so later mistakes in this file show only after it is mended. Tabs cannot indent; text that holds `: ` or begins with a sign must be in quotes.",
    ),
    (
        "OW1006",
        "YAML unfolds to too much",
        "Aliases repeat what they refer to. To keep a small file from becoming a huge one, the number of values, their text, and the number of aliases are limited.",
    ),
    (
        "OW1007",
        "YAML feature not taken",
        "Merge keys, tags, keys that are not single words, and several documents in one file have no meaning in a manifest. Keep what differs between orgs in a file for `--overlay`.",
    ),
    (
        "OW1008",
        "key is there twice",
        "Most YAML readers silently keep one of the two. Here both places are shown, and one must go.",
    ),
    (
        "OW1009",
        "environment reference",
        "`${env:NAME}` in a value is replaced by the environment variable NAME. The variable must be set, and no other `${…}` is known. Variables that hold secrets by their name (`SF_…`, `SFDX_…`, `ORGWRIGHT_…`, or with TOKEN, SECRET, PASSWORD, KEY, CREDENTIAL or AUTH as a word in it) are refused: a manifest may come from a stranger, and plans are read by many. Secrets that orgwright.toml names are closed to manifests in the same way.",
    ),
    (
        "OW1010",
        "setting cannot be applied",
        "`--set PATH=VALUE` puts a value at a path of keys joined by points, with positions from 0 in lists: `--set spec.sharing.0.object=Lead`. The value is read as YAML.",
    ),
    // Shape
    (
        "OW1011",
        "unknown key",
        "The key has no meaning at this place. A misspelled key would otherwise be ignored, and the manifest would ask for less than it seems to.",
    ),
    (
        "OW1012",
        "missing key",
        "The key is required at this place.",
    ),
    (
        "OW1013",
        "wrong type",
        "A value of another kind is wanted here: a map, a list, text, `true` or `false`, or a whole number.",
    ),
    (
        "OW1014",
        "unknown word",
        "The key takes one word of a fixed list.",
    ),
    (
        "OW1015",
        "ambiguous scalar",
        "Unquoted words such as `no`, `0123` or `1e3` mean a boolean or a number in one version of YAML and text in another. Quote text; write `true`, `false` and plain decimal digits for the rest.",
    ),
    (
        "OW1016",
        "unknown version or kind",
        "The first two keys say how the file is to be read: `apiVersion: orgwright/v1` and `kind: IntegrationUser`.",
    ),
    // Names
    (
        "OW1020",
        "not an API name",
        "API names have letters, digits and single underscores, begin with a letter and do not end in an underscore. Objects and fields may have a namespace before and a suffix such as `__c` behind, each joined by two underscores. A rule sees the record's own fields only, so a path through a lookup is no field.",
    ),
    (
        "OW1021",
        "text empty or too long",
        "The platform limits each name and text. Longer ones are refused by the org, or cut off.",
    ),
    (
        "OW1022",
        "not an e-mail form",
        "A username has the form of an e-mail address and is unique across all orgs; it need not receive mail. The `email` must be a real address.",
    ),
    (
        "OW1023",
        "username in capitals",
        "The org keeps usernames in lower case, so this one would read back differently.",
    ),
    (
        "OW1024",
        "not a custom field",
        "Fields that a manifest creates are custom fields: an API name of at most 40 characters, then `__c`.",
    ),
    (
        "OW1025",
        "field type",
        "Each type takes keys of its own: `length` for Text, `precision` and `scale` for Number, `values` for Picklist, `default` for Checkbox.",
    ),
    // Twice
    (
        "OW1030",
        "named twice",
        "The same thing is described by two entries of a list. The platform compares names without regard to case.",
    ),
    (
        "OW1031",
        "manifests disagree",
        "Manifests that are planned together may share defaults in the same words. A user, role, profile, rule or manifest name belongs to one of them.",
    ),
    (
        "OW1032",
        "renamed from itself",
        "`renamedFrom` names what a thing was called before, so that it is carried over instead of made a second time. It cannot be the present name.",
    ),
    // Profile
    (
        "OW1040",
        "permission needs another",
        "On one object, create, edit, viewAll and viewAllFields need read; delete needs read and edit; modifyAll needs read, edit, delete and viewAll. The flags of a listed object are owned whole, so all of them are written out.",
    ),
    (
        "OW1041",
        "bypass of sharing",
        "View All or Modify All on an object shows every record of it, whatever defaults and rules say. The same manifest wants that object to be selective.",
    ),
    (
        "OW1042",
        "nothing to take away",
        "An empty `withoutDataAdministration` would leave View All and Modify All everywhere. Without the key, every object under `sharing` is meant.",
    ),
    (
        "OW1043",
        "permission defeats selective sync",
        "View All Data and Modify All Data show every record. Some other permissions cannot be granted without one of the two, so granting them brings it back.",
    ),
    (
        "OW1044",
        "object keeps data administration",
        "The object has sharing rules, but the stated list leaves View All and Modify All on it, so the rules select nothing for this user.",
    ),
    (
        "OW1045",
        "profile is its own source",
        "A profile is cloned from another one.",
    ),
    // Role
    (
        "OW1046",
        "role level below the default",
        "A role cannot give less access to contacts, opportunities or cases than the organization-wide default gives to everybody; the platform refuses it.",
    ),
    (
        "OW1047",
        "role level without meaning",
        "Where the default is public or controlled by the parent, the role's access level does not exist in the org.",
    ),
    (
        "OW1048",
        "role is its own parent",
        "The parent of a role is another role, or none.",
    ),
    (
        "OW1049",
        "role below another role",
        "Members of roles above the integration user's see what is shared with it, through the hierarchy and whatever the criteria. At the top of the hierarchy nobody is above.",
    ),
    // Defaults
    (
        "OW1050",
        "default not possible",
        "Each object takes some organization-wide defaults only: ReadWriteTransfer exists for Lead and Case, FullAccess for Campaign, ReadSelect for price books, ControlledByParent for objects with a parent.",
    ),
    (
        "OW1051",
        "external default too wide",
        "External users never have wider access than internal ones.",
    ),
    (
        "OW1052",
        "external default is fixed",
        "The external defaults of price books, users, activities and knowledge cannot be changed.",
    ),
    (
        "OW1053",
        "defaults contradict",
        "While Account is Private, Contact must be Private or ControlledByParent, and Opportunity and Case must be Private.",
    ),
    (
        "OW1054",
        "kept access",
        "Who must not lose sight is one profile or one role. A profile keeps ViewAll or ModifyAll through a permission set, a role keeps ReadOnly or ReadWrite through an owner rule.",
    ),
    (
        "OW1055",
        "entry asks for nothing",
        "The object is listed under `sharing` without a default, a rule or kept access. It still counts as selective for the profile.",
    ),
    (
        "OW1056",
        "nothing is narrowed",
        "`keepAccess` says who must not lose sight when the default becomes narrower. Without a stated default nothing becomes narrower.",
    ),
    // Rules
    (
        "OW1060",
        "criteria or owner",
        "A sharing rule goes by criteria or by owner, and the two cannot be mixed. Each has keys of its own.",
    ),
    (
        "OW1061",
        "rule without effect",
        "Rules only widen access. Where everybody can edit every record they can add nothing, and where the parent decides the platform refuses them.",
    ),
    (
        "OW1062",
        "rule without target",
        "A rule shares with the manifest's role unless `sharedTo` says otherwise. No rule can share with a single user.",
    ),
    (
        "OW1063",
        "logic",
        "The logic combines the numbers of the criteria with AND, OR and brackets. Every criterion is named, none beyond them, and AND beside OR needs brackets. There is no NOT.",
    ),
    (
        "OW1064",
        "value too long",
        "The platform keeps 240 characters of a criterion's value and cuts the rest off without a word, which would share other records than the manifest says.",
    ),
    (
        "OW1065",
        "value does not fit the operator",
        "Comparisons by order take one value that is not blank; a list must not be empty.",
    ),
    (
        "OW1066",
        "value cannot be written",
        "A rule keeps alternatives as one text with commas between and quotes around values that hold commas. A value that holds quotes beside commas, or several lines, has no spelling there.",
    ),
    (
        "OW1067",
        "comma in a value",
        "The comma is part of the one value, and the rule is written so. For alternatives, write a list.",
    ),
    (
        "OW1068",
        "negative operator",
        "Records whose field is blank match `notEqual` and `notContain` too, which surprises many.",
    ),
    (
        "OW1069",
        "rule adds nothing",
        "The default lets everybody read every record already.",
    ),
    (
        "OW1070",
        "owners without a role",
        "High-volume site users and system users cannot have a role. With `includeRecordsOwnedByAll: false` the rule leaves their records out. The platform cannot change this later: the rule is replaced.",
    ),
    (
        "OW1072",
        "no user in the manifest",
        "`{user: this}` means the user of this manifest, which has none.",
    ),
];

/// Title and explanation of `code`.
pub fn explanation(code: &str) -> Option<(&'static str, &'static str)> {
    let entry = CODES.iter().find(|(known, ..)| *known == code)?;
    Some((entry.1, entry.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_so_that_none_is_there_twice() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(explanation("OW1001").is_some());
        assert!(explanation("OW0000").is_none());
    }
}
