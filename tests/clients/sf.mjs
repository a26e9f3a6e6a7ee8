// The Salesforce CLI acts, jsforce looks.
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, baseUrl, calls, check, clients, connection, jsforce, plain, started, token, username, version } from './support/checks.mjs';

const other = connection();
const home = process.cwd();
const project = join(home, 'project');
const program = join(clients, 'node_modules/@salesforce/cli/bin/run.js');
const environment = {
  ...process.env,
  HOME: home,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  SF_AUTOUPDATE_DISABLE: 'true',
  SF_DISABLE_TELEMETRY: 'true',
  SF_DISABLE_LOG_FILE: 'true',
  SF_SKIP_NEW_VERSION_CHECK: 'true',
  SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
  SF_USE_PROGRESS_BAR: 'false',
  SF_ACCESS_TOKEN: token,
};

/** What a command answers as JSON, whether it went well or not. */
function sf(...words) {
  return new Promise((resolve, reject) => {
    const options = { cwd: project, env: environment, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [program, ...words, '--json'], options, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`sf ${words.join(' ')}: ${stdout}${stderr}${error ?? ''}`));
      }
    });
  });
}

/** The result of a command that must succeed. */
async function done(...words) {
  const answer = await sf(...words);
  assert.equal(answer.status, 0, `sf ${words.join(' ')}: ${JSON.stringify(answer).slice(0, 1200)}`);
  return answer.result;
}

/** The answer to a command that must fail. */
async function failed(...words) {
  const answer = await sf(...words);
  assert.notEqual(answer.status, 0, `sf ${words.join(' ')} must fail`);
  return answer;
}

