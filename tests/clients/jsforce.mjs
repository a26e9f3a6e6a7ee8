// jsforce acts, simple-salesforce looks.
import { assert, baseUrl, check, connection, jsforce, Observer, plain, refused, token, username, version } from './support/checks.mjs';
import { zip } from './support/zip.mjs';

const org = connection();
const other = new Observer();
const one = async (soql) => {
  const records = await other.query(soql);
  assert.equal(records.length, 1, `${records.length} records: ${soql}`);
  return records[0];
};

await check('identity tells who the token belongs to', async () => {
  const identity = await org.identity();
  const user = await one(`SELECT Id, Email FROM User WHERE Username = '${username}'`);
  assert.deepEqual([identity.user_id, identity.username, identity.email], [user.Id, username, user.Email]);
  const organization = await one('SELECT Id FROM Organization');
  assert.equal(identity.organization_id, organization.Id);
});

await check('a log-in with a password opens a session of that user', async () => {
  const session = new jsforce.Connection({ loginUrl: baseUrl, version });
  const user = await session.login(username, 'any-password-but-none');
  assert.equal(user.id, (await one(`SELECT Id FROM User WHERE Username = '${username}'`)).Id);
  assert.notEqual(session.accessToken, token);
  assert.equal((await session.query('SELECT COUNT() FROM Lead')).totalSize, 2000);
  const late = new jsforce.Connection({ instanceUrl: baseUrl, accessToken: session.accessToken, version });
  assert.equal((await late.identity()).username, username);
  await session.logout();
  const gone = await refused(() => late.query('SELECT Id FROM Lead LIMIT 1'));
  assert.equal(gone.errorCode, 'INVALID_SESSION_ID');
});

await check('a wrong log-in is refused', async () => {
  const session = new jsforce.Connection({ loginUrl: baseUrl, version });
  const refusal = await refused(() => session.login('nobody@acme.example', 'x'));
  assert.match(refusal.message, /^INVALID_LOGIN: Invalid username, password, security token; or user locked out\.$/);
});

await check('describe global lists the same objects to both', async () => {
  const names = (await org.describeGlobal()).sobjects.map((object) => object.name);
  for (const name of ['Lead', 'User', 'PermissionSet']) assert.ok(names.includes(name), name);
  assert.deepEqual(names, (await other.ask('global')).sobjects.map((object) => object.name));
});

for (const object of ['Lead', 'User', 'PermissionSet', 'Contact', 'UserRecordAccess']) {
  await check(`describe of ${object} lists the same fields to both`, async () => {
    const mine = (await org.describe(object)).fields;
    const theirs = (await other.ask('describe', object)).fields;
    const short = (fields) => fields.map(({ name, type, length, nillable, createable }) => [name, type, length, nillable, createable]);
    assert.deepEqual(short(mine), short(theirs));
    assert.ok(mine.length > 3);
  });
}

