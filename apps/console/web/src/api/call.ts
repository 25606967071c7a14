import { facts } from './facts.js';
import type { MethodName, Request, Response } from './types.js';

/** An invalid field. */
export interface FieldViolation {
  /** As in `waves[0].percent`; names are those of the proto. */
  field: string;
  /** As in `NUMBER_OUT_OF_RANGE`. */
  reason: string;
  /** In the viewer's language. */
  description: string;
}

/** Why a call was refused, or NO_ANSWER if the console did not respond. */
export class ApiError extends Error {
  /** As in `INVALID_ARGUMENT`; NOT_DONE, IN_DOUBT or IN_PROGRESS of an operation that was accepted and has not succeeded. */
  readonly code: string;
  /** As in `ROLLOUT_STATE`; empty if there is none. */
  readonly reason: string;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  /** What to do, in the viewer's language; empty if it is not known. */
  readonly hint: string;
  /** WeChat's, if it was WeChat that did not do it; `message` ends with what to do. */
  readonly api: string;

  constructor(body: Partial<ApiError>) {
    super(body.message ?? '');
    this.code = body.code ?? 'UNKNOWN';
    this.reason = body.reason ?? '';
    this.violations = body.violations ?? [];
    this.retryAfterMs = body.retryAfterMs;
    this.hint = body.hint ?? '';
    this.api = body.api ?? '';
  }
}

/** Of an accepted operation whose end is not known yet. */
const UNENDED = ['IN_DOUBT', 'IN_PROGRESS'];
const UNKNOWN_OUTCOME = ['NO_ANSWER', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', ...UNENDED];
/** Of a proxy, or of a fault, if it has no reason. */
const UNEXPLAINED = ['INTERNAL', 'UNKNOWN'];
const ACCEPTED = ['NOT_DONE', ...UNENDED];

/** Whether what was sent may have been done, and can succeed if it is sent again. */
export function isUnknownOutcome({ code, reason }: ApiError): boolean {
  return UNKNOWN_OUTCOME.includes(code) || (reason === '' && UNEXPLAINED.includes(code));
}

/** Whether an operation was accepted: lists show it, and in doubt perhaps its effect. */
export function wasAccepted({ code }: ApiError): boolean {
  return ACCEPTED.includes(code);
}

/** Calls an RPC of the gateway as the user. Rejects with an ApiError. */
export function call<M extends MethodName>(
  method: M,
  request: Request<M>,
  signal?: AbortSignal,
): Promise<Response<M>> {
  return post(`/api/${method}`, request, signal);
}

/** Sends JSON to the console and returns its JSON. Rejects with an ApiError; without a login the page of the login opens, unless there is a form. */
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = {
    'content-type': 'application/json',
    'x-form-token': facts.session?.formToken ?? '',
  };
  const init = { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) };
  const answer = await fetch(path, init).catch((error: Error) => {
    if (signal?.aborted) throw error;
    throw new ApiError({ code: 'NO_ANSWER', message: error.message });
  });
  const broken = { code: 'NO_ANSWER', message: `HTTP ${answer.status}` };
  const content = await answer.json().catch(() => broken);
  if (answer.ok && content !== broken) return content as T;
  const error = new ApiError(content);
  // A form, or what a dialog says of a batch, is not lost: the page says that the session has ended.
  if (error.reason === 'LOGIN_REQUIRED' && document.querySelector('form') === null) openLogin(true);
  throw error;
}

/** To the login, and from there back to this page. @param hasEnded what was sent was not done. */
export function openLogin(hasEnded: boolean): void {
  const { pathname, search } = window.location;
  window.location.replace(
    `/login?to=${encodeURIComponent(`${pathname}${search}`)}${hasEnded ? '&ended' : ''}`,
  );
}

const ACTIVE_MS = 60_000;

/** The page has just been opened, which says it too. */
let saidAt = performance.now();
for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel'])
  document.addEventListener(event, sayActive, { passive: true, capture: true });

/** Says that somebody is at the screen: what is read for an empty chair does not keep a session alive. */
function sayActive(): void {
  if (facts.session === undefined || performance.now() - saidAt < ACTIVE_MS) return;
  saidAt = performance.now();
  // A move of the pointer opens no login, and is not worth an error.
  const headers = { 'x-form-token': facts.session.formToken };
  void fetch('/api/console/active', { method: 'POST', headers }).catch(() => {});
}
