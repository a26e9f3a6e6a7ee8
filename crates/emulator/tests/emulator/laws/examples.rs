//! The project's own examples: a block each, a line for each thing, `#` before a remark.
//!
//! `== title` begins one. `KIND NAME …` tells what there is, `sees USER RECORD RIGHTS` what `UserRecordAccess` answers:
//! letters of R, E, D, T for what is allowed, everything else is not; `-` for nothing; `sees … RE?` asks for R and E alone.

use serde_json::Value;

use super::case::{Case, Named, Record, Restriction, Role, Rule, Share, Team};

/// Reads every block.
///
/// # Panics
/// Where a line says nothing that there is.
pub(super) fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split_once(" #").map_or(line, |(said, _)| said).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("== ") {
            cases.push(Case {
                title: title.to_owned(),
                ..Case::default()
            });
            continue;
        }
        let case = cases.last_mut().expect("a title comes first");
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kind, rest) = words.split_first().expect("the line is not empty");
        tell(case, kind, rest).unwrap_or_else(|| panic!("line {}: {line}", number + 1));
    }
    cases
}

fn tell(case: &mut Case, kind: &str, words: &[&str]) -> Option<()> {
    let (name, rest) = words.split_first()?;
    let name = (*name).to_owned();
    match kind {
        "platform" => words.iter().try_for_each(|word| {
            let (switch, value) = word.split_once('=')?;
            case.platform.insert(switch.to_owned(), value.to_owned());
            Some(())
        })?,
        "default" => {
            let outside = rest.get(1).map(|model| (*model).to_owned());
            case.defaults
                .insert(name, ((*rest.first()?).to_owned(), outside));
        }
        "object" => object(case, &name, rest)?,
        "role" => drop(case.roles.insert(name, role(rest))),
        "user" => user(case, name, rest)?,
        "group" | "queue" => group(case, kind, name, rest),
        "territory" => territory(case, name, rest)?,
        "record" => case.records.push((name, record(rest)?)),
        "rule" => {
            let number = case.rules.len();
            case.rules.push(rule(name, number, rest)?);
        }
        "share" => case.shares.push(share(name, rest)?),
        "team" => case.teams.push(Team {
            object: name,
            record: (*rest.first()?).to_owned(),
            user: (*rest.get(1)?).to_owned(),
            levels: pairs(&rest[2..]),
        }),
        "restriction" => case.restrictions.push(Restriction {
            object: name,
            user: (*rest.first()?).to_owned(),
            filter: rest[1..].join(" "),
        }),
        "then" => {
            let (field, value) = (rest.first()?, rest[1..].join(" "));
            case.then.push((name, (*field).to_owned(), value));
        }
        "sees" => {
            let (record, rights) = (rest.first()?, rest.get(1)?);
            let flags = rights_of(rights);
            case.sees.push((name, (*record).to_owned(), flags));
        }
        "shown" => {
            let (object, records) = rest.split_first()?;
            let records = records.iter().filter(|record| **record != "-");
            let records = records.map(|record| (*record).to_owned()).collect();
            case.shown.push((name, (*object).to_owned(), records));
        }
        "rows" => {
            let row = |row: &&str| {
                let mut parts = row.split('/').map(str::to_owned);
                Some([parts.next()?, parts.next()?, parts.next()?])
            };
            let rows = rest.iter().map(row).collect::<Option<_>>()?;
            case.rows.push((name, rows));
        }
        _ => return None,
    }
    Some(())
}

fn rights_of(rights: &str) -> [Option<bool>; 4] {
    let allowed = |letter: char| rights.contains(letter);
    let all = ['R', 'E', 'D', 'T'].map(|letter| Some(allowed(letter)));
    match rights.ends_with('?') {
        true => [all[0], all[1], None, None],
        false => all,
    }
}

