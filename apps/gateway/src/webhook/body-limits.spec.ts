import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BodyLimits, BusyError } from './body-limits.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function request(chunks: Iterable<Buffer>, headers: Record<string, string> = {}): IncomingMessage {
  return Object.assign(Readable.from(chunks, { objectMode: false }), {
    headers,
  }) as unknown as IncomingMessage;
}

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

describe('BodyLimits', () => {
  it('read returns UTF-8 text of up to 1 MiB, and undefined for larger or invalid bodies', async () => {
    const bodies = new BodyLimits();
    const han = Buffer.from('审核');
    expect(await bodies.read(request([han.subarray(0, 1), han.subarray(1)]), text)).toBe('审核');
    expect(await read(bodies, MIB)).toHaveLength(MIB);
    expect(await read(bodies, MIB + 1)).toBeUndefined();
    expect(await bodies.read(request([Buffer.of(0xff)]), text)).toBeUndefined();
    expect(await bodies.read(request([], { 'content-length': String(MIB + 1) }), text)).toBeUndefined();
  });

  it('read does not destroy a request that is too large', async () => {
    const large = request([Buffer.alloc(MIB), Buffer.alloc(MIB)]);
    await new BodyLimits().read(large, text);
    expect(large.destroyed).toBe(false);
  });

  it('read returns undefined for an incomplete body', async () => {
    const body = new PassThrough();
    const given = new BodyLimits().read(
      Object.assign(body, { headers: {} }) as unknown as IncomingMessage,
      text,
    );
    body.write('half');
    body.destroy(new Error('aborted'));
    expect(await given).toBeUndefined();
  });

  it('read rejects large bodies over 32 MiB in total until some are released, but accepts small ones', async () => {
    const bodies = new BodyLimits();
    const { ended, release } = hold(bodies, 40, MIB);
    await expect(read(bodies, MIB)).rejects.toThrow(BusyError);
    expect(await read(bodies, 60 * KIB)).toHaveLength(60 * KIB);
    release();
    const busy = (await Promise.all(ended)).filter((error) => error instanceof BusyError);
    expect(busy.length).toBe(40 - 34);
    expect(await read(bodies, MIB)).toHaveLength(MIB);
  });

  it('read counts the overhead of many small chunks', async () => {
    const bodies = new BodyLimits();
    const chunks = function* () {
      for (let i = 0; i < 200_000; i++) yield Buffer.of(97);
    };
    await expect(bodies.read(request(chunks()), text)).rejects.toThrow(BusyError);
    expect(await read(bodies, MIB)).toHaveLength(MIB);
  });

  it('read releases the memory of a body if its handler fails', async () => {
    const bodies = new BodyLimits();
    for (let i = 0; i < 40; i++) {
      const used = bodies.read(request([Buffer.alloc(MIB)]), () => Promise.reject(new Error('no')));
      await expect(used).rejects.toThrow('no');
    }
  });
});