async function file(path, text) {
  const full = join(project, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
}

const records = async (soql) => plain((await other.query(soql)).records);
const roles = async (pattern) =>
  (await records(`SELECT DeveloperName FROM UserRole WHERE DeveloperName LIKE '${pattern}'`)).map((row) => row.DeveloperName);
const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const space = 'xmlns="http://soap.sforce.com/2006/04/metadata"';
const roleFile = (name, extra = '') => `${head}<Role ${space}>${extra}<name>${name}</name></Role>\n`;
const rolePath = (name) => `force-app/main/default/roles/${name}.role-meta.xml`;

await file('sfdx-project.json', JSON.stringify({ packageDirectories: [{ path: 'force-app', default: true }], sourceApiVersion: '62.0' }));
await file('force-app/main/default/.keep', '');

await check('login: org login access-token', async () => {
  const login = await done('org', 'login', 'access-token', '--instance-url', baseUrl, '--no-prompt', '--alias', 'here', '--set-default');
  assert.equal(login.username, username);
  const user = (await records(`SELECT Id FROM User WHERE Username = '${username}'`))[0];
  assert.equal((await other.identity()).user_id, user.Id);
});

await check('oauth: org login jwt', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  await file('jwt.key', privateKey);
  const [user] = await records("SELECT Id, Username FROM User WHERE Profile.Name = 'Inside Sales' AND IsActive = true ORDER BY Id LIMIT 1");
  const login = await done('org', 'login', 'jwt', '--username', user.Username, '--jwt-key-file', 'jwt.key', '--client-id', 'an-app', '--instance-url', baseUrl, '--alias', 'somebody');
  assert.equal(login.username, user.Username);
  const session = new jsforce.Connection({ instanceUrl: baseUrl, accessToken: login.accessToken, version });
  if (!login.accessToken.startsWith('[')) assert.equal((await session.identity()).user_id, user.Id);
  const seen = await done('data', 'query', '-o', 'somebody', '-q', 'SELECT COUNT(Id) n FROM Lead');
  assert.equal(seen.records[0].n, (await records('SELECT COUNT(Id) n FROM Lead'))[0].n);
  const refusal = await failed('org', 'login', 'jwt', '--username', 'nobody@acme.example', '--jwt-key-file', 'jwt.key', '--client-id', 'an-app', '--instance-url', baseUrl);
  assert.match(JSON.stringify(refusal), /hasn't approved this consumer/);
});

await check('identity: org display', async () => {
  const org = await done('org', 'display');
  assert.deepEqual([org.connectedStatus, org.username], ['Connected', username]);
  assert.equal(org.id, (await records('SELECT Id FROM Organization'))[0].Id);
});

await check('identity: org display user', async () => {
  const user = await done('org', 'display', 'user');
  const [seen] = await records(`SELECT Id, Profile.Name FROM User WHERE Username = '${username}'`);
  assert.deepEqual([user.username, user.profileName, user.id], [username, seen.Profile.Name, seen.Id]);
});

await check('list: org list metadata, metadata-types', async () => {
  const listed = (await done('org', 'list', 'metadata', '-m', 'Role')).map((row) => row.fullName);
  assert.deepEqual(listed.sort(), (await roles('%')).sort());
  const types = (await done('org', 'list', 'metadata-types')).metadataObjects.map((type) => type.xmlName);
  assert.deepEqual(types.sort(), (await other.metadata.describe('66.0')).metadataObjects.map((type) => type.xmlName).sort());
});

await check('limits: org list limits', async () => {
  const limits = await done('org', 'list', 'limits');
  const daily = limits.find((limit) => limit.name === 'DailyApiRequests');
  assert.equal(daily.max, (await other.limits()).DailyApiRequests.Max);
});

await check('describe: sobject list, describe', async () => {
  const names = await done('sobject', 'list', '--sobject', 'all');
  assert.deepEqual(names, (await other.describeGlobal()).sobjects.map((object) => object.name));
  const lead = await done('sobject', 'describe', '--sobject', 'Lead');
  assert.deepEqual(lead.fields.map((field) => field.name), (await other.describe('Lead')).fields.map((field) => field.name));
});

for (const [name, soql] of Object.entries({
  'plain': 'SELECT Id, Name, Owner.Name FROM Lead ORDER BY Id LIMIT 3',
  'with children': 'SELECT Name, (SELECT LastName FROM Contacts ORDER BY Id) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) ORDER BY Id LIMIT 2',
  'grouped': 'SELECT Status, COUNT(Id) FROM Lead GROUP BY Status ORDER BY Status',
})) {
  await check(`query: data query, ${name}`, async () => {
    const answer = await done('data', 'query', '-q', soql);
    assert.ok(answer.records.length > 0);
    const unpaged = (rows) => JSON.parse(JSON.stringify(plain(rows)));
    assert.deepEqual(unpaged(answer.records), unpaged(await records(soql)));
  });
}

await check('tooling: data query -t', async () => {
  const answer = await done('data', 'query', '-t', '-q', "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Lead'");
  const theirs = await other.tooling.query("SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Lead'");
  assert.deepEqual(plain(answer.records), plain(theirs.records));
});

await check('query-refused: data query', async () => {
  const refusal = await failed('data', 'query', '-q', 'SELECT Xyzzy FROM Lead');
  assert.match(refusal.message, /No such column 'Xyzzy' on entity 'Lead'/);
  await assert.rejects(() => other.query('SELECT Xyzzy FROM Lead'), { errorCode: 'INVALID_FIELD' });
});

await check('pages: data query of more records than a page holds', async () => {
  const answer = await done('data', 'query', '-q', 'SELECT Id, (SELECT Id FROM Contacts) FROM Account ORDER BY Id');
  const leads = await done('data', 'query', '-q', 'SELECT Id FROM Lead ORDER BY Id');
  const every = (await other.query('SELECT Id FROM Lead ORDER BY Id', { autoFetch: true, maxFetch: 100000 })).records;
  assert.deepEqual(leads.records.map((row) => row.Id), every.map((row) => row.Id));
  const [contacts] = await records('SELECT COUNT(Id) n FROM Contact WHERE AccountId != null');
  assert.equal(answer.records.flatMap((row) => row.Contacts?.records ?? []).length, contacts.n);
});

let lead;
await check('records: data create, get, update, delete record', async () => {
  const created = await done('data', 'create', 'record', '-s', 'Lead', '-v', "LastName=Cli Company='Cli Works'");
  lead = created.id;
  assert.equal((await records(`SELECT Company FROM Lead WHERE Id = '${lead}'`))[0].Company, 'Cli Works');
  await done('data', 'update', 'record', '-s', 'Lead', '-i', lead, '-v', 'Sync_to_HubSpot__c=true');
  assert.equal((await other.sobject('Lead').retrieve(lead)).Sync_to_HubSpot__c, true);
  assert.equal((await done('data', 'get', 'record', '-s', 'Lead', '-i', lead)).LastName, 'Cli');
  await done('data', 'delete', 'record', '-s', 'Lead', '-i', lead);
  assert.deepEqual(await records(`SELECT Id FROM Lead WHERE Id = '${lead}'`), []);
});

await check('tree: data export tree, import tree', async () => {
  const soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) ORDER BY Id LIMIT 1";
  await done('data', 'export', 'tree', '-q', soql, '-d', 'data');
  const [name] = (await readdir(join(project, 'data'))).filter((entry) => entry.endsWith('.json'));
  const tree = JSON.parse(await readFile(join(project, 'data', name), 'utf8'));
  const contacts = tree.records[0].Contacts.records.length;
  tree.records[0].Name = 'Imported Tree';
  await file('data/again.json', JSON.stringify(tree));
  await done('data', 'import', 'tree', '-f', 'data/again.json');
  const rows = await records("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Imported Tree'");
  assert.deepEqual([rows.length, rows[0].Contacts.records.length], [1, contacts]);
  tree.records[0].Name = 'Refused Tree';
  delete tree.records[0].Contacts.records[contacts - 1].LastName;
  await file('data/refused.json', JSON.stringify(tree));
  const refusal = await failed('data', 'import', 'tree', '-f', 'data/refused.json');
  assert.match(JSON.stringify(refusal), /REQUIRED_FIELD_MISSING/);
  assert.deepEqual(await records("SELECT Id FROM Account WHERE Name = 'Refused Tree'"), []);
});

