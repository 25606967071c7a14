import { type Client, type ClientWritableStream, Metadata, Server, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { jwtKeys, type Policy, parsePolicy } from '@wxa/policy';
import type { Principal } from '../credentials/authenticate.js';
import type { DeniedCall } from '../credentials/denied-calls.js';
import { type RpcError, rpcError } from '../errors/rpc-error.js';
import { addMethod, codeOfCall, started } from '../server/fixtures/unary-calls.js';
import { authorizeCall } from './authorize-call.js';

const METHOD = 'CodeManagement/Commit';
const path = `/wxa.code.v1.${METHOD}`;
const toBytes = (value: object) => Buffer.from(JSON.stringify(value));
const fromBytes = (bytes: Buffer) => JSON.parse(bytes.toString()) as object;
const TOKEN = { issuer: 'https://id.example.com', subject: 'svc:shop' };

/** A policy with these entries for callers. */
function policyOf(...callers: object[]): Policy {
  const context = { file: 'policy.yaml', setFiles: new Map() };
  const { policy, errors } = parsePolicy(JSON.stringify({ version: 1, callers }), context);
  if (policy === undefined) throw new Error(JSON.stringify(errors));
  return policy;
}
const SHOP = { name: 'shop', credentials: [{ jwt: TOKEN }] };
const OPENED = { ...SHOP, allow: [{ methods: [METHOD], appids: 'all' }] };
const NARROW = { ...SHOP, allow: [{ methods: ['CodeManagement/Release'], appids: 'all' }] };
const OPEN = policyOf(OPENED);
const APPID = 'wx0123456789abcdef';
const only = (pattern: string) => policyOf({ ...SHOP, allow: [{ methods: [METHOD], appids: [pattern] }] });

/** What a later version may serve beside the methods of policies. */
const OTHER = '/grpc.other.v1.Other/Do';

let current: Policy;
let nowMs: number;
let principal: Principal;
let onMetadata: () => void;
let onMessage: () => void;
/** Refuses calls in progress. */
let beyondLimit: RpcError | undefined;
const denied: DeniedCall[] = [];
let server: Server;
let client: Client;
beforeEach(() => {
  current = OPEN;
  nowMs = 0;
  denied.length = 0;
  beyondLimit = undefined;
  [onMetadata, onMessage] = [() => undefined, () => undefined];
  principal = {
    ...{ kind: 'jwt', expiresAtMs: 60_000 },
    find: (policy) => policy.callerOf(jwtKeys(TOKEN.issuer, TOKEN.subject)),
  };
});
beforeAll(async () => {
  const identify = () => {
    onMetadata();
    return principal;
  };
  const policy = {
    get current() {
      return current;
    },
  };
  const interceptor = authorizeCall({
    ...{ policy, authenticator: { identify } },
    limits: { exceededBy: () => void onMessage() },
    inProgress: { begin: () => beyondLimit ?? (() => undefined) },
    streams: { add: () => undefined, delete: () => undefined },
    componentAppid: undefined,
    onDenied: (call) => denied.push(call),
    now: () => nowMs,
  });
  server = new Server({ interceptors: [interceptor] });
  addMethod(server, path, fromBytes);
  addMethod(server, OTHER);
  ({ client } = await started(server));
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

/** A call. Resolves with its code once `send` has sent the request. */
function codeAfter(send: (call: ClientWritableStream<object>) => unknown): Promise<number> {
  return new Promise((resolve) => {
    const call = client.makeClientStreamRequest(
      path,
      toBytes,
      (bytes) => bytes,
      (error) => resolve(error?.code ?? status.OK),
    );
    send(call);
  });
}

/** A call whose message is sent once its metadata was accepted and `between` has run. Resolves with its code. */
function held(between: () => void): Promise<number> {
  return codeAfter((call) => {
    const send = () => {
      between();
      call.write({ appid: APPID });
      call.end();
    };
    onMetadata = () => queueMicrotask(send);
  });
}

/** A call whose request is completed once its message was authorized and another policy was read. Resolves with its code. */
function completedUnder(policy: Policy): Promise<number> {
  current = only(APPID);
  return codeAfter((call) => {
    const complete = () => {
      current = policy;
      call.end();
    };
    onMessage = () => queueMicrotask(complete);
    call.write({ appid: APPID });
  });
}

it('A path that is neither a method of policies nor reflection is refused to every caller', async () => {
  expect(await codeOfCall(client, OTHER, new Metadata())).toBe(status.PERMISSION_DENIED);
});

it.each<[string, number, Policy, 'OK' | 'UNAUTHENTICATED' | 'PERMISSION_DENIED']>([
  ['at once, is allowed', 0, OPEN, 'OK'],
  ['after another policy with its caller was read, is allowed', 59_000, policyOf(OPENED), 'OK'],
  ['after its caller was removed, is refused', 0, policyOf(), 'UNAUTHENTICATED'],
  ['after its caller was narrowed, is refused', 0, policyOf(NARROW), 'PERMISSION_DENIED'],
  ['after its credential has expired, is refused', 60_000, OPEN, 'UNAUTHENTICATED'],
])('A call whose message arrives %s', async (_, later, policy, code) => {
  const between = () => {
    nowMs = later;
    current = policy;
  };
  expect(status[await held(between)]).toBe(code);
  if (code === 'OK') expect(denied).toEqual([]);
  if (code === 'PERMISSION_DENIED')
    expect(denied).toMatchObject([{ caller: 'shop', code: 'PermissionDenied' }]);
});

it.each<[string, Policy, 'OK' | 'UNAUTHENTICATED' | 'PERMISSION_DENIED']>([
  ['another policy with its caller was read, is allowed', only('wx01*'), 'OK'],
  ['its caller was removed, is refused', policyOf(), 'UNAUTHENTICATED'],
  ['its caller has lost the appid, is refused', only('wx02*'), 'PERMISSION_DENIED'],
])('A call whose message was authorized, and whose request is complete after %s', async (_, policy, code) => {
  expect(status[await completedUnder(policy)]).toBe(code);
});

it('A token that is accepted within the tolerance of clocks is valid for the message too', async () => {
  nowMs = 61_000;
  const between = () => {
    nowMs = 61_500;
  };
  expect(await held(between)).toBe(status.OK);
});

it('A call of a caller for some appids that has too many in progress is refused before its message is read', async () => {
  current = only(APPID);
  beyondLimit = rpcError('CALLER_QUOTA_EXCEEDED', 'too many calls in progress');
  let isRead = false;
  onMessage = () => {
    isRead = true;
  };
  const code = await held(() => undefined);
  expect([status[code], isRead]).toEqual(['RESOURCE_EXHAUSTED', false]);
});
