import type { ServerResponse } from 'node:http';
import { stringifyExact } from '../exact-json.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { FaultKind, FaultSpec } from './faults.js';

/** Sends a response or fails to; returns the errcode that the caller can read, or null. */
type Answer = (res: ServerResponse, outcome: Outcome, fault: Partial<FaultSpec>) => number | null;

/** How each kind of fault responds. */
const ANSWERS: Record<FaultKind, Answer> = {
  busy: (res) => sendOutcome(res, reject(-1)),
  rate: (res) => sendOutcome(res, reject(45011)),
  errcode: (res, _outcome, fault) => sendOutcome(res, reject(fault.errcode ?? -1, fault.errmsg)),
  lost: (res) => {
    res.destroy();
    return null;
  },
  reset: (res) => {
    res.socket?.resetAndDestroy();
    return null;
  },
  half: sendHalf,
  status: (res, _outcome, fault) => sendText(res, fault.status ?? 502, '<html><h1>Bad Gateway</h1></html>'),
  garbage: (res) => sendText(res, 200, '<html><h1>It works</h1></html>'),
  hang: sendOutcome,
  latency: sendOutcome,
};

/** Responds as the fault's kind does, or as WeChat does without a fault. */
export function answerCall(
  res: ServerResponse,
  outcome: Outcome,
  kind?: FaultKind,
  fault: Partial<FaultSpec> = {},
): number | null {
  if (res.destroyed) return null;
  return kind ? ANSWERS[kind](res, outcome, fault) : sendOutcome(res, outcome);
}

/** WeChat returns errors with HTTP 200; only an unknown path is a 404. */
export function sendOutcome(res: ServerResponse, outcome: Outcome): number {
  const { headers, body } = serialize(outcome);
  res.writeHead(outcome.errcode === 40066 ? 404 : 200, headers).end(body);
  return outcome.errcode;
}

function sendHalf(res: ServerResponse, outcome: Outcome): null {
  const { headers, body } = serialize(outcome);
  const whole = Buffer.from(body);
  res.writeHead(200, headers);
  res.write(whole.subarray(0, Math.ceil(whole.length / 2)), () => res.destroy());
  return null;
}

function sendText(res: ServerResponse, status: number, body: string): null {
  res.writeHead(status, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) }).end(body);
  return null;
}

function serialize({ image, errcode, errmsg, fields, bare }: Outcome): {
  headers: Record<string, string | number>;
  body: string | Buffer;
} {
  if (image) {
    const disposition = 'attachment; filename="QRCode.jpg"';
    const headers = {
      'content-type': 'image/jpeg',
      'content-disposition': disposition,
      'content-length': image.length,
    };
    return { headers, body: image };
  }
  const text = errcode === 0 ? errmsg : `${errmsg} rid: ${rid()}`;
  const body = stringifyExact(bare ? fields : { errcode, errmsg: text, ...fields });
  const headers = {
    'content-type': 'application/json; encoding=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  return { headers, body };
}

/** The request id that WeChat appends to every rejection: the time and two random words in hex. */
function rid(): string {
  const word = (value: number) => Math.floor(value).toString(16).padStart(8, '0');
  return [Date.now() / 1000, Math.random() * 2 ** 32, Math.random() * 2 ** 32].map(word).join('-');
}

/** The outcome of a call that is cut before any effect. */
export const NO_EFFECT = done();
