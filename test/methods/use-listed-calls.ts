import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll } from '@jest/globals';
import { CallsClient, type Operation } from '@wxa/contracts';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { callRpc, type Rpc } from '../gateway/calls.js';
import { useWorld, world } from '../use-world.js';

/** The calls that the policy of the tests lists. */
export const CALLS = {
  penalties: { api: 'wxa/getillegalrecords', http: 'POST', effect: 'none', query: ['page'] },
  shown: { api: 'wxa/getshowwxaitem', http: 'GET', effect: 'none' },
  show: { api: 'wxa/updateshowwxaitem', http: 'POST', effect: 'set' },
  search: { api: 'wxa/changewxasearchstatus', http: 'POST', effect: 'set' },
  nickname: { api: 'wxa/setnickname', http: 'POST', effect: 'once' },
  register: {
    ...{ api: 'cgi-bin/component/fastregisterweapp', http: 'POST', effect: 'once' },
    ...{ token: 'component', query: ['action'] },
  },
};
export const EVERY = Object.keys(CALLS);
const of = (method: string, calls: string[], appids: unknown = 'all') => ({
  allow: [{ methods: [method], calls, appids }],
});
export const CALLERS = {
  crm: of('Calls/*', EVERY),
  reader: of('Calls/QueryWechat', ['penalties'], ['wxa*']),
  operator: {},
  'all-but-names': {
    ...of('Calls/*', EVERY),
    deny: [{ methods: ['Calls/*'], calls: ['nickname'], appids: 'all' }],
  },
};
export const policy = new TestPolicy({});
policy.write(CALLERS, CALLS);
let client: CallsClient;

/** A world whose gateway has this policy, and a client of its service Calls. */
export function useListedCalls(): void {
  useWorld({
    env: {
      AUTH_POLICY_FILE: policy.file,
      ...{ WECHAT_TIMEOUT_MS: '4000', OPERATION_LEASE_MARGIN_MS: '500', OPERATION_DEADLINE_MS: '20000' },
    },
  });
  beforeAll(() => {
    client = new CallsClient(world.stack.addresses.grpc, credentials.createInsecure());
  });
  afterAll(() => client?.close());
}

export const as =
  (caller: string): Rpc =>
  (name, fields) =>
    callRpc(client, name, fields, policy.as(caller));
export const crm = as('crm');
export const operator = as('operator');
export const NICKNAME = { call: 'nickname', bodyJson: '{"nick_name":"茶"}' };

/** Waits until an operation has ended or is in doubt. */
export async function ended(id: string): Promise<Operation> {
  let operation: Operation | undefined;
  await eventually(async () => {
    operation = await operator('getOperation', { id });
    return operation.endTime !== undefined || operation.state === 'OPERATION_STATE_IN_DOUBT';
  });
  return operation as Operation;
}

/** WeChat's calls of an entry for a mini-program; `effectsOf`: those that changed something. */
export const callsOf = async (appid: string, call: keyof typeof CALLS) =>
  world.sim.calls({ appid, api: CALLS[call].api });
export const effectsOf = async (appid: string, call: keyof typeof CALLS) =>
  (await callsOf(appid, call)).filter(({ effect }) => effect !== null && effect !== undefined);
