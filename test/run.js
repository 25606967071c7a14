// `npm test` runs all tests, three files at a time because most of them mostly wait, except those that run alone because
// they measure a rate or a time, which other load would falsify; these run even if another test failed. Files that failed
// run once more, alone: what fails again is broken, what passes could not bear the load beside it. Both are printed.
// `npm run check:long` runs the specs that have a long form, one at a time. With arguments either runs Jest with these, and
// what failed once more only in CI.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const ALONE = [
  'test/release/backlog.spec.ts',
  'test/release/rate-limits.spec.ts',
  'test/crashes/recovery-time.spec.ts',
  'test/gateway/watch-flood.spec.ts',
  'test/callers/flood.spec.ts',
  'test/upgrade/migration-under-load.spec.ts',
];
// Jest's modules fill V8's young generation with objects that live as long as a file: 64 MiB of it mean fewer collections.
const YOUNG_GENERATION = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
const NODE_FLAGS = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', ...YOUNG_GENERATION];

// Node keeps the compiled code of the modules of Jest, the apps and `wxa` there, which later processes load instead of
// compiling them.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url));

const given = process.argv.slice(2);
const long = process.env.CHECK === 'long';
const runs = given.length > 0 ? [given] : long ? [longForms()] : all();

function all() {
  return [
    ['--maxWorkers=3', '--testPathIgnorePatterns', ...ALONE],
    ['--runInBand', ...ALONE],
  ];
}

function longForms() {
  const specs = globSync('test/**/*.spec.ts').filter((path) =>
    readFileSync(path, 'utf8').includes('byLength('),
  );
  return ['--runInBand', ...specs];
}

/** The code with which Jest ended: 0, or 1 if a test failed. */
function jest(options) {
  const { status } = spawnSync(process.execPath, [...NODE_FLAGS, JEST, ...options], { stdio: 'inherit' });
  // Jest was ended by a signal, such as that of Ctrl-C.
  if (status === null || status > 128) process.exit(status ?? 1);
  return status;
}

// Jest handles Ctrl-C; this process only waits for it.
process.on('SIGINT', () => undefined);
let code = 0;
for (const run of runs) code = Math.max(code, jest(run));
if (code > 0 && !long && (given.length === 0 || process.env.CI)) {
  console.error('\nThe files that failed run once more, alone:');
  code = jest([...given, '--onlyFailures', '--runInBand']);
  if (code === 0) console.error('\nThey passed alone: they could not bear the load beside them.');
}
process.exitCode = code;
