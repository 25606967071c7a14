// `npm run check:nightly` runs what `npm test` leaves out, because it takes long: the spec files of the folders below, then the
// commands. With names, such as `npm run check:nightly -- restore browser`, it runs only these; with `--changed COMMIT` only
// those whose code differs from that commit, in their short form. .ci/run does the latter.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const GATEWAY = 'apps/gateway/';
const WORKER = 'apps/release-worker/';
const CONSOLE = 'apps/console/';
const libs = (...names) => names.map((name) => `libs/${name}/`);
/** What every operation uses in Postgres. */
const OPERATIONS = libs('postgres', 'limits', 'authorizers', 'audits', 'operations', 'store');
/** What is stored in Postgres. */
const STORE = [...OPERATIONS, ...libs('settings', 'fleet', 'rollouts')];
const KAFKA = 'libs/kafka/';
const PROTO = 'proto/';

/** The folders of `test/` that `npm test` leaves out, and the code that each of them checks. */
export const FOLDERS = {
  access: [GATEWAY, WORKER, ...OPERATIONS, KAFKA, 'libs/service/src/', 'libs/wxa-client/', 'stack/'],
  adoption: [
    GATEWAY,
    WORKER,
    ...OPERATIONS,
    KAFKA,
    'apps/cli/src/adopt/',
    'apps/wechat-sim/src/old-program/',
    'apps/wechat-sim/src/push/',
    'clients/node/',
    'docs/adoption.md',
  ],
  bounds: [GATEWAY, WORKER, ...STORE],
  cli: ['apps/cli/', PROTO, 'docs/cli.md'],
  clients: [PROTO, 'clients/', 'docs/clients.md'],
  crashes: [GATEWAY, WORKER, ...STORE, KAFKA],
  deploy: [
    'deploy/',
    'docker-compose.yml',
    'docker-compose.production.yml',
    'package.json',
    'package-lock.json',
    'docs/operations.md',
    'docs/runbooks.md',
    'libs/service/src/metrics/',
    'stack/src/apps/console.ts',
    PROTO,
  ],
  failover: [GATEWAY, WORKER, ...OPERATIONS],
  floods: [GATEWAY, 'apps/console/src/session/', 'libs/policy/'],
  history: [WORKER, ...OPERATIONS],
  outages: [GATEWAY, WORKER, ...OPERATIONS, KAFKA, 'libs/wxa-client/'],
  restore: ['apps/cli/', 'libs/restore/', ...STORE],
  start: ['stack/', 'package.json', GATEWAY],
  upgrade: [...STORE, PROTO],
};

/** The commit of the last row in the releases of bench/RESULTS.md. */
export const LAST_RELEASE = '530e033f';

/** Commands that `npm test` leaves out, and the code that each of them checks. `short` is enough for a change. */
export const COMMANDS = {
  chaos: {
    code: [GATEWAY, WORKER, ...STORE, KAFKA, 'chaos/'],
    run: 'npm run chaos -- --minutes 20 --fleet 400 --brokers 3 --rollout 40 --recovery',
    short: 'npm run chaos -- --minutes 1.25 --fleet 400 --brokers 3 --rollout 20',
  },
  long: { code: [], run: 'npm run check:long' },
  upgrades: { code: [], run: 'npm run check:upgrade' },
  browser: { code: [CONSOLE], run: 'CHECK=long npm run test:browser', short: 'npm run test:browser' },
  alerts: { code: ['deploy/alerts/', 'libs/service/src/metrics/'], run: 'npm run check:alerts:live' },
  containers: {
    code: [
      'deploy/',
      'Dockerfile',
      'docker-compose.yml',
      'docker-compose.production.yml',
      'package-lock.json',
    ],
    run: 'npm run check:compose',
  },
  clients: { code: [PROTO, 'clients/', 'docs/clients.md'], run: '.ci/check-clients' },
  secure: {
    code: ['libs/policy/', 'stack/', `${GATEWAY}src/callers/`, `${GATEWAY}src/credentials/`],
    run: 'npm run test:secure',
  },
  cost: { code: [], run: `npm run bench -- --against ${LAST_RELEASE} --max-cpu 1.05` },
  faults: { code: ['test/faults.ts', 'test/planted-faults.js'], run: 'npm run check:faults' },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();

function main() {
  const options = { changed: { type: 'string' } };
  const { values, positionals: names } = parseArgs({ options, allowPositionals: true });
  const changed = values.changed === undefined ? undefined : changedSince(values.changed);
  const isChosen = (name, code) =>
    names.length > 0 ? names.includes(name) : changed === undefined || isTouched(code, changed);
  const folders = Object.keys(FOLDERS).filter((name) => isChosen(name, [...FOLDERS[name], `test/${name}/`]));
  const commands = Object.entries(COMMANDS).filter(([name, { code }]) => isChosen(name, code));
  const runs = [
    ...(folders.length > 0 ? [`npm test -- ${folders.map((name) => `test/${name}/`).join(' ')}`] : []),
    ...commands.map(([, { run, short = run }]) => (changed === undefined ? run : short)),
  ];
  for (const run of runs) console.error(`will run: ${run}`);
  const failed = runs.filter((run) => !passes(run));
  for (const run of failed) console.error(`failed: ${run}`);
  return failed.length > 0 ? 1 : 0;
}

function changedSince(commit) {
  return execFileSync('git', ['diff', '--name-only', commit], { encoding: 'utf8' }).trim().split('\n');
}

function isTouched(code, changed) {
  return changed.some((path) => code.some((start) => path.startsWith(start)));
}

function passes(command) {
  const begin = Date.now();
  console.error(`\n== ${command}`);
  const { status } = spawnSync('bash', ['-c', command], { stdio: 'inherit' });
  const minutes = ((Date.now() - begin) / 60_000).toFixed(1);
  console.error(`== ${status === 0 ? 'passed' : 'FAILED'} after ${minutes} min: ${command}`);
  return status === 0;
}
