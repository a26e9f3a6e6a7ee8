// Real metadata as seeds: every file is laid over an org and read back through jsforce, equal to the file.
//
// The files are those of ORGWRIGHT_CORPUS. An org has one component of a name, so each type needs as many orgs as its
// most frequent name has files. Equal means: each statement of the file is read back, and nothing else is; white space,
// order and what is stated as `false` or not at all do not count. What differs nevertheless has to be one of CAUSES.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { assert, check, clients, jsforce, started } from './support/checks.mjs';

const corpus = process.env.ORGWRIGHT_CORPUS;
const { parseStringPromise } = createRequire(join(clients, 'package.json'))('xml2js');

/** Folder of the corpus, and the type of the components in it. */
const KINDS = {
  objects: 'CustomObject',
  fields: 'CustomField',
  roles: 'Role',
  profiles: 'Profile',
  permissionsets: 'PermissionSet',
  sharingRules: 'SharingRules',
};

const grants = (mine, name) => mine.includes(`userPermissions={enabled=true name=${name}}`);
const forces = (mine) => grants(mine, 'ModifyAllData') || grants(mine, 'ViewAllData') || grants(mine, 'QueryAllFiles');
const objectOf = (row) => / object=(\S+?)[ }]/.exec(row)?.[1];
const isForced = ({ kind, row, mine, theirs }) =>
  kind === 'Profile' && forces(mine) && row.startsWith('objectPermissions=') && theirs.some((other) => other.startsWith('objectPermissions=') && objectOf(other) === objectOf(row));

/** Why a line of a file may be read back otherwise, or a line be read that the file does not have. */
const CAUSES = [
  ['stands more than once in the file', 'lost', ({ row, text }) => text.split(`<field>${/ field=(\S+) /.exec(row)?.[1]}</field>`).length > 2],
  ['follows from a permission over all data', 'both', isForced],
  ['is told of every profile', 'surplus', ({ kind, row }) => kind === 'Profile' && /^(custom|userLicense)=/.test(row)],
  ['was renamed to license in version 38.0', 'both', ({ kind, row }) => kind === 'PermissionSet' && /^(userLicense|license)=/.test(row)],
  ['"hidden" was dropped in version 23.0', 'lost', ({ row }) => row.startsWith('fieldPermissions=') && row.includes('hidden=true')],
  ['a standard field, by its name alone', 'surplus', ({ kind, row }) => kind === 'CustomObject' && /^fields=\{fullName=\w+\}$/.test(row)],
  ['globalPicklist became valueSet in version 38.0', 'both', ({ row, text }) => text.includes('<globalPicklist>') && / (globalPicklist|valueSet)=/.test(row)],
  ['a default the file leaves open', 'surplus', ({ kind, row }) => kind === 'CustomObject' && /^(externalSharingModel|sharingModel)=/.test(row)],
];

/** The place of a file in a seed, and the full name of its component: from the path it had in its repository. */
function placed(kind, path) {
  const words = path.split('/');
  const stem = basename(path).replace(/-meta\.xml$/, '');
  // Objects have no dot in their names; several copies of one file may have one in theirs.
  const name = decodeURIComponent(kind === 'CustomObject' ? stem.replace(/\..*$/, '') : stem.replace(/\.[^.]*$/, ''));
  if (kind === 'CustomObject') return { place: `objects/${name}.object`, name };
  if (kind !== 'CustomField') return { place: words.slice(-2).join('/'), name };
  return { place: words.slice(-4).join('/'), name: `${words.at(-3)}.${name}` };
}

/** What a tool that merges files is tested with: no org holds "not true" where true or false belongs. */
const isFixture = ({ file }) => file.includes('/sfdcmergedriver__');

async function listed() {
  const rows = (await readFile(join(corpus, 'INDEX.tsv'), 'utf8')).trimEnd().split('\n').slice(1);
  const files = rows.map((row) => row.split('\t')).map(([file, , path]) => ({ file, path, kind: KINDS[dirname(file)] }));
  return files.filter((file) => file.kind).map((file) => ({ ...file, ...placed(file.kind, file.path) }));
}

/** Files of one type, each in the first org that has none of its name. */
function grouped(files) {
  const seen = new Map();
  const groups = [];
  for (const file of files) {
    const name = file.name.toLowerCase();
    const turn = seen.get(name) ?? 0;
    seen.set(name, turn + 1);
    (groups[turn] ??= []).push(file);
  }
  return groups;
}

/** An org seeded with the files of a folder, behind a relay that keeps its answers. */
async function emulator(seed) {
  const [org, line] = await started(process.env.ORG_PROGRAM, 'emulator', '--seed', seed);
  const ready = JSON.parse(line);
  const { RELAY, RELAY_CERTIFICATE, RELAY_KEY, RELAY_RECORDS } = process.env;
  const [relay, ports] = await started('python3', RELAY, RELAY_CERTIFICATE, RELAY_KEY, ready.base_url.replace('http://', ''), RELAY_RECORDS);
  const instanceUrl = `http://127.0.0.1:${ports.split(' ')[1]}`;
  const connection = new jsforce.Connection({ instanceUrl, accessToken: ready.access_token, version: '66.0' });
  return { org: connection, end: () => [org, relay].forEach((child) => child.kill()) };
}

