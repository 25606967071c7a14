import { randomBytes } from 'node:crypto';
import { SimControl } from '@wxa/wechat-sim';
import { type Stack, startStack } from '../stack.js';
import { StackError } from '../stack-error.js';
import { orAborted } from '../wait.js';
import { Account } from './account.js';
import { Client } from './client.js';
import { showFailure } from './failure.js';
import { KafkaViewer } from './kafka-viewer.js';
import { Platform } from './platform.js';
import type { Screen } from './screen.js';
import { Steps, seconds } from './steps.js';
import { tellStory } from './story.js';
import { checkFacts, collectFacts, showSummary } from './summary.js';
import { Wechat } from './wechat.js';

/** The embedded ones unless these are given. WeChat is always the simulator: a demo releases nothing for real. */
const TAKEN_FROM_ENV = ['DATABASE_URL', 'KAFKA_BROKERS', 'SECRETS_KEY'];
/** Known to everybody, so that the next demo on a PostgreSQL that was given can open it: the simulator's are no secrets. */
const KNOWN_KEY = Buffer.from('the demo keeps no secret of yours').subarray(0, 32).toString('base64');
const PARTITIONS = '4';

/**
 * Starts a stack of its own, shows the whole life of one mini-program in it and stops it again. Answers whether all
 * went as expected; where not, it has said so. Rejects where the stack does not start or `outer` is aborted.
 */
export async function runDemo(screen: Screen, outer: AbortSignal): Promise<boolean> {
  const component = anAppid();
  const stack = await start(component, screen, outer);
  const ended = new AbortController();
  const signal = AbortSignal.any([outer, ended.signal]);
  endWith(stack, ended);
  const steps = new Steps(screen, signal);
  try {
    await orAborted(show(stack, component, steps, screen), signal);
  } catch (error) {
    outer.throwIfAborted();
    await showFailure(screen, error, steps.current, stack);
    return false;
  } finally {
    ended.abort();
    await stack.stop();
  }
  screen.line();
  screen.line('All as expected. Everything is stopped.', { look: 'green' });
  return true;
}

async function start(component: string, screen: Screen, signal: AbortSignal): Promise<Stack> {
  screen.line('Starting PostgreSQL, Kafka, a WeChat simulator, gateway and worker …');
  const startedAt = performance.now();
  const given = TAKEN_FROM_ENV.map((name) => [name, process.env[name]]).filter(([, value]) => value);
  const stack = await startStack({
    env: {
      KAFKA_TOPIC_PARTITIONS: PARTITIONS,
      WECHAT_TOKEN_SOURCE: 'component',
      // A new platform each time: a PostgreSQL and a Kafka that were given may hold another demo's.
      WECHAT_COMPONENT_APPID: component,
      SECRETS_KEY: KNOWN_KEY,
      ...Object.fromEntries(given),
    },
    signal,
  });
  const right = seconds(performance.now() - startedAt);
  screen.line(`Ready: gRPC at ${stack.addresses.grpc}`, { look: 'green', right });
  return stack;
}

function anAppid(): string {
  return `wx${randomBytes(8).toString('hex')}`;
}

/** A part that ends by itself ends the demo at once, instead of a step's deadline. */
function endWith({ broken, gateway, workers, sim }: Stack, ended: AbortController): void {
  void broken.then((sentence) => ended.abort(new StackError(sentence)));
  for (const app of [gateway, ...workers, ...(sim ? [sim] : [])]) {
    void app.exited.then(({ code, signal }) =>
      ended.abort(new StackError(`${app.name} ended by itself (${signal ?? `exit ${code}`}).`)),
    );
  }
}

async function show({ addresses }: Stack, component: string, steps: Steps, screen: Screen): Promise<void> {
  const appid = anAppid();
  const sim = new SimControl(addresses.wechat);
  const client = new Client(addresses.grpc);
  const viewer = await KafkaViewer.open(addresses.kafka, [appid, component], screen);
  try {
    screen.line('Below each step: its Kafka messages, by topic and key (an appid).');
    const program = new Account(appid, client, viewer, steps);
    const platform = new Platform(sim, new Account(component, client, viewer, steps), program);
    const wechat = new Wechat(sim, program, viewer);
    const told = await tellStory({ program, platform, wechat, viewer, steps });
    const facts = await collectFacts(sim, viewer, { appid, component });
    checkFacts(facts, told);
    showSummary(screen, facts, told, steps);
  } finally {
    client.close();
    await viewer.close();
  }
}