const queries = {
  'parents of parents': "SELECT Name, Owner.Name, Owner.UserRole.ParentRole.Name FROM Account WHERE Owner.UserRole.Name != null ORDER BY Name, Id LIMIT 50",
  'sub-queries': "SELECT Name, (SELECT LastName, Email FROM Contacts ORDER BY LastName, Id LIMIT 3) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) ORDER BY Name, Id LIMIT 20",
  'semi-joins': "SELECT Name FROM Profile WHERE Id IN (SELECT ProfileId FROM User WHERE IsActive = true) ORDER BY Name",
  'anti-joins': "SELECT Name FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact) ORDER BY Id LIMIT 30",
  'aggregates': "SELECT Status, COUNT(Id) leads, COUNT_DISTINCT(OwnerId) owners, MAX(CreatedDate) newest FROM Lead GROUP BY Status ORDER BY Status",
  'groups that have': "SELECT OwnerId, COUNT(Id) n FROM Lead GROUP BY OwnerId HAVING COUNT(Id) > 30 ORDER BY COUNT(Id) DESC, OwnerId",
  'IN and LIKE': "SELECT Name FROM Lead WHERE Status IN ('Open - Not Contacted', 'Working - Contacted') AND Email LIKE '%@%.example' AND (NOT LastName LIKE 'A%') ORDER BY Name, Id LIMIT 100",
  'dates': "SELECT Id, CreatedDate FROM Lead WHERE CreatedDate >= 2025-01-01T00:00:00Z AND CreatedDate < 2026-06-01T00:00:00Z ORDER BY CreatedDate DESC, Id LIMIT 25",
  'date words': "SELECT COUNT(Id) n FROM Lead WHERE CreatedDate = LAST_N_DAYS:3000 OR CreatedDate > TODAY",
  'order and offset': "SELECT Name FROM Lead ORDER BY LastName DESC NULLS LAST, Id LIMIT 10 OFFSET 40",
  'nulls': "SELECT COUNT(Id) n FROM Lead WHERE Email = null",
  'checkboxes': "SELECT COUNT(Id) n FROM Lead WHERE Sync_to_HubSpot__c = TRUE AND Email LIKE '%@%'",
  'names in any case': "select id, LASTNAME from lead where isconverted = false order by id limit 5",
  'record access': null,
  'permissions through parents': "SELECT Parent.Label, Parent.Profile.Name, PermissionsViewAllRecords FROM ObjectPermissions WHERE SobjectType = 'Lead' AND PermissionsViewAllRecords = true ORDER BY Parent.Label",
  'assignments below users': "SELECT Id, (SELECT PermissionSetId, PermissionSet.Name FROM PermissionSetAssignments ORDER BY PermissionSetId) FROM User WHERE IsActive = true ORDER BY Username LIMIT 10",
  'entity definitions': "SELECT QualifiedApiName, InternalSharingModel, ExternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Lead', 'Account')",
  'share rows': "SELECT RowCause, COUNT(Id) n FROM LeadShare GROUP BY RowCause",
  'fields of all kinds': "SELECT FIELDS(STANDARD) FROM Lead ORDER BY Id LIMIT 3",
};
queries['record access'] = await (async () => {
  const ids = (await org.query('SELECT Id FROM Lead ORDER BY Id LIMIT 20')).records.map((lead) => `'${lead.Id}'`);
  const user = (await org.query("SELECT Id FROM User WHERE Profile.Name = 'Inside Sales' AND IsActive = true LIMIT 1")).records[0];
  return `SELECT RecordId, HasReadAccess, HasEditAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '${user.Id}' AND RecordId IN (${ids})`;
})();
for (const [name, soql] of Object.entries(queries)) {
  await check(`query: ${name}`, async () => {
    const mine = plain((await org.query(soql)).records);
    assert.ok(mine.length > 0, 'it finds something');
    const theirs = await other.query(soql);
    const unpaged = (records) => JSON.parse(JSON.stringify(records, (key, value) => (key === 'nextRecordsUrl' ? undefined : value)));
    assert.deepEqual(unpaged(mine), unpaged(theirs));
  });
}

const mistakes = {
  "SELECT Id FROM Xyzzy": ['INVALID_TYPE', /sObject type 'Xyzzy' is not supported/],
  "SELECT Xyzzy FROM Lead": ['INVALID_FIELD', /No such column 'Xyzzy' on entity 'Lead'/],
  "SELECT Id FROM Lead WHERE": ['MALFORMED_QUERY', /unexpected token/],
  "SELECT Id FROM Lead WHERE Name LIKE 3": ['INVALID_FIELD', /./],
  "SELECT Id FROM UserRecordAccess": ['MALFORMED_QUERY', /./],
};
for (const [soql, [code, text]] of Object.entries(mistakes)) {
  await check(`refused: ${soql}`, async () => {
    const refusal = await refused(() => org.query(soql));
    assert.equal(refusal.errorCode, code, refusal.message);
    assert.match(refusal.message, text);
    const seen = await refused(() => other.query(soql));
    assert.match(seen.message, new RegExp(code), 'the other client is refused alike');
  });
}

