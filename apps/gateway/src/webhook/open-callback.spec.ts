import { expect, it } from '@jest/globals';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { type CallbackPost, type CallbackSecrets, type OpenedPush, openPush } from './open-callback.js';
import { toStoredPush } from './stored-push.js';

const NOW = 1_700_000_000_000;
const appid = 'wx0123456789abcdef';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const oldKey = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba';
const secrets: CallbackSecrets = {
  ...{ plain: false, tokens: ['token', 'old-token'], encodingAesKeys: [key, oldKey] },
  componentAppid: 'wxcomponent',
};
const audit =
  '<xml><ToUserName>gh_1</ToUserName><CreateTime>1488856741</CreateTime><Event>weapp_audit_success</Event></xml>';

const DEFAULTS = { message: audit, encodingAesKey: key, token: 'token', receiveId: 'wxcomponent' };

/** A callback. @param given replaces how it is encrypted and signed. */
function encrypted(given: Partial<typeof DEFAULTS & { at: number; nonce: string }> = {}) {
  const { token, at, nonce, ...content } = { ...DEFAULTS, at: NOW, nonce: 'n', ...given };
  const timestamp = String(at / 1000);
  const encrypt = encryptMessage(content);
  const msg_signature = sign(token, timestamp, nonce, encrypt);
  const query: Record<string, unknown> = { msg_signature, timestamp, nonce, encrypt_type: 'aes' };
  return { appid, query, body: `<xml><Encrypt>${encrypt}</Encrypt></xml>`, now: NOW };
}
const oldToken = { token: 'old-token' };

const encryptedOnce = encrypted();

const causeOf = (post: CallbackPost, given = secrets) => {
  const opened: OpenedPush = openPush(post, given);
  return opened.kind === 'rejected' ? opened.cause : opened.kind;
};

it.each<[string, ReturnType<typeof encrypted>, string[]]>([
  ['encrypted with the current key', encrypted(), []],
  ['encrypted with the previous key', encrypted({ encodingAesKey: oldKey }), ['aes_key']],
  ['signed with the previous token', encrypted(oldToken), ['token']],
  ['of both', encrypted({ ...oldToken, encodingAesKey: oldKey }), ['token', 'aes_key']],
  ['encrypted for the mini-program of the URL', encrypted({ receiveId: appid }), []],
  ['that is five minutes old', encrypted({ at: NOW - 300_000 }), []],
  ['that is not a second older', { ...encrypted({ at: NOW - 300_000 }), now: NOW + 999 }, []],
  ['that is five minutes early', encrypted({ at: NOW + 300_000 }), []],
])('openPush accepts an audit callback %s, and names the previous secrets', (_name, post, expected) => {
  const used: string[] = [];
  const { msg_signature: signature } = post.query;
  const push = { originalId: 'gh_1' };
  const opened = openPush(post, secrets, (kind) => used.push(kind));
  expect(opened).toMatchObject({ kind: 'audit', appid, push, signature });
  expect(used).toEqual(expected);
});

it('openPush names no previous secret of a rejected callback', () => {
  const used: string[] = [];
  openPush(encrypted({ ...oldToken, receiveId: 'wxother' }), secrets, (kind) => used.push(kind));
  expect(used).toEqual([]);
});

it('openPush accepts a callback with the maximum size of a body', () => {
  expect(causeOf(encrypted({ message: audit.replace('gh_1', '长'.repeat(250_000)) }))).toBe('audit');
});

it('openPush returns other for a genuine event that this service does not handle, with or without an appid', () => {
  const message = '<xml><InfoType>notify_third_fasteregister</InfoType></xml>';
  expect(causeOf({ ...encrypted({ message }), appid: undefined })).toBe('other');
  expect(causeOf(encrypted({ message }))).toBe('other');
});

it('openPush reads a JSON callback in a JSON envelope', () => {
  const message = '{"MsgType":"event","Event":"shop_order","MsgId":23456789012345678901}';
  const { body, ...post } = encrypted({ message });
  const [, encrypt] = /<Encrypt>(.*)<\/Encrypt>/.exec(body) ?? [];
  const json = JSON.stringify({ ToUserName: 'x', Encrypt: encrypt });
  expect(openPush({ ...post, body: json }, secrets)).toMatchObject({ kind: 'other', text: message });
  expect(causeOf({ ...post, body: json.slice(1) })).toBe('xml');
  expect(causeOf({ ...post, body: '{"Encrypt":1}' })).toBe('xml');
});

