import { type CallOptions, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuditsClient,
  CommitRequest,
  GetAuthorizerRequest,
  ListAuditsRequest,
  ListOperationsRequest,
  Operation,
  OperationsService,
  ReleaseRequest,
  Resolution,
  ResolveOperationRequest,
  UndoAuditRequest,
} from '@wxa/contracts';
import { newApiKey } from '@wxa/policy';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { beginUpload, chunk, info, png } from '../gateway/uploads.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { usePolicy } from './shared-policy.js';

const EXPIRED = newApiKey();
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
      {
        methods: ['CodeManagement/UndoAudit', 'CodeManagement/UploadAuditMedia'],
        appids: ['wxb*'],
        reason: 'team B is closed',
      },
    ],
  },
  expired: {
    credentials: [{ apiKey: { id: EXPIRED.id, sha256: EXPIRED.sha256, expires: '2020-01-31' } }],
  },
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
  idOfB = String(
    (await database.rows(`select id from operations where appid ~ '^wxb' order by id limit 1`))[0]?.id,
  );
});
afterAll(() => database.rows(`delete from operations where appid ~ '^wxb'`));

const commit = (caller: string, appid: string) =>
  call(
    gateway.code,
    gateway.code.commit,
    CommitRequest.fromPartial({ appid, userVersion: 'V1', templateId: 1n }),
    {
      headers: policy.headers(caller),
    },
  );

/** The status and all trailers of a call, as the client receives them. */
function rawAnswer(rpc: keyof typeof OperationsService, request: object, caller: string): Promise<string> {
  const { path, requestSerialize } = OperationsService[rpc] as unknown as {
    path: string;
    requestSerialize(request: object): Buffer;
  };
  const metadata = new Metadata();
  metadata.set('authorization', policy.headers(caller).authorization ?? '');
  const options: CallOptions = { deadline: Date.now() + 10_000 };
  const client = new Client(gateway.grpc, credentials.createInsecure());
  return new Promise((resolve) => {
    const done = (error: ServiceError | null) => {
      client.close();
      const {
        code,
        details,
        metadata: trailers,
      } = error ?? { code: 0, details: '', metadata: new Metadata() };
      resolve(JSON.stringify([code, details, { ...trailers.toHttp2Headers(), date: '' }]));
    };
    client.makeUnaryRequest(path, requestSerialize, (bytes) => bytes, request, metadata, options, done);
  });
}

