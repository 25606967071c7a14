import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import { AuthorizationError, type KafkaConnection, namingDenial, withAdmin } from '@wxa/kafka';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { connect } from '../kafka/connect.js';
import { readTopic } from '../kafka/read-topic.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, type Tools, warn } from './result.js';

/** No customer has it, so that no consumer takes the event for one of its own. */
export const PROBE_APPID = 'wx0000000000000000';
const PROBE_EVENT = 'wxa_adopt_check';
const TIMEOUT_MS = 10_000;
const ARRIVES_MS = 30_000;
const POLL_MS = 1_000;
const EVENTS = TOPICS.events;

/** The way of a callback: proxy, TLS, token, key, Postgres, Kafka. */
export const callback: AdoptionCheck = {
  name: 'callback',
  steps: [2, 3, 4],
  async run(tools) {
    const { url } = tools.options;
    if (url === undefined) return warn('not sent', 'give --url with the public callback URL');
    const request = signedCallback(tools.env);
    if ('missing' in request) return notChecked(request.missing);
    const arrived =
      tools.env.KAFKA_BROKERS === undefined
        ? notSeen('KAFKA_BROKERS is not set')
        : await watchTopic(connect('adopt'));
    const answer = await post(url, request);
    if (answer !== '200 success')
      return fail(`the URL answered ${answer}`, 'look at the proxy, WECHAT_CALLBACK_TOKEN and the AES key');
    const found = [ok('a signed callback was answered with success')];
    found.push(
      await arrived(PROBE_EVENT, (name, from) => name === PROBE_EVENT && from === request.from, ARRIVES_MS),
    );
    if (tools.options.debugDemo) found.push(await debugDemo(tools, arrived));
    return found;
  },
};

function debugDemo({ options }: Tools, arrived: Arrival): Promise<AdoptionResult> {
  console.error(`send debug_demo from WeChat's debugging page now; waiting ${options.waitMs / 1_000} s`);
  return arrived('debug_demo', (name) => name === 'debug_demo', options.waitMs);
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
<CreateTime>${timestamp}</CreateTime><MsgType>event</MsgType><Event>${PROBE_EVENT}</Event></xml>`;
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
  const target = `${url.replaceAll('$APPID$', PROBE_APPID)}${url.includes('?') ? '&' : '?'}${query}`;
  const headers = { 'content-type': 'text/xml' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal });
  return `${response.status} ${(await response.text()).trim().slice(0, 100)}`.trim();
}

type Offsets = Map<number, bigint>;
type IsIt = (name: string, from: string) => boolean;
/** Waits until a callback is on the topic that was not there before. */
export type Arrival = (what: string, isIt: IsIt, waitMs: number) => Promise<AdoptionResult>;

/** Apps may not read what people write to mini-programs, so that the credentials of most who run this are denied it. */
function notSeen(why: string): Arrival {
  const next = 'run it with the credentials of a program that reads the topic';
  return async (what) => warn(`whether ${what} arrives on ${EVENTS} was not seen: ${why}`, next);
}

/** Notes where the topic ends now. */
export async function watchTopic(connection: KafkaConnection): Promise<Arrival> {
  const begin = await endOfTopic(connection).catch(ofDenial);
  if (begin instanceof AuthorizationError) return notSeen(begin.message);
  return async (what, isIt, waitMs) => {
    const until = Date.now() + waitMs;
    while (Date.now() < until) {
      const found = await isOnTopic(connection, begin, isIt).catch(ofDenial);
      if (found instanceof AuthorizationError) return notSeen(found.message)(what, isIt, waitMs);
      if (found) return ok(`${what} arrived on ${EVENTS}`);
      await delay(POLL_MS);
    }
    return fail(
      `${what} did not arrive on ${EVENTS} within ${waitMs / 1_000} s`,
      'look at the relay of the gateways',
    );
  };
}

function ofDenial(error: unknown): AuthorizationError {
  if (error instanceof AuthorizationError) return error;
  throw error;
}

async function endOfTopic(connection: KafkaConnection): Promise<Offsets> {
  const topic = connection.topic(EVENTS);
  const offsets = await withAdmin(connection, (admin) => admin.fetchTopicOffsets(topic)).catch(
    (error: unknown) => {
      throw namingDenial(error, { topic, operation: 'Describe' });
    },
  );
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

async function isOnTopic(connection: KafkaConnection, begin: Offsets, isIt: IsIt): Promise<boolean> {
  const end = await endOfTopic(connection);
  const ranges = [...end].map(([partition, high]) => ({
    partition,
    from: begin.get(partition) ?? 0n,
    end: high,
  }));
  if (!ranges.some(({ from, end }) => end > from)) return false;
  let isFound = false;
  await readTopic(
    connection,
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
