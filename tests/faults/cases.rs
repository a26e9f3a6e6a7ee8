//! The failures, and the cases they make with every request.

use salesforce_emulator::faults::Faults;

/// How the org, or the way to it, fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// An entry of a file of faults: from the struck request on, so many times.
    Fault(&'static str),
    /// The same, and it does not end by itself.
    Lasting(&'static str),
    /// No connection comes about.
    Connect(Broken),
}

/// Why no connection comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nobody listens.
    Refused,
    /// The name is not known.
    Name,
    /// The host shows a certificate of somebody else.
    Certificate,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// Whether what was sent may have been done although no answer says so.
    pub(crate) hides: bool,
}

const fn plain(name: &'static str, fault: &'static str) -> Kind {
    Kind {
        name,
        way: Way::Fault(fault),
        hides: false,
    }
}

const fn hiding(name: &'static str, fault: &'static str) -> Kind {
    Kind {
        name,
        way: Way::Fault(fault),
        hides: true,
    }
}

const fn lasting(name: &'static str, fault: &'static str) -> Kind {
    Kind {
        name,
        way: Way::Lasting(fault),
        hides: true,
    }
}

const fn connect(name: &'static str, broken: Broken) -> Kind {
    Kind {
        name,
        way: Way::Connect(broken),
        hides: false,
    }
}

/// Every kind of failure.
pub(crate) const KINDS: [Kind; 22] = [
    connect("refused", Broken::Refused),
    connect("no-such-name", Broken::Name),
    connect("certificate", Broken::Certificate),
    hiding("closed-before", r#""drop": "stale""#),
    hiding("dropped", r#""drop": "before""#),
    hiding("answer-lost", r#""drop": "after""#),
    hiding("silent-undone", r#""silent": "before""#),
    hiding("silent-done", r#""silent": "after""#),
    hiding("500", r#""status": 500"#),
    hiding(
        "502-page",
        r#""status": 502, "content_type": "text/html", "answer": "<html><title>Bad Gateway</title></html>""#,
    ),
    plain(
        "503-wait",
        r#""status": 503, "retry_after": 1, "content_type": "text/html", "answer": "<html><title>Maintenance</title></html>""#,
    ),
    lasting(
        "503-for-ever",
        r#""status": 503, "content_type": "text/html", "answer": "<html><title>Maintenance</title></html>""#,
    ),
    plain(
        "concurrent-limit",
        r#""status": 403, "code": "REQUEST_LIMIT_EXCEEDED", "answer": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.""#,
    ),
    plain(
        "daily-limit",
        r#""status": 403, "code": "REQUEST_LIMIT_EXCEEDED", "answer": "TotalRequests Limit exceeded.""#,
    ),
    plain(
        "401-expired",
        r#""status": 401, "code": "INVALID_SESSION_ID", "answer": "Session expired or invalid""#,
    ),
    lasting(
        "401-for-ever",
        r#""path": "66.0", "status": 401, "code": "INVALID_SESSION_ID", "answer": "Session expired or invalid""#,
    ),
    hiding("truncated", r#""spoil": "truncated""#),
    hiding("malformed", r#""spoil": "garbled""#),
    hiding("page-in-place", r#""spoil": "mistyped""#),
    hiding("corrupt-gzip", r#""spoil": "corrupt""#),
    hiding("slow-drip", r#""drip": "10s""#),
    plain(
        "lock",
        r#""status": 400, "code": "UNABLE_TO_LOCK_ROW", "answer": "unable to obtain exclusive access to this record""#,
    ),
];

/// How often a failure strikes.
const TIMES: [u64; 3] = [1, 2, 5];

/// One case: the request that is struck first, how often, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) request: usize,
    pub(crate) times: u64,
    pub(crate) kind: Kind,
}

impl Case {
    /// What the org does to the requests of the case.
    pub(crate) fn faults(&self) -> Faults {
        faults(&format!("[{}]", self.entry()))
    }

    /// The same as an entry of a file of faults.
    pub(crate) fn entry(&self) -> String {
        let (fault, times) = match self.kind.way {
            Way::Fault(fault) => (fault, format!(r#""times": {}, "#, self.times)),
            Way::Lasting(fault) => (fault, String::new()),
            Way::Connect(_) => return r#"{"close": true}"#.to_owned(),
        };
        format!(r#"{{"skip": {}, {times}{fault}}}"#, self.request)
    }

    /// The name that runs this case alone.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.request, self.kind.name, self.times)
    }
}

/// Reads what happens to which requests.
pub(crate) fn faults(text: &str) -> Faults {
    Faults::parse(text.as_bytes()).expect("faults")
}

/// Every case over so many requests, or so many connections.
pub(crate) fn all(requests: usize, connections: usize) -> Vec<Case> {
    let of_kind = |kind: Kind| {
        let struck = match kind.way {
            Way::Connect(_) => connections,
            Way::Fault(_) | Way::Lasting(_) => requests,
        };
        let times = match kind.way {
            Way::Lasting(_) => &TIMES[..1],
            Way::Fault(_) | Way::Connect(_) => &TIMES[..],
        };
        let case = move |request, times| Case {
            request,
            times,
            kind,
        };
        (0..struck).flat_map(move |request| times.iter().map(move |times| case(request, *times)))
    };
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// The cases in an order that a seed decides, so that a run which has to end early has seen some of everything.
pub(crate) fn shuffled<Any>(mut cases: Vec<Any>, seed: u64) -> Vec<Any> {
    let mut random = seed | 1;
    for last in (1..cases.len()).rev() {
        random = next_random(random);
        let bound = u64::try_from(last).unwrap_or(u64::MAX) + 1;
        cases.swap(last, usize::try_from(random % bound).unwrap_or(0));
    }
    cases
}

/// Marsaglia's xorshift: any generator that repeats from its seed would do.
pub(crate) fn next_random(mut random: u64) -> u64 {
    random ^= random << 13;
    random ^= random >> 7;
    random ^ (random << 17)
}
