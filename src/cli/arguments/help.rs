//! What stands below the arguments in a command's help.

use super::super::exits::exits;

pub(super) const TOUR: &str = concat!(
    "Examples (they need no org, a demo org is inside this program):
  orgwright init
  orgwright plan
  orgwright apply --yes
  orgwright verify

",
    exits!()
);

pub(super) const PLAN_HELP: &str = concat!(
    "Examples:
  orgwright plan
  orgwright plan user.yaml --org sf:uat --detailed-exitcode
  orgwright plan user.yaml --org sf:uat --out plan.json --out comment.md --out found.sarif

",
    exits!()
);

pub(super) const APPLY_HELP: &str = concat!(
    "Without --yes or --expect it asks; without a terminal to ask at, it refuses before any request.
--plan says which plan is meant, not that you agree to it.

Examples:
  orgwright apply
  orgwright apply user.yaml --org sf:uat --expect 7f3a91c2d4e5
  orgwright apply --org sf:uat --plan plan.json --yes
  orgwright apply user.yaml --yes --format json

",
    exits!()
);
