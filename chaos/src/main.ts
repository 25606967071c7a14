// The program behind `npm run chaos`. Exit codes: 0 nothing found, 1 a check failed, 64 wrong arguments.
import '@wxa/service/require-node';
import { cp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, endWithParent, onStopSignal, StackError } from '@wxa/stack';
import { readChaosOptions, USAGE } from './arguments.js';
import { check } from './checker/check.js';
import { RunProgress } from './report/progress.js';
import { report } from './report/report.js';
import { ChaosRun } from './run.js';

const args = readChaosOptions(process.argv.slice(2));
if (typeof args === 'string') {
  console.error(`${args}.\n${USAGE}`);
  process.exit(64);
}

const ended = new AbortController();
const progress = new RunProgress();
const chaos = new ChaosRun(args, progress, ended.signal);
const running = main(args);
onStopSignal(async () => {
  ended.abort(new StackError('Stopped.'));
  await running;
});
if (process.env.npm_lifecycle_event) endWithParent();

async function main(args: Exclude<ReturnType<typeof readChaosOptions>, string>): Promise<void> {
  console.log(`seed ${args.seed}`);
  try {
    const run = await chaos.run();
    const { text, passed } = report(args, run, check(run.history));
    console.log(text);
    if (args.report !== undefined) await writeFile(args.report, text);
    if (args.history !== undefined) await writeFile(args.history, JSON.stringify(run.history));
    if (!passed) await fail();
  } catch (error) {
    console.error(describeError(error));
    await fail();
  } finally {
    progress.phase('stopping everything');
    await chaos.stop();
  }
}

/** Keeps the logs for a human to read. */
async function fail(): Promise<void> {
  process.exitCode = 1;
  if (chaos.logs === undefined || ended.signal.aborted) return;
  const kept = join(tmpdir(), `wxa-chaos-failed-${process.pid}`);
  await cp(chaos.logs, kept, { recursive: true });
  console.error(`Logs: ${kept}`);
}