await check('assignments: org assign permset', async () => {
  const assigned = `SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Sales_Enablement' AND Assignee.Username = '${username}'`;
  assert.equal((await records(assigned)).length, 0);
  await done('org', 'assign', 'permset', '-n', 'Sales_Enablement');
  assert.equal((await records(assigned)).length, 1);
  const again = await sf('org', 'assign', 'permset', '-n', 'Sales_Enablement');
  assert.match(JSON.stringify(again), /Duplicate|already|DUPLICATE/i);
  assert.equal((await records(assigned)).length, 1);
});

await check('preview: project deploy preview', async () => {
  await file(rolePath('Cli_Role'), roleFile('Cli Role'));
  const preview = await done('project', 'deploy', 'preview', '-d', 'force-app', '--ignore-conflicts');
  assert.deepEqual(preview.toDeploy.map((item) => item.fullName), ['Cli_Role']);
  assert.deepEqual(await roles('Cli%'), []);
});

await check('check-only: project deploy start --dry-run', async () => {
  const result = await done('project', 'deploy', 'start', '-d', 'force-app', '--dry-run');
  assert.deepEqual([result.status, result.checkOnly], ['Succeeded', true]);
  assert.deepEqual(await roles('Cli%'), []);
});

await check('deploy: project deploy start', async () => {
  const result = await done('project', 'deploy', 'start', '-d', 'force-app');
  assert.deepEqual(result.files.map((entry) => [entry.fullName, entry.type, entry.state]), [['Cli_Role', 'Role', 'Created']]);
  assert.deepEqual(await roles('Cli%'), ['Cli_Role']);
});

await check('check-only: project deploy validate, then quick', async () => {
  await file(rolePath('Cli_Quick'), roleFile('Cli Quick'));
  const validated = await done('project', 'deploy', 'validate', '-d', 'force-app', '--test-level', 'RunLocalTests');
  assert.equal(validated.status, 'Succeeded');
  assert.deepEqual(await roles('Cli_Q%'), []);
  const quick = await done('project', 'deploy', 'quick', '--job-id', validated.id);
  assert.equal(quick.status, 'Succeeded');
  assert.deepEqual(await roles('Cli_Q%'), ['Cli_Quick']);
});

await check('deploy: project deploy report', async () => {
  const deploys = plain((await other.tooling.query('SELECT Id, Status, CheckOnly FROM DeployRequest ORDER BY CreatedDate DESC')).records);
  const report = await done('project', 'deploy', 'report', '--job-id', deploys[0].Id);
  assert.deepEqual([report.id, report.status], [deploys[0].Id, deploys[0].Status]);
});

await check('deploy-refused: project deploy start', async () => {
  await file('broken/main/default/roles/Cli_Broken.role-meta.xml', roleFile('Cli Broken', '<parentRole>Xyzzy</parentRole>'));
  const answer = await failed('project', 'deploy', 'start', '-d', 'broken');
  const [entry] = answer.result.files;
  assert.deepEqual([entry.fullName, entry.state], ['Cli_Broken', 'Failed']);
  assert.match(entry.error, /Xyzzy/);
  assert.deepEqual(await roles('Cli_B%'), []);
});

await check('deploy-rest: project deploy start', async () => {
  await file(rolePath('Cli_Rest'), roleFile('Cli Rest'));
  environment.SF_ORG_METADATA_REST_DEPLOY = 'true';
  try {
    await done('project', 'deploy', 'start', '-d', 'force-app');
  } finally {
    delete environment.SF_ORG_METADATA_REST_DEPLOY;
  }
  assert.deepEqual(await roles('Cli_Re%'), ['Cli_Rest']);
  assert.equal(calls('POST', '/metadata/deployRequest'), 1);
});

