import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { METRICS } from '@wxa/service';
import { type Kafka, type Postgres, startKafka, startPostgres } from '@wxa/stack';
import kafkajs from 'kafkajs';
import { newAppid } from '../appid.js';
import { DatabaseLock } from '../crashes/database-locks.js';
import { eventually } from '../eventually.js';
import { encryptedCallback } from '../gateway/encrypted-callback.js';
import type { RunningGateway } from '../gateway/running-gateway.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { unary } from '../unary.js';
import { World } from '../world.js';
import { wxa } from '../wxa.js';
import { Prometheus } from './prometheus.js';
import { startSecuredGateway } from './secured-gateway.js';

/** Run by `npm run check:alerts:live`, because it needs Prometheus. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FLEET = Array.from({ length: 30 }, newAppid);

let folder: string;
let postgres: Postgres;
let kafka: Kafka;
let world: World;
let secured: RunningGateway;
let prometheus: Prometheus;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-live-alerts-'));
  [postgres, kafka] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres') }),
    startKafka({ dataDir: join(folder, 'kafka') }),
  ]);
  const forwards = join(folder, 'forwards.yaml');
  const rule = '{ name: nobody, events: ["*"], url: "http://127.0.0.1:1", onFailure: succeed }';
  await writeFile(forwards, `version: 1\nforwards: [${rule}]\n`);
  world = await World.start({
    postgresUrl: postgres.url,
    kafkaBrokers: kafka.brokers,
    follow: false,
    env: {
      ...{ WECHAT_TOKEN_SOURCE: 'component', WECHAT_TIMEOUT_MS: '800', OPERATION_LEASE_MARGIN_MS: '500' },
      CALLBACK_FORWARD_FILE: forwards,
    },
  });
  const databaseUrl = world.stack.addresses.postgres;
  const backends = { databaseUrl, brokers: kafka.brokers, topicPrefix: world.prefix };
  secured = await startSecuredGateway(backends, folder);
  prometheus = await Prometheus.start({
    'wxa-gateway': [hostOf(world.stack.addresses.http), hostOf(secured.http)],
    'wxa-release-worker': world.stack.addresses.workers.map(hostOf),
  });
  for (const appid of FLEET) await world.sim.authorize(appid);
  const tokens = 'select from authorizers where access_token is not null';
  await eventually(async () => (await world.sql(tokens)).length === FLEET.length);
});
afterAll(async () => {
  await prometheus?.stop();
  // The world drops its database.
  postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: Number(new URL(postgres.url).port),
  });
  await secured?.stop();
  await world?.stop();
  await Promise.all([postgres?.stop(), kafka?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const hostOf = (url: string) => new URL(url).host;
const commit = (appid: string, userVersion = '1.0') =>
  world.change('Commit', { appid, templateId: 1n, userVersion });

/** Sends a callback that is encrypted with another key than the gateway has. */
async function sendWithWrongKey(): Promise<void> {
  const token = String(world.settings.WECHAT_CALLBACK_TOKEN);
  const { query, body } = encryptedCallback('<xml/>', { key: 'A'.repeat(43), token });
  const url = `${world.stack.addresses.http}/wechat/callback/${FLEET[0]}${query}`;
  const response = await fetch(url, { method: 'POST', body });
  await response.body?.cancel();
}

/** Makes the audits topic reject an event of 3 kB. */
async function quarantine(): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: world.prefix + TOPICS.audits,
    configEntries,
  };
  await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  await admin.disconnect();
  await world.sql(
    `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
     values ('release-worker', $1, 'large', 'wxa.code.v1.Test', 'test', $2, now(), '', to_json(repeat('x', 3000)))`,
    [TOPICS.audits, FLEET[0]],
  );
}

/** Leaves a change in doubt that reads cannot confirm. */
async function leaveInDoubt(appid: string): Promise<void> {
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.sim.addFault({ api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 });
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
  await commit(appid, '1.1');
}

/** An API with a rate, one that an operator stopped, one with an exhausted quota, a busy one, and a known quota. */
async function bindLimits(appid: string): Promise<void> {
  const env = { DATABASE_URL: world.stack.addresses.postgres };
  await wxa(['quota', 'rate', 'wxa/commit', '1000'], env);
  await wxa(
    ['quota', 'stop', 'wxa/undocodeaudit', '--until', '2099-01-01T00:00:00Z', '--reason', 'test'],
    env,
  );
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'busy' });
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.call('GetAuditQuota', { appid });
  await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'errcode', errcode: 85085 });
  await world.change('SubmitAudit', { appid, items: [AUDIT_ITEM] });
}

