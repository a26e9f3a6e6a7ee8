"""simple-salesforce acts, jsforce looks. The client knows https only: it talks through a TLS relay."""

import base64
import io
import os
import time
import zipfile

from simple_salesforce.exceptions import (
    SalesforceError,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)
from zeep.exceptions import Fault

import org
from checks import Observer, check, equal, finish, refused

salesforce = org.salesforce()
metadata = salesforce.mdapi
other = Observer()
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def one(soql):
    """The one record a query finds through the other client."""
    records = other.query(soql)
    assert len(records) == 1, f"{len(records)} records: {soql}"
    return records[0]


def pack(extra_file=None, extra_types="", **files):
    """A package of roles as a zip file; with another manifest of this name and content."""
    members = "".join(f"<members>{name}</members>" for name in files)
    types = f"<types>{members}<name>Role</name></types>" if files else ""
    manifest = f"{HEAD}<Package {SPACE}>{types}<version>{org.VERSION}</version></Package>"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("package.xml", manifest)
        if extra_file:
            text = f"{HEAD}<Package {SPACE}>{extra_types}<version>{org.VERSION}</version></Package>"
            archive.writestr(extra_file, text)
        for name, extra in files.items():
            text = f"{HEAD}<Role {SPACE}>{extra}<name>{name}</name></Role>"
            archive.writestr(f"roles/{name}.role", text)
    data.seek(0)
    return data


def roles(pattern):
    """Developer names that the other client finds."""
    rows = other.query(f"SELECT DeveloperName FROM UserRole WHERE DeveloperName LIKE '{pattern}'")
    return [row["DeveloperName"] for row in rows]


def deployed(data, **options):
    """A deploy that has ended: state, detail, message, tests."""
    job = salesforce.deploy(data, sandbox=False, **options)
    for _ in range(50):
        status = salesforce.checkDeployStatus(job["asyncId"])
        if status["state"] not in ("Pending", "InProgress"):
            return status
        time.sleep(0.1)
    raise AssertionError("the deploy does not end")


def reads_usage_from_limits():
    salesforce.query("SELECT Id FROM Lead LIMIT 1")
    usage = salesforce.api_usage["api-usage"]
    assert 0 < usage.used < usage.total, usage


def describes_alike():
    equal(
        [row["name"] for row in salesforce.describe()["sobjects"]],
        [row["name"] for row in other.ask("global")["sobjects"]],
    )
    mine = {field["name"]: field["type"] for field in salesforce.Lead.describe()["fields"]}
    theirs = {field["name"]: field["type"] for field in other.ask("describe", "Lead")["fields"]}
    equal(mine, theirs)


def pages_to_the_end():
    mine = [row["Id"] for row in salesforce.query_all_iter("SELECT Id FROM Contact ORDER BY Id")]
    equal(mine, [row["Id"] for row in other.query("SELECT Id FROM Contact ORDER BY Id")])
    assert len(mine) >= 1400, len(mine)


def query_more_by_locator():
    salesforce.headers["Sforce-Query-Options"] = "batchSize=200"
    try:
        first = salesforce.query("SELECT Id FROM Lead ORDER BY Id")
        locator = first["nextRecordsUrl"].rsplit("/", 1)[1]
        second = salesforce.query_more(locator)
    finally:
        del salesforce.headers["Sforce-Query-Options"]
    mine = [row["Id"] for row in first["records"] + second["records"]]
    equal(len(first["records"]), 200)
    theirs = [row["Id"] for row in other.query("SELECT Id FROM Lead ORDER BY Id")]
    equal(mine, theirs[: len(mine)])


def crud():
    created = salesforce.Lead.create({"LastName": "Simple", "Company": "S"})
    lead = created["id"]
    equal(one(f"SELECT LastName FROM Lead WHERE Id = '{lead}'"), {"LastName": "Simple"})
    equal(salesforce.Lead.update(lead, {"LastName": "Simpler", "Sync_to_HubSpot__c": True}), 204)
    seen = other.ask("get", "Lead", lead)
    equal([seen["LastName"], seen["Sync_to_HubSpot__c"]], ["Simpler", True])
    equal(salesforce.Lead.delete(lead), 204)
    equal(other.query(f"SELECT Id FROM Lead WHERE Id = '{lead}'"), [])
    refused(SalesforceResourceNotFound, lambda: salesforce.Lead.get(lead))


def names_the_fields_of_a_refusal():
    user = dict(
        Username=os.environ["ORG_USERNAME"],
        LastName="Twice",
        Email="t@acme.example",
        Alias="twice",
        ProfileId=one("SELECT Id FROM Profile WHERE Name = 'Standard User'")["Id"],
        TimeZoneSidKey="Europe/Berlin",
        LocaleSidKey="en_US",
        EmailEncodingKey="UTF-8",
        LanguageLocaleKey="en_US",
    )
    error = refused(SalesforceMalformedRequest, lambda: salesforce.User.create(user)).content[0]
    equal([error["errorCode"], error["fields"]], ["DUPLICATE_USERNAME", ["Username"]])
    equal(other.query("SELECT Id FROM User WHERE Alias = 'twice'"), [])


