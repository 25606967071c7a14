import { randomInt } from 'node:crypto';
import { rmdirSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { errorCodeOf } from './error-code.js';
import { StackError } from './stack-error.js';

/** Below the range of ephemeral ports (Linux: from 32768), so that no outgoing connection takes a port before its owner. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_767];

/**
 * Has one file for each port allocated by our processes, with the pid of the owner. It does not depend on TMPDIR,
 * because processes with different ones share the machine's ports.
 */
const GIVEN = `/tmp/wxa-code-ports-${process.getuid?.()}`;
const mine = new Set<string>();
let swept: Promise<void> | undefined;
process.on('exit', () => {
  for (const path of mine) rmSync(path, { force: true });
  try {
    rmdirSync(GIVEN);
  } catch {
    // Other processes have ports.
  }
});

/**
 * Allocates a TCP port that is free on `host`. No other process of ours gets it while this process lives, even
 * if nothing listens on it yet or its server is being restarted.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  await sweepOnce();
  for (;;) {
    await mkdir(GIVEN, { recursive: true });
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if ((await take(join(GIVEN, String(port)))) && (await isFree(host, port))) return port;
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    mine.add(path);
    return true;
  } catch (error) {
    if (!['EEXIST', 'ENOENT'].includes(errorCodeOf(error))) throw error;
    return false;
  }
}

function sweepOnce(): Promise<void> {
  swept ??= sweep();
  return swept;
}

/** Removes the allocations of killed processes. */
async function sweep(): Promise<void> {
  const names = await readdir(GIVEN).catch(() => []);
  for (const path of names.map((name) => join(GIVEN, name))) {
    const owner = Number(await readFile(path, 'utf8').catch(() => undefined));
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCodeOf(error) === 'EPERM';
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    await listenOnce(host, port);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EADDRINUSE') return false;
    throw error;
  }
}

/**
 * Returns `host:port` with port 0 replaced by a free one. A given port is this process's too from now on, so that of two stacks
 * that start at the same time only one gets it. Throws a StackError that names `name` if the port is in use.
 */
export async function concreteAddress(address: string, name: string): Promise<string> {
  const { host, port } = splitAddress(address, name);
  if (port === 0) return `${host}:${await freePort(bare(host))}`;
  await assertFree(host, port, name);
  await sweepOnce();
  const path = join(GIVEN, String(port));
  await mkdir(GIVEN, { recursive: true });
  if (!mine.has(path) && !(await take(path)))
    throw new StackError(
      `${name}: another stack of yours has the port ${port}; stop it, or set another address.`,
    );
  return address;
}

/** Throws a StackError with the remedy if nothing can listen on the address. */
export async function assertFree(host: string, port: number, name: string): Promise<void> {
  try {
    await listenOnce(bare(host), port);
  } catch (error) {
    throw new StackError(
      `${name}: ${reason(error, `${host}:${port}`)}; stop that process, or set another address.`,
    );
  }
}

/** Splits `host:port` (IPv6 in brackets); throws a StackError if it is malformed. */
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
  const code = errorCodeOf(error);
  if (code === 'EADDRINUSE') return `the address ${address} is taken by another process`;
  return `cannot listen on ${address} (${code})`;
}

function listenOnce(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