/** Pauses a rollout by an error of the platform. */
async function pauseRollout(appid: string): Promise<string> {
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'errcode', errcode: 86008 });
  const { id } = await new RolloutSteps(() => world).create([appid]);
  return id;
}

/** A forward, a sync of authorizers, and a mini-program that is not ready: each has a metric once it has been. */
async function forwardSyncAndRead(appid: string): Promise<void> {
  await world.sim.push(appid, { event: 'nobody_takes_it' });
  await unary(world.authorizers, 'syncAuthorizers', {});
  await world.sim.setFiling(appid, { status: 1024, push: { none: true } });
  await unary(world.fleet, 'refreshMiniProgram', { appid, parts: [] });
  const made = [
    'wxa_callback_forwards_total',
    'wxa_authorizer_sync_last_success_timestamp_seconds',
    'wxa_mini_programs_not_ready',
  ];
  await eventually(async () => {
    const seen = await prometheus.names();
    expect(made.filter((name) => !seen.has(name))).toEqual([]);
    // A worker counts readiness once a minute.
  }, 120_000);
}

describe('alerts in a running deployment', () => {
  it('Faults of callbacks, commands, events and operations fire their alerts, and so does a ticket that is late', async () => {
    const [inDoubt = '', limited = '', , unready = ''] = FLEET;
    await eventually(async () => (await prometheus.names()).has('wxa_dead_letters_total'));
    const expected = ['WxaInsecureSetting', 'WxaTicketLate'];
    // Until the first scrape every process is absent.
    await eventually(async () =>
      expect((await prometheus.firing()).filter((name) => !expected.includes(name))).toEqual([]),
    );
    await Promise.all([
      leaveInDoubt(inDoubt).then(() => prometheus.untilFiring('WxaAwaitingResolution')),
      quarantine().then(() => prometheus.untilFiring('WxaEventsQuarantined')),
      world
        .produce(TOPICS.commands, [{ key: inDoubt, value: 'not a command' }])
        .then(() => prometheus.untilFiring('WxaDeadLetters')),
      eventually(async () => {
        await sendWithWrongKey();
        return (await prometheus.firing()).includes('WxaCallbacksRejected');
      }),
      prometheus.untilFiring('WxaTicketLate'),
      forwardSyncAndRead(unready),
      bindLimits(limited).then(() => prometheus.untilFiring('WxaQuotaExhausted')),
    ]);
  });

  it('A rollout that an error of the platform has paused fires an alert, and so do turns that fail', async () => {
    const id = await pauseRollout(FLEET[2] ?? '');
    await prometheus.untilFiring('WxaRolloutPaused');
    const lock = await DatabaseLock.take(world, 'lock table rollout_waves in access exclusive mode', []);
    await world.sql('update rollouts set next_turn_at = now() where id = $1', [id]);
    await Promise.all(
      ['WxaRolloutStalled', 'WxaRolloutTurnsFailing'].map((alert) => prometheus.untilFiring(alert)),
    );
    await lock.release();
  });

  it('Outages of WeChat, Kafka and Postgres fire their alerts', async () => {
    await world.sim.addFault({ api: '*', kind: 'reset', times: 0 });
    await Promise.all(FLEET.slice(2).map((appid) => commit(appid)));
    await prometheus.untilFiring('WxaWechatUnreachable');
    await kafka.stop();
    await commit(FLEET[2] ?? '', '1.1');
    await prometheus.untilFiring('WxaOutboxStuck');
    // A statement whose connection ends fails, and is counted.
    const lock = await DatabaseLock.take(world, 'lock table operations in access exclusive mode', []);
    const interrupted = commit(FLEET[2] ?? '', '1.2').catch(() => undefined);
    await lock.untilWaiting();
    await lock.terminateWaiters();
    await lock.release();
    await interrupted;
    await postgres.stop();
    await prometheus.untilFiring('WxaPostgresNotWritable');
  });

  it('Every metric of the table, and every one that an alert or a panel names, has a sample', async () => {
    const files = ['deploy/alerts/rules.yaml', 'deploy/dashboards/wxa-code.json'];
    const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
    const metric = /\b(wxa|grpc_server|process|nodejs)_[a-z0-9_]+/g;
    const defined = Object.entries(METRICS).map(([name, { kind }]) =>
      kind === 'histogram' ? `${name}_count` : name,
    );
    const named = new Set([...defined, ...texts.flatMap((text) => text.match(metric) ?? [])]);
    expect(named.size).toBeGreaterThan(80);
    await eventually(async () => {
      const seen = await prometheus.names();
      expect([...named].filter((name) => !seen.has(name))).toEqual([]);
    });
  });
});
