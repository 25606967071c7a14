// The program behind `npm run demo`: exit 0 when all went as expected, 1 when not, 130 after Ctrl-C.
import '@wxa/service/require-node';
import { endWithParent, stopOnSignal } from '../signals.js';
import { describeError, StackError } from '../stack-error.js';
import { runDemo } from './demo.js';
import { Screen } from './screen.js';

const ended = new AbortController();
const screen = new Screen(process.stdout, process.env);
const running = run();

stopOnSignal(async () => {
  screen.line('Stopping …');
  ended.abort(new StackError('Stopped.'));
  await running;
});
if (process.env.npm_lifecycle_event) endWithParent();
// Nobody reads on, as behind `| head`.
process.stdout.on('error', (error) => ended.abort(error));
process.on('uncaughtException', fail);

async function run(): Promise<void> {
  try {
    if (!(await runDemo(screen, ended.signal))) process.exitCode = 1;
  } catch (error) {
    if (!ended.signal.aborted) console.error(describeError(error));
    process.exitCode = 1;
  }
}

function fail(error: unknown): void {
  console.error(describeError(error));
  process.exitCode = 1;
  ended.abort(error);
}
