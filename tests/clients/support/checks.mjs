// What the scripts in JavaScript share: checks with a line each, the org they talk to, another client to look with.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const clients = process.env.ORGWRIGHT_CLIENTS;
export const baseUrl = process.env.ORG_BASE_URL;
export const token = process.env.ORG_ACCESS_TOKEN;
export const username = process.env.ORG_USERNAME;
export const version = '62.0';
export { assert };

const here = dirname(fileURLToPath(import.meta.url));
const jsforce = createRequire(join(clients, 'package.json'))('jsforce');
export { jsforce };

/** A connection of jsforce to the org. */
export function connection() {
  return new jsforce.Connection({ instanceUrl: baseUrl, accessToken: token, version });
}

/** Runs one check; its line says how it went, and the process' exit code remembers a failure. */
export async function check(name, action) {
  try {
    await action();
    console.log(`ok - ${name}`);
  } catch (error) {
    process.exitCode = 1;
    const message = String(error?.message ?? error).slice(0, 1500).replaceAll('\n', ' | ');
    console.log(`not ok - ${name}: ${message}`);
  }
}

/** How many requests of this kind the org was sent so far. */
export function calls(method, path) {
  const requests = readFileSync(process.env.ORG_LOG, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  return requests.filter((row) => row.method === method && row.path.includes(path)).length;
}

/** The refusal of an action that must not succeed. */
export async function refused(action) {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('this must be refused');
}

/** A process, and the line in which it tells that it is ready. */
export async function started(...command) {
  const [program, ...words] = command;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (!value) throw new Error(`it does not start: ${command.join(' ')}`);
  return [child, value];
}

/** Another client, in a process of its own: a JSON array of words in, an answer out. */
export class Observer {
  constructor() {
    const python = join(clients, 'venv', 'bin', 'python');
    this.process = spawn(python, [join(here, 'observer.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(...words) {
    this.process.stdin.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the observer is gone');
    const { answer, error } = JSON.parse(value);
    if (error) throw new Error(`observer: ${error}`);
    return answer;
  }

  query(soql) {
    return this.ask('query', soql);
  }

  end() {
    this.process.stdin.end();
  }
}

/** Records without the attributes that tell where they came from. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'attributes');
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}
