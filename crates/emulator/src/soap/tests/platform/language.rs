//! Users who do not read English.

use super::*;
use crate::http::Request;
use serde_json::Value;

/// The demo org, whose administrator reads this language.
fn reading(language: &str, switches: &str) -> Org {
    let mut org = hard(switches);
    let id = org.world.org.organization.administrator.clone();
    let users = org.world.org.users.make_mut();
    users.get_mut(&id).expect("an administrator").language = language.to_owned();
    org
}

fn rest(org: &mut Org, method: &str, path: &str, query: &str, body: &str) -> Value {
    let token = org.world.org.organization.access_token.clone();
    let request = Request {
        method: method.to_owned(),
        path: format!("/services/data/v66.0/{path}"),
        query: query.replace(' ', "+"),
        headers: [("authorization".to_owned(), format!("Bearer {token}"))].into(),
        body: body.as_bytes().to_vec(),
        ..Request::default()
    };
    let answer = crate::router::handle(&mut org.world, request);
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn query(org: &mut Org, soql: &str) -> Value {
    rest(org, "GET", "query", &format!("q={soql}"), "")
}

#[test]
fn standard_profiles_have_other_names() {
    for (language, name, other) in [
        ("de", "Systemadministrator", "Inside Sales"),
        (
            "fr",
            "Administrateur système",
            "Minimum Access - Salesforce",
        ),
        ("es_MX", "Administrador del sistema", "Solution Manager"),
        ("ja", "システム管理者", "ソリューション管理者"),
        ("sv", "System Administrator", "Read Only"),
    ] {
        let mut org = reading(language, "translations=recorded");
        for soql in [
            "SELECT Name FROM Profile WHERE Name = 'NAME'",
            "SELECT Profile.Name FROM User WHERE Profile.Name = 'NAME' LIMIT 1",
            "SELECT Profile.Name FROM PermissionSet WHERE Profile.Name IN ('NAME')",
            "SELECT Parent.Profile.Name FROM ObjectPermissions WHERE Parent.Profile.Name = 'NAME' LIMIT 1",
        ] {
            let answer = query(&mut org, &soql.replace("NAME", name));
            assert_eq!(answer["totalSize"], 1, "{language}: {soql}: {answer}");
            assert!(answer.to_string().contains(name), "{answer}");
        }
        let soql = format!("SELECT Name FROM Profile WHERE Name = '{other}'");
        assert_eq!(
            query(&mut org, &soql)["totalSize"],
            1,
            "{language}: {other}"
        );
        if language != "sv" {
            let english = "SELECT Id FROM Profile WHERE Name = 'System Administrator'";
            assert_eq!(query(&mut org, english)["totalSize"], 0, "{language}");
        }
        let read = org.read("Profile", "Admin");
        assert!(read.contains("<fullName>Admin</fullName>"), "{language}");
    }
    let soql = "SELECT Id FROM Profile WHERE Name = 'Marketingbenutzer'";
    assert_eq!(
        query(&mut reading("de", "translations=all"), soql)["totalSize"],
        1
    );
    assert_eq!(
        query(&mut reading("de", "translations=recorded"), soql)["totalSize"],
        0
    );
}

#[test]
fn groups_and_parents_have_them_too() {
    let mut org = reading("de", "translations=recorded");
    let soql = "SELECT Owner.Profile.Name, COUNT(Id) n FROM Lead GROUP BY Owner.Profile.Name";
    let named = query(&mut org, soql).to_string();
    assert!(
        named.contains("Standardbenutzer") && !named.contains("Standard User"),
        "{named}"
    );
    let soql = "SELECT COUNT() FROM Lead WHERE Owner.Profile.Name = 'Standardbenutzer'";
    assert!(
        query(&mut org, soql)["totalSize"]
            .as_u64()
            .is_some_and(|count| count > 0)
    );
}

#[test]
fn deploys_are_refused_in_the_language_of_who_deploys() {
    let below = "<caseAccessLevel>Read</caseAccessLevel><name>Low</name>";
    let low = |org: &mut Org| role(org, below);
    low(&mut reading("en_US", "translations=all")).failed(&[
        "field integrity exception: unknown (Case access level below organization default)",
    ]);
    low(&mut reading("ja", "translations=recorded"))
        .failed(&["項目の整合性例外: 不明 (ケースのアクセス権が組織のデフォルトを下回っています)"]);
    let inside = new_profile("", &permission("RunWild", true));
    profile(&mut reading("de", "translations=recorded"), "Copy", &inside)
        .failed(&["Unknown user permission: RunWild"]);
    profile(&mut reading("de", "translations=all"), "Copy", &inside)
        .failed(&["Unbekannte Benutzerberechtigung: RunWild"]);
    let mut org = reading("de", "translations=all");
    let call = format!(
        "<updateMetadata {XMLNS}><metadata xsi:type=\"Profile\"><fullName>Admin</fullName>{}</metadata></updateMetadata>",
        tab("Wind_Map", "Hidden")
    );
    let told = org.ask(&call);
    assert!(
        told.contains("<statusCode>FIELD_INTEGRITY_EXCEPTION</statusCode>"),
        "{told}"
    );
    assert!(told.contains("für Wind_Map nicht bearbeiten"), "{told}");
}

#[test]
fn a_lock_is_told_in_the_language_of_who_deploys() {
    let mut org = reading("fr", "translations=recorded");
    org.world.clock = Clock::Manual;
    org.world.org.manual_time = Some(1_790_000_000_000);
    org.world.recalculation = Duration::from_secs(60);
    private(&mut org, "Lead").succeeded();
    private(&mut org, "Campaign").failed(&["Le calcul de partage demandé ne peut être traité maintenant car il interfère avec une autre opération en cours"]);
}

#[test]
fn records_are_refused_in_the_language_of_who_writes() {
    let mut org = reading("es", "translations=recorded");
    let answer = rest(
        &mut org,
        "POST",
        "sobjects/Lead",
        "",
        r#"{"Company": "Gale"}"#,
    );
    assert_eq!(
        answer[0]["message"],
        "Faltan campos obligatorios: [LastName]"
    );
    assert_eq!(answer[0]["errorCode"], "REQUIRED_FIELD_MISSING");
    let body = r#"{"records": [{"attributes": {"type": "Lead"}, "Company": "Gale"}]}"#;
    let answer = rest(&mut org, "POST", "composite/sobjects", "", body);
    assert_eq!(
        answer[0]["errors"][0]["message"],
        "Faltan campos obligatorios: [LastName]"
    );
}
