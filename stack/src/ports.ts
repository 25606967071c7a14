import { createServer } from 'node:net';
import { StackError } from './stack-error.js';

/** Ports given out in this process lately: the system may offer one again before its owner listens. */
const given = new Set<number>();

/** A TCP port that is free on `host` now and was not given out here before. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = await listenOnce(host, 0);
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** `host:port` with a port of 0 replaced by a free one; a port that is taken is a StackError naming it. */
export async function concreteAddress(address: string, name: string): Promise<string> {
  const { host, port } = splitAddress(address, name);
  if (port === 0) return `${host}:${await freePort(bare(host))}`;
  await assertFree(host, port, name);
  return address;
}

/** Throws a StackError with the remedy where nothing can listen on the address. */
export async function assertFree(host: string, port: number, name: string): Promise<void> {
  try {
    await listenOnce(bare(host), port);
  } catch (error) {
    throw new StackError(`${name}: ${reason(error, `${host}:${port}`)}; stop what uses it or set another.`);
  }
}

/** Host (IPv6 in brackets) and port of `host:port`; anything else is a StackError. */
export function splitAddress(address: string, name: string): { host: string; port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:]+):(\d{1,5})$/i.exec(address);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535) {
    throw new StackError(`${name} must be host:port, but is "${address}".`);
  }
  return { host: match[1], port };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function reason(error: unknown, address: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `the address ${address} is taken by another process`;
  return `cannot listen on ${address} (${String(code ?? error)})`;
}

function listenOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
