import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppidSet, isPattern } from '../appid-set.js';
import { PolicyDocument, type PolicyError } from '../policy-document.js';
import { NAME } from '../policy-shape.js';

/** Where callbacks are forwarded to. */
export interface ForwardRule {
  name: string;
  events: ReadonlySet<string> | 'all';
  appids: AppidSet;
  /** With `$APPID$`. */
  url: string;
  timeoutMs: number;
  maxInFlight: number;
  /** What WeChat is answered if the target has not taken a stored callback. */
  onFailure: 'redeliver' | 'succeed';
}

export interface ForwardRules {
  rules: readonly ForwardRule[];
  sha256: string;
}

/** It is about the platform: the appids of a rule are matched with its component appid. */
export const TICKET = 'component_verify_ticket';
/** Tickets and authorizations, which have one holder. */
export const TOKEN_CALLBACKS: readonly string[] = [TICKET, 'authorized', 'updateauthorized', 'unauthorized'];
/** `wxa adopt check` sends it to see that callbacks arrive: it is for no program behind the gateway. */
const OWN = 'wxa_adopt_check';
const MAX_BYTES = 1024 * 1024;
/** By which the URL of a rule is judged: its host may be an appid. */
export const SOME_APPID = 'wx0123456789abcdef';

const whole = (min: number, max: number) =>
  z
    .number('must be a number')
    .int('must be whole')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);

const ruleShape = z.strictObject({
  name: z
    .string('must be a text')
    .regex(NAME, 'must be 1 to 40 characters of a-z, 0-9 and -, and not begin with -'),
  events: z
    .array(
      z
        .string('must be a text; put it in quotes')
        .regex(/^\S{1,100}$/, 'must be the name of an event, or "*"'),
    )
    .min(1, 'must not be empty'),
  appids: z
    .array(
      z.string().refine(isPattern, 'must be an appid, or a prefix of one followed by *'),
      'must be a list',
    )
    .min(1, 'must not be empty')
    .optional(),
  url: z
    .string('must be a text')
    .refine(isTarget, 'must be an http(s) URL without user, password and fragment'),
  timeoutMs: whole(500, 4_000).default(3_500),
  maxInFlight: whole(1, 2_000).default(200),
  onFailure: z.enum(['redeliver', 'succeed'], 'must be redeliver or succeed').default('redeliver'),
});

const fileShape = z.strictObject({
  version: z.literal(1, 'must be 1'),
  forwards: z.array(z.unknown(), 'must be a list').max(20, 'must be at most 20'),
});

function isTarget(url: string): boolean {
  const target = urlOf(url, SOME_APPID);
  if (target === undefined || !/^https?:$/.test(target.protocol)) return false;
  return target.username === '' && target.password === '' && target.hash === '';
}

/** The URL of a rule for a mini-program. */
export function urlOf(url: string, appid: string): URL | undefined {
  return URL.parse(url.replaceAll('$APPID$', encodeURIComponent(appid))) ?? undefined;
}

/** Whether a callback is for the holder of the tokens, and this deployment is it. */
export function isKept(name: string, keepsTokens: boolean): boolean {
  return keepsTokens && TOKEN_CALLBACKS.includes(name);
}

/** The first rule for a callback; undefined if there is none. @param keepsTokens whether this deployment holds the tokens. */
export function ruleFor(
  { rules }: Pick<ForwardRules, 'rules'>,
  { name, appid }: { name: string; appid: string },
  keepsTokens: boolean,
): ForwardRule | undefined {
  if (name === OWN) return undefined;
  const isForOthers = !isKept(name, keepsTokens);
  return rules.find(
    ({ events, appids }) => (events === 'all' ? isForOthers : events.has(name)) && appids.has(appid),
  );
}

/** Parses a forward file. Returns all errors, each with its line, or the rules if there is none. */
export function parseForwards(text: string, file: string, keepsTokens: boolean): ForwardsRead {
  const document = new PolicyDocument(file, text);
  const value = document.value();
  const sections = document.errors.length > 0 ? undefined : document.read(fileShape, value, []);
  const names = new Set<string>();
  const rules = (sections?.forwards ?? []).flatMap((entry, i) => {
    const rule = document.read(ruleShape, entry, ['forwards', i]);
    if (rule === undefined) return [];
    if (names.has(rule.name))
      document.addError(['forwards', i, 'name'], `there are two forwards ${rule.name}`);
    names.add(rule.name);
    rule.events.forEach((name, j) => {
      if (isKept(name, keepsTokens))
        document.addError(
          ['forwards', i, 'events', j],
          `${name} cannot be forwarded with WECHAT_TOKEN_SOURCE=component: two holders end each other's tokens`,
        );
    });
    const events = rule.events.includes('*') ? ('all' as const) : new Set(rule.events);
    return { ...rule, events, appids: new AppidSet(rule.appids ?? 'all') };
  });
  const { errors } = document;
  if (errors.length > 0) return { errors: errors.sort((a, b) => a.line - b.line), files: text };
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { value: { rules, sha256 }, errors, files: text };
}

interface ForwardsRead {
  value?: ForwardRules;
  errors: PolicyError[];
  files: string;
}

/** Reads a forward file of at most 1 MiB. A file that cannot be read is an error as well. */
export async function readForwards(path: string, keepsTokens: boolean): Promise<ForwardsRead> {
  const text = await readFile(path, 'utf8').catch(unreadable(path));
  return typeof text === 'string' ? parseText(text, path, keepsTokens) : text;
}

/** The errors of a forward file, for a start that reports all errors of the configuration together. */
export function errorsOfForwards(path: string, keepsTokens: boolean): PolicyError[] {
  try {
    return parseText(readFileSync(path, 'utf8'), path, keepsTokens).errors;
  } catch (error) {
    return unreadable(path)(error).errors;
  }
}

function parseText(text: string, path: string, keepsTokens: boolean): ForwardsRead {
  if (text.length > MAX_BYTES)
    return { errors: [{ file: path, line: 1, message: 'is larger than 1 MiB' }], files: text };
  return parseForwards(text, path, keepsTokens);
}

const unreadable =
  (path: string) =>
  (error: unknown): ForwardsRead => {
    const message = `cannot be read: ${error instanceof Error ? error.message : error}`;
    return { errors: [{ file: path, line: 1, message }], files: `\0${message}` };
  };
