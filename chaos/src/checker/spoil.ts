import { eventType } from '@wxa/contracts';
import type { History, KafkaEvent } from '../history.js';

// Changes that make a history incorrect, one part at a time.

/** The position of the first command among the events. */
const FIRST_COMMAND = 6;

/** The n-th item of a list; the test fails if there is none. */
export function nth<T>(items: readonly T[], n: number): T {
  const item = items[n];
  if (item === undefined) throw new Error(`there is no item ${n}`);
  return item;
}

/** WeChat executes call n again, `afterMs` later, and returns `errcode`. */
export function again({ calls }: History, n: number, errcode: number | null, afterMs = 50) {
  const call = nth(calls, n);
  calls.push({ ...call, seq: 100 + n, effectAt: (call.effectAt ?? 0) + afterMs, errcode });
}

export const lostAnswer = ({ calls }: History, n: number) => Object.assign(nth(calls, n), { errcode: null });
export const publishFailed = ({ events }: History, n: number) => {
  const event = nth(events, n);
  event.value = event.value.replace('SUCCEEDED', 'FAILED');
};
export const fail = (history: History, n: number) => {
  Object.assign(nth(history.operations, n), { state: 'FAILED' });
  publishFailed(history, n);
};
export const undone = (history: History, n: number) => {
  Object.assign(nth(history.calls, n), { effect: null, effectAt: null, errcode: null });
};
/** Operation n+1 is requested before n is answered. */
export const overlap = ({ requested }: History, n: number) => {
  Object.assign(nth(nth(requested, n).attempts, 0), {
    endedAt: nth(nth(requested, n + 1).attempts, 0).sentAt + 1,
  });
};
/** Swaps the effects of n and n+1. */
export const swapEffects = ({ calls, operations }: History, n: number) => {
  swap(['startedAt', 'effectAt', 'endedAt'], nth(calls, n), nth(calls, n + 1));
  swap(['startedAt', 'endedAt'], nth(operations, n), nth(operations, n + 1));
};
const swap = (names: string[], one: object, other: object) => {
  for (const name of names) {
    const saved = Reflect.get(one, name);
    Reflect.set(one, name, Reflect.get(other, name));
    Reflect.set(other, name, saved);
  }
};
export const audit = ({ events }: History) => nth(events, 5);
/** The command of operation n is on its topic again, `afterMs` later. */
export const commandAgain = (
  { events }: History,
  n: number,
  afterMs: number,
  other: Partial<KafkaEvent> = {},
) => {
  const first = nth(events, FIRST_COMMAND + n);
  events.push({ ...first, offset: `${90 + n}`, at: first.at + afterMs, ...other });
};
/** A fault that is active when the command of operation n is sent. */
export const interrupted = ({ events, faults }: History, n: number, target = 'gateway-1') => {
  const { at } = nth(events, FIRST_COMMAND + n);
  faults.push({ name: 'gateway killed', target, from: at + 20, to: at + 2000 });
};
/** WeChat executes call n, returns -1, and rejects the reads that follow. */
export const rejectedAfterBusy = ({ calls }: History, n: number, errcode: number) => {
  const call = nth(calls, n);
  Object.assign(call, { errcode: -1 });
  const rejected = { ...call, effect: null, effectAt: null, errcode, startedAt: call.startedAt + 210 };
  calls.push({ ...rejected, seq: 200 + n });
};
export const doubt = (history: History, n: number) => {
  Object.assign(nth(history.operations, n), { state: 'IN_DOUBT', endedAt: null });
  Object.assign(nth(history.events, n), {
    type: eventType('OperationInDoubt'),
    id: `operation-${n}.in-doubt.1`,
  });
};
/** Operation n fails at its deadline, after `unserved` calls that WeChat did not serve, a second apart. */
export const overDeadline = (history: History, n: number, unserved: number) => {
  undone(history, n);
  fail(history, n);
  const call = nth(history.calls, n);
  const row = nth(history.operations, n);
  Object.assign(call, { errcode: -1 });
  Object.assign(row, { endedAt: call.startedAt + 50_000, error: { reason: 'DEADLINE' } });
  for (let i = 1; i < unserved; i++)
    history.calls.push({ ...call, seq: 300 + i, startedAt: call.startedAt + i * 1000 });
};
