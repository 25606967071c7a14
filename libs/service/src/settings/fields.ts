import { z } from 'zod';

const MAX_PORT = 65_535;
const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})$/;

/** Whether a text is `host:port` with a port to connect to. */
export function isReachable(text: string): boolean {
  const port = Number(ADDRESS.exec(text)?.[2]);
  return port > 0 && port <= MAX_PORT;
}

export interface Address {
  host: string;
  port: number;
}

/** 23 days, below the limits of Node's timers and Postgres's integers. */
const MAX_MS = 2_000_000_000;
const MAX_COUNT = 1_000_000;

/** A whole number of milliseconds, above 0 or at least `min`. */
export const milliseconds = (fallback: number, { min = 1, max = MAX_MS } = {}) =>
  z.coerce
    .number('must be a number of milliseconds')
    .int('must be whole')
    .min(min, min === 1 ? 'must be above 0' : `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(fallback);

/** `on` or `off`. */
export const onOrOff = (fallback: 'on' | 'off') =>
  z.enum(['on', 'off'], 'must be on or off').default(fallback);

/** A whole number above 0. */
export const count = (fallback: number, max = MAX_COUNT) => wholeNumber(max).default(fallback);

/** Without a default of its own. */
export const optionalCount = (max = MAX_COUNT) => wholeNumber(max).optional();

const wholeNumber = (max: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be above 0')
    .max(max, `must be at most ${max}`);

function toAddress(text: string, context: z.RefinementCtx): Address {
  const [, host, port] = ADDRESS.exec(text) ?? [];
  if (host !== undefined && Number(port) <= MAX_PORT)
    return { host: host.replace(/[[\]]/g, ''), port: Number(port) };
  context.addIssue({ code: 'custom', message: 'must be host:port' });
  return z.NEVER;
}

/** `host:port` to listen on. */
export const address = (fallback: string) => z.string().default(fallback).transform(toAddress);

/** `host:port` to listen on, or undefined. */
export const optionalAddress = z.string().transform(toAddress).optional();

/** An http(s) URL as it is given. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

/** An http(s) URL to which paths are added, without a slash at its end. */
export const baseUrl = httpUrl.transform((url) => url.replace(/\/+$/, ''));

/** A text that `read` can parse; an error never contains the text. @param missing the error if it is not set. */
export const readable = <T>(read: (text: string) => T | undefined, must: string, missing = '') =>
  z.string({ error: missing }).transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: must });
    return z.NEVER;
  });

/** A file that `check` accepts: it throws otherwise. An error names the reason, not the content. */
export const checkedFile = (schema: z.ZodType<string | undefined>, check: (path: string) => unknown) =>
  schema.superRefine((path, context) => {
    if (path === undefined) return;
    try {
      check(path);
    } catch (error) {
      for (const message of error instanceof Error ? error.message.split('\n') : [String(error)])
        context.addIssue({ code: 'custom', message });
    }
  });

/** Whether a host is this machine, so that a connection to it needs no encryption. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
