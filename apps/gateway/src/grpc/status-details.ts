import { type status as Code, Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';
import { cut, type Violation } from '@wxa/methods';
import type { Category } from './rpc-error-table.js';

/** The header that carries google.rpc.Status (AIP-193). */
const DETAILS_HEADER = 'grpc-status-details-bin';

const DOMAIN = 'wxa.code.v1';
// Clients take 8 KB of trailers by default, base64 included: what is over is cut, never the whole answer lost.
const MAX_DETAILS_BYTES = 4096;
const MAX_MESSAGE = 400;

/** What an error says beyond its code and message. */
export interface ErrorFacts {
  /** UPPER_SNAKE. */
  reason: string;
  category: Category;
  retryable: boolean;
  retryAfterMs?: number;
  violations?: readonly Violation[];
  /** Of a call to WeChat; nothing of ours otherwise. */
  errcode?: number;
  errmsg?: string;
  rid?: string;
  /** WeChat's path, as in `wxa/commit`. */
  api?: string;
}

/** The trailers of an error: a google.rpc.Status with exactly one ErrorInfo. */
export function statusDetails(code: Code, message: string, facts: ErrorFacts): Metadata {
  const details = [
    pack('google.rpc.ErrorInfo', ErrorInfo.encode(errorInfo(facts)).finish()),
    ...retryInfo(facts),
    ...badRequest(facts),
  ];
  const metadata = new Metadata();
  const encoded = Status.encode({ code, message: cut(message, MAX_MESSAGE), details }).finish();
  metadata.set(DETAILS_HEADER, Buffer.from(encoded));
  return metadata;
}

function errorInfo({
  reason,
  category,
  retryable,
  errcode = 0,
  errmsg = '',
  rid = '',
  api = '',
}: ErrorFacts) {
  return {
    reason,
    domain: DOMAIN,
    metadata: {
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

function badRequest({ violations = [] }: ErrorFacts) {
  if (violations.length === 0) return [];
  const fieldViolations = thatFit(violations).map(({ field, description }) => ({
    field,
    description,
    reason: '',
    localizedMessage: undefined,
  }));
  return [pack('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish())];
}

function thatFit(violations: readonly Violation[]): readonly Violation[] {
  let bytes = 0;
  const fits = violations.findIndex(({ field, description }) => {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description) + 8;
    return bytes > MAX_DETAILS_BYTES;
  });
  if (fits === -1) return violations;
  const left = violations.length - fits;
  return [...violations.slice(0, fits), { field: '', description: `and ${left} more invalid fields` }];
}

function pack(type: string, value: Uint8Array) {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
