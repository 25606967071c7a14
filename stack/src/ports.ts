import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StackError } from './stack-error.js';

/** Below what systems give to outgoing connections (Linux from 32768 on): none of those takes a port before its owner. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_767];

/** Ports given out in this process lately, whose owners may not listen yet. */
const given = new Set<number>();

/** A TCP port that is free on `host` now and was not given out here before. Other processes draw from as many. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (given.has(port) || !(await isFree(host, port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    await listenOnce(host, port);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
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

function listenOnce(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
