import { TOPICS } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { same } from './check.js';
import type { KafkaViewer, Seen } from './kafka-viewer.js';
import type { Screen } from './screen.js';
import { type Steps, seconds } from './steps.js';
import type { Told } from './story.js';

/** What the simulator and Kafka know of the mini-program when the story is over. */
export type Facts = {
  calls: { api: string; calls: number; busy: number }[];
  effects: string[];
  pushes: number;
  messages: Seen[];
};

const BUSY = -1;

/** Reads what happened; every message published so far has been shown by then. */
export async function collectFacts(
  sim: SimControl,
  viewer: KafkaViewer,
  { appid, component }: { appid: string; component: string },
): Promise<Facts> {
  await viewer.caughtUp();
  const [own, ofPlatform, pushes] = await Promise.all([
    sim.calls({ appid }),
    sim.calls({ appid: component }),
    sim.pushes({ appid }),
  ]);
  const calls = [...own, ...ofPlatform];
  const apis = [...new Set(calls.map(({ api }) => api))].toSorted();
  return {
    calls: apis.map((api) => {
      const made = calls.filter((call) => call.api === api);
      return { api, calls: made.length, busy: made.filter(({ errcode }) => errcode === BUSY).length };
    }),
    effects: own.flatMap(({ effect }) => effect ?? []),
    pushes: pushes.length,
    messages: viewer.seen,
  };
}

/** Throws where WeChat did not do exactly what was asked, or Kafka does not tell it exactly once. */
export function checkFacts(facts: Facts, told: Told): void {
  same(facts.effects, told.effects, 'What WeChat did');
  same(sum(facts.calls.map(({ busy }) => busy)), told.busyAnswers, 'Busy answers of WeChat');
  same(auditIds(facts), told.audits.map(String), 'The audits in Kafka, one event each');
  same(facts.pushes, told.pushes, 'Pushes');
  same(once(facts.messages, TOPICS.commands).length, told.operations, 'Commands in Kafka');
  same(once(facts.messages, TOPICS.outcomes).length, told.operations, 'Outcomes in Kafka');
  same(once(facts.messages, TOPICS.deadLetters).length, 0, 'Dead letters');
}

export function showSummary(screen: Screen, facts: Facts, told: Told, steps: Steps): void {
  const { calls, messages } = facts;
  const row = (text: string, right: string) => screen.line(`   ${text}`, { right });
  screen.line();
  screen.line('Summary', { look: 'bold' });
  row('steps, all as expected', `${steps.taken} in ${seconds(steps.elapsedMs)}`);
  row('changes WeChat made, each once and in order', `${facts.effects.length}`);
  row('busy answers survived', `${told.busyAnswers}`);
  row('audits, and AuditCompleted events', `${told.audits.length}, ${auditIds(facts).length}`);
  row('pushes answered, one of them a repeat', `${facts.pushes}`);
  row('Kafka messages published again', `${messages.filter(({ again }) => again).length}`);
  screen.line(' Kafka messages per topic');
  for (const topic of Object.values(TOPICS)) {
    row(topic, `${messages.filter((seen) => seen.topic === topic).length}`);
  }
  screen.line(' WeChat calls per API');
  for (const { api, calls: count, busy } of calls) row(api + (busy ? ` (${busy} busy)` : ''), `${count}`);
  row('in all', `${sum(calls.map((one) => one.calls))}`);
}

/** In the order they were told in. */
function auditIds({ messages }: Facts): string[] {
  return once(messages, TOPICS.audits).map(({ json }) => auditId(json));
}

function auditId(json: unknown): string {
  return typeof json === 'object' && json !== null && 'auditId' in json ? String(json.auditId) : '';
}

function once(messages: Seen[], topic: string): Seen[] {
  return messages.filter((seen) => seen.topic === topic && !seen.again);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
