import type { Response } from '../api/types.js';
import { hasTokensElsewhere, ticketOf } from '../platform/health.js';
import type { KeyAfter } from '../text/translate.js';

/** What the gateway knows of an adoption. */
export interface Known {
  status: Response<'Platform/GetPlatformStatus'>;
  forwards: Response<'Platform/GetForwards'>['forwards'];
  /** Names of callbacks that WeChat has sent, with when last. */
  names: readonly { lastTime?: string }[];
  /** How many of them no forward takes and this service does not handle. */
  unused: number;
  labels: readonly unknown[];
  /** Who has read tokens. */
  readers: readonly unknown[];
  calls: Response<'Platform/ListListedCalls'>['calls'];
  now: number;
}

/** One thing that has to hold for a step, as a line of `wxa adopt check`. */
export interface Finding {
  result: 'ok' | 'warn' | 'fail';
  text: FindingText;
  values: Readonly<Record<string, string | number>>;
}
type FindingText = KeyAfter<'adoption.check.'>;

const found =
  (result: Finding['result']) =>
  (text: FindingText, values: Finding['values'] = {}): Finding => ({ result, text, values });
const [ok, warn, fail] = [found('ok'), found('warn'), found('fail')];

/** A step of docs/adoption.md, 0 to 5. */
export interface Step {
  number: number;
  state: 'reached' | 'next' | 'later';
  findings: Finding[];
}

/** Callbacks of a platform in use come more often. */
const RECENT_MS = 86_400_000;
/** As the alert WxaForwardFailing. */
const FAILING = 0.05;

/** Whether too many deliveries of the last hour failed. 64-bit numbers are texts. */
export function isFailing({ delivered, failed }: Record<'delivered' | 'failed', string>): boolean {
  return Number(failed) > FAILING * (Number(delivered) + Number(failed));
}

/** The steps of an adoption: those that are reached, the next one, and what holds for each as far as the gateway knows. */
export function stepsOf(known: Known): Step[] {
  const findings = [
    beside(known),
    aFew(known),
    inFront(known),
    consumers(known),
    tokens(known),
    calls(known),
  ];
  const reached = reachedOf(known);
  return findings.map((each, number) => ({
    number,
    state: number <= reached ? 'reached' : number === reached + 1 ? 'next' : 'later',
    findings: each,
  }));
}

/** The highest step whose change has been made. A platform may stop at any of them for good. */
function reachedOf({ status, forwards, names, calls, now }: Known): number {
  if (!hasTokensElsewhere(status)) return calls.some(({ uses }) => uses.length > 0) ? 5 : 4;
  const isInFront = names.some(({ lastTime }) => isRecent(lastTime, now)) && forwards.length > 0;
  if (isInFront) return forwards.some(({ events }) => events.includes('*')) ? 2 : 3;
  return (status.authorizers?.authorized ?? 0) > 0 ? 1 : 0;
}

function isRecent(at: string | undefined, now: number): boolean {
  return at !== undefined && now - Date.parse(at) < RECENT_MS;
}

function beside({ status }: Known): Finding[] {
  const n = status.workers.reduce((sum, { count }) => sum + count, 0);
  return [
    n > 0 ? ok('workers.run', { n }) : fail('workers.none'),
    ok(hasTokensElsewhere(status) ? 'owner.elsewhere' : 'owner.here'),
  ];
}

function aFew({ status: { authorizers }, labels }: Known): Finding[] {
  const { authorized = 0, needsAuthorization: invalid = 0 } = authorizers ?? {};
  return [
    authorized > 0 ? ok('known.some', { n: authorized }) : fail('known.none'),
    labels.length > 0 ? ok('labels.some', { n: labels.length }) : warn('labels.none'),
    ...(invalid > 0 ? [warn('invalid.some', { n: invalid })] : []),
  ];
}

function inFront({ names, forwards, now }: Known): Finding[] {
  const failing = forwards.filter(isFailing);
  const working = forwards.length - failing.length;
  return [
    names.some(({ lastTime }) => isRecent(lastTime, now)) ? ok('callbacks.come') : warn('callbacks.none'),
    ...(forwards.length === 0 ? [warn('forwards.none')] : []),
    ...failing.map(({ name }) => fail('forwards.fail', { name })),
    ...(working > 0 ? [ok('forwards.work', { n: working })] : []),
  ];
}

function consumers({ unused }: Known): Finding[] {
  return [unused > 0 ? warn('names.unused', { n: unused }) : ok('names.used')];
}

function tokens({ status, readers }: Known): Finding[] {
  if (hasTokensElsewhere(status)) return [warn('ticket.elsewhere')];
  const ticket = ticketOf(status);
  const values = { n: Math.round((ticket?.seconds ?? 0) / 60) };
  const late = ticket?.isLate ? fail('ticket.late', values) : ok('ticket.recent', values);
  return [
    ticket === undefined ? fail('ticket.none') : late,
    readers.length > 0 ? ok('readers.some') : warn('readers.none'),
  ];
}

function calls({ calls }: Known): Finding[] {
  if (calls.length === 0) return [warn('calls.none')];
  const forNobody = calls.filter(({ callers }) => callers.length === 0);
  return [
    ok('calls.some', { n: calls.length }),
    ...forNobody.map(({ name }) => warn('calls.nobody', { name })),
  ];
}
