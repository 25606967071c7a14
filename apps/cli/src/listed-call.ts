import { randomUUID } from 'node:crypto';
import type { CommonValues } from './calls/call.js';
import { follow } from './calls/follow.js';
import { type OperationJson, printOperation } from './calls/operation.js';
import { callWithRequestId } from './calls/request-id.js';
import { durationMs, textIn } from './calls/units.js';
import { EXIT, UsageError } from './exit-codes.js';
import { withGateway } from './gateway/gateway.js';
import { escaped, printable } from './output/printable.js';

const TIMEOUT_MS = 60_000;

interface Given extends CommonValues {
  appid?: string;
  query?: unknown;
  body?: string;
  change?: boolean;
  requestId?: string;
  wait?: boolean;
  timeout?: string;
}

/** `wxa call`: a call that the policy lists. Prints WeChat's answer, or the operation of a change. */
export async function listedCall(name: string, values: Given): Promise<number> {
  const { appid = '', body, change, requestId = randomUUID(), wait, json } = values;
  if (wait === true && change !== true) throw new UsageError('--wait belongs to --change');
  const timeoutMs = durationMs(values.timeout, TIMEOUT_MS);
  const query = queryOf(values.query);
  const bodyJson = body?.startsWith('@') ? textIn(body.slice(1), '--body') : body;
  const request = { call: name, appid, request_id: requestId, query, body_json: bodyJson ?? '' };
  return withGateway(values, async (gateway) => {
    if (change !== true) {
      const answer = await gateway.call('Calls/QueryWechat', request, { deadlineMs: timeoutMs });
      const text = String(answer.responseJson);
      // Parsed, numbers of more than 15 digits would change.
      console.log(json === true ? escaped(text) : printable(text));
      return EXIT.ok;
    }
    const operation = await callWithRequestId<OperationJson>(gateway, 'Calls/ChangeWechat', request);
    if (wait === true) return follow(gateway, operation, { timeoutMs, json });
    printOperation(json, operation);
    return EXIT.ok;
  });
}

function queryOf(given: unknown): Record<string, string> {
  const pairs = (Array.isArray(given) ? given : []).map((pair) => {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(String(pair)) ?? [];
    if (name === '') throw new UsageError(`--query must be NAME=VALUE: ${pair}`);
    return [name, value];
  });
  return Object.fromEntries(pairs);
}
