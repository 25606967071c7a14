import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { BodyLimits, BusyError } from './body-limits.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const withHeaders = (body: Readable, headers: object = {}) =>
  Object.assign(body, { headers }) as unknown as IncomingMessage;
const request = (chunks: Iterable<Buffer>, headers?: object) =>
  withHeaders(Readable.from(chunks, { objectMode: false }), headers);

const text = async (body: string | undefined) => body;
const read = (bodies: BodyLimits, bytes: number) => bodies.read(request([Buffer.alloc(bytes, 'a')]), text);

/** Bodies that stay in memory until they are released. */
function hold(bodies: BodyLimits, count: number, bytes: number) {
  let release: () => void = () => undefined;
  const used = new Promise<void>((resolve) => {
    release = resolve;
  });
  const ended = Array.from({ length: count }, () =>
    bodies.read(request([Buffer.alloc(bytes)]), () => used).catch((error: unknown) => error),
  );
  return { ended, release };
}

it('BodyLimits returns UTF-8 text of up to 1 MiB, and undefined for larger or invalid bodies, whose request it does not destroy', async () => {
  const bodies = new BodyLimits();
  const han = Buffer.from('审核');
  expect(await bodies.read(request([han.subarray(0, 1), han.subarray(1)]), text)).toBe('审核');
  expect(await read(bodies, MIB)).toHaveLength(MIB);
  const large = request([Buffer.alloc(MIB), Buffer.alloc(1)]);
  expect(await bodies.read(large, text)).toBeUndefined();
  expect(large.destroyed).toBe(false);
  expect(await bodies.read(request([Buffer.of(0xff)]), text)).toBeUndefined();
  expect(await bodies.read(request([], { 'content-length': String(MIB + 1) }), text)).toBeUndefined();
});

it('BodyLimits returns undefined for an incomplete body', async () => {
  const body = new PassThrough();
  const given = new BodyLimits().read(withHeaders(body), text);
  body.write('half');
  body.destroy(new Error('aborted'));
  expect(await given).toBeUndefined();
});

it('BodyLimits rejects large bodies over 32 MiB in total until some are released, but accepts small ones', async () => {
  const bodies = new BodyLimits();
  const { ended, release } = hold(bodies, 40, MIB);
  await expect(read(bodies, MIB)).rejects.toThrow(BusyError);
  expect(await read(bodies, 60 * KIB)).toHaveLength(60 * KIB);
  release();
  const busy = (await Promise.all(ended)).filter((error) => error instanceof BusyError);
  expect(busy.length).toBe(40 - 34);
  expect(await read(bodies, MIB)).toHaveLength(MIB);
});

it('BodyLimits counts the overhead of many small chunks', async () => {
  const bodies = new BodyLimits();
  const chunks = function* () {
    for (let i = 0; i < 200_000; i++) yield Buffer.of(97);
  };
  await expect(bodies.read(request(chunks()), text)).rejects.toThrow(BusyError);
  expect(await read(bodies, MIB)).toHaveLength(MIB);
});

it('BodyLimits releases the memory of a body if its handler fails', async () => {
  const bodies = new BodyLimits();
  for (let i = 0; i < 40; i++) {
    const used = bodies.read(request([Buffer.alloc(MIB)]), () => Promise.reject(new Error('no')));
    await expect(used).rejects.toThrow('no');
  }
});
