import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Client, type MethodDefinition, Server, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { service } from 'grpc-health-check';
import { limitAnonymous } from '../credentials/anonymous-calls.js';
import { skipHandlers } from '../decode/decode-request.js';
import { started } from './fixtures/unary-calls.js';
import { Health, MAX_WATCHERS } from './health.js';

const MB = 1_000_000;
const KNOWN = 'wxa.code.v1.Operations';

const { Check, Watch } = service as unknown as Record<'Check' | 'Watch', MethodDefinition<object, Answer>>;

type Answer = { status: string };
/** What a watch received, and how it ended: a code, or undefined while it is open. */
interface Watched {
  received: Promise<Answer | undefined>;
  ended: Promise<number>;
  answers: Answer[];
  cancel(): void;
}

let server: Server;
let client: Client;
let health: Health;
/** Milliseconds of the clock that rates are measured with. */
let nowMs: number;

beforeEach(async () => {
  nowMs = 0;
  server = new Server({ interceptors: [limitAnonymous(() => nowMs), skipHandlers] });
  health = new Health();
  health.addTo(server);
  health.set(true);
  ({ client } = await started(server));
});
afterEach(() => {
  client.close();
  server.forceShutdown();
});

function watch(name: string): Watched {
  nowMs += 1000;
  const { path, requestSerialize, responseDeserialize } = Watch;
  const request = { service: name };
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  stream.on('error', () => undefined);
  const ended = new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)));
  const answers: Answer[] = [];
  const first = new Promise<Answer>((resolve) =>
    stream.on('data', (answer: Answer) => {
      answers.push(answer);
      resolve(answer);
    }),
  );
  const received = Promise.race([first, ended.then(() => undefined)]);
  return { ended, received, answers, cancel: () => stream.cancel() };
}

function check(name: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = Check;
  const request = { service: name };
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) =>
      error ? reject(error) : resolve(answer?.status ?? ''),
    ),
  );
}

const codeOf = (error: unknown) => (error as ServiceError).code;

/** Bytes of the heap that are in use after a full garbage collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it.each([
  ['A watch of a service receives its status and each change of it', KNOWN, ['SERVING', 'NOT_SERVING']],
  ['A watch of an unknown service is answered once', 'nothing', ['SERVICE_UNKNOWN']],
])('%s, until the process ends it', async (_, name, statuses) => {
  const watched = watch(name);
  expect(await watched.received).toEqual({ status: statuses[0] });
  health.drain();
  health.endWatches();
  expect(await watched.ended).toBe(status.OK);
  expect(watched.answers.map((answer) => answer.status)).toEqual(statuses);
});

it('A name above 100 bytes is refused before it is decoded', async () => {
  expect(await watch('a'.repeat(101)).ended).toBe(status.INVALID_ARGUMENT);
  expect(await check('a'.repeat(101)).catch(codeOf)).toBe(status.INVALID_ARGUMENT);
  expect(await check('a'.repeat(100)).catch(codeOf)).toBe(status.NOT_FOUND);
});

it('50 watches of names of 1 MB leave the heap as it was', async () => {
  await watch('').received;
  const before = heapBytes();
  for (let i = 0; i < 50; i++) {
    const watched = watch(`${i}`.padEnd(MB, 'a'));
    await watched.received;
    watched.cancel();
  }
  expect(heapBytes() - before).toBeLessThan(20 * MB);
});

it(`At most ${MAX_WATCHERS} watches are open, and one that ends makes room for another`, async () => {
  const watches: Watched[] = [];
  while (watches.length < MAX_WATCHERS) {
    const watched = watch(KNOWN);
    expect(await watched.received).toEqual({ status: 'SERVING' });
    watches.push(watched);
  }
  expect(await watch(KNOWN).ended).toBe(status.RESOURCE_EXHAUSTED);
  watches[0]?.cancel();
  await watches[0]?.ended;
  expect(await check(KNOWN)).toBe('SERVING');
  expect(await watch(KNOWN).received).toEqual({ status: 'SERVING' });
});

it('Calls beyond 50 at once on one connection are refused, and one more is served 20 ms later', async () => {
  for (let i = 0; i < 50; i++) expect(await check(KNOWN)).toBe('SERVING');
  expect(await check(KNOWN).catch(codeOf)).toBe(status.RESOURCE_EXHAUSTED);
  nowMs += 20;
  expect(await check(KNOWN)).toBe('SERVING');
});
