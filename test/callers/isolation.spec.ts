import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { beforeAll, expect, it } from '@jest/globals';
import { type Operation, OperationsService, Resolution } from '@wxa/contracts';
import { newApiKey } from '@wxa/policy';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { metadataOf, refusalOf } from '../gateway/calls.js';
import { beginUpload, chunk, info, png } from '../gateway/uploads.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { usePolicy } from './shared-policy.js';

const EXPIRED = newApiKey();
const CLOSED = ['CodeManagement/UndoAudit', 'CodeManagement/UploadAuditMedia'];
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  'team-a': { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  'team-b': { allow: [{ methods: ['*'], appids: ['wxb*'] }] },
  reader: {
    allow: [{ methods: ['Operations/Get*', 'CodeManagement/List*'], appids: 'all' }],
    deny: [{ methods: ['Operations/*'], appids: ['wxb*'], reason: 'team B asked for it' }],
  },
  frozen: {
    deny: [
      { methods: ['CodeManagement/Release'], appids: 'all', reason: 'frozen until 7 January' },
      { methods: CLOSED, appids: ['wxb*'], reason: 'team B is closed' },
    ],
  },
  expired: { credentials: [{ apiKey: { id: EXPIRED.id, sha256: EXPIRED.sha256, expires: '2020-01-31' } }] },
});

const [A = '', B = ''] = ['wxa', 'wxb'].map((start) => start + newAppid().slice(3));
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const OPERATIONS_OF_B = 5_000;
let idOfB = '';

beforeAll(async () => {
  await database.rows(
    `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent)
     select uuidv7(), 'wxb' || lpad(to_hex(n), 15, '0'), 'b-' || n, '', 'Commit', true, '{}', now(), ''
     from generate_series(1, $1::int) n`,
    [OPERATIONS_OF_B],
  );
  const [first] = await database.rows(`select id from operations where appid ~ '^wxb' order by id limit 1`);
  idOfB = String(first?.id);
});

const commit = (caller: string, appid: string) =>
  gateway.rpc('commit', { appid, userVersion: 'V1', templateId: 1n }, policy.as(caller));
const get = (id: string, headers: Record<string, string>) => gateway.rpc('getOperation', { id }, { headers });
const DENIED = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };

/** The status and all trailers of a call, as the client receives them. */
function rawAnswer(rpc: keyof typeof OperationsService, request: object, caller: string): Promise<string> {
  const { path, requestSerialize } = OperationsService[rpc];
  const serialize = requestSerialize as (request: unknown) => Buffer;
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null) => {
      const { code, details, metadata } = error ?? { code: 0, details: '', metadata: new Metadata() };
      resolve(JSON.stringify([code, details, { ...metadata.toHttp2Headers(), date: '' }]));
    };
    const headers = metadataOf(policy.headers(caller));
    gateway.code.makeUnaryRequest(path, serialize, same, request, headers, done);
  });
}

it.each<[string, Record<string, string>, string]>([
  ['without a credential', {}, 'CALLER_UNKNOWN'],
  ['with an unknown key', { authorization: `Bearer wxa_k7f3q2ma_${'A'.repeat(43)}` }, 'CALLER_UNKNOWN'],
  ['with another scheme', { authorization: 'Basic x' }, 'CALLER_UNKNOWN'],
  ['with an API key after its last day', { authorization: `Bearer ${EXPIRED.key}` }, 'CREDENTIALS_EXPIRED'],
])('A call %s is UNAUTHENTICATED', async (_what, headers, reason) => {
  expect(await refusalOf(get(UNKNOWN, headers))).toMatchObject({ code: 'UNAUTHENTICATED', reason });
});

it('A deny rule refuses an upload whatever precedes its info, and an upload that does not begin with it', async () => {
  const headers = policy.headers('frozen');
  const file = chunk(png(100));
  for (const [messages, reason] of <const>[
    [[info({ appid: B }), file], 'CALLER_NOT_ALLOWED'],
    [[{ part: undefined }, info({ appid: B }), file], 'INVALID_REQUEST'],
    [[file, info({ appid: B })], 'INVALID_REQUEST'],
  ])
    expect((await refusalOf(beginUpload(gateway.code, [...messages], headers).answer)).reason).toBe(reason);
  expect(await database.rows(`select from operations where accepted_by = 'frozen'`)).toEqual([]);
});

it('A named appid, or a method, that is not allowed is PERMISSION_DENIED, known or not, before the request is validated', async () => {
  const denied = (caller: string) => ({ ...DENIED, metadata: { caller, method: 'CodeManagement/Commit' } });
  for (const appid of [B, 'wxc0000000000000ff', 'nonsense', ''])
    expect(await refusalOf(commit('team-a', appid))).toMatchObject(denied('team-a'));
  expect(await refusalOf(commit('reader', A))).toMatchObject(denied('reader'));
  const other = gateway.rpc('getAuthorizer', { appid: B }, policy.as('team-a'));
  expect(await refusalOf(other)).toMatchObject(DENIED);
});

