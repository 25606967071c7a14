// `npm run bench -- --doors`: the working tree with all doors of docs/adoption.md and without them, by turns under one workload.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newApiKey } from '@wxa/policy';
import { freePort, waitUntil } from '@wxa/stack';
import type { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { SCENARIOS } from '../contenders/workloads.js';
import { appidOf } from '../load/appids.js';
import { median } from '../load/numbers.js';
import { sqlOf } from '../load/sql.js';
import type { Run } from '../run.js';
import { byTurns, type Sides, TURNS } from './by-turns.js';
import { ACCEPTS, FIGURES, ratiosOf, ratioTable } from './ratios.js';

const LIMIT = 0.97;
const AUTHORIZED_WITHIN_MS = 120_000;

/** @param args `--rounds` (6) and `--seconds` (10). The exit code is 1 if the gateway accepts more than 3 % fewer operations a second. */
export async function doors(run: Run, args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: TURNS });
  const measured = await byTurns(run, values, ({ logDir }) => sidesIn(logDir));
  console.log(ratioTable({ theirs: 'closed', ours: 'open' }, measured));
  const accepts = median(ratiosOf(measured, FIGURES[ACCEPTS]));
  if (accepts >= LIMIT) return;
  console.error(
    `${ACCEPTS}: ${accepts.toFixed(3)} times those without doors, at least ${LIMIT} are required`,
  );
  process.exitCode = 1;
}

/** The token service requires a policy and tokens of our own, so both sides have them. */
async function sidesIn(folder: string): Promise<Sides> {
  const { key, ...apiKey } = newApiKey();
  const [policy, forwards] = [join(folder, 'policy.yaml'), join(folder, 'forwards.yaml')];
  const allow = [{ methods: ['*', 'Tokens/*'], appids: 'all' }];
  const callers = [{ name: 'bench', credentials: [{ apiKey }], allow }];
  await writeFile(policy, JSON.stringify({ version: 1, callers }));
  const rule = { name: 'all', events: ['*'], url: `http://127.0.0.1:${await freePort()}/$APPID$` };
  await writeFile(forwards, JSON.stringify({ version: 1, forwards: [rule] }));
  const side = { hasRollouts: false, headers: { authorization: `Bearer ${key}` }, prepare: authorizeAll };
  const common = { WECHAT_TOKEN_SOURCE: 'component', AUTH_POLICY_FILE: policy };
  const opened = { CALLBACK_FORWARD_FILE: forwards, TOKEN_SERVICE_ADDR: `127.0.0.1:${await freePort()}` };
  return {
    theirs: { ...side, what: 'closed', env: { ...common, PLATFORM_EVENTS: 'off' } },
    ours: { ...side, what: 'open', env: { ...common, ...opened } },
  };
}

/** All mini-programs of the workload authorize the platform; resolves once they have tokens. */
async function authorizeAll(sim: SimControl, postgresUrl: string): Promise<void> {
  const count = SCENARIOS.a.workload.miniPrograms;
  await sim.pushOfComponent();
  for (let i = 0; i < count; i += 1) await sim.authorize(appidOf(i), { permissionSets: [17, 18] });
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 1 });
  const sql = sqlOf(pool);
  const haveTokens = async () => {
    const { length } = await sql('select from authorizers where access_token is not null');
    if (length < count) throw new Error(`${length} of ${count} have tokens`);
  };
  await waitUntil(haveTokens, { name: 'the authorizations', timeoutMs: AUTHORIZED_WITHIN_MS });
  await pool.end();
}
