//! Every code there is, for `explain` and for `docs/findings.md`.

use crate::manifest;

/// A code and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The stable code, such as `OW2004`.
    pub code: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    /// What is behind it, and what to do.
    pub explanation: &'static str,
}

const fn code(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code {
        code,
        title,
        explanation,
    }
}

/// Codes that need an org; those of manifests stand with the manifest.
pub const CODES: &[Code] = &[
    // Remarks on a plan
    code(
        "OW2001",
        "edition below Enterprise",
        "Selective sync needs custom profiles, roles and criteria-based sharing rules together: Enterprise, Unlimited, Performance or Developer Edition. Below that the platform refuses parts of the recipe.",
    ),
    code(
        "OW2002",
        "a permission set undoes the profile",
        "Permissions add up. One permission set with View All or Modify All on a selective object, or with View All Data, shows the integration user every record whatever its profile says. HubSpot's own permission set grants nothing on leads or contacts; look at what else the user holds.",
    ),
    code(
        "OW2003",
        "who sees everything anyway",
        "View All and Modify All on an object, and View All Data and Modify All Data, ignore the organization-wide default. These users keep their sight when the default becomes Private.",
    ),
    code(
        "OW2004",
        "users lose sight of records",
        "Once the default is Private, users see what they own, what users below them in the role hierarchy own, and what is shared with them. `keepAccess` gives a profile a permission set with View All before the default narrows, or a role an owner rule after it.",
    ),
    code(
        "OW2005",
        "the role stands below others",
        "Whoever stands above a role in the hierarchy sees what the role sees. Records shared with the integration become visible to its superiors. At the top of the hierarchy nobody stands above it.",
    ),
    code(
        "OW2006",
        "the role stands above others",
        "A role sees what roles below it own. Such records sync although they do not meet any rule. The integration's role should have nobody below it.",
    ),
    code(
        "OW2007",
        "records the integration user owns",
        "An owner always sees its records, whatever the rules say, so they always sync. HubSpot makes its user the owner of accounts and opportunities it creates without a matching owner.",
    ),
    code(
        "OW2008",
        "records HubSpot creates",
        "A record that HubSpot creates in Salesforce is visible at first, because the integration user owns it. When an assignment rule gives it another owner and it does not meet the criteria, it stops syncing. Set the fields by automation, or add a rule on `CreatedById` with `{user: this}`.",
    ),
    code(
        "OW2009",
        "Contact is controlled by its parent",
        "Out of the box contacts follow their account. Sharing rules on contacts are refused or not applied until Contact has a default of its own. Orgs with person accounts cannot change this; there the rules belong on Account.",
    ),
    code(
        "OW2010",
        "contacts without an account",
        "A contact without an account is private: only its owner, and who may view all data, sees it. No sharing rule and no manual share changes that.",
    ),
    code(
        "OW2011",
        "criterion on a new field",
        "A field that the same plan makes is empty on every record, so the rule shares nothing until somebody fills it. `expectVisible: 0` on the rule says that this is meant.",
    ),
    code(
        "OW2012",
        "case counts",
        "Sharing rules compare text with regard to case, queries do not: `Berlin` does not match `BERLIN`, so `equals` misses such a record and `notEqual` shares it. The plan counts by queries and says `at most`: all spellings of what `equals` asks for, and every record where a rule excludes text. Verify compares as sharing does.",
    ),
    code(
        "OW2013",
        "a recalculation is under way",
        "A default was changed and is not in force yet. Narrowing takes effect when the platform has recalculated sharing; until then other sharing changes are refused.",
    ),
    code(
        "OW2014",
        "no records",
        "There is no record to prove anything on. The proof passes because nothing contradicts it; run verify again when there are records.",
    ),
    code(
        "OW2015",
        "another rule reaches the user",
        "A rule that no manifest names shares records with the integration's role, with a role above it and its subordinates, or with a group that the manifest's rules share with: by criteria, by owner, or by territory. What it shares will sync. Rules for guest and portal users reach others.",
    ),
    code(
        "OW2016",
        "the clone falls behind its source",
        "Each release adds permissions to System Administrator, never to its clones. The first few are shown, `--format json` names all of them, so that somebody decides; `follow: source` takes them over with every apply.",
    ),
    code(
        "OW2017",
        "others share the role",
        "Everybody in the role sees what the rules share with it. A dedicated role keeps it to the integration.",
    ),
    code(
        "OW2018",
        "a negative operator over blanks",
        "Whether a blank field meets `notEqual` or `notContain` in a sharing rule is not documented. Verify takes both outcomes for such records; better say it with a criterion of its own.",
    ),
    code(
        "OW2019",
        "a field you cannot see",
        "The field exists, and neither your profile nor your permission sets show it to you. REST and SOQL behave as if it did not exist, so counts and proof leave it out.",
    ),
    code(
        "OW2020",
        "the user is inactive",
        "An inactive user cannot log in. `active: true` under `user` activates it, which takes a licence seat.",
    ),
    code(
        "OW2021",
        "HubSpot's permission set is missing",
        "HubSpot suspends the sync when its integration user lacks `HubSpot Integration Permissions`, which comes with HubSpot's managed package.",
    ),
    code(
        "OW2022",
        "connected apps that are not installed",
        "Since September 2025 only the standard System Administrator profile may authorise a connected app that is not installed; clones may not. Once an administrator installs HubSpot's app, the integration user can authorise it.",
    ),
    code(
        "OW2023",
        "duplicates of hidden records",
        "HubSpot de-duplicates by searching Salesforce for the e-mail address as its own user. A record that user cannot see is not found, so HubSpot may create it again.",
    ),
    code(
        "OW2024",
        "an entry the org refused",
        "The org refused an entry of the cloned profile that the manifest does not state: a permission it does not know, or one the licence does not carry. It was left out and the deploy repeated. Removals and stated entries are never left out.",
    ),
    code(
        "OW2025",
        "the log-in does not see everything",
        "Counts, and the proof, ask the org as the user who is logged in. What that user cannot see is left out of every answer, so a leak would go unnoticed. Log in with View All Data.",
    ),
    code(
        "OW2026",
        "the username is somebody else's",
        "A user of that name exists with another name and address, in another profile. Applying would give that person the integration's profile and role. Choose another username; if that user is meant, write its own `lastName` and `email` into the manifest.",
    ),
    code(
        "OW2027",
        "everything stays visible",
        "A default that lets everybody read, or a profile that keeps View All on the object, leaves nothing selective: the integration user sees every record, and all of them sync.",
    ),
    code(
        "OW2028",
        "a rule that only reads",
        "HubSpot syncs records that its user can read and write. With `ReadOnly` it cannot write back, and counts the record as not eligible.",
    ),
    code(
        "OW2030",
        "permissions the org does not list",
        "A profile may carry names that the org's own list of user permissions lacks. Deploying one is refused (`Unknown user permission`), and with it the whole deploy, so the clone leaves them out.",
    ),
    code(
        "OW2031",
        "a clone source that came in part",
        "What an org gives of a profile depends on what else is asked for, so a profile read by itself may lack fields, apps, tabs or layouts. The rest is retrieved together with its companions when planning, so that the plan and its digest hold all of what is deployed.",
    ),
    // What makes a manifest impossible on an org
    code(
        "OW2101",
        "unknown object",
        "Objects are named by API name; custom objects end in `__c`. The user who runs orgwright must be able to see the object.",
    ),
    code(
        "OW2102",
        "unknown field",
        "A criterion names a field that the object does not have. `spec.fields` can make custom fields.",
    ),
    code(
        "OW2103",
        "unknown role",
        "Roles are named by API name, as Setup shows it beside the label.",
    ),
    code(
        "OW2104",
        "unknown profile",
        "Profiles are named by label or by API name (`System Administrator` or `Admin`).",
    ),
    code(
        "OW2105",
        "unknown permission set",
        "Permission sets are named by API name with namespace, or by label where only one has it. HubSpot's comes with its managed package, which has to be installed first.",
    ),
    code(
        "OW2106",
        "unknown user permission",
        "User permissions are named as the Metadata API names them (`ApiEnabled`). Which exist depends on the org's edition, features and release.",
    ),
    code(
        "OW2107",
        "no licence is free",
        "A user takes a seat of its profile's licence. Users cannot be deleted, but deactivating one frees its seat.",
    ),
    code(
        "OW2108",
        "unknown group, queue, user or record type",
        "References in rules are looked up by name in the org, so that no id is ever written by hand.",
    ),
    code(
        "OW2109",
        "not a possible criterion",
        "Sharing rules take record types, auto numbers, checkboxes, dates, e-mail addresses, numbers, percents, phone numbers, picklists, texts, text areas, web addresses, and look-ups to users or queues. Formulas and multi-select picklists have to be copied into a field of such a type.",
    ),
    code(
        "OW2110",
        "rename by hand",
        "The platform renames this only in Setup. Rename it there, then plan again; `renamedFrom` keeps orgwright from making a second one meanwhile.",
    ),
    code(
        "OW2111",
        "role level below the default",
        "A role's access to contacts, opportunities and cases cannot be below the object's organization-wide default.",
    ),
    code(
        "OW2112",
        "Account is coupled",
        "While Account is Private, Opportunity and Case must be Private, and Contact Private or Controlled by Parent.",
    ),
    code(
        "OW2113",
        "the field has another type",
        "Changing a field's type converts its data, so it is not done from a file.",
    ),
    code(
        "OW2114",
        "a standard profile",
        "Standard profiles belong to the platform and to everybody who has them. An integration needs a profile of its own.",
    ),
    code(
        "OW2115",
        "something is missing",
        "Another part of the manifest is needed for this one to mean something.",
    ),
    code(
        "OW2116",
        "two manifests disagree",
        "Manifests that are planned together may name the same resource only if they say the same of it.",
    ),
    code(
        "OW2117",
        "a criterion on a field that goes",
        "The same manifest removes the field that the rule asks for. Keep one of the two.",
    ),
    code(
        "OW2120",
        "a grant without what it requires",
        "The manifest grants something that cannot stand without what the same manifest takes away: View All on contracts requires View All on accounts, so it cannot stay where accounts are synced selectively. The two lines are shown.",
    ),
    code(
        "OW2121",
        "a clone source without user permissions",
        "The org gave the profile to clone without a single user permission, and does not say either what the permission set behind the profile grants. A clone would be an empty profile, so none is made.",
    ),
    code(
        "OW2122",
        "more rules than an object takes",
        "An object takes 300 sharing rules, 50 of them by criteria or for guests, and those of others count. The org would refuse the rule only after its default has become narrower, so the plan refuses it before.",
    ),
    code(
        "OW2123",
        "person accounts and the default of Contact",
        "In an org with person accounts Contact is controlled by its account, and nobody can change that. Contacts are seen by whoever sees their account.",
    ),
    // What an org answers
    code(
        "OW3001",
        "the org cannot be reached",
        "No connection, no name, no answer in time, or a certificate nobody vouches for. Nothing was changed by this run.",
    ),
    code(
        "OW3002",
        "log-in or permission",
        "The org did not accept the log-in, or the user may not do this. The message names what is missing.",
    ),
    code(
        "OW3003",
        "the org refused",
        "The platform answered with an error of its own; its code and words are shown as they came.",
    ),
    code(
        "OW3004",
        "not an answer of Salesforce",
        "What came back was not what the platform sends: a page, half an answer, or something else in between.",
    ),
    code(
        "OW3005",
        "the org is busy",
        "Another sharing change or deploy holds a lock, a limit is reached, or the org is in maintenance. The same command works later.",
    ),
    code(
        "OW3006",
        "an answer was lost",
        "The request may or may not have been carried out. Nothing is sent twice; run the same command again, which looks first.",
    ),
    code(
        "OW3007",
        "the org refused a component",
        "A deploy was refused as a whole: nothing of it was saved. The line shown asked for the component that the org named.",
    ),
    code(
        "OW3008",
        "the deploy failed",
        "The deploy ended without success and without naming a component.",
    ),
    code(
        "OW3009",
        "not there when it was needed",
        "An id that an earlier stage should have made could not be found.",
    ),
    code(
        "OW3010",
        "the username is taken",
        "Usernames are unique over all Salesforce orgs. The org has no user of that name, so another org has.",
    ),
    // Guards
    code(
        "OW4001",
        "more users lose access than allowed",
        "`limits.usersLosingAccess` in the manifest.",
    ),
    code(
        "OW4002",
        "more records become visible than allowed",
        "`limits.recordsBecomingVisible` in the manifest. What cannot be counted before apply may be every record, and counts as such.",
    ),
    code(
        "OW4003",
        "you would lock yourself out",
        "The log-in used is the user the manifest restricts. Use an administrator's.",
    ),
    // Outcomes
    code(
        "OW5001",
        "still waiting",
        "The recalculation goes on in the org. The next run waits on and finishes.",
    ),
    code(
        "OW5002",
        "did not come to rest",
        "Everything was written, and planning again still finds differences: somebody else changes the same settings, or the org keeps them otherwise than it was told.",
    ),
    code(
        "OW5003",
        "the proof failed",
        "The org's own answer about record access differs from what the manifest asks for. Each record is listed with its cause.",
    ),
    code(
        "OW5004",
        "interrupted",
        "The run was asked to stop and stopped between two steps.",
    ),
    code(
        "OW5005",
        "the plan is stale",
        "What would be done now is not what was reviewed: the manifest, the org, or both have changed since.",
    ),
];

/// The entry of a code, wherever it is kept.
pub fn find(wanted: &str) -> Option<Code> {
    let wanted = wanted.to_uppercase();
    let ours = CODES.iter().find(|code| code.code == wanted).copied();
    let manifests = || manifest::CODES.iter().find(|(code, ..)| *code == wanted);
    ours.or_else(|| {
        manifests().map(|(code, title, explanation)| Code {
            code,
            title,
            explanation,
        })
    })
}