/** Writes a seed. The levels of roles mean something only where the defaults are private. */
async function seeded(folder, files) {
  const put = async (place, text) => {
    await mkdir(dirname(join(folder, place)), { recursive: true });
    await writeFile(join(folder, place), text);
  };
  for (const file of files) await put(file.place, file.text);
  if (files[0].kind !== 'Role') return;
  for (const name of ['Account', 'Case', 'Contact', 'Opportunity']) {
    await put(`objects/${name}.object`, '<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel></CustomObject>');
  }
}

// ---- documents as lists of statements

/** Text as every reader of XML sees it: a line end is one character. White space around it is nobody's statement. */
const plainText = (text) => String(text ?? '').replaceAll('\r\n', '\n').trim();

/** An element without attributes: a text, or names with the list of what is inside. */
function element(node) {
  if (node === null || typeof node !== 'object') return plainText(node);
  const entries = Object.entries(node).filter(([name, inner]) => name !== '$' && name !== '_' && [inner].flat().length > 0);
  if (entries.length === 0) return plainText(node._);
  return Object.fromEntries(entries.map(([name, inner]) => [name, [inner].flat().map(element)]));
}

/** One line for an element, without what is `false`. */
function line(inner) {
  if (typeof inner === 'string') return inner;
  const parts = Object.entries(inner).flatMap(([name, list]) => list.map((each) => `${name}=${line(each)}`));
  return `{${parts.filter((part) => !part.endsWith('=false')).sort().join(' ')}}`;
}

/** Whether an entry of a profile or permission set names something and grants nothing. */
function grantsNothing(inner) {
  if (typeof inner === 'string') return inner === 'false';
  const texts = Object.values(inner).flat();
  return texts.includes('false') && texts.filter((text) => text !== 'false').length === 1;
}

/** The elements of a document as lines, as often as they stand there. */
function statements(kind, document) {
  const isSilent = ['Profile', 'PermissionSet'].includes(kind) ? grantsNothing : (inner) => inner === 'false';
  const rows = Object.entries(document).filter(([name]) => name !== 'fullName');
  return rows.flatMap(([name, list]) => list.filter((inner) => !isSilent(inner)).map((inner) => `${name}=${line(inner)}`));
}

/** The lines of one list that another does not have, or not as often. */
function without(list, other) {
  const left = new Map();
  for (const row of other) left.set(row, (left.get(row) ?? 0) + 1);
  return list.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

// ---- reading back

const parsed = async (text) => element(Object.values(await parseStringPromise(text.replace(/^\ufeff/, '')))[0]);
const apiName = (name) => encodeURIComponent(name).replaceAll('%20', ' ');

/** Adds to the tally how a file and what was read of it differ. */
async function compare(file, read, tally) {
  const document = await parsed(file.text);
  const mine = typeof document === 'string' ? [] : statements(file.kind, document);
  const back = element(read ?? {});
  const theirs = typeof back === 'string' ? [] : statements(file.kind, back);
  assert.ok(read?.fullName, `${file.file} is not there: ${file.name}`);
  const judge = (side) => (row) => {
    const about = { ...file, row, mine, theirs };
    const cause = CAUSES.find(([, sides, applies]) => (sides === 'both' || sides === side) && applies(about));
    if (!cause) return tally.unexplained.push(`${file.file} ${side}: ${row.slice(0, 300)}`);
    return (tally.causes[cause[0]] = (tally.causes[cause[0]] ?? 0) + 1);
  };
  const [lost, surplus] = [without(mine, theirs), without(theirs, mine)];
  lost.forEach(judge('lost'));
  surplus.forEach(judge('surplus'));
  tally.files += 1;
  tally.same += lost.length + surplus.length === 0 ? 1 : 0;
  tally.statements += mine.length;
}

/** Seeds an org with files of one type, and reads them in tens. */
async function readBack(folder, files, tally) {
  for (const file of files) file.text = await readFile(join(corpus, file.file), 'utf8');
  await seeded(folder, files);
  const { org, end } = await emulator(folder);
  try {
    for (let start = 0; start < files.length; start += 10) {
      const ten = files.slice(start, start + 10);
      const read = [await org.metadata.read(ten[0].kind, ten.map((file) => apiName(file.name)))].flat();
      for (const [place, file] of ten.entries()) await compare(file, read[place], tally);
    }
  } finally {
    end();
    await rm(folder, { recursive: true });
  }
}

const files = await listed();
const all = files.filter((file) => !isFixture(file));
console.log(`# ${all.length} files; ${files.length - all.length} are left out as fixtures of a tool that merges files`);
for (const [folder, kind] of Object.entries(KINDS)) {
  const own = all.filter((file) => file.kind === kind);
  const groups = grouped(own);
  await check(`corpus ${folder}: every file seeds and reads back as it is`, async () => {
    const tally = { files: 0, same: 0, statements: 0, causes: {}, unexplained: [] };
    for (const [turn, group] of groups.entries()) await readBack(join(process.cwd(), `${folder}-${turn}`), group, tally);
    console.log(`# ${kind}: ${tally.files} files in ${groups.length} orgs, ${tally.statements} statements, ${tally.same} files without any difference`);
    for (const [cause, count] of Object.entries(tally.causes)) console.log(`#   ${count} lines: ${cause}`);
    for (const problem of tally.unexplained.slice(0, 40)) console.log(`#   unexplained: ${problem}`);
    assert.equal(tally.unexplained.length, 0, `${tally.unexplained.length} lines differ without a cause`);
    assert.equal(tally.files, own.length);
    assert.ok(tally.files > 0, 'the corpus has files of this type');
  });
}