/// `contact=Read case=None`.
fn pairs(words: &[&str]) -> Named<String> {
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `object Line__c ControlledByParent Deal__c Lot__c:reads Account__c->Account Label:Some_Label`.
fn object(case: &mut Case, name: &str, words: &[&str]) -> Option<()> {
    let (model, rest) = words.split_first()?;
    case.defaults
        .insert(name.to_owned(), ((*model).to_owned(), None));
    let object = case.objects.entry(name.to_owned()).or_default();
    for word in rest {
        if *word == "flat" {
            object.flat = true;
        } else if let Some((field, target)) = word.split_once("->") {
            let field = (field.to_owned(), target.to_owned(), false, false);
            object.references.push(field);
        } else if let Some((kind, label)) = word.split_once('=') {
            let label = label.replace('_', " ");
            object.record_types.push((kind.to_owned(), label));
        } else {
            let reads = word.strip_suffix(":reads");
            let master = reads.unwrap_or(word).to_owned();
            let field = (master.clone(), master, true, reads.is_some());
            object.references.push(field);
        }
    }
    Some(())
}

/// `role Field Sales contact=Read`, below Sales.
fn role(words: &[&str]) -> Role {
    let levels = pairs(words);
    let level = |name: &str| {
        let stated = levels.get(name).cloned();
        stated.unwrap_or_else(|| "None".to_owned())
    };
    let parent = words.iter().find(|word| !word.contains('='));
    Role {
        parent: parent.map(|parent| (*parent).to_owned()),
        levels: Some(["contact", "opportunity", "case"].map(level)),
    }
}

/// `user ada Field Lead=R +ViewAllData inactive licence=Partner_Community manager=ben`; `-` for no role.
fn user(case: &mut Case, name: String, words: &[&str]) -> Option<()> {
    let mut user = super::case::User::default();
    let (role, rest) = words.split_first()?;
    user.role = Some((*role).to_owned()).filter(|role| role != "-");
    for word in rest {
        if *word == "inactive" {
            user.active = false;
        } else if let Some(permission) = word.strip_prefix('+') {
            user.system.push(permission.to_owned());
        } else if let Some((key, value)) = word.split_once('=') {
            match key {
                "licence" => user.license = value.replace('_', " "),
                "manager" => user.manager = Some(value.to_owned()),
                object => {
                    let objects = user.objects.get_or_insert_default();
                    let letters = value.replace('-', "");
                    objects.insert(object.to_owned(), letters);
                }
            }
        } else {
            return None;
        }
    }
    case.users.insert(name, user);
    Some(())
}

/// `group Team bosses ada Other`, `queue Desk alone ada of=Lead`.
fn group(case: &mut Case, kind: &str, name: String, words: &[&str]) {
    let mut group = super::case::Group::default();
    for word in words {
        match word.strip_prefix("of=") {
            Some(object) => group.objects.push(object.to_owned()),
            None if *word == "bosses" => group.bosses = true,
            None if *word == "alone" => group.bosses = false,
            None => group.members.push((*word).to_owned()),
        }
    }
    match kind {
        "queue" => case.queues.insert(name, group),
        _ => case.groups.insert(name, group),
    };
}

/// `territory North under=World account=Edit user=ada of=acme`.
fn territory(case: &mut Case, name: String, words: &[&str]) -> Option<()> {
    let mut territory = super::case::Territory::default();
    for word in words {
        let (key, value) = word.split_once('=')?;
        let value = value.to_owned();
        match key {
            "under" => territory.parent = Some(value),
            "user" => territory.users.push(value),
            "of" => territory.accounts.push(value),
            level => drop(territory.levels.insert(level.to_owned(), value)),
        }
    }
    case.territories.insert(name, territory);
    Some(())
}

/// `record acme Account ada Name=Acme`; `-` for no owner.
fn record(words: &[&str]) -> Option<Record> {
    let (object, owner) = (words.first()?, words.get(1)?);
    let value = |text: &str| match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => Value::from(other.replace('_', " ")),
    };
    let fields = words[2..].iter().filter_map(|word| word.split_once('='));
    Some(Record {
        object: (*object).to_owned(),
        owner: Some((*owner).to_owned()).filter(|owner| owner != "-"),
        fields: fields
            .map(|(name, text)| (name.to_owned(), value(text)))
            .collect(),
    })
}

/// `rule Lead Edit to role:Desk if Company:equals:Acme` or `… from role:Field`, and `unowned` for records of all but the
/// platform's own.
fn rule(object: String, number: usize, words: &[&str]) -> Option<Rule> {
    let mut rule = Rule {
        name: format!("{}_{number}", object.replace("__c", "")),
        access: (*words.first()?).to_owned(),
        owned_by_all: true,
        object,
        children: pairs(words),
        ..Rule::default()
    };
    let target = |word: &str| {
        let (kind, name) = word.split_once(':').unwrap_or((word, ""));
        (kind.to_owned(), name.to_owned())
    };
    let mut words = words[1..].iter();
    while let Some(word) = words.next() {
        match *word {
            "to" => rule.to = target(words.next()?),
            "from" => rule.from = Some(target(words.next()?)),
            "if" | "and" => {
                let mut parts = words
                    .next()?
                    .splitn(3, ':')
                    .map(|part| part.replace('_', " "));
                let field = parts.next()?.replace(' ', "_");
                let item = [field, parts.next()?, parts.next()?];
                rule.criteria.push(item);
            }
            "without-all" => rule.owned_by_all = false,
            pair if pair.contains('=') => {}
            _ => return None,
        }
    }
    Some(rule)
}

/// `share nor ben Read by=ada contact=Edit`.
fn share(record: String, words: &[&str]) -> Option<Share> {
    let mut children = pairs(&words[2..]);
    Some(Share {
        record,
        to: (*words.first()?).to_owned(),
        access: (*words.get(1)?).to_owned(),
        by: children.remove("by"),
        children,
    })
}
