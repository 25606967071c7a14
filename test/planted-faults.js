// `npm run check:faults` puts each fault of faults.ts into the product, builds it and runs the spec that must fail; it fails if
// one of them passes. Arguments select: the number of a fault, or a part of the path of its file.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULTS } from './faults.ts';

const CAUGHT = 'caught';
const REPORT = join(mkdtempSync(join(tmpdir(), 'faults-')), 'report.json');

let running;
let isStopped = false;
let restore = () => undefined;
process.on('exit', () => {
  restore();
  rmSync(join(REPORT, '..'), { recursive: true });
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    isStopped = true;
    running?.kill(signal);
  });

process.chdir(join(import.meta.dirname, '..'));
const names = process.argv.slice(2);
process.exitCode = await main();

async function main() {
  if (execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }) !== '') {
    console.error('Commit or stash your changes first: this script changes files and restores them.');
    return 1;
  }
  const chosen = FAULTS.map((fault, i) => ({ ...fault, number: i + 1 })).filter(
    ({ number, file }) =>
      names.length === 0 || names.some((name) => name === String(number) || file.includes(name)),
  );
  const results = [];
  if (!(await areGreen(chosen))) return 1;
  for (const fault of chosen) {
    console.error(`${fault.number}/${FAULTS.length} ${fault.is}`);
    const { result, detail } = await tryOut(fault);
    if (isStopped) break;
    console.error(`  ${result}: ${detail}`);
    results.push({ ...fault, result });
  }
  await build();
  for (const { number, result, spec, is } of results) console.log([number, result, spec, is].join('\t'));
  return !isStopped && results.every(({ result }) => result === CAUGHT) ? 0 : 1;
}

/** A spec that fails without the fault proves nothing. */
async function areGreen(chosen) {
  const specs = [...new Set(chosen.map(({ spec }) => spec))];
  console.error(`${specs.length} spec files without a fault`);
  const { output } = await build();
  const { code, output: ofSpecs } = await test(specs);
  if (code !== 0) console.error(`they fail without a fault\n${output}${ofSpecs}`);
  return code === 0 && !isStopped;
}

/** Plants a fault, runs its spec and restores the file. */
async function tryOut({ file, from, to, spec, test: name }) {
  const text = readFileSync(file, 'utf8');
  if (text.split(from).length !== 2) return { result: 'INVALID', detail: 'its text does not occur once' };
  restore = () => writeFileSync(file, text);
  try {
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
    const { code, output } = await build();
    if (code !== 0) return { result: 'INVALID', detail: `it does not build\n${output}` };
    rmSync(REPORT, { force: true });
    return verdict(await test(name ? [spec, '-t', name] : [spec]));
  } finally {
    restore();
    restore = () => undefined;
  }
}

/** Only a failed test counts, not a spec that could not be loaded. */
function verdict({ output }) {
  if (!existsSync(REPORT)) return { result: 'INVALID', detail: `no spec ran\n${output}` };
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8'));
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed');
  return failed.length > 0
    ? { result: CAUGHT, detail: failed[0].title }
    : { result: 'NOT CAUGHT', detail: `no test failed\n${output}` };
}

function build() {
  return run('npm', ['run', '--silent', 'build']);
}

function test(specs) {
  return run(process.execPath, ['test/run.js', ...specs, '--json', `--outputFile=${REPORT}`]);
}

function run(command, args) {
  return new Promise((resolve) => {
    running = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [running.stdout, running.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    running.on('close', (code) => resolve({ code, output }));
  });
}
