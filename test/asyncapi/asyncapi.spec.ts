import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { expect, it } from '@jest/globals';
import * as contracts from '@wxa/contracts';
import { canonicalJson, EVENTS, type EventName, TOPICS } from '@wxa/contracts';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { arbitraryMessage } from './arbitrary-message.js';
import { type AsyncApi, DOCUMENT, type Schema, violationsOf } from './violations.js';

const ROOT = join(import.meta.dirname, '../..');

const compare = new URL('../../clients/asyncapi/compare.js', import.meta.url);
const { brokenBy } = (await import(compare.href)) as {
  brokenBy: (before: object, after: object) => string[];
};

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(join(ROOT, 'proto/descriptor-set.binpb'))),
);

/** Its JSON as the apps write it. */
function jsonOf(name: EventName, bytes: Uint8Array): unknown {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: tests are not bundled.
  const codec = contracts[name as 'AuditCompleted'];
  const message = codec.decode(bytes);
  if (!name.startsWith('Rollout')) return JSON.parse(JSON.stringify(codec.toJSON(message)));
  return canonicalJson(`wxa.code.v1.${name}`, codec.encode(message).finish());
}

it('docs/asyncapi.yaml is valid AsyncAPI 3.1.0', () => {
  const require = createRequire(import.meta.url);
  const schema = require('@asyncapi/specs/schemas/3.1.0-without-$id.json');
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect(validate(DOCUMENT) || validate.errors).toBe(true);
});

it('docs/asyncapi.yaml has a channel for every topic', () => {
  const addresses = Object.values(DOCUMENT.channels).map(({ address }) => address);
  expect(addresses.sort()).toEqual(Object.values(TOPICS).sort());
});

it.each(EVENTS)(
  'Every %s that the codec can write matches its schema, which has each of its properties',
  (name) => {
    const type = registry.getMessage(`wxa.code.v1.${name}`);
    if (type === undefined) throw new Error(`the descriptor set has no ${name}`);
    const validate = closedValidator(name);
    fc.assert(
      fc.property(arbitraryMessage(type), (given) => {
        const json = jsonOf(name, toBinary(type, create(type, given)));
        expect(validate(json) || validate.errors).toBe(true);
      }),
      { numRuns: 200 },
    );
  },
);

it.each(EVENTS)('%s has an example that was recorded in a test run', (name) => {
  const [example] = DOCUMENT.components.messages[name]?.examples ?? [];
  const { headers, payload } = example as { headers: Record<string, string>; payload: unknown };
  expect(
    violationsOf({ key: (headers.ce_subject ?? '').replace(/\/.*/, ''), headers, json: payload }),
  ).toEqual([]);
});

it('A message with another type of a property, an unknown enum value or a missing header is rejected', () => {
  const [example] = DOCUMENT.components.messages.AuditCompleted?.examples ?? [];
  const { headers, payload } = example as { headers: Record<string, string>; payload: object };
  const key = headers.ce_subject ?? '';
  const { ce_id: _, ...withoutId } = headers;
  expect(violationsOf({ key, headers, json: { ...payload, auditId: 5 } })).toHaveLength(1);
  expect(violationsOf({ key, headers, json: { ...payload, result: 'APPROVED' } })).toHaveLength(1);
  expect(violationsOf({ key, headers: withoutId, json: payload })).toHaveLength(1);
  expect(violationsOf({ key: 'none', headers, json: payload })).toHaveLength(1);
});

const change = (edit: (document: AsyncApi) => void): string[] => {
  const changed = structuredClone(DOCUMENT);
  edit(changed);
  return brokenBy(DOCUMENT, changed);
};
const auditOf = ({ components }: AsyncApi) => components.schemas.AuditCompleted?.properties ?? {};

it('Additions and other descriptions break nothing', () => {
  const broken = change((document) => {
    auditOf(document).addedLater = { type: 'string' };
    auditOf(document).reason = { type: 'string', description: 'another' };
    document.components.schemas.AuditResult?.enum?.push('AUDIT_RESULT_LATER');
    document.channels.later = { address: 'wxa.code.later.v1', messages: {} };
  });
  expect(broken).toEqual([]);
});

const AUDIT = '/components/schemas/AuditCompleted/properties';

it.each<[what: string, edit: (document: AsyncApi) => void, broken: string]>([
  ['channel', ({ channels }) => delete channels.audits, '/channels/audits: removed'],
  [
    'message',
    ({ channels }) => delete channels.audits?.messages.AuditDelayed,
    '/channels/audits/messages/AuditDelayed: removed',
  ],
  ['property', (document) => delete auditOf(document).reason, `${AUDIT}/reason: removed`],
  [
    'header',
    ({ components }) => delete components.messages.AuditDelayed?.headers.properties?.ce_id,
    '/components/messages/AuditDelayed/headers/properties/ce_id: removed',
  ],
  [
    'enum value',
    ({ components }) => components.schemas.AuditResult?.enum?.pop(),
    '/components/schemas/AuditResult/enum: "AUDIT_RESULT_WITHDRAWN" removed',
  ],
  [
    'type',
    (document) => Object.assign(auditOf(document).reason ?? {}, { type: 'integer' }),
    `${AUDIT}/reason/type: "string" became "integer"`,
  ],
])('A removed or changed %s is reported', (_, edit, broken) => {
  expect(change(edit)).toEqual([broken]);
});

/** The schema of a message, which rejects properties that it does not name. */
function closedValidator(name: string) {
  const schemas = Object.fromEntries(
    Object.entries(DOCUMENT.components.schemas).map(([each, schema]) => [each, closed(schema)]),
  );
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'closed', components: { schemas } });
  return ajv.compile({ $ref: `closed#/components/schemas/${name}` });
}

function closed(schema: Schema): Schema {
  return schema.properties === undefined ? schema : { ...schema, additionalProperties: false };
}
