import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BodyLimits, BusyError } from './body-limits.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function request(pieces: Iterable<Buffer>, headers: Record<string, string> = {}): IncomingMessage {
  return Object.assign(Readable.from(pieces, { objectMode: false }), {
    headers,
  }) as unknown as IncomingMessage;
}

const text = async (body: string | undefined) => body;
const read = (bodies: BodyLimits, bytes: number) => bodies.read(request([Buffer.alloc(bytes, 'a')]), text);

/** Bodies that are held until they are let go of. */
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

describe('Bodies', () => {
  it('gives text up to 1 MiB, whatever the pieces, and nothing of what is no text or larger', async () => {
    const bodies = new BodyLimits();
    const han = Buffer.from('审核');
    expect(await bodies.read(request([han.subarray(0, 1), han.subarray(1)]), text)).toBe('审核');
    expect(await read(bodies, MIB)).toHaveLength(MIB);
    expect(await read(bodies, MIB + 1)).toBeUndefined();
    expect(await bodies.read(request([Buffer.of(0xff)]), text)).toBeUndefined();
    expect(await bodies.read(request([], { 'content-length': String(MIB + 1) }), text)).toBeUndefined();
  });

  it('leaves a request that is too large to be answered', async () => {
    const large = request([Buffer.alloc(MIB), Buffer.alloc(MIB)]);
    await new BodyLimits().read(large, text);
    expect(large.destroyed).toBe(false);
  });

  it('gives nothing of one that is cut off', async () => {
    const body = new PassThrough();
    const given = new BodyLimits().read(
      Object.assign(body, { headers: {} }) as unknown as IncomingMessage,
      text,
    );
    body.write('half');
    body.destroy(new Error('aborted'));
    expect(await given).toBeUndefined();
  });

  it('holds some 32 MiB of large bodies at once, until they are let go of, and small ones beside them', async () => {
    const bodies = new BodyLimits();
    const { ended, release } = hold(bodies, 40, MIB);
    await expect(read(bodies, MIB)).rejects.toThrow(BusyError);
    expect(await read(bodies, 60 * KIB)).toHaveLength(60 * KIB);
    release();
    const busy = (await Promise.all(ended)).filter((error) => error instanceof BusyError);
    expect(busy.length).toBe(40 - 34);
    expect(await read(bodies, MIB)).toHaveLength(MIB);
  });

  it('counts what many small pieces cost', async () => {
    const bodies = new BodyLimits();
    const pieces = function* () {
      for (let i = 0; i < 200_000; i++) yield Buffer.of(97);
    };
    await expect(bodies.read(request(pieces()), text)).rejects.toThrow(BusyError);
    expect(await read(bodies, MIB)).toHaveLength(MIB);
  });

  it('lets go of a body whose use fails', async () => {
    const bodies = new BodyLimits();
    for (let i = 0; i < 40; i++) {
      const used = bodies.read(request([Buffer.alloc(MIB)]), () => Promise.reject(new Error('no')));
      await expect(used).rejects.toThrow('no');
    }
  });
});