def restful_composite():
    part = {"method": "POST", "url": f"/services/data/v{org.VERSION}/sobjects/Account"}
    body = {
        "allOrNone": True,
        "compositeRequest": [
            {**part, "referenceId": "a", "body": {"Name": "Simple Composite"}},
            {**part, "referenceId": "b", "body": {}},
        ],
    }
    answer = salesforce.restful("composite", method="POST", json=body)
    equal([row["httpStatusCode"] for row in answer["compositeResponse"]], [400, 400])
    equal(other.query("SELECT Id FROM Account WHERE Name = 'Simple Composite'"), [])


def bulk_query():
    soql = "SELECT Id, LastName FROM Lead WHERE Sync_to_HubSpot__c = true ORDER BY Id"
    mine = [
        {"Id": row["Id"], "LastName": row["LastName"]} for row in salesforce.bulk.Lead.query(soql)
    ]
    equal(mine, other.query(soql))


def metadata_crud():
    role = metadata.Role(fullName="Simple_Role", name="Simple Role", parentRole="Head_of_Sales")
    metadata.Role.create(role)
    seen = one("SELECT Name, ParentRole.Name FROM UserRole WHERE DeveloperName = 'Simple_Role'")
    equal([seen["Name"], seen["ParentRole"]["Name"]], ["Simple Role", "Head of Sales"])
    role = metadata.Role.read("Simple_Role")
    role.name = "Renamed"
    metadata.Role.update(role)
    equal(other.ask("read", "Role", "Simple_Role")["name"], "Renamed")
    metadata.Role.upsert(metadata.Role(fullName="Simple_Role", name="Upserted"))
    equal(one("SELECT Name FROM UserRole WHERE DeveloperName = 'Simple_Role'")["Name"], "Upserted")
    metadata.Role.delete("Simple_Role")
    equal(roles("Simpl%"), [])


def refuses_what_it_does_not_serve():
    error = refused(Fault, lambda: metadata.Role.rename("Head_of_Sales", "Head_of_Nothing"))
    assert "renameMetadata" in error.message, error.message
    equal(roles("Head_of_Nothing"), [])
    error = refused(SalesforceError, lambda: salesforce.search("FIND {Acme}"))
    equal(error.content[0]["errorCode"], "NOT_FOUND")
    rows = [{"LastName": "Bulky", "Company": "B"}]
    refused(SalesforceError, lambda: salesforce.bulk.Lead.insert(rows))
    refused(SalesforceError, lambda: salesforce.bulk2.Lead.insert(records=rows))
    equal(other.query("SELECT Id FROM Lead WHERE LastName = 'Bulky'"), [])


def deletes_by_deploy():
    equal(deployed(pack(Simple_Above=""))["state"], "Succeeded")
    equal(deployed(pack(Simple_Below="<parentRole>Simple_Above</parentRole>"))["state"], "Succeeded")
    above = f"<types><members>Simple_Above</members><name>Role</name></types>"
    early = deployed(pack("destructiveChangesPre.xml", above, Simple_Below=""))
    equal(early["state"], "Failed")
    equal(sorted(roles("Simple_%")), ["Simple_Above", "Simple_Below"])
    late = deployed(pack("destructiveChangesPost.xml", above, Simple_Below=""))
    equal(late["state"], "Succeeded")
    equal(roles("Simple_%"), ["Simple_Below"])
    below = above.replace("Above", "Below")
    equal(deployed(pack("destructiveChanges.xml", below))["state"], "Succeeded")
    equal(roles("Simple_%"), [])


def upserts():
    field = metadata.CustomField(
        fullName="Lead.Simple_Key__c",
        label="Simple Key",
        type=metadata.FieldType("Text"),
        length=20,
        externalId=True,
        unique=True,
    )
    metadata.CustomField.create(field)
    profile = metadata.Profile(fullName="Admin")
    entry = metadata.ProfileFieldLevelSecurity(
        field="Lead.Simple_Key__c", editable=True, readable=True
    )
    profile.fieldPermissions = [entry]
    metadata.Profile.update(profile)
    soql = "SELECT LastName, Simple_Key__c FROM Lead WHERE Simple_Key__c = 'S-1'"
    lead = {"LastName": "First", "Company": "S"}
    equal(salesforce.Lead.upsert("Simple_Key__c/S-1", lead), 201)
    equal(one(soql), {"LastName": "First", "Simple_Key__c": "S-1"})
    equal(salesforce.Lead.upsert("Simple_Key__c/S-1", {**lead, "LastName": "Second"}) in (200, 204), True)
    equal(one(soql)["LastName"], "Second")