describe('callers', () => {
  it('A call without a credential is UNAUTHENTICATED, and so is one with an unknown key', async () => {
    const request = { id: UNKNOWN };
    for (const headers of <Record<string, string>[]>[
      {},
      { authorization: `Bearer wxa_k7f3q2ma_${'A'.repeat(43)}` },
      { authorization: 'Basic x' },
    ])
      expect(
        await refusalOf(call(gateway.operations, gateway.operations.getOperation, request, { headers })),
      ).toMatchObject({
        code: 'UNAUTHENTICATED',
        reason: 'CALLER_UNKNOWN',
      });
  });

  it('A call with an API key after its last day is UNAUTHENTICATED with CREDENTIALS_EXPIRED', async () => {
    const headers = { authorization: `Bearer ${EXPIRED.key}` };
    const refused = call(gateway.operations, gateway.operations.getOperation, { id: UNKNOWN }, { headers });
    expect(await refusalOf(refused)).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'CREDENTIALS_EXPIRED',
    });
  });

  it('A deny rule refuses an upload whatever precedes its info, and an upload that does not begin with it', async () => {
    const headers = policy.headers('frozen');
    const file = chunk(png(100));
    for (const [messages, reason] of <const>[
      [[info({ appid: B }), file], 'CALLER_NOT_ALLOWED'],
      [[{ part: undefined }, info({ appid: B }), file], 'INVALID_REQUEST'],
      [[file, info({ appid: B })], 'INVALID_REQUEST'],
    ])
      expect(await refusalOf(beginUpload(gateway.code, [...messages], headers).answer)).toMatchObject({
        reason,
      });
    expect(await database.rows(`select from operations where accepted_by = 'frozen'`)).toEqual([]);
  });

  it('An accepted operation records its caller', async () => {
    expect((await commit('team-a', A)).acceptedBy).toBe('team-a');
    expect(await database.rows('select accepted_by from operations where appid = $1', [A])).toEqual([
      { accepted_by: 'team-a' },
    ]);
  });

  it('A named appid that is not allowed is PERMISSION_DENIED, known or not, before the request is validated', async () => {
    const { code, reason, metadata } = await refusalOf(commit('team-a', B));
    expect({ code, reason, metadata }).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'CALLER_NOT_ALLOWED',
      metadata: { caller: 'team-a', method: 'CodeManagement/Commit' },
    });
    for (const appid of ['wxc0000000000000ff', 'nonsense', ''])
      expect(await refusalOf(commit('team-a', appid))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    const get = call(
      gateway.authorizers,
      gateway.authorizers.getAuthorizer,
      GetAuthorizerRequest.fromPartial({ appid: B }),
      { headers: policy.headers('team-a') },
    );
    expect(await refusalOf(get)).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
  });

  it('A method that is not allowed for any appid is PERMISSION_DENIED', async () => {
    expect(await refusalOf(commit('reader', A))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'CALLER_NOT_ALLOWED',
      metadata: { caller: 'reader', method: 'CodeManagement/Commit' },
    });
  });

  it('A call that a deny rule forbids for one appid or for all is PERMISSION_DENIED with the reason of the rule', async () => {
    const settings = { headers: policy.headers('frozen') };
    const { code } = gateway;
    const errors = await Promise.all(
      [
        call(code, code.release, ReleaseRequest.fromPartial({ appid: A }), settings),
        call(code, code.undoAudit, UndoAuditRequest.fromPartial({ appid: B }), settings),
      ].map((made) => made.catch((error: ServiceError) => error)),
    );
    expect(errors).toMatchObject([
      {
        code: status.PERMISSION_DENIED,
        details: expect.stringMatching(/for any appid: frozen until 7 January$/),
      },
      {
        code: status.PERMISSION_DENIED,
        details: expect.stringMatching(/for appid "wxb\w+": team B is closed$/),
      },
    ]);
  });

  it.each([
    ['getOperation', {}],
    ['waitOperation', { timeout: undefined, untilFinal: false }],
    ['cancelOperation', { reason: '' }],
    [
      'resolveOperation',
      ResolveOperationRequest.fromPartial({
        resolution: Resolution.RESOLUTION_DONE,
        resolvedBy: 'x',
        reason: 'y',
      }),
    ],
  ] as const)(
    '%s of a foreign operation answers byte for byte like an unknown id, and changes nothing',
    async (rpc, fields) => {
      const [row] = await database.rows(
        'select id from operations where appid ~ $1 order by id desc limit 1',
        ['^wxb'],
      );
      const request = { ...fields, id: String(row?.id) };
      const foreign = await rawAnswer(rpc, request, 'team-a');
      const deleted = await database.rows('delete from operations where id = $1 returning state', [row?.id]);
      expect(deleted).toEqual([{ state: 'QUEUED' }]);
      expect(await rawAnswer(rpc, request, 'team-a')).toBe(foreign);
      expect(foreign).toContain('not found');
    },
  );

  it('A caller gets its own operations, and a deny rule hides them', async () => {
    const get = (caller: string) =>
      call(
        gateway.operations,
        gateway.operations.getOperation,
        { id: idOfB },
        { headers: policy.headers(caller) },
      );
    expect((await get('team-b')).appid).toMatch(/^wxb/);
    expect(await refusalOf(get('reader'))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'OPERATION_NOT_FOUND',
    });
  });

  it('A list without an appid has only the operations of visible mini-programs', async () => {
    const own = (await commit('team-a', `wxa${'1'.repeat(15)}`)).id;
    const list = async (caller: string) => {
      const request = ListOperationsRequest.fromPartial({ pageSize: 500 });
      return call(gateway.operations, gateway.operations.listOperations, request, {
        headers: policy.headers(caller),
      });
    };
    const { operations } = await list('team-a');
    expect(operations.map(({ id }) => id)).toContain(own);
    expect(operations.filter(({ appid }) => !appid.startsWith('wxa'))).toEqual([]);
    expect((await list('team-b')).operations.map(({ appid }) => appid.slice(0, 3))).toEqual(
      Array(500).fill('wxb'),
    );
  });

  it('ListAudits has only the audits of visible mini-programs, and an audit of others cannot be read', async () => {
    await database.rows(
      `insert into audits (operation_id, appid, audit_id, user_version, submitted_at)
       select gen_random_uuid(), appid, 7, '1', now() from unnest($1::text[]) appid`,
      [[A, B]],
    );
    const audits = new AuditsClient(gateway.grpc, credentials.createInsecure());
    const settings = { headers: policy.headers('team-a') };
    const list = (appid: string) =>
      call(audits, audits.listAudits, ListAuditsRequest.fromPartial({ appid }), settings);
    const get = (appid: string) => call(audits, audits.getAudit, { appid, auditId: 7n }, settings);
    try {
      expect((await list('')).audits.map(({ appid }) => appid)).toEqual([A]);
      expect((await get(A)).appid).toBe(A);
      for (const refused of [list(B), get(B)])
        expect(await refusalOf(refused)).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    } finally {
      audits.close();
    }
  });

  it('ListLanes has only the lanes of visible mini-programs', async () => {
    const head = (await commit('team-a', `wxa${'2'.repeat(15)}`)).id;
    const request = { pageSize: 500, pageToken: '' };
    const headers = policy.headers('team-a');
    const { lanes } = await call(gateway.operations, gateway.operations.listLanes, request, { headers });
    expect(lanes.map((lane) => lane.head?.id)).toContain(head);
    expect(lanes.filter(({ appid }) => !appid.startsWith('wxa'))).toEqual([]);
  });

  it('A watch stream without an appid has only the operations of visible mini-programs', async () => {
    const seen: Operation[] = [];
    const metadata = new Metadata();
    metadata.set('authorization', policy.headers('team-a').authorization ?? '');
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
});
