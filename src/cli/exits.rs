//! The exit codes, as they stand below the help of commands.

/// The list of exit codes; a test keeps it in step with the codes themselves.
macro_rules! exits {
    () => {
        "\
Exit codes:
  0 done   1 failed   2 there are differences   3 applied, but the proof failed
  4 refused by a guard or limit   5 stale plan, or another org's
  6 partial or unknown outcome, safe to run again
  64 usage   65 invalid manifest   75 busy, try later   77 log-in or permission
  130/143 interrupted"
    };
}
pub(super) use exits;

/// What stands below the help of commands without examples.
pub(super) const EXITS: &str = exits!();