await check('defaults: project deploy start of a sharing model', async () => {
  await file('defaults/main/default/objects/Lead/Lead.object-meta.xml', `${head}<CustomObject ${space}><externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel></CustomObject>\n`);
  await done('project', 'deploy', 'start', '-d', 'defaults');
  const [definition] = await records("SELECT InternalSharingModel, ExternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'");
  assert.deepEqual(definition, { InternalSharingModel: 'Private', ExternalSharingModel: 'Private' });
});

await check('rules: project deploy start', async () => {
  const rule = `<sharingCriteriaRules><fullName>Cli_Rule</fullName><accessLevel>Edit</accessLevel><label>Cli Rule</label><sharedTo><role>Cli_Role</role></sharedTo><criteriaItems><field>Sync_to_HubSpot__c</field><operation>equals</operation><value>true</value></criteriaItems><includeRecordsOwnedByAll>true</includeRecordsOwnedByAll></sharingCriteriaRules>`;
  await file('force-app/main/default/sharingRules/Lead.sharingRules-meta.xml', `${head}<SharingRules ${space}>${rule}</SharingRules>\n`);
  await done('project', 'deploy', 'start', '-d', 'force-app');
  const [ticked] = await records('SELECT COUNT(Id) n FROM Lead WHERE Sync_to_HubSpot__c = true');
  const [shared] = await records("SELECT COUNT(Id) n FROM LeadShare WHERE RowCause = 'Rule'");
  assert.equal(shared.n, ticked.n);
  assert.equal((await other.metadata.read('CustomObject', 'Lead')).sharingModel, 'Private');
});

await check('retrieve: project retrieve start', async () => {
  await done('project', 'retrieve', 'start', '-m', 'Role', 'SharingRules:Lead', 'PermissionSet:Lead_Stewards');
  const files = (await readdir(join(project, 'force-app/main/default/roles'))).map((name) => name.replace('.role-meta.xml', ''));
  assert.deepEqual(files.sort(), (await roles('%')).sort());
  const rules = await readFile(join(project, 'force-app/main/default/sharingRules/Lead.sharingRules-meta.xml'), 'utf8');
  assert.match(rules, /<fullName>Cli_Rule<\/fullName>/);
});

await check('retrieve: project retrieve start of a profile with its companions', async () => {
  await done('project', 'retrieve', 'start', '-m', 'Profile:Admin', 'CustomObject:Lead', 'RecordType', '--output-dir', 'companions');
  const text = await readFile(join(project, 'companions/main/default/profiles/Admin.profile-meta.xml'), 'utf8').catch(() => readFile(join(project, 'companions/profiles/Admin.profile-meta.xml'), 'utf8'));
  const whole = await other.metadata.read('Profile', 'Admin');
  const fields = [...text.matchAll(/<field>(.*?)<\/field>/g)].map((match) => match[1]);
  const wanted = whole.fieldPermissions.map((entry) => entry.field).filter((field) => field.startsWith('Lead.'));
  assert.deepEqual(fields.sort(), wanted.sort());
  const permissions = [...text.matchAll(/<userPermissions>\s*<enabled>true<\/enabled>\s*<name>(.*?)<\/name>/g)].map((match) => match[1]);
  assert.deepEqual(permissions.sort(), whole.userPermissions.map((entry) => entry.name).sort());
  assert.deepEqual([...text.matchAll(/<object>(.*?)<\/object>/g)].map((match) => match[1]), ['Lead']);
});

