import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client, credentials, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { service } from 'grpc-health-check';
import { limitAnonymous } from '../credentials/anonymous-calls.js';
import { Health, MAX_WATCHERS } from './health.js';
import { malformedInterceptor } from './incoming-calls.js';

const MB = 1_000_000;
const KNOWN = 'wxa.code.v1.Operations';

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
  server = new Server({ interceptors: [limitAnonymous(() => nowMs), malformedInterceptor] });
  health = new Health();
  health.addTo(server);
  health.set(true);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(() => {
  client.close();
  server.forceShutdown();
});

function rpc(name: 'Check' | 'Watch') {
  const found = service[name];
  if (found === undefined) throw new Error(`the health service has no ${name}`);
  return found;
}

function watch(name: string): Watched {
  nowMs += 1000;
  const { path, requestSerialize, responseDeserialize } = rpc('Watch');
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
    service: name,
  });
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
  const { path, requestSerialize, responseDeserialize } = rpc('Check');
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service: name },
      (error, answer) => (error ? reject(error) : resolve((answer as Answer | undefined)?.status ?? '')),
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

describe('Health', () => {
  it('A watch of a service receives its status and each change of it, until the process ends it', async () => {
    const watched = watch(KNOWN);
    expect(await watched.received).toEqual({ status: 'SERVING' });
    health.drain();
    health.endWatches();
    expect(await watched.ended).toBe(status.OK);
    expect(watched.answers).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
  });

  it('A watch of an unknown service is answered once with SERVICE_UNKNOWN', async () => {
    const watched = watch('nothing');
    expect(await watched.received).toEqual({ status: 'SERVICE_UNKNOWN' });
    health.set(false);
    health.endWatches();
    expect(await watched.ended).toBe(status.OK);
    expect(watched.answers).toEqual([{ status: 'SERVICE_UNKNOWN' }]);
  });

  it('A name above 100 bytes is refused before it is decoded', async () => {
    expect(await watch('a'.repeat(101)).ended).toBe(status.INVALID_ARGUMENT);
    expect(await check('a'.repeat(101)).catch(codeOf)).toBe(status.INVALID_ARGUMENT);
    expect(await check('a'.repeat(100)).catch(codeOf)).toBe(status.NOT_FOUND);
  });

  it('200 watches of names of 1 MB leave the heap as it was', async () => {
    await watch('').received;
    const before = heapBytes();
    for (let i = 0; i < 200; i++) {
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
});

describe('calls without a caller', () => {
  it('Calls beyond 50 at once on one connection are refused, and one more is served 20 ms later', async () => {
    for (let i = 0; i < 50; i++) expect(await check(KNOWN)).toBe('SERVING');
    expect(await check(KNOWN).catch(codeOf)).toBe(status.RESOURCE_EXHAUSTED);
    nowMs += 20;
    expect(await check(KNOWN)).toBe('SERVING');
  });
});
