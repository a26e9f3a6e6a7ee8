//! What a refusal means, decided by the platform's code and status alone: its text follows the running user's language.

use super::error::Refusal;

/// What a refusal means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// The org has no time or a lock is held: the same request may succeed later.
    Transient,
    /// The session has ended or is of no use: a new log-in may help.
    Session,
    /// The rights of the running user are the cause.
    Permission,
    /// No object or field of that name exists for the running user.
    UnknownName,
    /// No record, component or page of that name or id exists, or it exists no longer.
    NotFound,
    /// The request is not what the interface takes.
    Malformed,
    /// The calls of the day are used up.
    DailyLimit,
    /// The request, or what it would add to, goes beyond another limit of the org.
    Limit,
    /// No seat of a licence is left.
    LicenceLimit,
    /// A record with the same key exists in this org.
    Duplicate,
    /// It was undone or not begun because another part of the same request was refused.
    RolledBack,
    /// The username is taken, in this org or in another one.
    UsernameTaken,
    /// Anything else.
    Other,
}

/// Codes by class (SOAP API guide, "ExceptionCode" and "StatusCode"; REST API guide, "Status Codes and Error Responses").
const CLASSES: [(RefusalClass, &[&str]); 12] = [
    (
        RefusalClass::Transient,
        &[
            "ALREADY_IN_PROCESS",
            "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
            "ORG_ADMIN_LOCKED",
            "ORG_LOCKED",
            "QUERY_TIMEOUT",
            "REQUEST_RUNNING_TOO_LONG",
            "SERVER_UNAVAILABLE",
            "UNABLE_TO_LOCK_ROW",
            "UNKNOWN_EXCEPTION",
        ],
    ),
    (
        RefusalClass::Permission,
        &[
            "API_CURRENTLY_DISABLED",
            "API_DISABLED_FOR_ORG",
            "INSUFFICIENT_ACCESS",
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "INSUFFICIENT_ACCESS_OR_READONLY",
        ],
    ),
    (
        RefusalClass::Session,
        &[
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "INVALID_SESSION_ID",
        ],
    ),
    (
        RefusalClass::UnknownName,
        &["INVALID_FIELD", "INVALID_TYPE"],
    ),
    (
        RefusalClass::NotFound,
        &["ENTITY_IS_DELETED", "INVALID_QUERY_LOCATOR", "NOT_FOUND"],
    ),
    (
        RefusalClass::Malformed,
        &[
            "INVALID_QUERY_FILTER_OPERATOR",
            "JSON_PARSER_ERROR",
            "MALFORMED_ID",
            "MALFORMED_QUERY",
            "METHOD_NOT_ALLOWED",
        ],
    ),
    (
        RefusalClass::Limit,
        &[
            "EXCEEDED_ID_LIMIT",
            "EXCEEDED_MAX_SIZE_REQUEST",
            "LIMIT_EXCEEDED",
            "OPERATION_TOO_LARGE",
            "QUERY_TOO_COMPLICATED",
            "STORAGE_LIMIT_EXCEEDED",
        ],
    ),
    (RefusalClass::DailyLimit, &["REQUEST_LIMIT_EXCEEDED"]),
    (RefusalClass::LicenceLimit, &["LICENSE_LIMIT_EXCEEDED"]),
    (RefusalClass::Duplicate, &["DUPLICATE_VALUE"]),
    (
        RefusalClass::RolledBack,
        &["ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"],
    ),
    (RefusalClass::UsernameTaken, &["DUPLICATE_USERNAME"]),
];

impl Refusal {
    /// What it means. A code that is not known is judged by the status: what gateways and the platform's own failures
    /// have in common is that they pass.
    pub fn class(&self) -> RefusalClass {
        if self.is_concurrency_limit() {
            return RefusalClass::Transient;
        }
        let known = CLASSES
            .iter()
            .find(|(_, codes)| codes.contains(&self.code.as_str()));
        match (known, self.status) {
            (Some((class, _)), _) => *class,
            (None, 420 | 429 | 500..) => RefusalClass::Transient,
            (None, 401) => RefusalClass::Session,
            (None, 403) => RefusalClass::Permission,
            (None, 404) => RefusalClass::NotFound,
            (None, _) => RefusalClass::Other,
        }
    }

    /// Whether too many requests run at once. The used-up allowance of a day has the same code and does not come back
    /// within seconds; this text is the one thing that tells them apart (API request limits, "Concurrent API Request
    /// Limits").
    fn is_concurrency_limit(&self) -> bool {
        self.code == "REQUEST_LIMIT_EXCEEDED" && self.message.contains("Concurrent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_decides_and_the_status_only_where_it_is_unknown() {
        for (status, code, message, expected) in [
            (400, "QUERY_TIMEOUT", "", RefusalClass::Transient),
            (500, "UNKNOWN_EXCEPTION", "", RefusalClass::Transient),
            (500, "INSUFFICIENT_ACCESS", "", RefusalClass::Permission),
            (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests",
                RefusalClass::DailyLimit,
            ),
            (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "Concurrent",
                RefusalClass::Transient,
            ),
            (400, "INVALID_TYPE", "", RefusalClass::UnknownName),
            (
                400,
                "LICENSE_LIMIT_EXCEEDED",
                "",
                RefusalClass::LicenceLimit,
            ),
            (500, "SOMETHING_NEW", "", RefusalClass::Transient),
            (429, "HTTP 429", "", RefusalClass::Transient),
            (403, "SOMETHING_NEW", "", RefusalClass::Permission),
            (400, "SOMETHING_NEW", "", RefusalClass::Other),
        ] {
            let refusal = Refusal::new(status, code, message);
            assert_eq!(refusal.class(), expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn each_code_is_in_one_class() {
        let codes = CLASSES.iter().flat_map(|(_, codes)| codes.iter());
        let distinct: BTreeSet<_> = codes.clone().collect();
        assert_eq!(distinct.len(), codes.count());
    }
}
