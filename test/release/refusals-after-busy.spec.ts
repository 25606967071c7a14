import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { byLength } from '../length.js';
import { eventually, newAppid, SUCCEEDED, useSharedWorld, world } from '../use-world.js';
import {
  ask,
  CHANGE_CASES,
  type ChangeCase,
  COMPONENT,
  caseOf,
  effects,
  prepared,
  TEMPLATE_CASES,
} from './change-cases.js';

useSharedWorld('release');

const IN_DOUBT = 'OPERATION_STATE_IN_DOUBT';
const FAILED = 'OPERATION_STATE_FAILED';

/** The reconciliation read before a retry: rejected as well, so that the retry is reached. */
const RECONCILIATION_READS = new Map([
  ['Commit', 'wxa/getversioninfo'],
  ['SubmitAudit', 'wxa/get_latest_auditstatus'],
  ['RevertRelease', 'wxa/getversioninfo'],
  ['AddTemplate', 'wxa/gettemplatelist'],
]);

interface Refusal {
  errcode: number;
  times: number;
}

/**
 * Answers the call with -1: before its effect, repeatedly until `meanwhile` is done; after its effect, once, when
 * `meanwhile` is done.
 */
async function busyThen(
  one: ChangeCase,
  appid: string,
  when: 'before' | 'after',
  meanwhile: () => Promise<unknown>,
) {
  const ready = await prepared(one, world, appid);
  const before = (await effects(one, world, appid)).length;
  const fault: FaultOrder =
    when === 'after' ? { kind: 'hang', when, releasedAs: 'busy' } : { kind: 'busy', when, times: 0 };
  const { id: busy } = await world.sim.addFault({ api: one.api, appid, ...fault });
  const { id } = await ask(ready, world, appid);
  await eventually(async () => {
    const { held, hits } = await world.sim.fault(busy);
    return when === 'after' ? held === 1 : hits > 0;
  });
  await meanwhile();
  await world.sim.clearFaults(busy);
  const operation = await endedOrLeft(id);
  return { operation, done: (await effects(one, world, appid)).slice(before) };
}

/** Waits until an operation is final, or in doubt and no longer reconciled. */
function endedOrLeft(id: string): Promise<Operation> {
  return eventually(async () => {
    const [row] = await world.sql<{ over: boolean }>(
      `select ended_at is not null or (state = 'IN_DOUBT' and ask_at is null) as over from operations where id = $1`,
      [id],
    );
    return row?.over === true ? world.get(id) : false;
  });
}

async function refuse(one: ChangeCase, appid: string, { errcode, times }: Refusal): Promise<string[]> {
  const apis = [one.api, RECONCILIATION_READS.get(one.method) ?? []].flat();
  const faults = apis.map((api) => world.sim.addFault({ api, appid, kind: 'errcode', errcode, times }));
  return (await Promise.all(faults)).map(({ id }) => id);
}

type Run = Awaited<ReturnType<typeof busyThenRefused>>;

async function busyThenRefused(one: ChangeCase, appid: string, when: 'before' | 'after', refusal: Refusal) {
  const faults: string[] = [];
  const result = await busyThen(one, appid, when, async () => {
    faults.push(...(await refuse(one, appid, refusal)));
  });
  for (const id of faults) await world.sim.clearFaults(id);
  return { method: one.method, ...result };
}

/** Runs changes of mini-programs in parallel. */
const runAll = (cases: readonly ChangeCase[], when: 'before' | 'after', refusal: Refusal) =>
  Promise.all(cases.map((one) => busyThenRefused(one, newAppid(), when, refusal)));

async function expectNeverFailed({ method, operation, done }: Run): Promise<void> {
  // No read can show whether a speed-up was executed.
  const state = method === 'SpeedUpAudit' ? IN_DOUBT : SUCCEEDED;
  expect([method, operation.state, done.length]).toEqual([method, state, 1]);
  const published = (name: string) =>
    world.messages(name).flatMap(({ json }) => {
      const { id, state } = json.operation as { id: string; state: string };
      return id === operation.id ? state : [];
    });
  // The message of how it ended follows all others about it.
  const last = state === IN_DOUBT ? 'OperationInDoubt' : 'OperationCompleted';
  await eventually(() => published(last).includes(state));
  expect(published('OperationCompleted')).not.toContain(FAILED);
}

