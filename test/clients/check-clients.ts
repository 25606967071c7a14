import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { useFolder } from '../use-folder.js';
import { useWorld, world } from '../use-world.js';
import { type SeenMessage } from '../world.js';
import { CuttingProxy, REFUSED_FOR_MS } from './cutting-proxy.js';
import { CHOSEN, type Example, exampleIn, SERVICE_CONFIG } from './languages.js';

// `npm run check:clients` runs the examples of docs/clients.md in the languages that CLIENTS names, by default in all of them.
const run = promisify(execFile);
const COMMITS = 20;

useWorld({ restart: true });

describe.each(CHOSEN)('client in %s', (language) => {
  const folder = useFolder();
  let example: Example;
  beforeAll(async () => {
    example = await exampleIn(language, folder);
  }, 1_800_000);

  const start = (args: string[], given: string[]): ChildProcess =>
    spawn(args[0] ?? '', [...args.slice(1), ...given], {
      env: { ...process.env, ...example.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('The release example commits each version once and reads errors, although the gateway is killed, responses are cut off and a call is refused for a part of a second', async () => {
    const appid = newAppid();
    const cuts = { Commit: 2, WaitOperation: 3, ListPages: 1 };
    const proxy = await CuttingProxy.start(world.stack.addresses.grpc, cuts, { Commit: 9 });
    const given = [proxy.address, SERVICE_CONFIG, appid, String(COMMITS)];
    const lines: string[] = [];
    const child = start(example.release, given);
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      lines.push(line);
      if (line.startsWith('commit-5 ')) world.stack.gateway.kill('SIGKILL');
    }
    proxy.stop();
    // Also for the next test, if the client has failed meanwhile.
    await world.stack.gateway.waitReady();
    expect(await exited).toEqual([0, null]);
    expect(proxy.cut).toBe(Object.keys(cuts).length);
    expect(proxy.pausesMs).toEqual([expect.any(Number)]);
    expect(proxy.pausesMs[0]).toBeGreaterThan(REFUSED_FOR_MS - 20);
    const commits = Array.from({ length: COMMITS }, (_, i) => `commit-${i + 1} OPERATION_STATE_SUCCEEDED`);
    expect(lines.slice(0, -1)).toEqual([
      ...commits,
      expect.stringMatching(/^pages [1-9]\d*$/),
      'release-1 OPERATION_STATE_FAILED 85019 NO_AUDITED_VERSION',
    ]);
    expect(lines.at(-1)).toMatch(/^(INVALID_ARGUMENT|InvalidArgument) INVALID_REQUEST template_id$/);
    const calls = await world.sim.calls({ appid, api: 'wxa/commit' });
    expect(calls).toHaveLength(COMMITS);
  });

  it('The audit example submits a version, waits for its own verdict on Kafka and releases it, and reads the verdict again if it is run again', async () => {
    const { audit } = example;
    if (audit === undefined) return;
    const [other, appid] = [newAppid(), newAppid()];
    await submitted(other);
    await world.sim.decide(other, { decision: 'reject' });
    const topic = world.prefix + TOPICS.audits;
    const { grpc, kafka } = world.stack.addresses;
    const given = [grpc, SERVICE_CONFIG, appid, kafka, topic, `${world.prefix}audit`];
    const follow = async (onSubmitted: () => Promise<unknown>) => {
      const child = start(audit, given);
      const lines: string[] = [];
      const exited = once(child, 'exit');
      for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
        lines.push(line);
        if (line === 'submitted') await onSubmitted();
      }
      expect(await exited).toEqual([0, null]);
      return lines;
    };
    const lines = ['submitted', 'AuditCompleted 2.0.0 []', 'released'];
    expect(await follow(() => world.sim.decide(appid, { decision: 'approve' }))).toEqual(lines);
    expect(await follow(async () => undefined)).toEqual(lines);
    expect(await world.sim.calls({ appid, api: 'wxa/release' })).toHaveLength(1);
  });

  it('The consumer handles each outcome of a change once, with duplicates and messages of later versions among them', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1', requestId: 'first' });
    const [first] = await eventually(async () => {
      const seen = world.messages('OperationCompleted', appid);
      expect(seen).toHaveLength(1);
      return seen;
    });
    await world.produce(TOPICS.outcomes, laterVersions(first as SeenMessage));
    const requestId = `last-${language}`;
    await world.run('Commit', { appid, templateId: 1n, userVersion: '2', requestId });
    await eventually(() =>
      expect(outcomesOfChanges()).toContain(`Commit ${requestId} OPERATION_STATE_SUCCEEDED`),
    );
    const expected = outcomesOfChanges();
    const topic = world.prefix + TOPICS.outcomes;
    const given = [world.stack.addresses.kafka, topic, `${world.prefix}${language}`, String(expected.length)];
    const [program = '', ...args] = [...example.outcomes, ...given];
    const env = { ...process.env, ...example.env };
    const { stdout } = await run(program, args, { env });
    expect(stdout.trim().split('\n').sort()).toEqual(expected);
  });
});

async function submitted(appid: string): Promise<void> {
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
}

/** The same event again, with a field of a later version; and an event of a later version. */
function laterVersions({ key, value, headers }: SeenMessage) {
  const changed = JSON.stringify({ ...JSON.parse(value), addedLater: { value: 1 } });
  const type = 'wxa.code.v1.OperationArchived';
  return [
    { key, value: changed, headers },
    { key, value: '{}', headers: { ...headers, ce_type: type, ce_id: `${headers.ce_id}.archived` } },
  ];
}

/** The distinct outcomes of changes on Kafka, as the examples print them. */
function outcomesOfChanges(): string[] {
  const changes = world.messages('OperationCompleted').filter(({ headers }) => headers.ce_kind === 'change');
  const byId = new Map(changes.map((message) => [message.id, message.json.operation]));
  return [...byId.values()]
    .map((operation) => {
      const { method, requestId, state } = operation as Record<string, string>;
      return `${method} ${requestId} ${state}`;
    })
    .sort();
}