await check('destructive: --pre-destructive-changes go first, --post-destructive-changes last', async () => {
  const one = (name) => `${head}<Package ${space}><types><members>${name}</members><name>Role</name></types><version>62.0</version></Package>`;
  const kept = async () => (await roles('Cli_%')).filter((name) => /Above|Below/.test(name)).sort();
  await file(rolePath('Cli_Above'), roleFile('Cli Above'));
  await file(rolePath('Cli_Below'), roleFile('Cli Below', '<parentRole>Cli_Above</parentRole>'));
  await done('project', 'deploy', 'start', '-m', 'Role:Cli_Above', 'Role:Cli_Below');
  await rm(join(project, rolePath('Cli_Above')));
  await file(rolePath('Cli_Below'), roleFile('Cli Below'));
  await file('gone/package-below.xml', one('Cli_Below'));
  await file('gone/above.xml', one('Cli_Above'));
  // The upper role can go only once the package has moved the lower one.
  const moved = ['project', 'deploy', 'start', '--manifest', 'gone/package-below.xml'];
  const early = await failed(...moved, '--pre-destructive-changes', 'gone/above.xml');
  assert.match(JSON.stringify(early), /in use/);
  assert.deepEqual(await kept(), ['Cli_Above', 'Cli_Below']);
  await done(...moved, '--post-destructive-changes', 'gone/above.xml');
  assert.deepEqual(await kept(), ['Cli_Below']);
  const id = async () => (await records("SELECT Id FROM UserRole WHERE DeveloperName = 'Cli_Below'"))[0].Id;
  const first = await id();
  await file('gone/below.xml', one('Cli_Below'));
  await done(...moved, '--pre-destructive-changes', 'gone/below.xml');
  assert.notEqual(await id(), first, 'the role was deleted and made anew');
  await rm(join(project, rolePath('Cli_Below')));
  await file('gone/nothing.xml', `${head}<Package ${space}><version>62.0</version></Package>`);
  await done('project', 'deploy', 'start', '--manifest', 'gone/nothing.xml', '--post-destructive-changes', 'gone/below.xml');
  assert.deepEqual(await kept(), []);
});

await check('destructive: --post-destructive-changes', async () => {
  const types = `<types><members>Lead.Cli_Rule</members><name>SharingCriteriaRule</name></types><types><members>Cli_Quick</members><members>Cli_Rest</members><name>Role</name></types>`;
  await file('gone/package.xml', `${head}<Package ${space}><version>62.0</version></Package>`);
  await file('gone/destructive.xml', `${head}<Package ${space}>${types}<version>62.0</version></Package>`);
  await done('project', 'deploy', 'start', '--manifest', 'gone/package.xml', '--post-destructive-changes', 'gone/destructive.xml');
  assert.deepEqual(await roles('Cli%'), ['Cli_Role']);
  assert.deepEqual(await records("SELECT Id FROM LeadShare WHERE RowCause = 'Rule'"), []);
});

await check('destructive: project delete source', async () => {
  await done('project', 'delete', 'source', '--metadata', 'Role:Cli_Role', '--no-prompt');
  assert.deepEqual(await roles('Cli%'), []);
});

await check('list: project generate manifest --from-org', async () => {
  await done('project', 'generate', 'manifest', '--from-org', 'here', '--metadata', 'Role', '--output-dir', 'made');
  const text = await readFile(join(project, 'made/package.xml'), 'utf8');
  for (const role of await roles('%')) assert.ok(text.includes(`<members>${role}</members>`), role);
});

await check('users: data create record', async () => {
  const [profile] = await records("SELECT Id FROM Profile WHERE Name = 'Standard User'");
  const values = `Username=cli.user@acme.example LastName=Cli Email=cli@acme.example Alias=cli ProfileId=${profile.Id} TimeZoneSidKey=Europe/Berlin LocaleSidKey=en_US EmailEncodingKey=UTF-8 LanguageLocaleKey=en_US`;
  const { id } = await done('data', 'create', 'record', '-s', 'User', '-v', values);
  assert.equal((await other.sobject('User').retrieve(id)).Username, 'cli.user@acme.example');
});

await check('not-served: data export bulk', async () => {
  const answer = await failed('data', 'export', 'bulk', '-q', 'SELECT Id FROM Lead', '--output-file', 'bulk.csv', '--wait', '1');
  assert.match(JSON.stringify(answer), /NOT_FOUND|not exist|NotFound/i, 'Bulk API 2 is not served, and says so');
});

// The last check, since the command line then knows this user in another org.
await check('cancel: project deploy cancel', async () => {
  const [program, line] = await started(process.env.ORG_PROGRAM, 'emulator', '--deploy-time', '10m');
  try {
    const instanceUrl = JSON.parse(line).base_url;
    await done('org', 'login', 'access-token', '--instance-url', instanceUrl, '--no-prompt', '--alias', 'slow');
    await file('cancelled/main/default/roles/Cli_Cancelled.role-meta.xml', roleFile('Cli Cancelled'));
    const job = await done('project', 'deploy', 'start', '-d', 'cancelled', '--async', '-o', 'slow');
    const answer = await done('project', 'deploy', 'cancel', '--job-id', job.id);
    assert.equal(answer.status, 'Canceled');
    const looking = new jsforce.Connection({ instanceUrl, accessToken: token, version });
    assert.equal((await looking.metadata.checkDeployStatus(job.id)).status, 'Canceled');
    assert.deepEqual((await looking.query("SELECT Id FROM UserRole WHERE DeveloperName = 'Cli_Cancelled'")).records, []);
  } finally {
    program.kill();
  }
});
