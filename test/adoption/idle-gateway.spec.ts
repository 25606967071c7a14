import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { TestPolicy } from '../callers/test-policy.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';
import { newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { useFolder } from '../use-folder.js';
import { show } from './figures.js';

/** After a start caches are filled and modules compiled. */
const SETTLE_MS = byLength({ short: 1_000, long: 30_000 });
const WATCH_MS = byLength({ short: 4_000, long: 120_000 });
/** Of one core. */
const MORE_SHARE = byLength({ short: Number.POSITIVE_INFINITY, long: 0.01 });
/** Of its relay of platform events, whatever the machine does. */
const MORE_STATEMENTS_PER_S = 5;

const folder = useFolder();
const policy = new TestPolicy({ reader: { allow: [{ methods: ['Tokens/*'], appids: 'all' }] } });
let closed: RunningGateway;
let open: RunningGateway;
beforeAll(async () => {
  const file = join(folder, 'forwards.yaml');
  writeFileSync(
    file,
    'version: 1\nforwards: [{ name: all, events: ["*"], url: "http://127.0.0.1:9/$APPID$" }]\n',
  );
  const common = { ...COMPONENT_SETTINGS, AUTH_POLICY_FILE: policy.file };
  closed = await startGateway(await newBackends(), { ...common, PLATFORM_EVENTS: 'off' });
  open = await startGateway(await newBackends(), {
    ...common,
    ...{ CALLBACK_FORWARD_FILE: file, TOKEN_SERVICE_ADDR: `127.0.0.1:${await freePort()}` },
  });
});
afterAll(() => Promise.all([closed?.stop(), open?.stop()]));

const HZ = 100;

/** The processor time that a gateway has used, in milliseconds. */
function cpuMsOf({ app: { pid } }: RunningGateway): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user + system) * 1_000) / HZ;
}

async function statementsOf({ http }: RunningGateway): Promise<number> {
  const series = await scrape(http);
  return [...series]
    .filter(([name]) => name.startsWith('wxa_postgres_statement_duration_seconds_count'))
    .reduce((sum, [, value]) => sum + value, 0);
}

it('A gateway that publishes events, forwards callbacks and serves tokens uses hardly more processor time while nothing arrives than one that does not', async () => {
  await delay(SETTLE_MS);
  const used = async (gateway: RunningGateway) => ({
    cpuMs: cpuMsOf(gateway),
    statements: await statementsOf(gateway),
  });
  const before = await Promise.all([closed, open].map(used));
  await delay(WATCH_MS);
  const after = await Promise.all([closed, open].map(used));
  const [without, all] = [0, 1].map((i) => ({
    share: ((after[i]?.cpuMs ?? 0) - (before[i]?.cpuMs ?? 0)) / WATCH_MS,
    perSecond: ((after[i]?.statements ?? 0) - (before[i]?.statements ?? 0)) / (WATCH_MS / 1_000),
  }));
  if (without === undefined || all === undefined) throw new Error('two gateways were measured');
  for (const [what, { share, perSecond }] of Object.entries({ without, all }))
    show(`${what}: share of a core in %, statements a second`, `${(share * 100).toFixed(2)}, ${perSecond}`);
  expect(all.perSecond - without.perSecond).toBeLessThan(MORE_STATEMENTS_PER_S);
  expect(all.share - without.share).toBeLessThan(MORE_SHARE);
});
