//! Where a token may go. The one list of hosts in the program.
//!
//! **Promise:** no request that carries a token leaves for a host that [`trusted`] did not accept.

use std::net::IpAddr;

use reqwest::Url;

use super::error::OrgError;

/// The registered domains under which Salesforce serves orgs, the government and Chinese clouds included.
const SALESFORCE_DOMAINS: &[&str] = &[
    "salesforce.com",
    "force.com",
    "cloudforce.com",
    "salesforce.mil",
    "crmforce.mil",
    "sfcrmproducts.cn",
    "sfcrmapps.cn",
];

/// The origin of an org or log-in host, if a token may be sent there: https to Salesforce, or anything on loopback.
pub(super) fn trusted(text: &str) -> Result<Url, OrgError> {
    let untrusted = |host: &str, reason| {
        Err(OrgError::Untrusted {
            host: host.escape_debug().to_string(),
            reason,
        })
    };
    let Ok(mut url) = Url::parse(text.trim()) else {
        return untrusted(text, "it is not a URL");
    };
    let Some(host) = url.host_str().map(str::to_owned) else {
        return untrusted(text, "it names no host");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return untrusted(&host, "the URL holds a user name");
    }
    if !is_loopback(&url) {
        if url.scheme() != "https" {
            return untrusted(&host, "the URL is not https");
        }
        if url.port().is_some() {
            return untrusted(&host, "Salesforce serves no org on another port");
        }
        if !is_salesforce(&host) {
            return untrusted(&host, "it is not one of Salesforce's hosts");
        }
        if host.ends_with(".lightning.force.com") {
            return untrusted(
                &host,
                "that host serves pages, not the API; name the one ending in my.salesforce.com",
            );
        }
    } else if !matches!(url.scheme(), "http" | "https") {
        return untrusted(&host, "the URL is neither http nor https");
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether the URL stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

/// The host with its port, as it is shown.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn is_salesforce(host: &str) -> bool {
    SALESFORCE_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_and_loopback_are_trusted() {
        for (text, expected) in [
            (
                "https://acme.my.salesforce.com",
                "https://acme.my.salesforce.com/",
            ),
            (
                "https://acme--dev.sandbox.my.salesforce.com/home/home.jsp?x=1",
                "https://acme--dev.sandbox.my.salesforce.com/",
            ),
            (
                "https://brave-fox-1-dev-ed.scratch.my.salesforce.com",
                "https://brave-fox-1-dev-ed.scratch.my.salesforce.com/",
            ),
            (
                "https://LOGIN.salesforce.com",
                "https://login.salesforce.com/",
            ),
            (
                "https://acme.my.salesforce.mil",
                "https://acme.my.salesforce.mil/",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
            ("http://localhost:1", "http://localhost:1/"),
        ] {
            assert_eq!(trusted(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn everything_else_is_not() {
        for (text, expected) in [
            ("http://acme.my.salesforce.com", "not https"),
            (
                "https://salesforce.com.evil.example",
                "not one of Salesforce's",
            ),
            ("https://evilsalesforce.com", "not one of Salesforce's"),
            ("https://salesforce.com", "not one of Salesforce's"),
            ("https://acme.my.salesforce.com.", "not one of Salesforce's"),
            ("https://acme.my.sаlesforce.com", "not one of Salesforce's"), // Cyrillic a
            ("https://user@acme.my.salesforce.com", "user name"),
            ("https://acme.my.salesforce.com@evil.example", "user name"),
            ("https://acme.my.salesforce.com:8443", "another port"),
            ("https://169.254.169.254", "not one of Salesforce's"),
            ("http://10.0.0.1", "not https"),
            ("http://localhost.evil.example", "not https"),
            ("https://acme.lightning.force.com", "serves pages"),
            ("ftp://127.0.0.1", "neither http nor https"),
            ("acme.my.salesforce.com", "not a URL"),
            ("", "not a URL"),
        ] {
            let error = trusted(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
