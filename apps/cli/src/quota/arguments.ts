import { METHODS, type Method } from '@wxa/contracts';
import { EVERY_API } from '@wxa/limits';
import { ROOMS } from '@wxa/methods';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { UsageError } from '../exit-codes.js';

/** A parsed command line of `wxa quota`. */
export type QuotaCommand = { json: boolean } & (
  | { command: 'list' }
  | { command: 'stop'; apis: string[]; until: Date; reason: string }
  | { command: 'lift'; apis: string[] }
  | { command: 'rate'; api: string; perSecond: number | null }
);

/** An instant in ISO 8601 with its offset from UTC. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const MAX_REASON = 2_000;
const OPTIONS = {
  'all-changes': { type: 'boolean' },
  until: { type: 'string' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
} as const;
/** The options of each command. */
const ALLOWED: Record<QuotaCommand['command'], readonly string[]> = {
  list: ['json'],
  stop: ['all-changes', 'until', 'reason', 'json'],
  lift: ['all-changes', 'json'],
  rate: ['json'],
};

type Values = { 'all-changes'?: boolean; until?: string; reason?: string; json?: boolean };

/** Parses the command line. Throws UsageError. */
export function parseArguments(args: string[], now = new Date()): QuotaCommand {
  const { values, positionals } = parsedArguments(OPTIONS, args, { max: 3 });
  const [command = '', ...rest] = positionals;
  if (!isCommand(command)) throw new UsageError(`unknown command: ${command || 'none'}`);
  for (const option of Object.keys(values))
    if (!ALLOWED[command].includes(option)) throw new UsageError(`${command} has no option --${option}`);
  const json = values.json ?? false;
  switch (command) {
    case 'list':
      return { command, json, ...none(rest) };
    case 'stop':
      return {
        command,
        json,
        apis: apisOf(rest, values).map(known),
        until: timeOf(values.until, now),
        reason: reasonOf(values.reason),
      };
    case 'lift':
      return { command, json, apis: apisOf(rest, values) };
    case 'rate':
      return { command, json, ...rateOf(rest) };
  }
}

function isCommand(text: string): text is QuotaCommand['command'] {
  return Object.hasOwn(ALLOWED, text);
}

function none([extra]: string[]): object {
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}`);
  return {};
}

function apisOf([api, ...rest]: string[], { 'all-changes': all = false }: Values): string[] {
  none(rest);
  if ((api === undefined) === !all) throw new UsageError('give one of API and --all-changes');
  return api === undefined ? apisOfChanges() : [api];
}

/** The APIs whose method is a change. */
export function apisOfChanges(): string[] {
  const methods = (Object.keys(METHODS) as Method[]).filter((method) => METHODS[method].kind === 'change');
  return methods.map((method) => ROOMS[method].api).toSorted();
}

function known(api: string): string {
  const apis: string[] = Object.values(ROOMS).map((room) => room.api);
  if (!apis.includes(api))
    throw new UsageError(`unknown API: ${api}; the APIs are ${apis.toSorted().join(', ')}`);
  return api;
}

function timeOf(text: string | undefined, now: Date): Date {
  if (text === undefined) throw new UsageError('--until is missing');
  const time = new Date(TIME.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(`--until must be a time with its offset, as in 2027-01-07T09:00:00+08:00: ${text}`);
  if (time <= now) throw new UsageError(`--until is not in the future: ${text}`);
  return time;
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text.trim() === '') throw new UsageError('--reason is missing');
  if (text.length > MAX_REASON) throw new UsageError(`--reason has more than ${MAX_REASON} characters`);
  return text;
}

function rateOf([api, text, ...rest]: string[]): { api: string; perSecond: number | null } {
  none(rest);
  if (api === undefined || text === undefined)
    throw new UsageError("rate takes API or '*', and N or default");
  const perSecond = text === 'default' ? null : Number(text);
  if (perSecond !== null && !(/^\d+(\.\d+)?$/.test(text) && Number.isFinite(perSecond)))
    throw new UsageError(`N must be a number of calls per second, 0 or more: ${text}`);
  return { api: api === EVERY_API ? api : known(api), perSecond };
}
