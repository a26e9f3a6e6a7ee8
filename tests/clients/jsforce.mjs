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

await check('identity: tells who the token belongs to', async () => {
  const identity = await org.identity();
  const user = await one(`SELECT Id, Email FROM User WHERE Username = '${username}'`);
  assert.deepEqual([identity.user_id, identity.username, identity.email], [user.Id, username, user.Email]);
  const organization = await one('SELECT Id FROM Organization');
  assert.equal(identity.organization_id, organization.Id);
});

await check('login: a password opens a session of that user', async () => {
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

await check('login: a wrong one is refused', async () => {
  const session = new jsforce.Connection({ loginUrl: baseUrl, version });
  const refusal = await refused(() => session.login('nobody@acme.example', 'x'));
  assert.match(refusal.message, /^INVALID_LOGIN: Invalid username, password, security token; or user locked out\.$/);
});

const application = { loginUrl: baseUrl, clientId: 'an-app', clientSecret: 'its-secret', redirectUri: 'http://localhost:1717/OauthRedirect' };

await check('oauth: password and client credentials give tokens of that user', async () => {
  const user = await one("SELECT Id, Username FROM User WHERE Profile.Name = 'Inside Sales' AND IsActive = true ORDER BY Id LIMIT 1");
  const session = new jsforce.Connection({ oauth2: application, version });
  assert.equal((await session.login(user.Username, 'any-password-but-none')).id, user.Id);
  assert.equal((await session.identity()).user_id, user.Id);
  assert.equal((await other.ask('whose', session.accessToken)).user_id, user.Id);
  const app = new jsforce.Connection({ oauth2: application, version });
  await app.authorize({ grant_type: 'client_credentials' });
  assert.equal((await other.ask('whose', app.accessToken)).preferred_username, username);
  const refusal = await refused(() => new jsforce.Connection({ oauth2: application, version }).login('nobody@acme.example', 'x'));
  assert.equal(refusal.name ?? refusal.error, 'invalid_grant');
});

await check('oauth: a code becomes a session, and its refresh token another', async () => {
  const session = new jsforce.Connection({ oauth2: application, version });
  const page = await fetch(session.oauth2.getAuthorizationUrl({ state: 'x-1' }), { redirect: 'manual' });
  const back = new URL(page.headers.get('location'));
  assert.equal(back.searchParams.get('state'), 'x-1');
  await session.authorize(back.searchParams.get('code'));
  assert.equal((await other.ask('whose', session.accessToken)).preferred_username, username);
  const late = new jsforce.Connection({ oauth2: application, version, instanceUrl: baseUrl, accessToken: 'gone', refreshToken: session.refreshToken });
  assert.equal((await late.query('SELECT COUNT() FROM Lead')).totalSize, 2000);
  assert.equal((await other.ask('whose', late.accessToken)).preferred_username, username);
});

await check('describe: global lists the same objects to both', async () => {
  const names = (await org.describeGlobal()).sobjects.map((object) => object.name);
  for (const name of ['Lead', 'User', 'PermissionSet']) assert.ok(names.includes(name), name);
  assert.deepEqual(names, (await other.ask('global')).sobjects.map((object) => object.name));
});

for (const object of ['Lead', 'User', 'PermissionSet', 'Contact', 'UserRecordAccess']) {
  await check(`describe: ${object} has the same fields to both`, async () => {
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

// ---- the same questions, answered by counting over all records

const all = {
  leads: await other.query('SELECT Id, Name, LastName, Status, Email, OwnerId, CreatedDate, Sync_to_HubSpot__c FROM Lead'),
  contacts: await other.query('SELECT Id, LastName, AccountId FROM Contact'),
  accounts: await other.query('SELECT Id, Name, OwnerId FROM Account'),
  users: await other.query('SELECT Id, UserRoleId, ProfileId, IsActive FROM User'),
  roles: await other.query('SELECT Id, Name, ParentRoleId FROM UserRole'),
};
const found = async (soql) => plain((await org.query(soql, { autoFetch: true, maxFetch: 100000 })).records);
const ids = (records) => records.map((record) => record.Id);
const by = (records, key) => Map.groupBy(records, (record) => record[key]);
const lower = (text) => (text ?? '').toLowerCase();
const ordered = (...keys) => (left, right) => {
  for (const key of keys) if (key(left) !== key(right)) return key(left) < key(right) ? -1 : 1;
  return 0;
};

await check('query: IN and LIKE are counted right, text in any case', async () => {
  const soql = "SELECT Id FROM Lead WHERE Status IN ('open - NOT contacted', 'Working - Contacted') AND Email LIKE '%@%.EXAMPLE' AND (NOT LastName LIKE 'a%') ORDER BY Id";
  const wanted = all.leads.filter((lead) =>
    ['open - not contacted', 'working - contacted'].includes(lower(lead.Status)) && /@.*\.example$/i.test(lead.Email ?? '') && !/^a/i.test(lead.LastName));
  assert.ok(wanted.length > 0 && wanted.length < all.leads.length);
  assert.deepEqual(ids(await found(soql)), ids(wanted).sort());
});

await check('query: dates and date-times are compared as moments', async () => {
  const moments = all.leads.map((lead) => Date.parse(lead.CreatedDate)).sort((left, right) => left - right);
  const [first, last] = [moments[500], moments[1500]];
  // The first one as somebody an hour east of here would write it.
  const soql = `SELECT Id FROM Lead WHERE CreatedDate >= ${new Date(first + 3600000).toISOString().replace('Z', '+01:00')} AND CreatedDate < ${new Date(last).toISOString()} ORDER BY Id`;
  const wanted = all.leads.filter((lead) => Date.parse(lead.CreatedDate) >= first && Date.parse(lead.CreatedDate) < last);
  assert.ok(wanted.length > 0 && wanted.length < all.leads.length);
  assert.deepEqual(ids(await found(soql)), ids(wanted).sort());
});

await check('query: order, limit and offset take the records they should', async () => {
  const wanted = all.leads.toSorted(ordered((lead) => lower(lead.LastName), (lead) => lead.Id)).slice(40, 65);
  assert.deepEqual(ids(await found('SELECT Id FROM Lead ORDER BY LastName ASC, Id LIMIT 25 OFFSET 40')), ids(wanted));
});

await check('query: who reads on from the last id misses no record', async () => {
  const seen = [];
  for (let last = '', page = ['']; page.length > 0; last = seen.at(-1)) {
    page = ids(await found(`SELECT Id FROM Lead WHERE Id > '${last || '000000000000000AAA'}' ORDER BY Id LIMIT 300`));
    seen.push(...page);
  }
  assert.deepEqual(seen, ids(all.leads).sort());
});

await check('query: aggregates and groups are counted right', async () => {
  const soql = 'SELECT Status, COUNT(Id) n, COUNT(Email) mails, COUNT_DISTINCT(OwnerId) owners, MIN(CreatedDate) oldest FROM Lead GROUP BY Status HAVING COUNT(Id) > 10 ORDER BY Status';
  const wanted = [...by(all.leads, 'Status')].filter(([, leads]) => leads.length > 10).map(([Status, leads]) => ({
    Status,
    n: leads.length,
    mails: leads.filter((lead) => lead.Email !== null).length,
    owners: new Set(leads.map((lead) => lead.OwnerId)).size,
    oldest: leads.map((lead) => lead.CreatedDate).sort()[0],
  }));
  assert.ok(wanted.length > 1);
  assert.deepEqual(await found(soql), wanted.sort(ordered((row) => row.Status)));
});

await check('query: sub-queries hold the children of each parent', async () => {
  const soql = 'SELECT Id, (SELECT Id FROM Contacts ORDER BY LastName DESC, Id LIMIT 3) FROM Account ORDER BY Id';
  const children = by(all.contacts, 'AccountId');
  const first = (account) => {
    const own = (children.get(account.Id) ?? []).toSorted(ordered((contact) => contact.Id));
    return ids(own.sort(ordered((contact) => lower(contact.LastName))).reverse()).slice(0, 3);
  };
  const rows = await found(soql);
  assert.deepEqual(ids(rows), ids(all.accounts).sort());
  const names = new Map(all.contacts.map((contact) => [contact.Id, lower(contact.LastName)]));
  const last = (list) => list.map((id) => names.get(id));
  for (const row of rows) assert.deepEqual(last(ids(row.Contacts?.records ?? [])), last(first(row)), row.Id);
  assert.ok(rows.some((row) => row.Contacts === null) || children.size === all.accounts.length, 'no children are null');
});

await check('query: semi-joins and anti-joins part the records', async () => {
  const parents = new Set(all.contacts.map((contact) => contact.AccountId));
  const inside = ids(await found('SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) ORDER BY Id'));
  const outside = ids(await found('SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact) ORDER BY Id'));
  assert.deepEqual(inside, ids(all.accounts).filter((id) => parents.has(id)).sort());
  assert.deepEqual([...inside, ...outside].sort(), ids(all.accounts).sort());
});

await check('query: fields of parents are the parents\' fields', async () => {
  const users = new Map(all.users.map((user) => [user.Id, user]));
  const roles = new Map(all.roles.map((role) => [role.Id, role]));
  const above = (account) => roles.get(roles.get(users.get(account.OwnerId)?.UserRoleId)?.ParentRoleId)?.Name ?? null;
  const rows = await found('SELECT Id, Owner.UserRole.ParentRole.Name FROM Account ORDER BY Id');
  const told = rows.map((row) => row.Owner?.UserRole?.ParentRole?.Name ?? null);
  assert.deepEqual(told, all.accounts.toSorted(ordered((account) => account.Id)).map(above));
  assert.ok(new Set(told).size > 1);
  const wanted = all.accounts.filter((account) => above(account) !== null && /^s/i.test(above(account)));
  const matched = await found("SELECT Id FROM Account WHERE Owner.UserRole.ParentRole.Name LIKE 's%' ORDER BY Id");
  assert.deepEqual(ids(matched), ids(wanted).sort());
});

const mistakes = {
  "SELECT Id FROM Xyzzy": ['INVALID_TYPE', /sObject type 'Xyzzy' is not supported/],
  "SELECT Xyzzy FROM Lead": ['INVALID_FIELD', /No such column 'Xyzzy' on entity 'Lead'/],
  "SELECT Id FROM Lead WHERE": ['MALFORMED_QUERY', /unexpected token/],
  "SELECT Id FROM Lead WHERE Name LIKE 3": ['INVALID_FIELD', /./],
  "SELECT Id FROM UserRecordAccess": ['MALFORMED_QUERY', /./],
};
for (const [soql, [code, text]] of Object.entries(mistakes)) {
  await check(`query-refused: ${soql}`, async () => {
    const refusal = await refused(() => org.query(soql));
    assert.equal(refusal.errorCode, code, refusal.message);
    assert.match(refusal.message, text);
    const seen = await refused(() => other.query(soql));
    assert.match(seen.message, new RegExp(code), 'the other client is refused alike');
  });
}

await check('pages: follow each other', async () => {
  const first = await org.query('SELECT Id FROM Lead ORDER BY Id', { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  assert.deepEqual([first.records.length, first.totalSize, first.done], [200, 2000, false]);
  const ids = first.records.map((lead) => lead.Id);
  for (let page = first; !page.done; ) {
    page = await org.queryMore(page.nextRecordsUrl);
    ids.push(...page.records.map((lead) => lead.Id));
  }
  assert.deepEqual(ids, (await other.query('SELECT Id FROM Lead ORDER BY Id')).map((lead) => lead.Id));
});

await check('tooling: queries', async () => {
  const soql = "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'";
  const mine = plain((await org.tooling.query(soql)).records);
  assert.deepEqual(mine, await other.ask('tooling', soql));
  const packages = await org.tooling.query('SELECT SubscriberPackage.NamespacePrefix FROM InstalledSubscriberPackage');
  assert.ok(packages.records.some((row) => row.SubscriberPackage.NamespacePrefix === 'HubSpot_Inc'));
});

await check('limits: are told alike', async () => {
  const limits = await org.limits();
  assert.ok(limits.DailyApiRequests.Max > limits.DailyApiRequests.Remaining);
  const theirs = await other.ask('limits');
  assert.equal(limits.DailyApiRequests.Max, theirs.DailyApiRequests.Max);
  assert.ok(theirs.DailyApiRequests.Remaining < limits.DailyApiRequests.Remaining, 'each question counts');
});

// ---- records

let lead;
await check('records: created, changed, read and deleted', async () => {
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

await check('records: refusals carry code and fields', async () => {
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

await check('collections: write what they can, or all or nothing', async () => {
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

await check('collections: many records are read at once', async () => {
  const wanted = (await other.query('SELECT Id, LastName FROM Contact ORDER BY Id LIMIT 150'));
  const read = await org.sobject('Contact').retrieve(wanted.map((contact) => contact.Id), { fields: ['Id', 'LastName'] });
  assert.deepEqual(plain(read).map(({ Id, LastName }) => ({ Id, LastName })), wanted);
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

await check('composite: requests refer to each other', async () => {
  const { compositeResponse } = await composite(true, 'Compo');
  assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [201, 201, 200]);
  const contact = await one("SELECT Account.Name FROM Contact WHERE LastName = 'Compo'");
  assert.equal(contact.Account.Name, 'Composite Works');
});

await check('composite: rolled back as a whole', async () => {
  const before = (await other.query("SELECT Id FROM Account WHERE Name = 'Composite Works'")).length;
  const { compositeResponse } = await composite(true, '');
  assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [400, 400, 400]);
  assert.equal(compositeResponse[0].body[0].errorCode, 'PROCESSING_HALTED');
  assert.equal((await other.query("SELECT Id FROM Account WHERE Name = 'Composite Works'")).length, before);
});

await check('composite: a batch answers each part', async () => {
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

await check('assignments: a permission set is assigned once', async () => {
  const set = (await one("SELECT Id FROM PermissionSet WHERE Name = 'Report_Builders'")).Id;
  const user = (await other.query(`SELECT Id FROM User WHERE IsActive = true AND Profile.UserLicense.Name = 'Salesforce' AND Id NOT IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSetId = '${set}') LIMIT 1`))[0].Id;
  const { id } = await org.sobject('PermissionSetAssignment').create({ PermissionSetId: set, AssigneeId: user });
  assert.equal((await one(`SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '${set}' AND AssigneeId = '${user}'`)).Id, id);
  const again = await refused(() => org.sobject('PermissionSetAssignment').create({ PermissionSetId: set, AssigneeId: user }));
  assert.equal(again.errorCode, 'DUPLICATE_VALUE');
  await org.sobject('PermissionSetAssignment').destroy(id);
  assert.deepEqual(await other.query(`SELECT Id FROM PermissionSetAssignment WHERE Id = '${id}'`), []);
});

await check('bulk: a query', async () => {
  const rows = await (await org.bulk.query('SELECT Id, LastName FROM Lead ORDER BY Id')).toArray();
  const seen = await other.query('SELECT Id, LastName FROM Lead ORDER BY Id');
  assert.deepEqual(rows, seen);
});

other.end();