it.each([
  ['the time at which it was made', 0, (made: string) => made, 'stale'],
  ['the end of it after other digits', 0, (made: string) => `7${made}`, 'stale'],
  ['another time', 0, () => '1234567890', 'audit'],
  ['the time of a callback that is not old', 86_400, (made: string) => made, 'audit'],
  ['digits that are a number near zero', 87_400 - NOW / 1000, () => '1234567e-89ab', 'audit'],
] as const)('openPush: a callback whose nonce spells %s', (_what, laterS, nonceOf, expected) => {
  const made = NOW / 1000 - 86_400;
  const message = audit.replace('1488856741', `${made + laterS}`);
  expect(causeOf(encrypted({ message, nonce: nonceOf(`${made}`) }))).toBe(expected);
});

const component = (infoType: string, more = '', platform = 'wxcomponent') =>
  `<xml><AppId>${platform}</AppId><CreateTime>1413192760</CreateTime><InfoType>${infoType}</InfoType>${more}</xml>`;
const ticket = '<ComponentVerifyTicket>t</ComponentVerifyTicket>';
const authorizer = `<AuthorizerAppid>${appid}</AuthorizerAppid>`;
const code = '<AuthorizationCode>c</AuthorizationCode>';
const ofComponent = (
  infoType: string,
  more: string,
  { platform = 'wxcomponent', receiveId = 'wxcomponent' } = {},
) => ({ ...encrypted({ message: component(infoType, more, platform), receiveId }), appid: undefined });
const long = (text: string) => text.replace(/>[tc]</, `>${'t'.repeat(5_000)}<`);

it.each([
  ['component_verify_ticket', ticket, { ticket: 't' }],
  ['authorized', authorizer + code, { event: 'authorized', appid, authorizationCode: 'c' }],
  ['updateauthorized', authorizer + code, { event: 'updateauthorized', appid, authorizationCode: 'c' }],
  ['unauthorized', authorizer, { event: 'unauthorized', appid }],
  [
    'notify_third_fasteregister',
    `<appid>${appid}</appid><status>0</status><auth_code>c</auth_code>`,
    { event: 'notify_third_fasteregister', appid, authorizationCode: 'c' },
  ],
])('openPush accepts a callback of the platform with InfoType %s', (infoType, more, push) => {
  expect(openPush(ofComponent(infoType, more), secrets)).toMatchObject({ kind: 'component', push });
});

it.each([
  ['receiver', 'for another', ofComponent('component_verify_ticket', ticket, { platform: 'wxother' })],
  ['receiver', 'encrypted for a mini-program', ofComponent('unauthorized', authorizer, { receiveId: appid })],
  ['push', 'with an invalid appid', ofComponent('unauthorized', authorizer.replace('wx', ''))],
  ['push', 'with a ticket of 5,000 characters', ofComponent('component_verify_ticket', long(ticket))],
  ['push', 'with a code of 5,000 characters', ofComponent('authorized', authorizer + long(code))],
])('openPush rejects with cause %s a callback of the platform %s', (cause, _what, post) => {
  expect(causeOf(post)).toBe(cause);
});

const withQuery = (query: Record<string, unknown>) => {
  const post = encrypted();
  return { ...post, query: { ...post.query, ...query } };
};

const { body } = encryptedOnce;
const noTime = '<xml><ToUserName>g</ToUserName><Event>weapp_audit_fail</Event></xml>';
const noAppid = '<xml><InfoType>authorized</InfoType></xml>';

