//! The lists of a user's time zone, locale, language and encoding.

use super::*;

/// A column with a value of its list and one that looks like it.
const LISTS: [(&str, &str, &str); 4] = [
    ("TimeZoneSidKey", "Asia/Kathmandu", "Europe/Atlantis"),
    ("LocaleSidKey", "fr_CH", "fr_QQ"),
    ("LanguageLocaleKey", "nl_NL", "nl_BE"),
    ("EmailEncodingKey", "ISO-8859-1", "ISO-8859-99"),
];

#[test]
fn lists_of_a_user_are_described_and_nothing_else_is_taken() {
    let mut client = Client::administrator();
    let (_, described) = client.call("GET", "sobjects/User/describe", Value::Null);
    let user = client.user("list@dune.example");
    let (status, created) = client.call("POST", "sobjects/User", user.clone());
    assert_eq!(status, 201, "{created}");
    let path = format!("sobjects/User/{}", created["id"].as_str().unwrap());
    for (column, known, unknown) in LISTS {
        let fields = described["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["name"] == column).unwrap();
        assert_eq!(field["restrictedPicklist"], true, "{column}");
        let values = field["picklistValues"].as_array().unwrap();
        assert!(
            values.iter().any(|value| value["value"] == known),
            "{column}"
        );
        assert_eq!(
            client.call("PATCH", &path, json!({column: known})).0,
            204,
            "{column}"
        );
        let mut other = user.clone();
        other["Username"] = json!("other@dune.example");
        other[column] = json!(unknown);
        let answers = [
            client.call("PATCH", &path, json!({column: unknown})),
            client.call("POST", "sobjects/User", other),
        ];
        for (status, refused) in answers {
            let expected = (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
            assert_eq!((status, code(&refused)), expected, "{column}");
            let message = refused[0]["message"].as_str().unwrap();
            let words = format!("bad value for restricted picklist field: {unknown}");
            assert!(message.ends_with(&words), "{message}");
        }
    }
}

#[test]
fn seeded_users_have_what_their_file_says() {
    let users = "Username,TimeZoneSidKey,LocaleSidKey,LanguageLocaleKey\numa@dune.example,Asia/Baku,pt_AO,pt_PT\n";
    let mut client = Client::seeded(&[("User.csv", users)]);
    let soql = "SELECT TimeZoneSidKey, LocaleSidKey, LanguageLocaleKey, EmailEncodingKey FROM User WHERE Username = 'uma@dune.example'";
    let shown = client.query(soql)["records"][0].clone();
    let shown = LISTS.map(|(column, ..)| shown[column].as_str().unwrap().to_owned());
    assert_eq!(shown, ["Asia/Baku", "pt_AO", "pt_PT", "UTF-8"]);
}