await check('pages follow each other', async () => {
  const first = await org.query('SELECT Id FROM Lead ORDER BY Id', { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  assert.deepEqual([first.records.length, first.totalSize, first.done], [200, 2000, false]);
  const ids = first.records.map((lead) => lead.Id);
  for (let page = first; !page.done; ) {
    page = await org.queryMore(page.nextRecordsUrl);
    ids.push(...page.records.map((lead) => lead.Id));
  }
  assert.deepEqual(ids, (await other.query('SELECT Id FROM Lead ORDER BY Id')).map((lead) => lead.Id));
});

await check('tooling queries', async () => {
  const soql = "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'";
  const mine = plain((await org.tooling.query(soql)).records);
  assert.deepEqual(mine, await other.ask('tooling', soql));
  const packages = await org.tooling.query('SELECT SubscriberPackage.NamespacePrefix FROM InstalledSubscriberPackage');
  assert.ok(packages.records.some((row) => row.SubscriberPackage.NamespacePrefix === 'HubSpot_Inc'));
});

await check('limits are told', async () => {
  const limits = await org.limits();
  assert.ok(limits.DailyApiRequests.Max > limits.DailyApiRequests.Remaining);
});

// ---- records

let lead;
await check('a record is created, changed, read and deleted', async () => {
  const created = await org.sobject('Lead').create({ LastName: 'Quillfeather', Company: 'Quillfeather Ltd', Email: 'q@quill.example' });
  assert.equal(created.success, true);
  lead = created.id;
  assert.equal((await one(`SELECT LastName FROM Lead WHERE Id = '${lead}'`)).LastName, 'Quillfeather');
  await org.sobject('Lead').update({ Id: lead, LastName: 'Quillfeather-Moss', Sync_to_HubSpot__c: true });
  const seen = await other.ask('get', 'Lead', lead);
  assert.deepEqual([seen.LastName, seen.Sync_to_HubSpot__c], ['Quillfeather-Moss', true]);
  await org.sobject('Lead').destroy(lead);
  assert.deepEqual(await other.query(`SELECT Id FROM Lead WHERE Id = '${lead}'`), []);
  const gone = await refused(() => org.sobject('Lead').retrieve(lead));
  assert.equal(gone.errorCode, 'NOT_FOUND');
});

await check('refusals of records carry code and fields', async () => {
  const check = async (action, code, fields) => {
    const refusal = await refused(action);
    assert.equal(refusal.errorCode, code, refusal.message);
    if (fields) assert.deepEqual(refusal.data?.fields ?? refusal.fields, fields);
  };
  await check(() => org.sobject('Lead').create({ LastName: 'X' }), 'REQUIRED_FIELD_MISSING');
  await check(() => org.sobject('Lead').create({ LastName: 'X', Company: 'Y', Xyzzy__c: 1 }), 'INVALID_FIELD');
  await check(() => org.sobject('Xyzzy').create({ Name: 'X' }), 'NOT_FOUND');
  assert.equal((await other.query("SELECT Id FROM Lead WHERE LastName = 'X'")).length, 0);
});

await check('collections write what they can, or all or nothing', async () => {
  const some = await org.sobject('Lead').create(
    [{ LastName: 'Coll1', Company: 'C' }, { LastName: 'Coll2' }, { LastName: 'Coll3', Company: 'C' }],
    { allOrNone: false },
  );
  assert.deepEqual(some.map((result) => result.success), [true, false, true]);
  assert.equal(some[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  assert.equal((await other.query("SELECT Id FROM Lead WHERE LastName LIKE 'Coll%'")).length, 2);
  const none = await org.sobject('Lead').create([{ LastName: 'Coll4', Company: 'C' }, { LastName: 'Coll5' }], { allOrNone: true });
  assert.deepEqual(none.map((result) => result.success), [false, false]);
  assert.equal((await other.query("SELECT Id FROM Lead WHERE LastName LIKE 'Coll%'")).length, 2);
  const ids = [some[0].id, some[2].id];
  await org.sobject('Lead').update(ids.map((Id) => ({ Id, Company: 'D' })));
  assert.equal((await other.query("SELECT Id FROM Lead WHERE LastName LIKE 'Coll%' AND Company = 'D'")).length, 2);
  const deleted = await org.sobject('Lead').destroy(ids);
  assert.deepEqual(deleted.map((result) => result.success), [true, true]);
  assert.equal((await other.query("SELECT Id FROM Lead WHERE LastName LIKE 'Coll%'")).length, 0);
});

const composite = (allOrNone, lastName, company) =>
  org.requestPost(`/services/data/v${version}/composite`, {
    allOrNone,
    compositeRequest: [
      { method: 'POST', url: `/services/data/v${version}/sobjects/Account`, referenceId: 'account', body: { Name: 'Composite Works' } },
      { method: 'POST', url: `/services/data/v${version}/sobjects/Contact`, referenceId: 'contact', body: { LastName: lastName, AccountId: '@{account.id}' } },
      { method: 'GET', url: `/services/data/v${version}/sobjects/Contact/@{contact.id}?fields=AccountId`, referenceId: 'look' },
    ],
  });

await check('composite requests refer to each other', async () => {
  const { compositeResponse } = await composite(true, 'Compo');
  assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [201, 201, 200]);
  const contact = await one("SELECT Account.Name FROM Contact WHERE LastName = 'Compo'");
  assert.equal(contact.Account.Name, 'Composite Works');
});

await check('a composite request is rolled back as a whole', async () => {
  const before = (await other.query("SELECT Id FROM Account WHERE Name = 'Composite Works'")).length;
  const { compositeResponse } = await composite(true, '');
  assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [400, 400, 400]);
  assert.equal(compositeResponse[0].body[0].errorCode, 'PROCESSING_HALTED');
  assert.equal((await other.query("SELECT Id FROM Account WHERE Name = 'Composite Works'")).length, before);
});

await check('a batch answers each part', async () => {
  const soql = encodeURIComponent('SELECT Id FROM Lead LIMIT 1');
  const answer = await org.requestPost(`/services/data/v${version}/composite/batch`, {
    batchRequests: [
      { method: 'GET', url: `v${version}/query?q=${soql}` },
      { method: 'GET', url: `v${version}/sobjects/Xyzzy/describe` },
    ],
  });
  assert.deepEqual([answer.hasErrors, answer.results.map((part) => part.statusCode)], [true, [200, 404]]);
});

await check('users: required fields, unique names, no deletion, deactivation', async () => {
  const profile = (await one("SELECT Id FROM Profile WHERE Name = 'Standard User'")).Id;
  const user = {
    Username: 'jsf.user@acme.example', LastName: 'Jsf', Email: 'jsf@acme.example', Alias: 'jsf', ProfileId: profile,
    TimeZoneSidKey: 'Europe/Berlin', LocaleSidKey: 'en_US', EmailEncodingKey: 'UTF-8', LanguageLocaleKey: 'en_US',
  };
  const { Alias, ...incomplete } = user;
  assert.equal((await refused(() => org.sobject('User').create(incomplete))).errorCode, 'REQUIRED_FIELD_MISSING');
  const { id } = await org.sobject('User').create(user);
  assert.equal((await other.ask('get', 'User', id)).Username, user.Username);
  const twice = await refused(() => org.sobject('User').create(user));
  assert.equal(twice.errorCode, 'DUPLICATE_USERNAME');
  await refused(() => org.sobject('User').destroy(id));
  await org.sobject('User').update({ Id: id, IsActive: false });
  assert.equal((await one(`SELECT IsActive FROM User WHERE Id = '${id}'`)).IsActive, false);
});

await check('a permission set is assigned once', async () => {
  const set = (await one("SELECT Id FROM PermissionSet WHERE Name = 'Report_Builders'")).Id;
  const user = (await other.query(`SELECT Id FROM User WHERE IsActive = true AND Profile.UserLicense.Name = 'Salesforce' AND Id NOT IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSetId = '${set}') LIMIT 1`))[0].Id;
  const { id } = await org.sobject('PermissionSetAssignment').create({ PermissionSetId: set, AssigneeId: user });
  assert.equal((await one(`SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '${set}' AND AssigneeId = '${user}'`)).Id, id);
  const again = await refused(() => org.sobject('PermissionSetAssignment').create({ PermissionSetId: set, AssigneeId: user }));
  assert.equal(again.errorCode, 'DUPLICATE_VALUE');
  await org.sobject('PermissionSetAssignment').destroy(id);
  assert.deepEqual(await other.query(`SELECT Id FROM PermissionSetAssignment WHERE Id = '${id}'`), []);
});

// ---- metadata

await check('metadata describe and list', async () => {
  const types = (await org.metadata.describe(version)).metadataObjects.map((type) => type.xmlName);
  for (const type of ['Profile', 'Role', 'SharingRules', 'CustomObject', 'PermissionSet']) assert.ok(types.includes(type), type);
  const names = (rows) => rows.map((row) => row.fullName).sort();
  const mine = names(await org.metadata.list([{ type: 'Role' }], version));
  assert.deepEqual(mine, (await other.query('SELECT DeveloperName FROM UserRole')).map((role) => role.DeveloperName).sort());
  assert.deepEqual(mine, (await other.ask('list', 'Role')).sort());
});

await check('metadata read', async () => {
  const profile = await org.metadata.read('Profile', 'Admin');
  assert.equal(profile.fullName, 'Admin');
  const lead = profile.objectPermissions.find((entry) => entry.object === 'Lead');
  assert.equal(String(lead.modifyAllRecords), 'true');
  const names = profile.userPermissions.map((entry) => entry.name).sort();
  assert.ok(names.includes('ModifyAllData'));
  const seen = await other.ask('read', 'Profile', 'Admin');
  assert.deepEqual(seen.userPermissions.map((entry) => entry.name).sort(), names);
  const object = await org.metadata.read('CustomObject', 'Lead');
  assert.equal(object.sharingModel, (await other.ask('read', 'CustomObject', 'Lead')).sharingModel);
  const [present, absent] = await org.metadata.read('Role', ['Head_of_Sales', 'Xyzzy']);
  assert.equal(present.fullName, 'Head_of_Sales');
  assert.equal(absent?.fullName, undefined);
});

const role = (fullName, rest = {}) => ({ fullName, name: fullName.replaceAll('_', ' '), ...rest });

await check('metadata create, update, upsert, delete', async () => {
  const created = await org.metadata.create('Role', role('Jsf_Role', { description: 'first' }));
  assert.deepEqual(plain(created.success ?? created[0]?.success), true, JSON.stringify(created));
  assert.equal((await one("SELECT Name FROM UserRole WHERE DeveloperName = 'Jsf_Role'")).Name, 'Jsf Role');
  const twice = await org.metadata.create('Role', role('Jsf_Role'));
  assert.equal(twice.success, false);
  assert.equal(twice.errors.statusCode ?? twice.errors[0].statusCode, 'DUPLICATE_DEVELOPER_NAME');
  const updated = await org.metadata.update('Role', role('Jsf_Role', { name: 'Jsf Renamed', parentRole: 'Head_of_Sales' }));
  assert.equal(updated.success, true, JSON.stringify(updated));
  const seen = await one("SELECT Name, ParentRole.DeveloperName FROM UserRole WHERE DeveloperName = 'Jsf_Role'");
  assert.deepEqual([seen.Name, seen.ParentRole.DeveloperName], ['Jsf Renamed', 'Head_of_Sales']);
  const upserted = await org.metadata.upsert('Role', [role('Jsf_Role'), role('Jsf_Other')]);
  assert.deepEqual(upserted.map((result) => [result.success, result.created]), [[true, false], [true, true]]);
  const deleted = await org.metadata.delete('Role', ['Jsf_Role', 'Jsf_Other', 'Jsf_Never']);
  assert.deepEqual(deleted.map((result) => result.success), [true, true, false]);
  assert.deepEqual(await other.query("SELECT Id FROM UserRole WHERE DeveloperName LIKE 'Jsf%'"), []);
});

await check('a custom field exists for those who were granted it', async () => {
  const field = await org.metadata.create('CustomField', {
    fullName: 'Lead.Outer_Key__c', label: 'Outer Key', type: 'Text', length: 40, externalId: true, unique: true,
  });
  assert.equal(field.success, true, JSON.stringify(field));
  const hidden = await refused(() => other.query('SELECT Outer_Key__c FROM Lead LIMIT 1'));
  assert.match(hidden.message, /No such column 'Outer_Key__c' on entity 'Lead'/);
  const granted = await org.metadata.update('Profile', {
    fullName: 'Admin', fieldPermissions: [{ field: 'Lead.Outer_Key__c', editable: true, readable: true }],
  });
  assert.equal(granted.success, true, JSON.stringify(granted));
  assert.equal((await other.query('SELECT Outer_Key__c FROM Lead LIMIT 1')).length, 1);
});

await check('a record is upserted by its outer key', async () => {
  const record = { Outer_Key__c: 'K-1', LastName: 'Upsert', Company: 'U' };
  const first = await org.sobject('Lead').upsert(record, 'Outer_Key__c');
  const second = await org.sobject('Lead').upsert({ ...record, LastName: 'Upserted' }, 'Outer_Key__c');
  assert.deepEqual([first.created, second.created], [true, false]);
  assert.equal((await one("SELECT LastName FROM Lead WHERE Outer_Key__c = 'K-1'")).LastName, 'Upserted');
});

// ---- deploys

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const space = 'xmlns="http://soap.sforce.com/2006/04/metadata"';
const manifest = (types) =>
  `${head}<Package ${space}>${Object.entries(types)
    .map(([name, members]) => `<types>${members.map((member) => `<members>${member}</members>`).join('')}<name>${name}</name></types>`)
    .join('')}<version>${version}</version></Package>`;
const roleFile = (name, extra = '') => `${head}<Role ${space}>${extra}<name>${name}</name></Role>`;
const pack = (names) =>
  zip({
    'package.xml': manifest({ Role: names }),
    ...Object.fromEntries(names.map((name) => [`roles/${name}.role`, roleFile(name)])),
  });
const options = { singlePackage: true, rollbackOnError: true };
org.metadata.pollInterval = 100;
const deploy = (archive, more = {}) => org.metadata.deploy(archive, { ...options, ...more }).complete(true);
const finished = async (id) => {
  for (let look = 0; look < 50; look += 1) {
    const status = await org.metadata.checkDeployStatus(id, true);
    if (status.done) return status;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`deploy ${id} does not end`);
};
const roles = async (pattern) => (await other.query(`SELECT DeveloperName FROM UserRole WHERE DeveloperName LIKE '${pattern}'`)).map((row) => row.DeveloperName);

await check('deploy over SOAP', async () => {
  const result = await deploy(pack(['Soap_A', 'Soap_B']));
  assert.deepEqual([result.status, result.numberComponentsDeployed], ['Succeeded', 2], JSON.stringify(result));
  assert.deepEqual((await roles('Soap%')).sort(), ['Soap_A', 'Soap_B']);
  const runs = await other.ask('tooling', `SELECT Status FROM DeployRequest WHERE Id = '${result.id}'`);
  assert.equal(runs[0].Status, 'Succeeded');
});

await check('a deploy that fails leaves nothing and says where', async () => {
  const archive = zip({
    'package.xml': manifest({ Role: ['Fail_A', 'Fail_B'] }),
    'roles/Fail_A.role': roleFile('Fail_A'),
    'roles/Fail_B.role': roleFile('Fail_B', '<parentRole>Xyzzy</parentRole>'),
  });
  const result = await deploy(archive);
  assert.equal(result.status, 'Failed');
  const failure = [result.details.componentFailures].flat()[0];
  assert.deepEqual([failure.fullName, failure.componentType, failure.problemType], ['Fail_B', 'Role', 'Error']);
  assert.match(failure.problem, /Xyzzy/);
  assert.deepEqual(await roles('Fail%'), []);
});

await check('a deploy without rollback keeps what is good', async () => {
  const archive = zip({
    'package.xml': manifest({ Role: ['Part_A', 'Part_B'] }),
    'roles/Part_A.role': roleFile('Part_A'),
    'roles/Part_B.role': roleFile('Part_B', '<parentRole>Xyzzy</parentRole>'),
  });
  const result = await deploy(archive, { rollbackOnError: false });
  assert.equal(result.status, 'SucceededPartial', JSON.stringify(result));
  assert.deepEqual(await roles('Part%'), ['Part_A']);
});

await check('check-only changes nothing; the quick deploy then does', async () => {
  const result = await deploy(pack(['Quick_A']), { checkOnly: true, testLevel: 'RunLocalTests' });
  assert.deepEqual([result.status, result.checkOnly], ['Succeeded', true], JSON.stringify(result));
  assert.deepEqual(await roles('Quick%'), []);
  const id = await org.metadata.deployRecentValidation({ id: result.id });
  const quick = await finished(typeof id === 'string' ? id : id.id);
  assert.equal(quick.status, 'Succeeded', JSON.stringify(quick));
  assert.deepEqual(await roles('Quick%'), ['Quick_A']);
});

await check('deploy over REST', async () => {
  const result = await org.metadata.deployRest(pack(['Rest_A']), options);
  const status = await finished(result.id);
  assert.equal(status.status, 'Succeeded', JSON.stringify(status));
  assert.deepEqual(await roles('Rest%'), ['Rest_A']);
});

await check('a deploy is cancelled', async () => {
  const job = await org.metadata.deploy(pack(['Cancel_A']), options);
  await org.metadata.cancelDeploy(job.id);
  const status = await finished(job.id);
  assert.equal(status.status, 'Canceled', JSON.stringify(status));
  assert.deepEqual(await roles('Cancel%'), []);
  const late = await refused(() => org.metadata.cancelDeploy(job.id));
  assert.match(late.message, /already completed/);
});

await check('destructive changes', async () => {
  const archive = zip({
    'package.xml': manifest({}),
    'destructiveChanges.xml': manifest({ Role: ['Soap_A', 'Soap_B', 'Rest_A'] }),
  });
  const result = await deploy(archive);
  assert.equal(result.status, 'Succeeded', JSON.stringify(result));
  assert.deepEqual([...(await roles('Soap%')), ...(await roles('Rest%'))], []);
});

await check('retrieve', async () => {
  const result = await org.metadata
    .retrieve({ singlePackage: true, apiVersion: version, unpackaged: { types: [{ name: 'Role', members: ['*'] }], version } })
    .complete();
  assert.equal(result.success, true);
  const files = [result.fileProperties].flat().filter((file) => file.type === 'Role').map((file) => file.fullName);
  assert.deepEqual(files.sort(), (await roles('%')).sort());
  assert.equal(Buffer.from(result.zipFile, 'base64').subarray(0, 2).toString(), 'PK');
});

await check('a narrowed default and a sharing rule decide who sees what', async () => {
  const narrowed = await deploy(
    zip({
      'package.xml': manifest({ CustomObject: ['Lead'] }),
      'objects/Lead.object': `${head}<CustomObject ${space}><externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel></CustomObject>`,
    }),
  );
  assert.equal(narrowed.status, 'Succeeded', JSON.stringify(narrowed));
  assert.equal((await one("SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'")).InternalSharingModel, 'Private');
  const rule = await deploy(
    zip({
      'package.xml': manifest({ SharingCriteriaRule: ['Lead.Synced'] }),
      'sharingRules/Lead.sharingRules': `${head}<SharingRules ${space}><sharingCriteriaRules><fullName>Synced</fullName><accessLevel>Edit</accessLevel><label>Synced</label><sharedTo><role>Sales_North</role></sharedTo><criteriaItems><field>Sync_to_HubSpot__c</field><operation>equals</operation><value>true</value></criteriaItems><includeRecordsOwnedByAll>true</includeRecordsOwnedByAll></sharingCriteriaRules></SharingRules>`,
    }),
  );
  assert.equal(rule.status, 'Succeeded', JSON.stringify(rule));
  const ticked = (await other.query('SELECT COUNT(Id) n FROM Lead WHERE Sync_to_HubSpot__c = true'))[0].n;
  const shared = (await other.query("SELECT COUNT(Id) n FROM LeadShare WHERE RowCause = 'Rule'"))[0].n;
  assert.equal(shared, ticked);
  const read = await other.ask('read', 'SharingRules', 'Lead');
  assert.equal([read.sharingCriteriaRules].flat()[0].fullName, 'Synced');
});

await check('bulk queries', async () => {
  const rows = await (await org.bulk.query('SELECT Id, LastName FROM Lead ORDER BY Id')).toArray();
  const seen = await other.query('SELECT Id, LastName FROM Lead ORDER BY Id');
  assert.deepEqual(rows, seen);
});

other.end();
