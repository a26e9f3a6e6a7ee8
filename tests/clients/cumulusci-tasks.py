"""CumulusCI acts, jsforce looks. The client knows https only: it talks through a TLS relay."""

import csv
import json
import os
import subprocess
import time
from pathlib import Path

from checks import Observer, calls, check, equal, finish

other = Observer()
CLIENTS = Path(os.environ["ORGWRIGHT_CLIENTS"])
HOST = os.environ["ORG_HTTPS_HOST"]
USERNAME = os.environ["ORG_USERNAME"]
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
project = Path.cwd() / "project"

CUMULUSCI_YML = """\
minimum_cumulusci_version: '4.0.0'
project:
  name: probe
  package:
    name: probe
    api_version: '62.0'
tasks:
  narrow:
    class_path: cumulusci.tasks.metadata_etl.SetOrgWideDefaults
    options:
      org_wide_defaults:
        - api_name: Lead
          internal_sharing_model: Private
          external_sharing_model: Private
      timeout: 20
"""


def role_file(name, extra=""):
    return f"{HEAD}<Role {SPACE}>\n{extra}<name>{name}</name>\n</Role>\n"


def package(folder, types, files):
    """A folder in the Metadata API's layout; the client cuts package.xml by lines."""
    members = "".join(
        "<types>\n" + "".join(f"<members>{m}</members>\n" for m in names) + f"<name>{kind}</name>\n</types>\n"
        for kind, names in types.items()
    )
    texts = {
        "package.xml": f"{HEAD}<Package {SPACE}>\n{members}<version>62.0</version>\n</Package>\n",
        **files,
    }
    for path, text in texts.items():
        file = project / folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def identity():
    user = one(f"SELECT Id FROM User WHERE Username = '{USERNAME}'")["Id"]
    org = one("SELECT Id FROM Organization")["Id"]
    return {
        "access_token": os.environ["ORG_ACCESS_TOKEN"],
        "instance_url": f"https://{HOST}",
        "id": f"https://{HOST}/id/{org}/{user}",
        "username": USERNAME,
        "org_id": org,
    }


def one(soql):
    """The one record a query finds through the other client."""
    records = other.query(soql)
    assert len(records) == 1, f"{len(records)} records: {soql}"
    return records[0]


def roles(pattern):
    """Developer names that the other client finds."""
    rows = other.query(f"SELECT DeveloperName FROM UserRole WHERE DeveloperName LIKE '{pattern}'")
    return sorted(row["DeveloperName"] for row in rows)


def cci(*words, fails=False):
    """Runs a task; its output."""
    environment = {
        **os.environ,
        "CUMULUSCI_ORG_here": json.dumps(identity()),
        "CUMULUSCI_DISABLE_REFRESH": "1",
        "CUMULUSCI_KEY": "0123456789abcdef",
        "PATH": f"{CLIENTS / 'venv/bin'}:{os.environ['PATH']}",
    }
    command = [str(CLIENTS / "venv/bin/cci"), "task", "run", *words, "--org", "here"]
    run = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=120
    )
    told = (run.stdout + run.stderr)[-1200:]
    assert (run.returncode != 0) == fails, f"{words}: {run.returncode}: {told}"
    return run.stdout + run.stderr


def set_up():
    project.mkdir()
    # The client asks for its newest version once an hour; it has just done so.
    folder = Path.home() / ".cumulusci"
    folder.mkdir(exist_ok=True)
    (folder / "cumulus_timestamp").write_text(str(time.time()))
    (project / "cumulusci.yml").write_text(CUMULUSCI_YML)
    git = ["git", "-c", "user.name=probe", "-c", "user.email=probe@acme.example"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["remote", "add", "origin", "https://github.com/example/probe.git"],
        ["add", "cumulusci.yml"],
        ["commit", "-q", "-m", "Begin"],
    ):
        subprocess.run([*git, *words], cwd=project, check=True, capture_output=True)


def queries_in_bulk():
    soql = "SELECT Id, LastName, Owner.Name FROM Lead WHERE Sync_to_HubSpot__c = true ORDER BY Id"
    cci("query", "--object", "Lead", "--query", soql, "--result_file", "leads.csv")
    with open(project / "leads.csv", newline="") as file:
        mine = [(row["Id"], row["LastName"], row["Owner.Name"]) for row in csv.DictReader(file)]
    theirs = [(row["Id"], row["LastName"], row["Owner"]["Name"]) for row in other.query(soql)]
    equal(mine, theirs)


def deploys():
    package("one", {"Role": ["Cci_A"]}, {"roles/Cci_A.role": role_file("Cci A")})
    cci("deploy", "--path", "one")
    equal(roles("Cci%"), ["Cci_A"])


def deploy_checks_only():
    package("two", {"Role": ["Cci_B"]}, {"roles/Cci_B.role": role_file("Cci B")})
    cci("deploy", "--path", "two", "--check_only", "True")
    equal(roles("Cci_B"), [])


def deploys_over_rest():
    before = calls("POST", "/metadata/deployRequest")
    cci("deploy", "--path", "two", "--rest_deploy", "True")
    equal(calls("POST", "/metadata/deployRequest"), before + 1)
    equal(roles("Cci_B"), ["Cci_B"])


