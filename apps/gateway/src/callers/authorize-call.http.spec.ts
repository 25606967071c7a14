import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { jwtKeys, type Policy, parsePolicy } from '@wxa/policy';
import type { Principal } from '../credentials/authenticate.js';
import type { DeniedCall } from '../credentials/denied-calls.js';
import { authorizeCall } from './authorize-call.js';

const METHOD = 'CodeManagement/Commit';
const path = `/wxa.code.v1.${METHOD}`;
const toBytes = (value: object) => Buffer.from(JSON.stringify(value));
const fromBytes = (bytes: Buffer) => JSON.parse(bytes.toString()) as object;
const service: ServiceDefinition = {
  commit: {
    ...{ path, requestStream: false, responseStream: false },
    ...{ requestSerialize: toBytes, requestDeserialize: fromBytes },
    ...{ responseSerialize: toBytes, responseDeserialize: fromBytes },
  },
};
const TOKEN = { issuer: 'https://id.example.com', subject: 'svc:shop' };

/** A policy with these entries for callers. */
function policyOf(...callers: object[]): Policy {
  const context = { file: 'policy.yaml', setFiles: new Map() };
  const { policy, errors } = parsePolicy(JSON.stringify({ version: 1, callers }), context);
  if (policy === undefined) throw new Error(JSON.stringify(errors));
  return policy;
}
const SHOP = { name: 'shop', credentials: [{ jwt: TOKEN }] };
const OPEN = { ...SHOP, allow: [{ methods: [METHOD], appids: 'all' }] };
const NARROW = { ...SHOP, allow: [{ methods: ['CodeManagement/Release'], appids: 'all' }] };

/** What a later version may serve beside the methods of policies. */
const OTHER = '/grpc.other.v1.Other/Do';

let current: Policy;
let nowMs: number;
let principal: Principal;
let onMetadata: () => void;
const denied: DeniedCall[] = [];
let server: Server;
let client: Client;
beforeEach(() => {
  current = policyOf(OPEN);
  nowMs = 0;
  denied.length = 0;
  principal = {
    ...{ kind: 'jwt', expiresAtMs: 60_000 },
    find: (policy) => policy.callerOf(jwtKeys(TOKEN.issuer, TOKEN.subject)),
  };
});
beforeAll(async () => {
  const interceptor = authorizeCall({
    policy: {
      get current() {
        return current;
      },
    },
    authenticator: {
      identify: () => {
        onMetadata();
        return principal;
      },
    },
    limits: { exceededBy: () => undefined },
    inProgress: { begin: () => () => undefined },
    streams: { add: () => undefined, delete: () => undefined },
    componentAppid: undefined,
    onDenied: (call) => denied.push(call),
    now: () => nowMs,
  });
  server = new Server({ interceptors: [interceptor] });
  server.addService(service, {
    commit: (_call: unknown, answer: (error: null, value: object) => void) => answer(null, {}),
  });
  server.addService({ do: { ...service.commit, path: OTHER } } as ServiceDefinition, {
    do: (_call: unknown, answer: (error: null, value: object) => void) => answer(null, {}),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

/** A call whose message is sent once its metadata was accepted and `between` has run. Resolves with its code. */
async function held(between: () => void): Promise<number> {
  const accepted = new Promise<void>((resolve) => {
    onMetadata = resolve;
  });
  return new Promise((resolve) => {
    const call = client.makeClientStreamRequest(path, toBytes, fromBytes, (error) =>
      resolve(error?.code ?? status.OK),
    );
    void accepted.then(() => {
      between();
      call.write({ appid: 'wx0123456789abcdef' });
      call.end();
    });
  });
}

it('A path that is neither a method of policies nor reflection is refused to every caller', async () => {
  onMetadata = () => undefined;
  const code = await new Promise<number>((resolve) =>
    client.makeUnaryRequest(OTHER, toBytes, fromBytes, {}, (error) => resolve(error?.code ?? status.OK)),
  );
  expect(code).toBe(status.PERMISSION_DENIED);
});

it('A call whose message arrives long after its metadata is allowed while its caller is', async () => {
  expect(await held(() => undefined)).toBe(status.OK);
  expect(
    await held(() => {
      nowMs = 59_000;
      current = policyOf(OPEN);
    }),
  ).toBe(status.OK);
  expect(denied).toEqual([]);
});

it('A call whose message arrives after its caller was removed is refused', async () => {
  expect(
    await held(() => {
      current = policyOf();
    }),
  ).toBe(status.UNAUTHENTICATED);
});

it('A call whose message arrives after its caller was narrowed is refused', async () => {
  expect(
    await held(() => {
      current = policyOf(NARROW);
    }),
  ).toBe(status.PERMISSION_DENIED);
  expect(denied).toEqual([expect.objectContaining({ caller: 'shop', code: 'PermissionDenied' })]);
});

it('A call whose message arrives after its credential has expired is refused', async () => {
  expect(
    await held(() => {
      nowMs = 60_000;
    }),
  ).toBe(status.UNAUTHENTICATED);
});

it('A token that is accepted within the tolerance of clocks is valid for the message too', async () => {
  nowMs = 61_000;
  expect(
    await held(() => {
      nowMs = 61_500;
    }),
  ).toBe(status.OK);
});
