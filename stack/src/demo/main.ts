// The program behind `npm run demo`. Exit codes: 0 all as expected, 1 a step failed, 130 after Ctrl-C.
import '@wxa/service/require-node';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SimControl } from '@wxa/wechat-sim';
import { endWithParent, onStopSignal } from '../processes/signals.js';
import { describeError, StackError } from '../processes/stack-error.js';
import { orAborted } from '../processes/wait.js';
import { adminConnection, type Stack, startStack } from '../stack.js';
import { gatewayAt } from './client.js';
import { say } from './print.js';
import { Stage } from './stage.js';
import { playStory } from './story.js';
import { Topics } from './topics.js';

/** A fixed key, so that the next demo on the same PostgreSQL can decrypt its tokens, which are the simulator's. */
const FIXED_KEY = Buffer.from('the demo keeps no secret of yours').subarray(0, 32).toString('base64');
const LOG_LINES = 8;
const newAppid = () => `wx${randomBytes(8).toString('hex')}`;

const ended = new AbortController();
const running = run();

onStopSignal(async () => {
  say('Stopping …');
  ended.abort(new StackError('Stopped.'));
  await running;
});
if (process.env.npm_lifecycle_event) endWithParent();
// The reader is gone, as with `| head`.
process.stdout.on('error', (error) => ended.abort(error));

async function run(): Promise<void> {
  try {
    const platform = newAppid();
    const stack = await start(platform);
    const isDone = await runOn(stack, platform).finally(() => stack.stop());
    if (isDone) say('\nAll as expected. Everything is stopped.', 'green');
    else process.exitCode = 1;
  } catch (error) {
    if (!ended.signal.aborted) console.error(describeError(error));
    process.exitCode = 1;
  }
}

async function start(platform: string): Promise<Stack> {
  say('Starting PostgreSQL, Kafka, the WeChat simulator, gateway and worker …');
  const { DATABASE_URL, KAFKA_BROKERS, SECRETS_KEY } = process.env;
  // WeChat is always the simulator: the demo must not release anything for real.
  const env = {
    DATABASE_URL,
    KAFKA_BROKERS,
    SECRETS_KEY: SECRETS_KEY || FIXED_KEY,
    KAFKA_TOPIC_PARTITIONS: '4',
    WECHAT_TOKEN_SOURCE: 'component',
    // In production WeChat's privacy check takes about a minute, and a released version is looked at for 15.
    ROLLOUT_PRIVACY_WAIT_MS: '300',
    ROLLOUT_VERIFY_DELAYS_MS: '200,1000,3000',
    // A new platform each time: a given PostgreSQL or Kafka may hold another demo's.
    WECHAT_COMPONENT_APPID: platform,
  };
  const { secure } = parseArgs({ options: { secure: { type: 'boolean', default: false } } }).values;
  const stack = await startStack({ env, secure, signal: ended.signal });
  say(`Ready: gRPC at ${stack.addresses.grpc}`, 'green');
  say('Below each step: its Kafka messages, with topic and key (an appid).');
  return stack;
}

/** Returns false if a step failed, after printing why. */
async function runOn(stack: Stack, platform: string): Promise<boolean> {
  const appid = newAppid();
  const { grpc, kafka, wechat } = stack.addresses;
  const { channel, kafka: user } = await adminConnection(stack);
  const gateway = gatewayAt(grpc, channel);
  const topics = new Topics({ brokers: kafka.split(','), ...user }, [appid, platform]);
  const stage = new Stage(appid, gateway, topics, new SimControl(wechat));
  try {
    await topics.start();
    await orAborted(Promise.race([playStory(stage), failure(stack)]), ended.signal);
    return true;
  } catch (error) {
    ended.signal.throwIfAborted();
    say(`\n✗ ${stage.current} failed: ${error instanceof Error ? error.message : error}`, 'red');
    for (const { name, logFile } of appsOf(stack)) {
      say(`\nLast lines of ${name}:`, 'bold');
      const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
      say(lines.slice(-LOG_LINES).join('\n'), undefined, 3);
    }
    return false;
  } finally {
    gateway.close();
    await topics.close();
  }
}

/** Rejects as soon as a process exits, so that the demo does not wait for the deadline of a step. */
async function failure(stack: Stack): Promise<never> {
  const exits = appsOf(stack).map(async ({ name, exited }) => {
    const { code, signal } = await exited;
    return `${name} exited unexpectedly (${signal ?? `exit ${code}`}).`;
  });
  throw new StackError(await Promise.race([stack.broken, ...exits]));
}

function appsOf({ gateway, workers, sim }: Stack) {
  return [gateway, ...workers, ...(sim ? [sim] : [])];
}
