import { status as Code, Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { OperationError, RpcErrorCategory, Violation } from '@wxa/contracts';
import { BadRequest, ErrorInfo, problem, RetryInfo, Status, VIOLATION_ARGUMENTS } from '@wxa/contracts';
import { cut } from '@wxa/methods';

/** The trailer in which gRPC clients expect a google.rpc.Status. */
const DETAILS_HEADER = 'grpc-status-details-bin';

const DOMAIN = 'wxa.code.v1';
/**
 * Clients accept 8 KiB of trailers by default, base64 included. Violations that do not fit are left out, or the whole error would
 * be lost.
 */
const MAX_DETAILS_BYTES = 5500;
/** A trailer has the message once more, where a byte that is not ASCII becomes three. */
const BYTES_PER_MESSAGE_BYTE = 3;
const MAX_MESSAGE = 400;

/** The details of an error besides its code and message; those of WeChat are set only if a call to it failed. */
export interface ErrorFacts extends Partial<Pick<OperationError, 'errcode' | 'errmsg' | 'rid'>> {
  /** A stable name in UPPER_SNAKE_CASE. */
  reason: string;
  category: RpcErrorCategory;
  retryable: boolean;
  retryAfterMs?: number;
  violations?: readonly Violation[];
  /** Name of the caller, if the error is about its permissions or limits. */
  caller?: string;
  /** What it called, of the form `Service/Method`; set together with `caller`, and if a credential could not be verified. */
  method?: string;
  /** More metadata of the ErrorInfo, for example the state of a rollout. */
  metadata?: Readonly<Record<string, string>>;
  /** Path of the WeChat API, for example `wxa/commit`. */
  api?: string;
}

/** A property: a call's status is logged and counted by its reason, which would otherwise have to be decoded. */
const REASON = Symbol('reason');
type StatusMetadata = Metadata & { [REASON]?: string };

/** The reason of the error whose trailers these are; undefined for others. */
export function reasonOf(metadata: StatusMetadata | null | undefined): string | undefined {
  return metadata?.[REASON];
}

/** Our deadline is later than the client's by the time that the request took to arrive. */
const ARRIVAL_MS = 250;

/** The code of a call that ended without a status of this service: a client that reaches its deadline cancels the call. */
export function endCode(call: Pick<ServerInterceptingCallInterface, 'getDeadline'>, nowMs: number): Code {
  return Number(call.getDeadline()) - ARRIVAL_MS <= nowMs ? Code.DEADLINE_EXCEEDED : Code.CANCELLED;
}

/** The trailers of an error: a google.rpc.Status with exactly one ErrorInfo (AIP-193). */
export function statusDetails(code: Code, message: string, facts: ErrorFacts): Metadata {
  const room = MAX_DETAILS_BYTES - BYTES_PER_MESSAGE_BYTE * Buffer.byteLength(message);
  const violations = thatFit(facts.violations ?? [], room);
  const details = [
    pack('google.rpc.ErrorInfo', ErrorInfo.encode(errorInfo(facts, violations)).finish()),
    ...retryInfo(facts),
    ...badRequest(violations),
  ];
  const metadata: StatusMetadata = new Metadata();
  metadata[REASON] = facts.reason;
  const encoded = Status.encode({ code, message: cut(message, MAX_MESSAGE), details }).finish();
  metadata.set(DETAILS_HEADER, Buffer.from(encoded));
  return metadata;
}

function errorInfo(
  {
    reason,
    category,
    retryable,
    caller,
    method,
    metadata = {},
    errcode = 0,
    errmsg = '',
    rid = '',
    api = '',
  }: ErrorFacts,
  violations: readonly Violation[],
) {
  const args = violations.length > 0 && { [VIOLATION_ARGUMENTS]: argumentsText(violations) };
  return {
    reason,
    domain: DOMAIN,
    metadata: {
      ...(caller !== undefined && { caller }),
      ...(method !== undefined && { method }),
      ...metadata,
      ...args,
      errcode: String(errcode),
      errmsg: cut(errmsg, MAX_MESSAGE),
      rid: cut(rid, 100),
      api,
      category,
      retryable: String(retryable),
    },
  };
}

function retryInfo({ retryAfterMs }: ErrorFacts) {
  if (retryAfterMs === undefined) return [];
  const retryDelay = { seconds: BigInt(Math.floor(retryAfterMs / 1000)), nanos: (retryAfterMs % 1000) * 1e6 };
  return [pack('google.rpc.RetryInfo', RetryInfo.encode({ retryDelay }).finish())];
}

function badRequest(violations: readonly Violation[]) {
  if (violations.length === 0) return [];
  const fieldViolations = violations.map(({ field, description, reason }) => ({
    ...{ field, description, reason },
    localizedMessage: undefined,
  }));
  return [pack('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish())];
}

/** The arguments of each violation, in their order: a FieldViolation has no field for them. */
function argumentsText(violations: readonly Violation[]): string {
  return JSON.stringify(violations.map(({ args }) => args));
}

/** @param room the bytes that the violations may have, in the BadRequest and in the ErrorInfo. */
function thatFit(violations: readonly Violation[], room: number): readonly Violation[] {
  let bytes = 0;
  const fits = violations.findIndex((violation) => {
    const { field, description, reason } = violation;
    bytes += Buffer.byteLength(field + description + reason + argumentsText([violation])) + 10;
    return bytes > room;
  });
  if (fits === -1) return violations;
  const left = problem('MORE_VIOLATIONS', { count: violations.length - fits });
  return [...violations.slice(0, fits), { field: '', ...left }];
}

function pack(type: string, value: Uint8Array) {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