it.each<[string, string, CallbackPost]>([
  ['body', 'is too large or not text', { ...encryptedOnce, body: undefined }],
  ['appid', 'has an invalid appid in its URL', { ...encryptedOnce, appid: 'wx1' }],
  ['appid', 'reports an audit and has no appid in its URL', { ...encryptedOnce, appid: undefined }],
  ['unsigned', 'is not encrypted', { ...encryptedOnce, body: audit, query: {} }],
  ['unsigned', 'has two nonces', withQuery({ nonce: ['n', 'n'] })],
  ['unsigned', 'has no signature', withQuery({ msg_signature: undefined })],
  ['stale', 'is older than five minutes', encrypted({ at: NOW - 301_000 })],
  ['stale', 'is from the future', encrypted({ at: NOW + 301_000 })],
  ['stale', 'has an invalid timestamp', withQuery({ timestamp: 'x' })],
  ['stale', 'has a timestamp of eleven digits', withQuery({ timestamp: `0${NOW / 1000}` })],
  ['stale', 'has two timestamps', withQuery({ timestamp: ['1', '2'] })],
  ['xml', 'is not XML', { ...encryptedOnce, body: '{}' }],
  ['xml', 'has no Encrypt element', { ...encryptedOnce, body: '<xml></xml>' }],
  ['xml', 'is signed, but malformed around Encrypt', { ...encryptedOnce, body: `${body}<a>` }],
  ['xml', 'is signed, but has a DOCTYPE', { ...encryptedOnce, body: `<!DOCTYPE x>${body}` }],
  ['signature', 'has a wrong signature', withQuery({ msg_signature: 'a'.repeat(40) })],
  ['decryption', 'has an unknown key', encrypted({ encodingAesKey: key.replace('abc', 'cba') })],
  ['decryption', 'contains no XML', encrypted({ message: 'hello' })],
  ['receiver', 'is for another receiver', encrypted({ receiveId: 'wx9999999999999999' })],
  ['push', 'has no event', encrypted({ message: '<xml><a>1</a></xml>' })],
  ['push', 'is an authorization without an appid', encrypted({ message: noAppid })],
  ['push', 'is an audit event without a time', encrypted({ message: noTime })],
])('openPush rejects with cause %s a callback that %s', (cause, _what, post) => {
  expect(causeOf(post)).toBe(cause);
});

it.each(['<a/>', '<a>x</a>', '<', '<Encrypt>', '<Encrypt>A', '<Encrypt> ', ' '])(
  'openPush rejects a body of 1 MiB filled with %s in less than 1 s of processor time, before it parses the XML',
  (part) => {
    const filled = part.repeat(Math.floor((1024 * 1024 - 200) / part.length));
    const { query } = encryptedOnce;
    const body = `<xml><Encrypt>QUJD</Encrypt>${filled}</xml>`;
    const before = process.threadCpuUsage();
    expect(causeOf({ appid, query, body, now: NOW })).toBe('signature');
    expect(causeOf({ appid, query, body: `<Encrypt>${filled}`, now: NOW })).toBe('xml');
    expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
  },
);

const plain = { ...secrets, plain: true };
const post = { appid, query: {}, body: audit, now: NOW };

it('openPush accepts plain and encrypted callbacks in plain mode', () => {
  expect(openPush(post, plain)).toMatchObject({ kind: 'audit', signature: null });
  expect(causeOf(encrypted(), plain)).toBe('audit');
});

it('openPush rejects stale, oversized, malformed or unverifiable callbacks in plain mode', () => {
  expect(causeOf({ ...post, query: { timestamp: '1' } }, plain)).toBe('stale');
  // Its event would exceed the limit of a Kafka message.
  expect(causeOf({ ...post, body: audit.replace('gh_1', '长'.repeat(280_000)) }, plain)).toBe('body');
  expect(causeOf({ ...post, body: `<!DOCTYPE x>${audit}` }, plain)).toBe('xml');
  expect(causeOf(encrypted(), { plain: true, tokens: [], encodingAesKeys: [] })).toBe('unsigned');
});

const [createdAt, decidedAt] = [new Date(1), new Date(2)];
const push = {
  ...{ event: 'weapp_audit_fail' as const, originalId: 'gh_1', createdAt, decidedAt, reason: 'r' },
  screenshots: [],
};

it('toStoredPush gives repeated callbacks of one decision the same key, and other decisions another one', () => {
  const { key: one } = toStoredPush(appid, push);
  expect(toStoredPush(appid, { ...push, createdAt: new Date(3) }).key).toBe(one);
  const others = [
    toStoredPush('wx0000000000000000', push),
    toStoredPush(appid, { ...push, event: 'weapp_audit_delay' }),
    toStoredPush(appid, { ...push, decidedAt: new Date(3) }),
    toStoredPush(appid, { ...push, reason: 's' }),
  ];
  expect(new Set([one, ...others.map((other) => other.key)]).size).toBe(5);
});

it('toStoredPush converts the event to its decision', () => {
  const rejected = { state: 'REJECTED', source: 'CALLBACK', reason: 'r' };
  expect(toStoredPush(appid, push).decision).toMatchObject(rejected);
  expect(toStoredPush(appid, { ...push, event: 'weapp_audit_delay' }).decision.state).toBe('DELAYED');
});
