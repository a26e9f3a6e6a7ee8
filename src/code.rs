//! Codes: what a finding is about, as a type. Each has one meaning, told here and nowhere else.
//!
//! A code is never reused: one whose meaning went away leaves a gap. `docs/findings.md` repeats what stands here.

#[macro_use]
mod catalogue;
mod text;

catalogue! {
    // The command line and this machine
    NoManifest = "OW0001", "no manifest to read": "No FILE was given, and neither this folder nor one above it, up to the repository's root, holds an orgwright.yaml. Name a file, or write one with `orgwright init`.";
    OrgNotNamed = "OW0002", "the org has to be named": "The embedded demo org is the default only where nothing points at a Salesforce org. Here something does (ORGWRIGHT_ORG, an orgwright.toml, SF_TARGET_ORG or SF_ORG_INSTANCE_URL), or nobody looks on (CI is set), or the name given is empty, so that a forgotten --org never means the wrong org. Say --org.";
    UnknownOrg = "OW0003", "no such org": "--org takes `embedded`, `sf:ALIAS`, `env`, or a name listed under [targets] in the nearest orgwright.toml.";
    ConsentNeeded = "OW0004", "apply needs consent": "Apply writes to the org. Without a terminal to ask at, consent has to be given beforehand: --expect DIGEST (the plan you read, and no other) or --yes (whatever is planned). --plan FILE says which saved plan is meant and refuses any other, but it is no consent by itself: give --yes with it. Nothing was sent.";
    NotTheExpectedPlan = "OW0005", "not the plan that was expected": "The plan made now differs from the one whose digest was given or that was saved: the manifest or the org has changed in between, or somebody edited the saved plan. The sentence names what differs first. Plan again, read it, and apply that one. The digest covers the manifest, the org's id, and every change with its before and after; counts, findings and times stay outside.";
    SavedPlanUnreadable = "OW0006", "the saved plan cannot be read": "--plan takes the JSON that `orgwright plan --out plan.json` writes, whole, and of a format version this program knows.";
    SavedPlanOfAnotherOrg = "OW0007", "the saved plan is for another org": "A plan is made for one org, by its id. Choose that org with --org, or plan for this one.";
    FileUnusable = "OW0008", "a file could not be read or written": "The sentence names the file and the reason the operating system gave. Reports and plans are written to a temporary file beside their name first, so an old one is never left half overwritten.";
    NotConfirmed = "OW0009", "not confirmed": "The answer was not the one asked for, so nothing was changed. At a terminal, production asks for the organization's name and every other org for `yes`.";
    UnknownName = "OW0010", "no such name": "What was named does not exist; the help lists what does.";
    EmulatorNotStarted = "OW0011", "the embedded org could not start": "The sentence says why: an address that is taken, a seed or state file that cannot be read, or a state written by another version. `orgwright reset` starts the demo org afresh.";
    MachineRefused = "OW0012", "this machine did not let the program run": "The operating system refused threads or signals, which happens in very tight sandboxes.";
    MetadataUnreadable = "OW0013", "a metadata file cannot be read": "The sentence says what is wrong, and the place where. `diff` compares nothing unless it can read everything: a folder's metadata files are those with the ending of a metadata type or of `-meta.xml`, and any other that begins with an element of the metadata namespace.";
    TargetUnusable = "OW0014", "the target cannot be used": "The target as it is written, in orgwright.toml or in the environment, cannot be used: the sentence names what is wrong. Neither is a host taken that does not belong to Salesforce: no token is sent there.";
    NoObjectOfTheId = "OW0015", "an id of no object": "`explain` tells why a user can or cannot see a record that is named by its id, by the address of its page, or by an e-mail address. The id begins like those of no object of the org, its last three characters do not fit the others, or the address holds none.";
    NothingToExplain = "OW0016", "nothing to explain": "`explain` takes one code of a finding, or records and manifests in any order. Whose sight is meant, `--user` says, or else the manifests: where there is neither, there is nothing to explain.";
    ProductionNotNamed = "OW0017", "production has to be named": "`field-test` asks a production org only where --production gives the organization's name as the org has it. It then asks one query at a time and counts neither users nor records. Up to here it was asked who it is, and nothing else.";
    RecordNotApproved = "OW0018", "nobody has approved the record": "A record of a field test is of no use before a person has read its page: `orgwright field-test --approve DIR` shows the page and asks. Whoever changes a file of the folder after that has to approve it again.";
    RecordUnusable = "OW0019", "the record cannot be used": "`--org replay:DIR` takes a folder that `orgwright field-test --record DIR` wrote, whole, and of a format version this program knows. A record is no org: it answers what was asked when it was made, and nothing can be changed in it.";
    RecordHoldsForeignWords = "OW0020", "the record would hold words that nobody replaced": "Before a record is written, every word of it is looked at again: it has to be one of the platform's, or one that stands for another. Where one is neither, nothing is written. That is a mistake of this program; the sentence says how many words there are, not which.";

    // Manifests: files and YAML
    ManifestUnreadable = "OW1001", "file cannot be read": "The file named on the command line cannot be opened. Without a name, the nearest `orgwright.yaml` up to the repository's root is taken.";
    ManifestNotUtf8 = "OW1002", "file is not UTF-8": "Manifests are UTF-8 text, with or without a byte order mark. Files saved as UTF-16 or in a Windows code page are refused rather than guessed at.";
    ManifestTooLarge = "OW1003", "file too large": "A manifest is at most 5,000,000 bytes. Larger files are refused before they are read to the end.";
    ManifestEmpty = "OW1004", "file is empty": "The file holds no YAML value. `orgwright init` writes a manifest to start from.";
    YamlMalformed = "OW1005", "YAML cannot be read": "The text is not well-formed YAML. Reading ends at the first such place, so later mistakes in this file show only after it is mended. Tabs cannot indent; text that holds `: ` or begins with a sign must be in quotes.";
    YamlUnfoldsTooMuch = "OW1006", "YAML unfolds to too much": "Aliases repeat what they refer to. To keep a small file from becoming a huge one, the number of values, their text, and the number of aliases are limited.";
    YamlFeatureNotTaken = "OW1007", "YAML feature not taken": "Merge keys, tags, keys that are not single words, and several documents in one file have no meaning in a manifest. Keep what differs between orgs in a file for `--overlay`.";
    KeyTwice = "OW1008", "key is there twice": "Most YAML readers silently keep one of the two. Here both places are shown, and one must go.";
    EnvironmentReference = "OW1009", "environment reference": "`${env:NAME}` in a value is replaced by the environment variable NAME. The variable must be set, and no other `${…}` is known. Its name begins with ORGWRIGHT_VAR_, or the command line allows it (`--env NAME`): a manifest may come from a stranger, plans are read by many, and no list of names could name all variables that hold secrets. Secrets that orgwright.toml names stay closed to manifests.";
    SettingNotApplicable = "OW1010", "setting cannot be applied": "`--set PATH=VALUE` puts a value at a path of keys joined by points, with positions from 0 in lists: `--set spec.sharing.0.object=Lead`. The value is read as YAML.";

    // Manifests: shape
    UnknownKey = "OW1011", "unknown key": "The key has no meaning at this place. A misspelled key would otherwise be ignored, and the manifest would ask for less than it seems to.";
    MissingKey = "OW1012", "missing key": "The key is required at this place.";
    WrongType = "OW1013", "wrong type": "A value of another kind is wanted here: a map, a list, text, `true` or `false`, a whole number, or a map with exactly one of several keys.";
    UnknownWord = "OW1014", "unknown word": "The key takes one word of a fixed list.";
    AmbiguousScalar = "OW1015", "ambiguous scalar": "Unquoted words such as `no`, `0123` or `1e3` mean a boolean or a number in one version of YAML and text in another. Quote text; write `true`, `false` and plain decimal digits for the rest.";
    UnknownVersionOrKind = "OW1016", "unknown version or kind": "The first two keys say how the file is to be read: `apiVersion: orgwright/v1` and `kind: IntegrationUser`.";

    // Manifests: names
    NotAnApiName = "OW1020", "not an API name": "API names have letters, digits and single underscores, begin with a letter and do not end in an underscore. Objects and fields may have a namespace before and a suffix such as `__c` behind, each joined by two underscores. A rule sees the record's own fields only, so a path through a lookup is no field.";
    TextLength = "OW1021", "text empty or too long": "The platform limits each name and text. Longer ones are refused by the org, or cut off.";
    NotAnEmailForm = "OW1022", "not an e-mail form": "A username has the form of an e-mail address and is unique across all orgs; it need not receive mail. The `email` must be a real address.";
    UsernameInCapitals = "OW1023", "username in capitals": "The org keeps usernames in lower case, and so is this one taken.";
    NotACustomField = "OW1024", "not a custom field": "Fields that a manifest creates are custom fields: an API name of at most 40 characters, then `__c`.";
    FieldTypeKeys = "OW1025", "field type": "Each type takes keys of its own: `length` for Text, `precision` and `scale` for Number, `values` for Picklist, `default` for Checkbox.";
    NotAManifestName = "OW1026", "not a name for a manifest": "A manifest's name has letters, digits, `-`, `_` and `.`, so that it can stand in a command and in the name of a file.";

    // Manifests: said twice
    NamedTwice = "OW1030", "named twice": "The same thing is described by two entries of a list. The platform compares names without regard to case.";
    ManifestsDisagree = "OW1031", "manifests disagree": "Manifests that are planned together may share defaults in the same words. A user, role, profile, rule or manifest name belongs to one of them.";
    RenamedFromItself = "OW1032", "renamed from itself": "`renamedFrom` names what a thing was called before, so that it is carried over instead of made a second time. It cannot be the present name.";

    // Manifests: the profile
    PermissionNeedsAnother = "OW1040", "permission needs another": "On one object, create, edit, viewAll and viewAllFields need read; delete needs read and edit; modifyAll needs read, edit, delete and viewAll. The flags of a listed object are owned whole, so all of them are written out.";
    BypassOfSharing = "OW1041", "bypass of sharing": "View All or Modify All on an object shows every record of it, whatever defaults and rules say. The same manifest wants that object to be selective.";
    NothingToTakeAway = "OW1042", "nothing to take away": "An empty `withoutDataAdministration` would leave View All and Modify All everywhere. Without the key, every object under `sharing` is meant.";
    PermissionDefeatsSelection = "OW1043", "permission defeats selective sync": "View All Data and Modify All Data show every record. Some other permissions cannot be granted without one of the two, so granting them brings it back.";
    ObjectKeepsDataAdministration = "OW1044", "object keeps data administration": "The object has sharing rules, but the stated list leaves View All and Modify All on it, so the rules select nothing for this user.";
    ProfileIsItsOwnSource = "OW1045", "profile is its own source": "A profile is cloned from another one.";

    // Manifests: the role
    StatedRoleLevelBelowDefault = "OW1046", "role level below the default": "A role cannot give less access to contacts, opportunities or cases than the organization-wide default gives to everybody; the platform refuses it.";
    RoleLevelWithoutMeaning = "OW1047", "role level without meaning": "Where the default is public or controlled by the parent, the role's access level does not exist in the org.";
    RoleIsItsOwnParent = "OW1048", "role is its own parent": "The parent of a role is another role, or none.";
    RoleBelowAnother = "OW1049", "role below another role": "Members of roles above the integration user's see what is shared with it, through the hierarchy and whatever the criteria. At the top of the hierarchy nobody is above.";

    // Manifests: defaults
    DefaultNotPossible = "OW1050", "default not possible": "Each object takes some organization-wide defaults only: ReadWriteTransfer exists for Lead and Case, FullAccess for Campaign, ReadSelect for price books, ControlledByParent for objects with a parent.";
    ExternalDefaultTooWide = "OW1051", "external default too wide": "External users never have wider access than internal ones.";
    ExternalDefaultFixed = "OW1052", "external default is fixed": "The external defaults of price books, users, activities and knowledge cannot be changed.";
    DefaultsContradict = "OW1053", "defaults contradict": "While Account is Private, Contact must be Private or ControlledByParent, and Opportunity and Case must be Private.";
    KeptAccess = "OW1054", "kept access": "Who must not lose sight is one profile, one role, or everyone. A profile keeps ViewAll or ModifyAll through a permission set, a role keeps ReadOnly or ReadWrite through an owner rule; `andSubordinates` is of a role.";
    EntryAsksForNothing = "OW1055", "entry asks for nothing": "The object is listed under `sharing` without a default, a rule or kept access. It still counts as selective for the profile.";
    NothingNarrowed = "OW1056", "nothing is narrowed": "`keepAccess` says who must not lose sight when the default becomes narrower. Without a stated default nothing becomes narrower.";

    // Manifests: rules
    CriteriaOrOwner = "OW1060", "criteria or owner": "A sharing rule goes by criteria or by owner, and the two cannot be mixed. Each has keys of its own.";
    RuleWithoutEffect = "OW1061", "rule without effect": "Rules only widen access. Where everybody can edit every record they can add nothing, and where the parent decides the platform refuses them.";
    RuleWithoutTarget = "OW1062", "rule without target": "A rule shares with the manifest's role unless `sharedTo` says otherwise. No rule can share with a single user.";
    CriteriaLogic = "OW1063", "logic": "The logic combines the numbers of the criteria with AND, OR and brackets. Every criterion is named, none beyond them, and AND beside OR needs brackets. There is no NOT. A rule by owner has no criteria to combine.";
    ValueTooLong = "OW1064", "value too long": "The platform keeps 240 characters of a criterion's value and cuts the rest off without a word, which would share other records than the manifest says.";
    ValueUnfitForOperator = "OW1065", "value does not fit the operator": "Comparisons by order take one value that is not blank; a list must not be empty.";
    ValueNotWritable = "OW1066", "value cannot be written": "A rule keeps alternatives as one text with commas between and quotes around values that hold commas. A value that holds quotes beside commas, or several lines, has no spelling there.";
    CommaInValue = "OW1067", "comma in a value": "The comma is part of the one value, and the rule is written so. For alternatives, write a list.";
    NegativeOperator = "OW1068", "negative operator": "Records whose field is blank match `notEqual` and `notContain` too, which surprises many.";
    RuleAddsNothing = "OW1069", "rule adds nothing": "The default lets everybody read every record already.";
    OwnersWithoutRole = "OW1070", "owners without a role": "High-volume site users and system users cannot have a role. With `includeRecordsOwnedByAll: false` the rule leaves their records out. The platform cannot change this later: the rule is replaced.";
    NoUserInManifest = "OW1072", "no user in the manifest": "`{user: this}` means the user of this manifest, which has none.";
    CurlyQuotes = "OW1073", "curly quotes": "YAML takes straight quotes, `\"` and `'`. Curly ones, as chats and word processors write them, become part of the value, and then no record has it. A value that really begins or ends with one stands in straight quotes.";
    AdministrationStated = "OW1074", "a permission that is stated and taken away": "`withoutAdministration` takes the permissions of an administrator off the profile, and `userPermissions` states one of them. `withoutAdministration: {keep: [NAME]}` takes all others.";
    ExpectationUnreadable = "OW1075", "an expectation that cannot be asked": "An entry of `expect` is about one record, by its id, or about the records that one query selects: the ids of one object's records, with WHERE, ORDER BY and LIMIT at most behind it. It selects records and nothing else, 2,000 at most; `count` says how many a query is meant to find.";
    NoPartOfAManifest = "OW1085", "no part of a manifest": "No line of the file begins with apiVersion, kind, metadata or spec, so it is neither a manifest nor a layer over one. It may be a key, a token or somebody else's settings that a wrong path or a link led to: nothing of its text is shown.";
    FileNotBelieved = "OW1086", "a found file that is not believed": "A manifest or an orgwright.toml that is found, and not named, has to lie in the working folder or above it within its repository, to lead nowhere else by a link, to belong to you, to root or to the owner of the repository, and to be writable by nobody else, a group of your own aside: whoever can write it decides what your log-in does. Name the file on the command line, set it right, or name it or its folder with ORGWRIGHT_TRUST, as a container may need.";
    SecretElsewhere = "OW1087", "a secret that lies elsewhere": "A project file names keys and tokens only below its project, or in your own folder for this program (`orgwright` in your configuration folder): the file may come from a stranger's branch, and any other path would send what somebody else keeps there. Move the secret, or name its folder with ORGWRIGHT_TRUST.";

    // Remarks on a plan
    EditionTooLow = "OW2001", "edition below Enterprise": "Selective sync needs custom profiles, roles and criteria-based sharing rules together: Enterprise, Unlimited, Performance or Developer Edition. Below that the platform refuses parts of the recipe, so apply refuses all of it (exit 4).";
    PermissionSetUndoesProfile = "OW2002", "a permission set undoes the profile": "Permissions add up. One permission set with View All or Modify All on a selective object, or with View All Data, shows the integration user every record whatever its profile says. HubSpot's own permission set grants nothing on leads or contacts; look at what else the user holds.";
    WhoSeesEverything = "OW2003", "who sees everything anyway": "View All and Modify All on an object, and View All Data and Modify All Data, ignore the organization-wide default. These users keep their sight when the default becomes Private.";
    UsersLosingSight = "OW2004", "users lose sight of records": "Once the default is Private, users see what they own, what users below them in the role hierarchy own, and what is shared with them. The plan counts it person by person, for narrower defaults, for rules made, replaced and removed, for roles that move and for profiles that lose View All: in people and in records, exactly or between two numbers, else *cannot tell* with the reason. `keepAccess` gives a profile a permission set with View All before the default narrows, or a role an owner rule after it. Not counted is what runs without sharing or was built on it: Apex without sharing, flows in system mode, reports and dashboards that show fewer rows.";
    RoleBelowOthers = "OW2005", "the role stands below others": "Whoever stands above a role in the hierarchy sees what the role sees. Records shared with the integration become visible to its superiors. At the top of the hierarchy nobody stands above it.";
    RoleAboveOthers = "OW2006", "the role stands above others": "A role sees what roles below it own. Such records sync although they do not meet any rule. The integration's role should have nobody below it.";
    OwnedByIntegrationUser = "OW2007", "records the integration user owns": "An owner always sees its records, whatever the rules say, so they always sync. HubSpot makes its user the owner of accounts and opportunities it creates without a matching owner.";
    CreatedByHubSpot = "OW2008", "records HubSpot creates": "A record that HubSpot creates in Salesforce is visible at first, because the integration user owns it. When an assignment rule gives it another owner and it does not meet the criteria, it stops syncing. Set the fields by automation, or add a rule on `CreatedById` with `{user: this}`.";
    ContactLeavesItsAccount = "OW2009", "contacts stop following their account": "Out of the box contacts follow their account: who sees an account sees its contacts. With a default of its own Contact stops doing so, and access to contacts comes from roles and sharing rules.";
    ContactsWithoutAccount = "OW2010", "contacts without an account": "A contact without an account is private: only its owner, and who may view all data, sees it. No sharing rule and no manual share changes that.";
    CriterionOnNewField = "OW2011", "criterion on a new field": "A field that the same plan makes is empty on every record, so the rule shares nothing until somebody fills it. `expectVisible: 0` on the rule, or a range from 0 on, says that this is meant.";
    CaseCounts = "OW2012", "case counts": "Sharing rules compare text with regard to case, queries do not: `Berlin` does not match `BERLIN`, so `equals` misses such a record and `notEqual` shares it. The plan counts by queries and says `at most`: all spellings of what `equals` asks for, and every record where a rule excludes text. Verify compares as sharing does.";
    RecalculationUnderWay = "OW2013", "a recalculation is under way": "A default was changed and is not in force yet. Narrowing takes effect when the platform has recalculated sharing; until then other sharing changes are refused.";
    NoRecords = "OW2014", "no records": "There is no record to prove anything on. The proof passes because nothing contradicts it; run verify again when there are records.";
    AnotherRuleReachesUser = "OW2015", "another rule reaches the user": "A rule that no manifest names shares records with the integration's role, with a role above it and its subordinates, or with a group that the manifest's rules share with: by criteria, by owner, or by territory. What it shares will sync. Rules for guest and portal users reach others.";
    CloneFallsBehind = "OW2016", "the clone falls behind its source": "Each release adds permissions to System Administrator, never to its clones. The first few are shown, `--format json` names all of them, so that somebody decides; `follow: source` takes them over with every apply.";
    RoleShared = "OW2017", "others share the role": "Everybody in the role sees what the rules share with it. A dedicated role keeps it to the integration.";
    NegativeOperatorOverBlanks = "OW2018", "a negative operator over blanks": "Whether a blank field meets `notEqual` or `notContain` in a sharing rule is not documented. Verify takes both outcomes for such records; better say it with a criterion of its own.";
    FieldNotVisible = "OW2019", "a field you cannot see": "The field exists, and neither your profile nor your permission sets show it to you. REST and SOQL behave as if it did not exist, so counts and proof leave it out.";
    UserInactive = "OW2020", "the user is inactive": "An inactive user cannot log in. `active: true` under `user` activates it, which takes a licence seat.";
    HubSpotPermissionSetMissing = "OW2021", "HubSpot's permission set is missing": "HubSpot suspends the sync when its integration user lacks `HubSpot Integration Permissions`, which comes with HubSpot's managed package.";
    ConnectedAppNotInstalled = "OW2022", "connected apps that are not installed": "Since September 2025 only the standard System Administrator profile may authorise a connected app that is not installed; clones may not. Once an administrator installs HubSpot's app, the integration user can authorise it.";
    DuplicatesOfHiddenRecords = "OW2023", "duplicates of hidden records": "HubSpot de-duplicates by searching Salesforce for the e-mail address as its own user. A record that user cannot see is not found, so HubSpot may create it again.";
    EntryLeftOut = "OW2024", "an entry the org refused": "The org refused an entry of the cloned profile that the manifest does not state: a permission it does not know, a tab or a field that no profile may list, or whatever else its refusal names. It was left out and the deploy repeated, as often as that made the profile smaller; where a refusal names nothing, whole lists go, ten at most. Removals and stated entries are never left out. `profile.leaveOut` leaves entries out beforehand. So goes a setting of an object that its default's deploy carried along.";
    LogInSeesTooLittle = "OW2025", "the log-in does not see everything": "Counts, and the proof, ask the org as the user who is logged in. What that user cannot see is left out of every answer, so a leak would go unnoticed. Log in with View All Data.";
    UsernameOfAnother = "OW2026", "the username is somebody else's": "A user of that name exists with another name and address, in another profile. Applying would give that person the integration's profile and role. Choose another username; if that user is meant, write its own `lastName` and `email` into the manifest.";
    EverythingStaysVisible = "OW2027", "everything stays visible": "A default that lets everybody read, or a profile that keeps View All on the object, leaves nothing selective: the integration user sees every record, and all of them sync.";
    RuleOnlyReads = "OW2028", "a rule that only reads": "HubSpot syncs records that its user can read and write. With `ReadOnly` it cannot write back, and counts the record as not eligible.";
    PermissionsNotListed = "OW2030", "permissions the org does not list": "A profile may carry names that the org's own list of user permissions lacks. Deploying one is refused (`Unknown user permission`), and with it the whole deploy, so the clone leaves them out.";
    CloneSourceInPart = "OW2031", "a clone source that came in part": "What an org gives of a profile depends on what else is asked for, so a profile read by itself may lack fields, apps, tabs or layouts. The rest is retrieved together with its companions when planning, so that the plan and its digest hold all of what is deployed.";
    ReadRefused = "OW2032", "the org refused a read that is only counted": "Everything the plan writes was read. What it only counts, such as how many users lose sight of records, the org refused to tell in part. The report says *not known* there, never zero, and a limit of the manifest that needs the number refuses the plan. The sentence holds the org's own words.";
    SessionBasedSet = "OW2033", "a permission set that waits for a session": "A session-based permission set is held without giving anything until a session activates it, by a flow or by hand. An integration logs in without either, so the set never works for it.";
    AssignmentEnds = "OW2034", "an assignment that ends": "Assignments of permission sets may have a day on which they expire. From then on the user lacks what the set gives, and nobody changed anything.";
    UserFrozen = "OW2035", "the user is frozen": "A frozen user keeps everything, its seat too, and cannot log in. Support teams freeze users in a hurry, and Salesforce freezes those whose log-ins look dangerous. A proof says what the user may see; while it is frozen it sees nothing.";
    PermissionSetLicenceNeeded = "OW2036", "a permission set licence is needed": "A permission set that belongs to a permission set licence takes one of its seats from everybody who holds it. Most orgs give the seat together with the set; where none is free the org refuses the assignment.";
    CopyOfUser = "OW2037", "a copy of the user under a longer name": "A sandbox holds production's users under their names with the sandbox's name appended, and with `.invalid` behind their addresses. Production's manifest does not find them there and makes a second user, which takes a seat and can never be deleted.";
    DefaultLeadCreator = "OW2038", "the default lead creator": "The user that Web-to-Lead makes leads as must have Modify All Data and Send Email, so the platform refuses to move it to a profile without. No API tells who it is, and profiles of users in use change last of all, after defaults and rules.";
    TabsNotThere = "OW2039", "tabs the org does not have": "A profile as it is read may name tabs of features that the org does not have, and a deploy that names one is refused (`You can't edit tab settings for X, as it's not a valid tab.`). The clone names only tabs that the org lists. `--format json` names all that were left out.";
    LeftOutNotThere = "OW2040", "left out, and not there": "`profile.leaveOut` takes entries out of the clone by hand. A name that the clone source does not have takes out nothing, and may be a misspelling.";
    ValidationsMadeVoid = "OW2041", "validations of others made void": "A validation that succeeded can be deployed quickly, without its tests, for ten days, as long as nothing else is deployed. The plan deploys something, so those named have to be validated again. Validations of the user who is logged in are not told, and whether one that ran no tests could be deployed so at all is not known. `protectValidations: true` in the manifest makes apply refuse such a plan.";
    ValidationsNotKnown = "OW2042", "validations the org does not tell of": "The org refused to tell which validations it has, so nobody can say whether the deploys of the plan make some of them void. With `protectValidations: true` in the manifest, apply refuses then as well.";
    ObjectReadInPart = "OW2044", "an object that could not be read": "The org failed to give the object's metadata. Its default is told by the organization's own row or by the object's definition, and each field of the manifest by itself: what else the object has was not read, so that no other setting goes with the deploy, and a field that the running user does not see counts as none.";
    OtherLanguage = "OW2045", "a log-in that reads another language": "The org words what it refuses in the language of who asks. Codes, API names and enumerations are the same in every language, and locks are known in some; a refusal that names something by a translated label alone cannot be matched to what the manifest states.";

    TickFirst = "OW2049", "tick first, then narrow": "Every rule of the object that reaches the user asks for a field that this plan makes, and nobody can have filled it: the user sees nothing until somebody does, while others lose sight at once. `apply --until prepared` makes fields, profile, role and user, and changes nobody's access; fill the field; then apply the rest. An apply of all of it ends with 0 and says that the user sees nothing yet. `expectVisible: 0` on each rule, or a range from 0 on, says that this is meant.";
    RulesMatchNothing = "OW2050", "the rules match nothing": "The default is Private, the object has records, and the rules that reach the user match none of them: whoever lost sight lost it for nothing, and the integration works with no record. A misspelled value does that. It is said before the consent, `apply` ends with 3 and `verify` with 2, and neither calls it proved. Numbers that are not known raise no such error. `expectVisible: 0` on each rule, or a range from 0 on, says that this is meant.";
    RuleMatchesOtherwise = "OW2051", "not as many records as expected": "`expectVisible` says how many records a rule is meant to match by itself: a number, or two such as `200..400`. It matches more or fewer, or nobody can count it, and what is not known is beyond every limit. `apply` refuses the plan (exit 4), its proof ends with 3 where the number moves meanwhile, and `verify` with 2.";
    KeptByEveryone = "OW2052", "everybody but integrations keeps access": "`keepAccess: everyone` makes a public group of everybody but integrations, and a rule that shares every record with it, whoever owns it. The group consists of roles with those below, of single roles around the integration's, and of people one by one who have no role or share one with an integration. The plan names who is left out, how many share rows the rule makes, and what nobody keeps.";
    ViewAllAddsRecords = "OW2053", "View All shows more than the default did": "View All and Modify All show every record, also those that the default never showed: contacts without an account, which only their owners see, and private opportunities. Whoever keeps access by them sees these from then on.";
    RestrictionRules = "OW2054", "restriction rules on the object": "A restriction rule hides records from the people it concerns, whatever sharing opens to them; `UserRecordAccess`, by which a proof asks, does not know it, and neither do the numbers of a plan. Who may view or modify all records is not concerned. Whether the rule concerns the user, its user criteria say. A scoping rule takes nothing away. Leads, accounts, contacts, opportunities, cases and campaigns can have neither.";
    EscalationPaths = "OW2055", "ways to more than the manifest gives": "The profile lets its user do what an administrator does: assign itself permission sets, edit profiles, users, roles or sharing, reset passwords, run code. One call to the API with the integration's log-in, and it sees what this manifest keeps from it: what is proved of records holds only until somebody does that. `withoutAdministration: true` takes these permissions off the profile, with all that cannot stand without them. `orgwright access` tells each path of a user that is there, and what it comes to in the org.";
    PasskeyNeeded = "OW2056", "a log-in that needs a passkey": "Whoever holds Modify All Data, View All Data, Customize Application or Author Apex has to log in with a passkey or security key, since July 2026. The API asks for none; but a person who connects the integration by logging in as its user has to register one for it first. Without these permissions, usual multi-factor log-in is enough.";
    OtherObjectsOpen = "OW2057", "other objects that lie open": "A clone of System Administrator keeps View All and Modify All on every object that is not selected: the user sees and edits all of their records, whatever sharing says. `withoutDataAdministration` names the objects that lose both, `objectPermissions` what the profile may do with each.";
    ExpectationMissed = "OW2058", "access that is not as expected": "The manifest says under `expect` who reads or edits which records, and the plan would leave, or the org gives, another access; or a query finds other than as many records as are meant, none of them included. `apply` refuses the plan (exit 4), its proof ends with 3 where it turns out only then, and `verify` with 2.";
    ExpectationNotKnown = "OW2059", "access that cannot be told": "What is expected of some records cannot be predicted exactly: the documentation leaves it open, other records decide, or the org refused to tell. The plan goes on, and the proof asks the org; what the proof cannot learn is not proved.";
    RestOfThePlan = "OW2070", "the rest of a plan": "The saved plan, or the one that a digest stands for, is made in part already: by a run that was interrupted, as a rule. Each of its changes is still as it was before or already as planned, so what is left needs no new consent. Where it says that only people or records are counted otherwise, the plan writes the very same.";
    GapAhead = "OW2071", "a gap until the rules stand": "The platform takes a rule only once the default is restricted, so between the two nobody sees what the rules are to show. The sentence counts the people and the records, as far as the plan counts them. A run that ends in between (interrupted, refused, still waiting, or asked to with `--until narrowed`) says it on its first and last line, with the command that finishes it.";
    GapOpen = "OW2072", "a default without its rules": "The default is restricted and rules that the manifest makes are not there: an earlier run ended in between, as a rule. Until they are made the people counted, and the integration's user, see nothing that they do not own and that nothing else shows them. `apply` finishes it.";
    ExpectedRecordGone = "OW2080", "a record that is gone": "The manifest expects somebody's access to a record, by its id, and the org has none of that id, or does not show it to you. Nothing is proved of it: `apply` refuses the plan (exit 4), `verify` ends with 2.";

    // What makes a manifest impossible on an org
    UnknownObject = "OW2101", "unknown object": "Objects are named by API name; custom objects end in `__c`. The user who runs orgwright must be able to see the object.";
    UnknownField = "OW2102", "unknown field": "A criterion names a field that the object does not have. `spec.fields` can make custom fields.";
    UnknownRole = "OW2103", "unknown role": "Roles are named by API name, as Setup shows it beside the label.";
    UnknownProfile = "OW2104", "unknown profile": "Profiles are named by label or by API name (`System Administrator` or `Admin`).";
    UnknownPermissionSet = "OW2105", "unknown permission set": "Permission sets are named by API name with namespace, or by label where only one has it. HubSpot's comes with its managed package, which has to be installed first.";
    UnknownUserPermission = "OW2106", "unknown user permission": "User permissions are named as the Metadata API names them (`ApiEnabled`). Which exist depends on the org's edition, features and release.";
    NoLicenseFree = "OW2107", "no licence is free": "A user takes a seat of its profile's licence. Users cannot be deleted, but deactivating one frees its seat.";
    UnknownRecordInRule = "OW2108", "unknown group, queue, user or record type": "References in rules are looked up by name in the org, so that no id is ever written by hand.";
    CriterionNotPossible = "OW2109", "not a possible criterion": "Sharing rules take record types, auto numbers, checkboxes, dates, e-mail addresses, numbers, percents, phone numbers, picklists, texts, text areas, web addresses, and look-ups to users or queues. Formulas and multi-select picklists have to be copied into a field of such a type.";
    RenameByHand = "OW2110", "rename by hand": "The platform renames this only in Setup. Rename it there, then plan again; `renamedFrom` keeps orgwright from making a second one meanwhile.";
    RoleLevelBelowDefault = "OW2111", "role level below the default": "A role's access to contacts, opportunities and cases cannot be below the object's organization-wide default.";
    AccountCoupled = "OW2112", "Account is coupled": "While Account is Private, Opportunity and Case must be Private, and Contact Private or Controlled by Parent.";
    FieldOfAnotherType = "OW2113", "the field has another type": "Changing a field's type converts its data, so it is not done from a file.";
    StandardProfile = "OW2114", "a standard profile": "Standard profiles belong to the platform and to everybody who has them. An integration needs a profile of its own.";
    NewUserWithoutProfile = "OW2115", "a new user needs a profile": "The platform makes no user without a profile, and the manifest names none.";
    PlannedManifestsDisagree = "OW2116", "two manifests disagree": "Manifests that are planned together may name the same resource only if they say the same of it.";
    CriterionOnRemovedField = "OW2117", "a criterion on a field that goes": "The same manifest removes the field that the rule asks for. Keep one of the two.";
    GrantWithoutRequirement = "OW2120", "a grant without what it requires": "The manifest grants something that cannot stand without what the same manifest takes away: View All on contracts requires View All on accounts, so it cannot stay where accounts are synced selectively. The two lines are shown.";
    CloneSourceWithoutPermissions = "OW2121", "a clone source without user permissions": "The org gave the profile to clone without a single user permission, and does not say either what the permission set behind the profile grants. A clone would be an empty profile, so none is made.";
    TooManyRules = "OW2122", "more rules than an object takes": "An object takes 300 sharing rules, 50 of them by criteria or for guests, and those of others count. The org would refuse the rule only after its default has become narrower, so the plan refuses it before.";
    PersonAccountsFixContact = "OW2123", "person accounts and the default of Contact": "In an org with person accounts Contact is controlled by its account, and nobody can change that. Contacts are seen by whoever sees their account.";
    RuleOverWideDefault = "OW2124", "a rule that the default makes pointless": "The org refuses a sharing rule where everybody has as much access by the organization-wide default, and where the parent record decides.";
    RuleSharesWithNobody = "OW2125", "a rule that shares with nobody": "A rule shares with the manifest's role unless `sharedTo` says otherwise, and this manifest makes no role.";
    PermissionSetForNobody = "OW2126", "a permission set for nobody": "Permission sets are assigned to the user of the manifest, which has none under `user`.";
    NotAPicklistValue = "OW2127", "not a value of the picklist": "Metadata and records hold the API name of a picklist's value, people see its label, and the two may differ. What the picklist does not list as an active value the org refuses, or no record has it. A picklist that is not restricted may hold other values too; then it is a warning.";
    UserFieldNotStated = "OW2128", "a field that every new user needs": "The org requires a custom field of users that has no default value, and a manifest has no key for it. The platform would refuse the user, so the plan refuses it before anything is written.";
    PermissionSetOfAnotherLicence = "OW2129", "a permission set of another licence": "A permission set that belongs to a user licence can be held by users of that licence alone, and the licence is that of the user's profile. The platform would refuse the assignment after the user was made, so the plan refuses it before.";
    DetailOfMaster = "OW2130", "a detail of a master": "Records of an object with a master-detail field are seen with their master: the object's default is Controlled by Parent, and the platform takes no other. What the master's default and rules open, they open too.";
    ObjectWithoutOwner = "OW2131", "an object without owners": "Where records have no owner, defaults and rules do not decide about each of them, and there is nothing to prove record by record: products, price books, and details of a master.";
    EveryoneUnknown = "OW2140", "who everybody is, is not known": "The group of `keepAccess: everyone` is made of the org's users, roles and groups, and never holds an integration. The org refused to tell of one of them, so no group would be right.";
    KeptLevelUnknown = "OW2141", "what everybody keeps is not known": "`keepAccess: everyone` keeps what the default gives today, and the default gives nobody anything: it is private already, no rule of this manifest stands for everybody, and its group notes nothing. Or the records will follow their parent, and take no rules.";
    GroupOfOthers = "OW2142", "a public group of that name": "The org has a public group by the name that `keepAccess: everyone` gives its own, and it was not made for this manifest's user. Its members may be somebody else's choice, so it is not taken over.";
    UnknownExpectedUser = "OW2150", "unknown user in an expectation": "An entry of `expect` is about the access of a user that the org does not have, and that no manifest of the run makes.";
    QueryRefused = "OW2151", "a query that the org does not take": "The query of an entry of `expect` was refused for what it says: a field or relationship that the object does not have, or words in the wrong place. The org's own words stand in the sentence.";

    // What an org answers
    OrgUnreachable = "OW3001", "the org cannot be reached": "No connection, no name, no answer in time, or a certificate nobody vouches for. Nothing was changed by this run.";
    LogInOrPermission = "OW3002", "log-in or permission": "The org did not accept the log-in, or the user may not do this. The message names what is missing.";
    OrgRefused = "OW3003", "the org refused": "The platform answered with an error of its own; its code and words are shown as they came.";
    NotAnAnswerOfSalesforce = "OW3004", "not an answer of Salesforce": "What came back was not what the platform sends: a page, half an answer, or something else in between.";
    OrgBusy = "OW3005", "the org is busy": "Another sharing change or deploy holds a lock, a limit is reached, or the org is in maintenance. The same command works later.";
    AnswerLost = "OW3006", "an answer was lost": "The request may or may not have been carried out. Nothing is sent twice; run the same command again, which looks first.";
    ComponentRefused = "OW3007", "the org refused a component": "A deploy was refused as a whole: nothing of it was saved. The line shown asked for the component that the org named.";
    DeployFailed = "OW3008", "the deploy failed": "The deploy ended without success and without naming a component.";
    IdNotFound = "OW3009", "not there when it was needed": "An id that an earlier stage should have made could not be found.";
    UsernameTaken = "OW3010", "the username is taken": "Usernames are unique over all Salesforce orgs. The org has no user of that name, so another org has.";
    PackageNotBuildable = "OW3011", "the package cannot be built": "A name or value that would be deployed cannot be written as XML. Nothing was sent; the sentence names the file.";
    ApexTestFailed = "OW3012", "an Apex test failed": "The org ran Apex tests with the deploy, and one of them failed. A deploy is saved whole or not at all, so nothing of it was.";
    EntriesRefusedWithoutEnd = "OW3013", "entries refused without end": "After each refusal the deploy was repeated without the entries of the cloned profile that the org had named, and it named others each time. What was left out is listed.";
    UserNotThereYet = "OW3014", "the user is not there yet": "The org has no user of the name that the manifest states, so nothing can be said about what it sees.";
    RecordNotFound = "OW3015", "no such record": "The org has no record of this id, or does not show it to you.";
    DeployedWithoutEffect = "OW3016", "a deploy without an effect": "The org called the deploy a success, and what it tells afterwards is what it told before: the platform is known to do so, for example with a default in one package with rules. What was deployed is read back through another API, so nobody waits for a recalculation that never began. Somebody who set it back in the meantime leaves the same picture.";
    DeployWarning = "OW3017", "a deploy with a warning": "The org took the deploy, and warned of a component of it, in the words shown. Warnings do not fail a deploy here. The line shown asked for the component.";
    QueueTaken = "OW3018", "somebody else's deploy is in the queue": "An org runs one deploy or validation at a time. Somebody else's was running or waiting when the queue was looked at, and a deploy behind it would hold up whoever comes next, and run into an org that has changed since the plan. Nothing was sent. `--wait-queue` waits until they are through.";

    // Guards
    UsersLosingAccessLimit = "OW4001", "more users lose access than allowed": "`limits.usersLosingAccess` in the manifest.";
    RecordsBecomingVisibleLimit = "OW4002", "more records become visible than allowed": "`limits.recordsBecomingVisible` in the manifest. What cannot be counted before apply may be every record, and counts as such.";
    LockingYourselfOut = "OW4003", "you would lock yourself out": "The log-in used is the user the manifest restricts. Use an administrator's.";
    WarningNotAgreedTo = "OW4004", "a warning that nobody has agreed to": "Rehearsing the first stage, the org warned of something that was neither in the plan that was agreed to nor accepted by `--accept-warning`. In production that ends the run before its first write; elsewhere it is told. `plan --check` shows the warnings, and the digest that it prints covers them.";
    ValidationsProtected = "OW4005", "validations are protected": "`protectValidations: true` in the manifest: a plan that would make validations of other people void for quick deploy is refused, and so is one of which the org does not tell whether it would.";

    // Outcomes
    StillWaiting = "OW5001", "still waiting": "What was waited for goes on in the org: a recalculation, a deploy, or one that was in the queue before it. The next run waits on and finishes. A rehearsal is cancelled instead: it saves nothing.";
    NotAtRest = "OW5002", "did not come to rest": "Everything was written, and planning again still finds differences: somebody else changes the same settings, or the org keeps them otherwise than it was told.";
    ProofFailed = "OW5003", "the proof failed": "The org's own answer about record access differs from what the manifest asks for. Each record is listed with its cause.";
    Interrupted = "OW5004", "interrupted": "The run was asked to stop and stopped between two steps. A rehearsal that was running is cancelled.";
    ProfileKeptInPart = "OW5010", "a profile kept in part": "The org said that it deployed the profile, and what it tells of it lacks entries of it. Compared are user permissions, rights on objects and fields, and entries of other lists (apps, classes, pages, tabs, layouts, record types, …) as far as the org tells them of the clone source too. `--format json` names all.";
    UserCannotWork = "OW5011", "a user that cannot work": "The records are one half of a proof. The user must be able to use the API, and to read the fields that the criteria ask for, or the integration cannot work with what is shared with it. Its profile and its permission sets were asked. A field that it cannot read is a warning: the records are shared all the same.";
    SettingsChanged = "OW5012", "settings of an object that a deploy changed": "The default was deployed together with every setting of the object that was read, and the org tells some of them otherwise after it.";
    RuleWithheld = "OW5013", "a rule that waits for a limit": "While the defaults were being changed the numbers moved beyond a limit of the manifest. Everything that gives other people their sight was made; the rule named shares with the manifest's own user alone, and waits. Raise the limit or mend the records, and apply again: it makes the rule. Nothing after the rules was done.";
    LimitPassedMeanwhile = "OW5014", "a limit passed meanwhile": "The limit held when it was last looked at, before the rules, and the proof sees more records than it allows: they came meanwhile. All is done as the manifest says, and nothing was taken back.";
    NeitherBeforeNorAfter = "OW5015", "neither as it was nor as planned": "Somebody changed what the agreed plan was to change: it is neither as it was when the plan was saved, nor as the plan makes it. Nothing is written over it (exit 5). The sentence says what was planned, what was and what is now, and who changed it last, as far as the setup audit trail tells and names it. Set it back, or plan again and apply that plan.";
    EmbeddedOrgInUse = "OW5016", "the demo org is in use": "Another run in this folder uses the demo org, and it did not end while this one waited: two at once would each keep their own copy, and the work of one would be lost. Run the command again when the other has ended.";
    ResultNotBelieved = "OW5017", "a result that contradicts itself": "The org says of a deploy that it succeeded, and tells in the same answer of components that failed, or counts that cannot be, or it says that it failed and of nothing that did. Neither is believed: what was deployed may be there in part. Run the command again: it looks first.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_so_that_none_stands_for_two_things() {
        let ascending = |pair: &[Code]| pair[0].text() < pair[1].text();
        assert!(Code::ALL.windows(2).all(ascending));
    }

    #[test]
    fn every_code_is_well_formed_and_explained() {
        for code in Code::ALL {
            let digits = code.text().strip_prefix("OW").unwrap_or_default();
            let numbered = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
            let told = !code.title().is_empty() && code.explanation().ends_with('.');
            assert!(numbered && told, "{code}");
            assert_eq!(Code::named(code.text()), Some(*code));
        }
        assert_eq!(Code::named("OW0000"), None);
    }
}
