// jsforce acts through the Metadata API, simple-salesforce looks.
import { assert, baseUrl, check, connection, jsforce, Observer, plain, refused, version } from './support/checks.mjs';
import { zip } from './support/zip.mjs';

const org = connection();
const other = new Observer();
const one = async (soql) => {
  const records = await other.query(soql);
  assert.equal(records.length, 1, `${records.length} records: ${soql}`);
  return records[0];
};

await check('list: types, and roles', async () => {
  const types = (await org.metadata.describe(version)).metadataObjects.map((type) => type.xmlName);
  for (const type of ['Profile', 'Role', 'SharingRules', 'CustomObject', 'PermissionSet']) assert.ok(types.includes(type), type);
  const names = (rows) => rows.map((row) => row.fullName).sort();
  const mine = names(await org.metadata.list([{ type: 'Role' }], version));
  assert.deepEqual(mine, (await other.query('SELECT DeveloperName FROM UserRole')).map((role) => role.DeveloperName).sort());
  assert.deepEqual(mine, (await other.ask('list', 'Role')).sort());
});

await check('read: a profile, an object, a role, and what is not there', async () => {
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

await check('write: roles created, updated, upserted, deleted', async () => {
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

await check('write: a permission set created, updated, upserted, deleted', async () => {
  const set = (rest) => ({ fullName: 'Jsf_Set', label: 'Jsf Set', hasActivationRequired: false, ...rest });
  const lead = (allowEdit) => ({ object: 'Lead', allowCreate: false, allowDelete: false, allowEdit, allowRead: true, modifyAllRecords: false, viewAllRecords: false });
  const rights = async () => (await other.query("SELECT PermissionsRead, PermissionsEdit FROM ObjectPermissions WHERE Parent.Name = 'Jsf_Set' AND SobjectType = 'Lead'"));
  const created = await org.metadata.create('PermissionSet', set({ objectPermissions: [lead(false)] }));
  assert.equal(created.success, true, JSON.stringify(created));
  assert.deepEqual(await rights(), [{ PermissionsRead: true, PermissionsEdit: false }]);
  const updated = await org.metadata.update('PermissionSet', set({ objectPermissions: [lead(true)], userPermissions: [{ enabled: true, name: 'RunReports' }] }));
  assert.equal(updated.success, true, JSON.stringify(updated));
  assert.deepEqual(await rights(), [{ PermissionsRead: true, PermissionsEdit: true }]);
  assert.equal((await one("SELECT PermissionsRunReports FROM PermissionSet WHERE Name = 'Jsf_Set'")).PermissionsRunReports, true);
  const upserted = await org.metadata.upsert('PermissionSet', [set({ label: 'Jsf Renamed' })]);
  assert.deepEqual([upserted].flat().map((result) => [result.success, result.created]), [[true, false]]);
  assert.equal((await one("SELECT Label FROM PermissionSet WHERE Name = 'Jsf_Set'")).Label, 'Jsf Renamed');
  const deleted = await org.metadata.delete('PermissionSet', 'Jsf_Set');
  assert.equal(deleted.success, true, JSON.stringify(deleted));
  assert.deepEqual(await other.query("SELECT Id FROM PermissionSet WHERE Name = 'Jsf_Set'"), []);
});

await check('write: what breaks a rule is refused by name', async () => {
  const refusal = await org.metadata.update('PermissionSet', { fullName: 'Report_Builders', label: 'Report Builders', objectPermissions: [{ object: 'Lead', allowCreate: false, allowDelete: false, allowEdit: true, allowRead: false, modifyAllRecords: false, viewAllRecords: false }] });
  assert.equal(refusal.success, false);
  assert.match([refusal.errors].flat()[0].message, /depends on permission\(s\): Read/);
  assert.deepEqual(await other.query("SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'Report_Builders' AND SobjectType = 'Lead' AND PermissionsEdit = true"), []);
});

await check('field-security: a field exists for those who were granted it', async () => {
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

await check('upsert: a record by its outer key', async () => {
  const record = { Outer_Key__c: 'K-1', LastName: 'Upsert', Company: 'U' };
  const first = await org.sobject('Lead').upsert(record, 'Outer_Key__c');
  const second = await org.sobject('Lead').upsert({ ...record, LastName: 'Upserted' }, 'Outer_Key__c');
  assert.deepEqual([first.created, second.created], [true, false]);
  assert.equal((await one("SELECT LastName FROM Lead WHERE Outer_Key__c = 'K-1'")).LastName, 'Upserted');
});

await check('collections: records are upserted by their outer key', async () => {
  const records = [
    { Outer_Key__c: 'K-1', LastName: 'Again', Company: 'U' },
    { Outer_Key__c: 'K-2', LastName: 'New', Company: 'U' },
    { Outer_Key__c: 'K-3', Company: 'U' },
  ];
  const results = await org.sobject('Lead').upsert(records, 'Outer_Key__c', { allOrNone: false });
  assert.deepEqual(results.map((result) => [result.success, result.created ?? false]), [[true, false], [true, true], [false, false]]);
  const seen = await other.query("SELECT Outer_Key__c, LastName FROM Lead WHERE Outer_Key__c LIKE 'K-%' ORDER BY Outer_Key__c");
  assert.deepEqual(seen, [{ Outer_Key__c: 'K-1', LastName: 'Again' }, { Outer_Key__c: 'K-2', LastName: 'New' }]);
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

await check('deploy: roles', async () => {
  const result = await deploy(pack(['Soap_A', 'Soap_B']));
  assert.deepEqual([result.status, result.numberComponentsDeployed], ['Succeeded', 2], JSON.stringify(result));
  assert.deepEqual((await roles('Soap%')).sort(), ['Soap_A', 'Soap_B']);
  const runs = await other.ask('tooling', `SELECT Status FROM DeployRequest WHERE Id = '${result.id}'`);
  assert.equal(runs[0].Status, 'Succeeded');
});

await check('deploy-refused: leaves nothing and says where', async () => {
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

await check('deploy-refused: without rollback what is good stays', async () => {
  const archive = zip({
    'package.xml': manifest({ Role: ['Part_A', 'Part_B'] }),
    'roles/Part_A.role': roleFile('Part_A'),
    'roles/Part_B.role': roleFile('Part_B', '<parentRole>Xyzzy</parentRole>'),
  });
  const result = await deploy(archive, { rollbackOnError: false });
  assert.equal(result.status, 'SucceededPartial', JSON.stringify(result));
  assert.deepEqual(await roles('Part%'), ['Part_A']);
});

await check('check-only: changes nothing; the quick deploy then does', async () => {
  const result = await deploy(pack(['Quick_A']), { checkOnly: true, testLevel: 'RunLocalTests' });
  assert.deepEqual([result.status, result.checkOnly], ['Succeeded', true], JSON.stringify(result));
  assert.deepEqual(await roles('Quick%'), []);
  const id = await org.metadata.deployRecentValidation({ id: result.id });
  const quick = await finished(typeof id === 'string' ? id : id.id);
  assert.equal(quick.status, 'Succeeded', JSON.stringify(quick));
  assert.deepEqual(await roles('Quick%'), ['Quick_A']);
});

await check('deploy-rest: roles', async () => {
  const result = await org.metadata.deployRest(pack(['Rest_A']), options);
  const status = await finished(result.id);
  assert.equal(status.status, 'Succeeded', JSON.stringify(status));
  assert.deepEqual(await roles('Rest%'), ['Rest_A']);
});

await check('cancel: nothing of it is there', async () => {
  const job = await org.metadata.deploy(pack(['Cancel_A']), options);
  await org.metadata.cancelDeploy(job.id);
  const status = await finished(job.id);
  assert.equal(status.status, 'Canceled', JSON.stringify(status));
  assert.deepEqual(await roles('Cancel%'), []);
  const late = await refused(() => org.metadata.cancelDeploy(job.id));
  assert.match(late.message, /already completed/);
});

await check('destructive: without a word on when', async () => {
  const archive = zip({
    'package.xml': manifest({}),
    'destructiveChanges.xml': manifest({ Role: ['Soap_A', 'Soap_B', 'Rest_A'] }),
  });
  const result = await deploy(archive);
  assert.equal(result.status, 'Succeeded', JSON.stringify(result));
  assert.deepEqual([...(await roles('Soap%')), ...(await roles('Rest%'))], []);
});

await check('destructive: before the package, and after it', async () => {
  const file = (name, parent) => roleFile(name, parent ? `<parentRole>${parent}</parentRole>` : '');
  const above = async () => (await one("SELECT ParentRole.DeveloperName FROM UserRole WHERE DeveloperName = 'Order_Child'")).ParentRole?.DeveloperName;
  const both = { Role: ['Order_Parent', 'Order_Child'] };
  const begun = await deploy(zip({ 'package.xml': manifest(both), 'roles/Order_Parent.role': file('Order_Parent'), 'roles/Order_Child.role': file('Order_Child', 'Order_Parent') }));
  assert.equal(begun.status, 'Succeeded', JSON.stringify(begun));
  assert.equal(await above(), 'Order_Parent');
  // The role can go only once its child stands elsewhere: not before the package, but after it.
  const moved = (moment) => zip({ 'package.xml': manifest({ Role: ['Order_Child'] }), 'roles/Order_Child.role': file('Order_Child'), [`destructiveChanges${moment}.xml`]: manifest({ Role: ['Order_Parent'] }) });
  const early = await deploy(moved('Pre'));
  assert.equal(early.status, 'Failed', JSON.stringify(early));
  assert.match([early.details.componentFailures].flat()[0].problem, /in use/);
  assert.equal(await above(), 'Order_Parent');
  const late = await deploy(moved('Post'));
  assert.equal(late.status, 'Succeeded', JSON.stringify(late));
  assert.deepEqual(await roles('Order%'), ['Order_Child']);
  // A role that the package makes anew: deleted before, it has lost its description; deleted after, it is gone.
  const again = (moment) => zip({ 'package.xml': manifest({ Role: ['Order_Child'] }), 'roles/Order_Child.role': file('Order_Child'), [`destructiveChanges${moment}.xml`]: manifest({ Role: ['Order_Child'] }) });
  const id = async () => (await one("SELECT Id FROM UserRole WHERE DeveloperName = 'Order_Child'")).Id;
  const first = await id();
  assert.equal((await deploy(again('Pre'))).status, 'Succeeded');
  assert.notEqual(await id(), first, 'another role of that name');
  assert.equal((await deploy(again('Post'))).status, 'Succeeded');
  assert.deepEqual(await roles('Order%'), []);
});

await check('retrieve: every role', async () => {
  const result = await org.metadata
    .retrieve({ singlePackage: true, apiVersion: version, unpackaged: { types: [{ name: 'Role', members: ['*'] }], version } })
    .complete();
  assert.equal(result.success, true);
  const files = [result.fileProperties].flat().filter((file) => file.type === 'Role').map((file) => file.fullName);
  assert.deepEqual(files.sort(), (await roles('%')).sort());
  assert.equal(Buffer.from(result.zipFile, 'base64').subarray(0, 2).toString(), 'PK');
});

await check('rules: a narrowed default and a criteria rule decide who sees what', async () => {
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

await check('record-access: what the org says of a user is what the user sees', async () => {
  const user = await one("SELECT Id, Username FROM User WHERE UserRole.DeveloperName = 'Inside_Sales_North' AND Profile.Name = 'Inside Sales' AND IsActive = true ORDER BY Id LIMIT 1");
  const session = new jsforce.Connection({ loginUrl: baseUrl, version });
  await session.login(user.Username, 'any-password-but-none');
  const seen = (await session.query('SELECT Id FROM Lead ORDER BY Id', { autoFetch: true, maxFetch: 100000 })).records.map((lead) => lead.Id);
  const all = (await other.query('SELECT Id FROM Lead ORDER BY Id')).map((lead) => lead.Id);
  const told = [];
  for (let start = 0; start < all.length; start += 200) {
    const part = all.slice(start, start + 200).map((id) => `'${id}'`);
    told.push(...(await other.query(`SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '${user.Id}' AND RecordId IN (${part})`)));
  }
  assert.equal(told.length, all.length);
  assert.deepEqual(seen, told.filter((row) => row.HasReadAccess).map((row) => row.RecordId).sort());
  assert.ok(seen.length > 0 && seen.length < all.length, `${seen.length} of ${all.length}`);
});

await check('defaults: a wider one takes its share rows back', async () => {
  const widened = await deploy(
    zip({
      'package.xml': manifest({ CustomObject: ['Lead'] }),
      'objects/Lead.object': `${head}<CustomObject ${space}><externalSharingModel>Private</externalSharingModel><sharingModel>Read</sharingModel></CustomObject>`,
    }),
  );
  assert.equal(widened.status, 'Succeeded', JSON.stringify(widened));
  const row = await one("SELECT InternalSharingModel, ExternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'");
  assert.deepEqual(row, { InternalSharingModel: 'Read', ExternalSharingModel: 'Private' });
  const user = await one("SELECT Id FROM User WHERE Profile.Name = 'Inside Sales' AND IsActive = true ORDER BY Id LIMIT 1");
  const lead = (await one(`SELECT Id FROM Lead WHERE OwnerId != '${user.Id}' ORDER BY Id LIMIT 1`)).Id;
  const access = await one(`SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '${user.Id}' AND RecordId = '${lead}'`);
  assert.equal(access.HasReadAccess, true);
});

other.end();
