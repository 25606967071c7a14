// `npm run check:upgrade`: gateway and worker of the last recorded release work beside those of this version, under load and
// faults; then the former end, and a rollout runs. The checker of `npm run chaos` decides. Arguments are those of `npm run chaos`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

function run(command, args, cwd = ROOT) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1;
}

function must(command, args, cwd) {
  if (run(command, args, cwd) !== 0) throw new Error(`${[command, ...args].join(' ')} failed`);
}

const versions = readdirSync(FIXTURES).sort((one, other) =>
  one.localeCompare(other, 'en', { numeric: true }),
);
const { version, commit } = JSON.parse(readFileSync(join(FIXTURES, versions.at(-1), 'release.json'), 'utf8'));
// Ctrl-C ends the child; the checkout is removed afterwards.
process.on('SIGINT', () => undefined);
const release = mkdtempSync(join(tmpdir(), 'wxa-release-'));
try {
  console.log(`building version ${version} (${commit})`);
  must('git', ['worktree', 'add', '--quiet', '--detach', release, commit]);
  must('npm', ['ci', '--no-audit', '--no-fund'], release);
  must('npm', ['run', '--silent', 'build'], release);
  process.exitCode = run(process.execPath, [
    'chaos/dist/main.js',
    '--beside',
    release,
    '--rollout',
    '200',
    ...process.argv.slice(2),
  ]);
} finally {
  run('git', ['worktree', 'remove', '--force', release]);
}
