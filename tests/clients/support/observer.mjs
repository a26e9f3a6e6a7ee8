// jsforce as the eyes of the scripts in Python: one JSON array of words a line, one answer a line.
import { createInterface } from 'node:readline';
import { connection, plain } from './checks.mjs';

const org = connection();

const verbs = {
  query: async (soql) => plain((await org.query(soql, { autoFetch: true, maxFetch: 100000 })).records),
  tooling: async (soql) => plain((await org.tooling.query(soql)).records),
  get: async (object, id) => plain(await org.sobject(object).retrieve(id)),
  describe: (object) => org.describe(object),
  global: () => org.describeGlobal(),
  read: (kind, name) => org.metadata.read(kind, name),
  list: async (kind) => (await org.metadata.list([{ type: kind }])).map((row) => row.fullName),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = JSON.parse(line);
  const reply = await verbs[verb](...words).then(
    (answer) => ({ answer: answer ?? null }),
    (error) => ({ error: String(error?.message ?? error) }),
  );
  console.log(JSON.stringify(reply));
}