def deploy_fails():
    broken = role_file("Cci C", "<parentRole>Xyzzy</parentRole>")
    package("three", {"Role": ["Cci_C"]}, {"roles/Cci_C.role": broken})
    told = cci("deploy", "--path", "three", fails=True)
    assert "Xyzzy" in told, told[-600:]
    equal(roles("Cci_C"), [])


def retrieves():
    package("wanted", {"Role": ["Cci_A", "Head_of_Sales"]}, {})
    (project / "got").mkdir()
    cci("retrieve_unpackaged", "--path", "got", "--package_xml", "wanted/package.xml")
    names = sorted(file.stem for file in (project / "got" / "roles").iterdir())
    equal(names, ["Cci_A", "Head_of_Sales"])
    text = (project / "got" / "roles" / "Head_of_Sales.role").read_text()
    parent = one("SELECT ParentRole.DeveloperName FROM UserRole WHERE DeveloperName = 'Head_of_Sales'")
    assert f"<parentRole>{parent['ParentRole']['DeveloperName']}</parentRole>" in text, text


def deletes():
    package("gone", {}, {})
    (project / "gone" / "destructiveChanges.xml").write_text(
        f"{HEAD}<Package {SPACE}>\n<types>\n<members>Cci_A</members>\n<members>Cci_B</members>\n"
        f"<name>Role</name>\n</types>\n<version>62.0</version>\n</Package>\n"
    )
    cci("deploy", "--path", "gone")
    equal(roles("Cci%"), [])


def deletes_before_and_after():
    """The upper role can go only once the package has moved the lower one: after it, not before."""
    lower = {"roles/Cci_Below.role": role_file("Cci Below", "<parentRole>Cci_Above</parentRole>\n")}
    package(
        "begin",
        {"Role": ["Cci_Above", "Cci_Below"]},
        {**lower, "roles/Cci_Above.role": role_file("Cci Above")},
    )
    cci("deploy", "--path", "begin")
    gone = (
        f"{HEAD}<Package {SPACE}>\n<types>\n<members>Cci_Above</members>\n<name>Role</name>\n</types>\n"
        "<version>62.0</version>\n</Package>\n"
    )
    moved = {"roles/Cci_Below.role": role_file("Cci Below")}
    package("early", {"Role": ["Cci_Below"]}, {**moved, "destructiveChangesPre.xml": gone})
    told = cci("deploy", "--path", "early", fails=True)
    assert "in use" in told, told[-600:]
    equal(roles("Cci_%"), ["Cci_Above", "Cci_Below"])
    package("late", {"Role": ["Cci_Below"]}, {**moved, "destructiveChangesPost.xml": gone})
    cci("deploy", "--path", "late")
    equal(roles("Cci_%"), ["Cci_Below"])


def inserts_a_record():
    cci("insert_record", "--object", "Lead", "--values", "LastName:Inserted,Company:Cci Works")
    equal(one("SELECT Company FROM Lead WHERE LastName = 'Inserted'"), {"Company": "Cci Works"})


def assigns_several_permission_sets():
    """The task asks for what is assigned already, and inserts the others as one collection."""
    soql = (
        "SELECT PermissionSet.Name FROM PermissionSetAssignment WHERE"
        " PermissionSet.Name IN ('Sales_Enablement', 'Report_Builders', 'Lead_Stewards')"
        f" AND Assignee.Username = '{USERNAME}' ORDER BY PermissionSet.Name"
    )
    collections = calls("POST", "/composite/sobjects")
    cci("assign_permission_sets", "--api_names", "Sales_Enablement,Report_Builders,Lead_Stewards")
    names = [row["PermissionSet"]["Name"] for row in other.query(soql)]
    equal(names, ["Lead_Stewards", "Report_Builders", "Sales_Enablement"])
    equal(calls("POST", "/composite/sobjects"), collections + 1)


def narrows_defaults():
    cci("narrow")
    row = one(
        "SELECT InternalSharingModel, ExternalSharingModel FROM EntityDefinition"
        " WHERE QualifiedApiName = 'Lead'"
    )
    equal(row, {"InternalSharingModel": "Private", "ExternalSharingModel": "Private"})


def assigns_permission_sets():
    soql = (
        "SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Sales_Enablement'"
        f" AND Assignee.Username = '{USERNAME}'"
    )
    equal(other.query(soql), [])
    cci("assign_permission_sets", "--api_names", "Sales_Enablement")
    first = one(soql)
    cci("assign_permission_sets", "--api_names", "Sales_Enablement")
    equal(one(soql), first)


set_up()
for name, action in {
    "bulk: query": queries_in_bulk,
    "deploy: deploy": deploys,
    "check-only: deploy": deploy_checks_only,
    "deploy-rest: deploy": deploys_over_rest,
    "deploy-refused: deploy": deploy_fails,
    "retrieve: retrieve_unpackaged": retrieves,
    "destructive: deploy, without a word on when": deletes,
    "destructive: deploy, before and after": deletes_before_and_after,
    "records: insert_record": inserts_a_record,
    "defaults: set_organization_wide_defaults": narrows_defaults,
    "assignments: assign_permission_sets": assigns_permission_sets,
    "collections: assign_permission_sets": assigns_several_permission_sets,
}.items():
    check(name, action)
other.end()
finish()