it('A call that a deny rule forbids for one appid or for all is PERMISSION_DENIED with the reason of the rule', async () => {
  for (const [rpc, appid, text] of [
    ['release', A, /for any appid: frozen until 7 January$/],
    ['undoAudit', B, /for appid "wxb\w+": team B is closed$/],
  ] as const) {
    const refusal = { code: status.PERMISSION_DENIED, details: expect.stringMatching(text) };
    await expect(gateway.rpc(rpc, { appid }, policy.as('frozen'))).rejects.toMatchObject(refusal);
  }
});

it.each([
  ['getOperation', { withRequest: false }],
  ['waitOperation', { timeout: undefined, untilFinal: false }],
  ['cancelOperation', { reason: '' }],
  ['resolveOperation', { resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'x', reason: 'y', auditId: 0n }],
] as const)(
  '%s of a foreign operation answers byte for byte like an unknown id, and changes nothing',
  async (rpc, fields) => {
    const last = `select id from operations where appid ~ '^wxb' order by id desc limit 1`;
    const [row] = await database.rows(last);
    const request = { ...fields, id: String(row?.id) };
    const foreign = await rawAnswer(rpc, request, 'team-a');
    const deleted = await database.rows('delete from operations where id = $1 returning state', [row?.id]);
    expect(deleted).toEqual([{ state: 'QUEUED' }]);
    expect(await rawAnswer(rpc, request, 'team-a')).toBe(foreign);
    expect(foreign).toContain('not found');
  },
);

it('A caller gets its own operations, and a deny rule hides them', async () => {
  expect((await get(idOfB, policy.headers('team-b'))).appid).toMatch(/^wxb/);
  const hidden = get(idOfB, policy.headers('reader'));
  expect(await refusalOf(hidden)).toMatchObject({ code: 'NOT_FOUND', reason: 'OPERATION_NOT_FOUND' });
});

it('Lists of operations and lanes without an appid have only those of visible mini-programs', async () => {
  const own = (await commit('team-a', `wxa${'1'.repeat(15)}`)).id;
  const list = async (caller: string) =>
    (await gateway.rpc('listOperations', { pageSize: 500 }, policy.as(caller))).operations;
  const { lanes } = await gateway.rpc('listLanes', { pageSize: 500 }, policy.as('team-a'));
  const operations = await list('team-a');
  expect(operations.map(({ id }) => id)).toContain(own);
  expect(lanes.map(({ head }) => head?.id)).toContain(own);
  expect([...operations, ...lanes].filter(({ appid }) => !appid.startsWith('wxa'))).toEqual([]);
  expect((await list('team-b')).map(({ appid }) => appid.slice(0, 3))).toEqual(Array(500).fill('wxb'));
});

it('ListAudits and GetAuditSummary have only the audits of visible mini-programs, and an audit of others cannot be read', async () => {
  await database.rows(
    `insert into audits (operation_id, appid, audit_id, user_version, template_id, state, submitted_at, decided_at)
       select gen_random_uuid(), appid, 7, '1', 7, 'APPROVED', now(), now() from unnest($1::text[]) appid`,
    [[A, B]],
  );
  const list = (appid: string) => gateway.rpc('listAudits', { appid }, policy.as('team-a'));
  const read = (appid: string) => gateway.rpc('getAudit', { appid, auditId: 7n }, policy.as('team-a'));
  expect((await list('')).audits.map(({ appid }) => appid)).toEqual([A]);
  const count = (caller: string) => gateway.rpc('getAuditSummary', { templateId: 7n }, policy.as(caller));
  expect([(await count('team-a')).approved, (await count('team-b')).approved]).toEqual([1n, 1n]);
  expect((await read(A)).appid).toBe(A);
  for (const refusal of await Promise.all([list(B), read(B)].map(refusalOf)))
    expect(refusal).toMatchObject(DENIED);
});

it('A watch stream without an appid has only the operations of visible mini-programs', async () => {
  const seen: Operation[] = [];
  const metadata = metadataOf(policy.headers('team-a'));
  const stream = gateway.operations.watchOperations({ appid: '' }, metadata);
  stream.on('error', () => undefined);
  stream.on('data', (operation: Operation) => seen.push(operation));
  await eventually(() => seen.length > 0);
  const [ofB, ofA] = [(await commit('team-b', B)).id, (await commit('team-a', A)).id];
  await eventually(() => seen.some(({ id }) => id === ofA));
  stream.cancel();
  expect(seen.map(({ id }) => id)).not.toContain(ofB);
  expect(seen.filter(({ appid }) => !appid.startsWith('wxa'))).toEqual([]);
});