function expectRefused({ method, operation, done }: Run, { errcode }: Refusal): void {
  const state = method === 'SpeedUpAudit' ? IN_DOUBT : FAILED;
  expect([method, operation.state, done.length]).toEqual([method, state, 0]);
  expect([method, operation.error?.errcode]).toEqual([method, errcode]);
  const saysInDoubt = operation.error?.hint.includes('WeChat may have executed an earlier attempt');
  expect([method, saysInDoubt]).toEqual([method, state === IN_DOUBT]);
}

const SOME = CHANGE_CASES.filter(({ method }) => method === 'Commit' || method === 'SpeedUpAudit');
const REFUSALS: [string, Refusal, readonly ChangeCase[]][] = [
  ['42001 twice', { errcode: 42001, times: 2 }, CHANGE_CASES],
  ['45009', { errcode: 45009, times: 1 }, byLength({ short: SOME, long: CHANGE_CASES })],
  ['61003', { errcode: 61003, times: 1 }, byLength({ short: SOME, long: CHANGE_CASES })],
];

describe.each(REFUSALS)('changes whose retry after -1 is rejected with %s', (_what, refusal, cases) => {
  it.concurrent('A change executed at its first attempt never ends FAILED if its retry is rejected', async () => {
    for (const run of await runAll(cases, 'after', refusal)) await expectNeverFailed(run);
  });

  it.concurrent('A change not executed at its first attempt ends with the errcode of its retry, FAILED if reads can confirm that', async () => {
    for (const run of await runAll(cases, 'before', refusal)) expectRefused(run, refusal);
  });
});

/** The changes of the one template library run one after another, 4 s each. */
const OF_TEMPLATES = byLength({ short: REFUSALS.slice(0, 1), long: REFUSALS });

describe.each(OF_TEMPLATES)('template changes whose retry after -1 is rejected with %s', (_what, refusal) => {
  it.each(TEMPLATE_CASES)('$method ends as it did at WeChat if its retry is rejected', async (one) => {
    await expectNeverFailed(await busyThenRefused(one, COMPONENT, 'after', refusal));
    expectRefused(await busyThenRefused(one, COMPONENT, 'before', refusal), refusal);
  });
});

it.concurrent.each<[string, FaultOrder]>([
  ['is rejected', { kind: 'errcode', errcode: 61003, times: 1 }],
  ['has no answer', { kind: 'reset', times: 2 }],
])(
  'A SubmitAudit whose read after -1 %s is not sent again before a read is answered',
  async (_what, fault) => {
    const appid = newAppid();
    const { operation, done } = await busyThen(caseOf('SubmitAudit'), appid, 'after', async () => {
      // WeChat would accept a second submission: it rejects one only while the first audit is open.
      await world.sim.decide(appid, { decision: 'approve', push: { none: true } });
      await world.sim.addFault({ api: 'wxa/get_latest_auditstatus', appid, ...fault });
    });
    expect([operation.state, done.length]).toEqual([SUCCEEDED, 1]);
  },
);

const withPrecondition = { ...caseOf('Release'), request: { expectedUserVersion: '2.0' } };

const item = { first_class: '工具', first_id: 1, second_class: '备忘录', second_id: 2 };

/** Submits another audit at WeChat, as another tool would. */
async function submitElsewhere(appid: string): Promise<void> {
  const { access_token } = await world.sim.token(appid);
  const post = async (api: string, body: object) => {
    const url = `${world.stack.addresses.wechat}/wxa/${api}?access_token=${access_token}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    expect(await answer.json()).toMatchObject({ errcode: 0 });
  };
  await post('commit', { template_id: '1', ext_json: '{}', user_version: '3.0', user_desc: 'd' });
  await post('submit_audit', { item_list: [item] });
}

it.concurrent.each([
  ['after', { state: SUCCEEDED, error: undefined }, ['release 2.0']],
  ['before', { state: FAILED, error: { reason: 'VERSION_MISMATCH' } }, []],
] as const)(
  'A Release answered with -1 %s its effect ends as it did at WeChat if another audit was submitted in the meantime',
  async (when, expected, effect) => {
    const appid = newAppid();
    const { operation, done } = await busyThen(withPrecondition, appid, when, () => submitElsewhere(appid));
    expect([operation, done]).toMatchObject([expected, effect]);
  },
);