def tooling_queries():
    soql = "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Lead', 'Account') ORDER BY QualifiedApiName"
    rows = salesforce.toolingexecute("query/", params={"q": soql})["records"]
    equal(org.plain(rows), other.ask("tooling", soql))
    equal(len(rows), 2)


def answers_queries_alike():
    for soql in [
        "SELECT Id, Owner.Name, (SELECT Id FROM Contacts ORDER BY Id) FROM Account ORDER BY Id LIMIT 5",
        "SELECT Status, COUNT(Id) n FROM Lead GROUP BY Status ORDER BY Status",
        "SELECT Id FROM Lead WHERE Name LIKE '%a%' AND CreatedDate < TODAY ORDER BY Id LIMIT 20 OFFSET 5",
    ]:
        mine = org.plain(salesforce.query(soql)["records"])
        assert mine, soql
        equal(mine, other.query(soql))


def reads_an_object():
    mine = metadata.CustomObject.read("Lead")
    theirs = other.ask("read", "CustomObject", "Lead")
    equal(mine.sharingModel, theirs["sharingModel"])
    equal(sorted(field.fullName for field in mine.fields), sorted(field["fullName"] for field in theirs["fields"]))


def metadata_describe():
    names = [row["xmlName"] for row in org.as_data(metadata.describe_metadata())["metadataObjects"]]
    assert {"Profile", "Role", "SharingRules"} <= set(names), names
    listed = metadata.list_metadata([metadata.ListMetadataQuery(type="Profile")])
    mine = sorted(row["fullName"] for row in org.as_data(listed))
    equal(mine, sorted(other.ask("list", "Profile")))


def metadata_read_profile():
    profile = metadata.Profile.read("Admin")
    mine = sorted(row["name"] for row in profile.userPermissions)
    theirs = sorted(row["name"] for row in other.ask("read", "Profile", "Admin")["userPermissions"])
    equal(mine, theirs)


def deploys():
    status = deployed(pack(Simple_Deploy=""))
    equal([status["state"], status["deployment_detail"]["deployed_count"]], ["Succeeded", "1"])
    equal(roles("Simple_Deploy"), ["Simple_Deploy"])


def deploy_fails():
    status = deployed(pack(Simple_Fail="<parentRole>Xyzzy</parentRole>"))
    equal(status["state"], "Failed")
    failure = status["deployment_detail"]["errors"][0]
    equal([failure["file"], failure["type"]], ["roles/Simple_Fail.role", "Role"])
    assert "Xyzzy" in failure["message"], failure
    equal(roles("Simple_Fail"), [])


def deploy_checks_only():
    status = deployed(pack(Simple_Check=""), checkOnly=True)
    equal(status["state"], "Succeeded")
    equal(roles("Simple_Check"), [])


def retrieves():
    async_id, state = metadata.retrieve("any", single_package=True, unpackaged={"Role": ["*"]})
    for _ in range(50):
        state, _, _ = metadata.check_retrieve_status(async_id)
        if state not in ("Pending", "InProgress"):
            break
    equal(state, "Succeeded")
    _, _, _, data = metadata.retrieve_zip(async_id)
    data = data if data[:2] == b"PK" else base64.b64decode(data)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    mine = sorted(name.split("/")[-1][:-5] for name in names if name.endswith(".role"))
    equal(mine, sorted(roles("%")))


for name, action in {
    "limits: usage is told with every answer": reads_usage_from_limits,
    "describe: the same to both": describes_alike,
    "pages: to the end": pages_to_the_end,
    "pages: by locator": query_more_by_locator,
    "records: created, changed, read and deleted": crud,
    "users: refusals name their fields": names_the_fields_of_a_refusal,
    "composite: rolled back as a whole": restful_composite,
    "bulk: a query": bulk_query,
    "write: a role created, read, updated, upserted, deleted": metadata_crud,
    "not-served: renameMetadata, search, bulk writes": refuses_what_it_does_not_serve,
    "list: types, and profiles": metadata_describe,
    "read: a profile": metadata_read_profile,
    "read: an object": reads_an_object,
    "query: the same to both": answers_queries_alike,
    "tooling: queries": tooling_queries,
    "upsert: a record by its outer key": upserts,
    "destructive: before, after, and without a word on when": deletes_by_deploy,
    "deploy: a role": deploys,
    "deploy-refused: leaves nothing": deploy_fails,
    "check-only: changes nothing": deploy_checks_only,
    "retrieve: every role": retrieves,
}.items():
    check(name, action)
other.end()
finish()
