// The program behind `npm start`: runs the whole stack until it is stopped, with its data in `.stack/`.
import '@wxa/service/require-node';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { howToCall } from './apps/callers.js';
import { readStartOptions, type StartOptions } from './arguments.js';
import { takeHome } from './home.js';
import { PLATFORM_FILE } from './plan/stored-platform.js';
import { endWithParent, onStopSignal } from './processes/signals.js';
import { describeError, StackError } from './processes/stack-error.js';
import { howToConsume } from './servers/kafka-security.js';
import { type Stack, startStack } from './stack.js';

/** Data of a secure stack is beside it: its Kafka has users. */
const HOME = process.env.STACK_HOME || fileURLToPath(new URL('../../.stack', import.meta.url));
const DEFAULTS = {
  GRPC_ADDR: '127.0.0.1:50051',
  HTTP_ADDR: '127.0.0.1:8080',
  WORKER_HTTP_ADDR: '127.0.0.1:8081',
  CONSOLE_ADDR: '127.0.0.1:8082',
};
/** Mini-programs have to authorize the platform, and templates to be in the library, as at WeChat. */
const STRICT = { WECHAT_TOKEN_SOURCE: 'component', SIM_STRICT: 'on' };

const ended = new AbortController();
const running = run();

// Messages for humans go to stderr until `ready`, because programs read stdout.
onStopSignal(
  async () => {
    ended.abort(new StackError('Stopped before it was ready.'));
    await running;
  },
  () => Number(process.exitCode ?? 0),
);
if (process.env.npm_lifecycle_event) endWithParent();
process.on('uncaughtException', fail);
running.catch(fail);

async function run(): Promise<void> {
  try {
    const { fresh, ...options } = readStartOptions(process.argv.slice(2));
    const home = options.secure ? join(HOME, 'secure') : HOME;
    // An external database is not emptied, and its secrets need the key they were encrypted with.
    const keep = process.env.DATABASE_URL ? [PLATFORM_FILE] : [];
    const leave = await takeHome(home, { fresh, keep });
    try {
      await runIn(home, options);
    } finally {
      await leave();
    }
  } catch (error) {
    if (ended.signal.aborted) return;
    console.error(describeError(error));
    process.exitCode = 1;
  }
}

async function runIn(home: string, { strict, ...options }: Omit<StartOptions, 'fresh'>): Promise<void> {
  const stack = await startStack({
    ...options,
    env: { ...DEFAULTS, ...withoutEmpty(process.env), ...(strict && STRICT) },
    dataDir: home,
    checkFirst: true,
    withConsole: true,
    restart: true,
    log: (line) => console.log(line),
    signal: ended.signal,
  });
  try {
    console.error(howToRun(stack));
    if (stack.access) console.error(howToCall(stack.addresses.grpc, stack.access));
    if (stack.kafkaSecurity) console.error(howToConsume(stack.addresses.kafka, stack.kafkaSecurity));
    printAddresses(stack);
    await stopRequested(stack, home);
  } finally {
    await stack.stop();
  }
}

/** The command line, in the root of the repository. Programs read addresses from stdout, and this is none. */
function howToRun({ addresses: { grpc }, access }: Stack): string {
  const settings = access
    ? `WXA_CA_FILE=${access.ca} WXA_CERT_FILE=${access.operator.cert} WXA_KEY_FILE=${access.operator.key}`
    : 'WXA_PLAINTEXT=1';
  return `wxa, the command line:\n  WXA_GATEWAY=${grpc} ${settings} npx wxa ops list`;
}

function printAddresses({ addresses, console: pages }: Stack): void {
  const { grpc, http, workers, postgres, kafka, wechat } = addresses;
  const lines = [
    `grpc=${grpc}`,
    `http=${http}`,
    ...workers.map((url) => `worker=${url}`),
    `postgres=${postgres}`,
    `kafka=${kafka}`,
    `wechat=${wechat}`,
    ...(pages ? [`console=${pages.url} user=${pages.user} password=${pages.password}`] : []),
    'ready',
  ];
  console.log(lines.join('\n'));
}

/** Resolves when a stop is requested; rejects if PostgreSQL or Kafka has ended. */
async function stopRequested(stack: Stack, home: string): Promise<void> {
  const requested = new Promise<undefined>((resolve) => {
    if (ended.signal.aborted) resolve(undefined);
    ended.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const broken = await Promise.race([requested, stack.broken]);
  if (broken !== undefined) throw new StackError(`${broken} Its log is in ${home}/logs.`);
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function fail(error: unknown): void {
  console.error(describeError(error));
  process.exitCode = 1;
  ended.abort(error);
}
