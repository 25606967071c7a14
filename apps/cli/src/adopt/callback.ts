import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { connect } from '../kafka/connect.js';
import { readTopic } from '../kafka/read-topic.js';
import { type Check, type Found, fail, notChecked, ok, type Tools, warn } from './result.js';

/** No customer has it, so that no consumer takes the event for one of its own. */
export const APPID = 'wx0000000000000000';
export const NAME = 'wxa_adopt_check';
const TIMEOUT_MS = 10_000;
const ARRIVES_MS = 30_000;
const POLL_MS = 1_000;
const EVENTS = TOPICS.events;

/** The way of a callback: proxy, TLS, token, key, Postgres, Kafka. */
export const callback: Check = {
  name: 'callback',
  steps: [2, 3, 4],
  async run(tools) {
    const { url } = tools.options;
    if (url === undefined) return [warn('not sent', 'give --url with the public callback URL')];
    const request = signedCallback(tools.env);
    if ('missing' in request) return [notChecked(request.missing)];
    const begin = tools.env.KAFKA_BROKERS === undefined ? undefined : await endOfTopic();
    const answer = await post(url, request);
    if (answer !== '200 success')
      return [fail(`the URL answered ${answer}`, 'look at the proxy, WECHAT_CALLBACK_TOKEN and the AES key')];
    const found = [ok('a signed callback was answered with success')];
    found.push(
      await arrived(begin, (name, from) => name === NAME && from === request.from, ARRIVES_MS, NAME),
    );
    if (tools.options.debugDemo) found.push(await debugDemo(tools, begin));
    return found;
  },
};

function debugDemo({ options }: Tools, begin: Offsets | undefined): Promise<Found> {
  console.error(`send debug_demo from WeChat's debugging page now; waiting ${options.waitMs / 1_000} s`);
  return arrived(begin, (name) => name === 'debug_demo', options.waitMs, 'debug_demo');
}

/** The request that WeChat would send. */
export function signedCallback(
  env: Tools['env'],
): { query: string; body: string; from: string } | { missing: string } {
  const {
    WECHAT_CALLBACK_TOKEN: token,
    WECHAT_ENCODING_AES_KEY: encodingAesKey,
    WECHAT_COMPONENT_APPID: receiveId,
  } = env;
  if (token === undefined) return { missing: 'WECHAT_CALLBACK_TOKEN' };
  if (encodingAesKey === undefined) return { missing: 'WECHAT_ENCODING_AES_KEY' };
  if (receiveId === undefined) return { missing: 'WECHAT_COMPONENT_APPID' };
  const from = `wxa-${randomBytes(8).toString('hex')}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const message = `<xml><ToUserName>gh_000000000000</ToUserName><FromUserName>${from}</FromUserName>
<CreateTime>${timestamp}</CreateTime><MsgType>event</MsgType><Event>${NAME}</Event></xml>`;
  const encrypt = encryptMessage({ encodingAesKey, message, receiveId });
  const nonce = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    ...{ msg_signature: sign(token, timestamp, nonce, encrypt), timestamp, nonce, encrypt_type: 'aes' },
  });
  const body = `<xml><ToUserName>gh_000000000000</ToUserName><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`;
  return { query: query.toString(), body, from };
}

/** Status and the beginning of the answer. */
export async function post(url: string, { query, body }: { query: string; body: string }): Promise<string> {
  const target = `${url.replaceAll('$APPID$', APPID)}${url.includes('?') ? '&' : '?'}${query}`;
  const headers = { 'content-type': 'text/xml' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal });
  return `${response.status} ${(await response.text()).trim().slice(0, 100)}`.trim();
}

type Offsets = Map<number, bigint>;

async function endOfTopic(): Promise<Offsets> {
  const connection = connect('adopt');
  const offsets = await withAdmin(connection, (admin) => admin.fetchTopicOffsets(connection.topic(EVENTS)));
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/** Waits until a callback is on the topic. @param begin where the topic ended before; undefined if it cannot be read. */
async function arrived(
  begin: Offsets | undefined,
  isIt: (name: string, from: string) => boolean,
  waitMs: number,
  what: string,
): Promise<Found> {
  if (begin === undefined)
    return warn(`whether ${what} arrives on the topic was not checked`, 'set KAFKA_BROKERS');
  const until = Date.now() + waitMs;
  while (Date.now() < until) {
    if (await isOnTopic(begin, isIt)) return ok(`${what} arrived on ${EVENTS}`);
    await delay(POLL_MS);
  }
  return fail(
    `${what} did not arrive on ${EVENTS} within ${waitMs / 1_000} s`,
    'look at the relay of the gateways',
  );
}

async function isOnTopic(begin: Offsets, isIt: (name: string, from: string) => boolean): Promise<boolean> {
  const end = await endOfTopic();
  const ranges = [...end].map(([partition, high]) => ({
    partition,
    from: begin.get(partition) ?? 0n,
    end: high,
  }));
  const isNew = ranges.some(({ from, end }) => end > from);
  let isFound = false;
  if (isNew)
    await readTopic(
      connect('adopt'),
      EVENTS,
      async () => ranges,
      async (_, messages) => {
        for (const { value } of messages) {
          const { name = '', fromUser = '' } = JSON.parse(String(value)) as {
            name?: string;
            fromUser?: string;
          };
          isFound ||= isIt(name, fromUser);
        }
      },
    );
  return isFound;
}
