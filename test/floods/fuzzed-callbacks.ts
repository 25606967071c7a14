import { readdirSync, readFileSync } from 'node:fs';
import { encryptMessage, sign } from '@wxa/wxa-client';
import fc from 'fast-check';
import { encryptedCallback } from '../gateway/encrypted-callback.js';

const FIXTURES = new URL('../../libs/wxa-client/fixtures/', import.meta.url);

interface Vector {
  encrypt?: string;
  plaintext?: string;
  envelope?: string;
  body?: string;
}

const { vectors, negative_and_rotation }: Record<string, Vector[]> = JSON.parse(
  readFileSync(new URL('crypto-vectors.json', FIXTURES), 'utf8'),
);
const published = [...(vectors ?? []), ...(negative_and_rotation ?? [])];
const given = (field: keyof Vector) => published.flatMap((vector) => vector[field] ?? []);
const events = readdirSync(new URL('events/', FIXTURES)).map((name) =>
  readFileSync(new URL(`events/${name}`, FIXTURES), 'utf8'),
);

/** The keys are those of the published vectors, so that most of these can be decrypted. */
export const CALLBACK_SETTINGS = {
  WECHAT_CALLBACK_MODE: 'secure',
  WECHAT_CALLBACK_TOKEN: 'spamtest',
  WECHAT_ENCODING_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  WECHAT_ENCODING_AES_KEY_PREVIOUS: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  WECHAT_COMPONENT_APPID: 'wx2c2769f8efd9abc2',
};
const APPID = 'wx0123456789abcdef';

/** A request whose query is made when it is sent, because it contains the current timestamp. */
export interface FuzzedPush {
  path: string;
  query: (body: string) => string;
  body: Buffer | string;
}

/** Texts that are difficult for parsers. */
const trap = fc.constantFrom(
  ...['<', '>', '&', ']]>', '<![CDATA[', '<!--', '<!DOCTYPE x>', '<?xml?>', '</xml>', '<xml>', '<Encrypt>'],
  ...['&#0;', '&#xD800;', '&#x110000;', '&amp;', '&nope;', '\u0000', '\ufeff', '\ud83d', '长', '<__proto__>'],
  ...['<Event>weapp_audit_delay</Event>', '<CreateTime>99999999999</CreateTime>', ' '.repeat(5000)],
);

/** A text with up to four changes. */
function changed(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat(999), removed: fc.nat(40), put: fc.option(trap, { nil: '' }) });
  return fc.tuple(text, fc.array(change, { maxLength: 4 })).map(([whole, changes]) =>
    changes.reduce((now, { at, removed, put }) => {
      const place = Math.floor((now.length * at) / 1000);
      return now.slice(0, place) + put + now.slice(place + removed);
    }, whole),
  );
}

/** One of these, by weight. */
const mix = <T>(...parts: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const { WECHAT_ENCODING_AES_KEY, WECHAT_ENCODING_AES_KEY_PREVIOUS, WECHAT_COMPONENT_APPID } =
  CALLBACK_SETTINGS;
const binary = fc.string({ unit: 'binary', maxLength: 300 });
const event = fc.constantFrom(...events, ...events, ...given('plaintext'));
const message = mix([3, event], [6, changed(event)], [1, binary]);
const always = (text: string) => fc.constant(text);
const encrypted = fc
  .record({
    message,
    encodingAesKey: mix(
      [5, always(WECHAT_ENCODING_AES_KEY)],
      [4, always(WECHAT_ENCODING_AES_KEY_PREVIOUS)],
      [1, always('A'.repeat(43))],
    ),
    receiveId: mix([8, always(WECHAT_COMPONENT_APPID)], [2, fc.constantFrom(APPID, 'wx', '')]),
  })
  .map(encryptMessage);
const encrypt = mix(
  [12, encrypted],
  [2, changed(encrypted)],
  [2, changed(fc.constantFrom(...given('encrypt')))],
  [1, fc.base64String({ maxLength: 400 })],
);
const envelope = encrypt.map((text) => `<xml><ToUserName>x</ToUserName><Encrypt>${text}</Encrypt></xml>`);
const body = mix<string | Buffer>(
  [20, envelope],
  [4, changed(envelope)],
  [2, changed(fc.constantFrom(...given('envelope'), ...given('body')))],
  [1, message],
  [1, fc.json()],
  [1, fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes))],
);

const traps = ['%zz', '%', '%ff', '%00', '..', 'wx', '%2e%2e%2f', '__proto__', 'a'.repeat(5000)];
const path = mix(
  [8, always(`/wechat/callback/${APPID}`)],
  [3, always('/wechat/callback')],
  [1, fc.constantFrom(...traps)],
  [1, fc.webSegment()],
).map((given) => (given.startsWith('/') ? given : `/wechat/callback/${given}`));

/** A field of the query string, usually valid; null: missing. */
const field = (text: string) =>
  mix<string | null>(
    [40, always(text)],
    [1, fc.constantFrom(null, '', '0', '-1', 'NaN', '%zz', '%ff', 'a&nonce=b', '[]', '1e99')],
    [1, binary.map((given) => encodeURIComponent(given))],
  );

export const fuzzedPush: fc.Arbitrary<FuzzedPush> = fc
  .record({
    path,
    body,
    nonce: fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    fields: fc.record({
      encrypt_type: field('aes'),
      timestamp: field('now'),
      nonce: field('usual'),
      msg_signature: field('right'),
    }),
  })
  .map(({ path, body, nonce, fields }) => ({
    path,
    body,
    query: (text: string) => {
      const now = String(Math.floor(Date.now() / 1000));
      const inside = /<Encrypt>([^<]*)<\/Encrypt>/.exec(text)?.[1] ?? '';
      const usual: Record<string, string> = {
        now,
        usual: encodeURIComponent(nonce),
        right: sign(CALLBACK_SETTINGS.WECHAT_CALLBACK_TOKEN, now, nonce, inside),
      };
      return Object.entries(fields)
        .flatMap(([name, value]) => (value === null ? [] : `${name}=${usual[value] ?? value}`))
        .join('&');
    },
  }));

/** A callback that must be accepted. */
export function genuinePush(appid: string): FuzzedPush {
  const message = events.find((text) => text.includes('weapp_audit_success')) ?? '';
  const { query, body } = encryptedCallback(message, {
    key: WECHAT_ENCODING_AES_KEY,
    receiver: WECHAT_COMPONENT_APPID,
    token: CALLBACK_SETTINGS.WECHAT_CALLBACK_TOKEN,
  });
  return { path: `/wechat/callback/${appid}`, body, query: () => query.slice(1) };
}
