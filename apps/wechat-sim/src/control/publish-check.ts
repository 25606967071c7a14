import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseXml } from '@wxa/wxa-client';
import type { MiniProgram } from '../model/mini-program.js';
import { pushXml } from '../push/push-xml.js';
import { CHECK_ACCOUNT } from '../push/registrations.js';
import { authorizedFields, platformOf } from './component-control.js';
import { ControlError, type ControlRequest, type ControlResponse } from './control-request.js';

/** Of a message and of code. */
const PERMISSION_SETS = [1, 17, 18];
const TEXT = 'TESTCOMPONENT_MSG_TYPE_TEXT';
const ANSWERED_WITHIN_MS = 10_000;
const POLL_MS = 50;

/**
 * POST /sim/publish-check: the check of 全网发布. Its test account authorizes the platform and writes two texts: one is to be answered at
 * once, the other with the code that it has by the customer-service API. If there is a test version, that one is checked.
 */
export async function checkPublishing(request: ControlRequest): Promise<ControlResponse> {
  const { component, tickets } = platformOf(request);
  const { pusher, registrations } = request.sim;
  if (!pusher.isOn) throw new ControlError(409, ['SIM_CALLBACK_URL is not set']);
  const app = request.sim.app(CHECK_ACCOUNT);
  const event = component.authorization(CHECK_ACCOUNT) ? 'updateauthorized' : 'authorized';
  const { code, expiresAt } = component.authorize(CHECK_ACCOUNT, PERMISSION_SETS, Date.now());
  const fields = authorizedFields(CHECK_ACCOUNT, code, expiresAt);
  await tickets.send(tickets.push(CHECK_ACCOUNT, event, fields));
  const write = (Content: string) =>
    pusher.send({ appid: CHECK_ACCOUNT, event: 'text', xml: pushXml(app, 'text', Date.now(), { Content }) });
  const { reply = '' } = await write(TEXT);
  // Whether WeChat writes the code of its event is not known.
  const asked = randomUUID();
  const { status, body } = await write(`QUERY_AUTH_CODE:${asked}`);
  const isHeeded = status === 200 && ['', 'success'].includes(body);
  const api = isHeeded && (await isSent(app, `${asked}_from_api`));
  registrations.checked();
  return { json: { text: parseXml(reply)?.Content === `${TEXT}_callback`, api } };
}

/** Whether a message is sent in time. */
async function isSent({ neighbours }: MiniProgram, message: string): Promise<boolean> {
  const until = Date.now() + ANSWERED_WITHIN_MS;
  while (!neighbours.messages.includes(message) && Date.now() < until) await sleep(POLL_MS);
  return neighbours.messages.includes(message);
}
