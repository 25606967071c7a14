import { describe, expect, it } from '@jest/globals';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { type CallbackPost, type CallbackSecrets, type OpenedPush, openPush } from './open-callback.js';
import { toStoredPush } from './stored-push.js';

const NOW = 1_700_000_000_000;
const appid = 'wx0123456789abcdef';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const oldKey = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba';
const secrets: CallbackSecrets = {
  plain: false,
  tokens: ['token', 'old-token'],
  encodingAesKeys: [key, oldKey],
  componentAppid: 'wxcomponent',
};
const audit =
  '<xml><ToUserName>gh_1</ToUserName><CreateTime>1488856741</CreateTime><Event>weapp_audit_success</Event></xml>';

interface Encryption {
  message?: string;
  encodingAesKey?: string;
  token?: string;
  receiveId?: string;
  at?: number;
}

function encrypted({
  message = audit,
  encodingAesKey = key,
  token = 'token',
  receiveId = 'wxcomponent',
  at = NOW,
}: Encryption = {}) {
  const timestamp = String(at / 1000);
  const encrypt = encryptMessage({ encodingAesKey, message, receiveId });
  const msg_signature = sign(token, timestamp, 'n', encrypt);
  const query: Record<string, unknown> = { msg_signature, timestamp, nonce: 'n', encrypt_type: 'aes' };
  return { appid, query, body: `<xml><Encrypt>${encrypt}</Encrypt></xml>`, now: NOW };
}

const encryptedOnce = encrypted();

const causeOf = (post: CallbackPost, given = secrets) => {
  const opened: OpenedPush = openPush(post, given);
  return opened.kind === 'rejected' ? opened.cause : opened.kind;
};

describe('openPush', () => {
  it.each([
    ['encrypted with the current key', encrypted()],
    ['encrypted with the previous key', encrypted({ encodingAesKey: oldKey })],
    ['signed with the previous token', encrypted({ token: 'old-token' })],
    ['encrypted for the mini-program of the URL', encrypted({ receiveId: appid })],
    ['that is five minutes old', encrypted({ at: NOW - 300_000 })],
    ['that is five minutes early', encrypted({ at: NOW + 300_000 })],
  ])('openPush accepts an audit callback %s', (_name, post) => {
    const { msg_signature: signature } = post.query;
    const push = { originalId: 'gh_1' };
    expect(openPush(post, secrets)).toMatchObject({ kind: 'audit', appid, push, signature });
  });

  it.each([
    ['no previous secret', encrypted(), []],
    ['a previous token', encrypted({ token: 'old-token' }), ['token']],
    ['a previous key', encrypted({ encodingAesKey: oldKey }), ['aes_key']],
    ['both', encrypted({ token: 'old-token', encodingAesKey: oldKey }), ['token', 'aes_key']],
    ['none for a rejected callback', encrypted({ token: 'old-token', receiveId: 'wxother' }), []],
  ])('openPush names the previous secrets by which it accepted a callback: %s', (_name, post, expected) => {
    const used: string[] = [];
    openPush(post, secrets, (kind) => used.push(kind));
    expect(used).toEqual(expected);
  });

  it('openPush returns other for a genuine event that this service does not handle, with or without an appid', () => {
    const message = '<xml><InfoType>notify_third_fasteregister</InfoType></xml>';
    expect(causeOf({ ...encrypted({ message }), appid: undefined })).toBe('other');
    expect(causeOf(encrypted({ message }))).toBe('other');
  });

  const component = (infoType: string, more = '', platform = 'wxcomponent') =>
    `<xml><AppId>${platform}</AppId><CreateTime>1413192760</CreateTime><InfoType>${infoType}</InfoType>${more}</xml>`;
  const ticket = '<ComponentVerifyTicket>t</ComponentVerifyTicket>';
  const authorizer = `<AuthorizerAppid>${appid}</AuthorizerAppid>`;
  const code = '<AuthorizationCode>c</AuthorizationCode>';
  const ofComponent = (message: string, encryption: Encryption = {}) => ({
    ...encrypted({ message, ...encryption }),
    appid: undefined,
  });

  it('openPush accepts tickets and authorizations', () => {
    const opened = [
      component('component_verify_ticket', ticket),
      component('authorized', authorizer + code),
      component('updateauthorized', authorizer + code),
      component('unauthorized', authorizer),
    ].map((message) => openPush(ofComponent(message), secrets));
    expect(opened).toMatchObject([
      { kind: 'component', push: { ticket: 't' } },
      { kind: 'component', push: { event: 'authorized', appid, authorizationCode: 'c' } },
      { kind: 'component', push: { event: 'updateauthorized', appid, authorizationCode: 'c' } },
      { kind: 'component', push: { event: 'unauthorized', appid } },
    ]);
  });

  it.each([
    [
      'receiver',
      'for another platform',
      ofComponent(component('component_verify_ticket', ticket, 'wxother')),
    ],
    [
      'receiver',
      'encrypted for a mini-program',
      ofComponent(component('unauthorized', authorizer), { receiveId: appid }),
    ],
    [
      'push',
      'with an invalid authorizer appid',
      ofComponent(component('unauthorized', authorizer.replace('wx', ''))),
    ],
    [
      'push',
      'with a ticket of over 4,096 characters',
      ofComponent(component('component_verify_ticket', ticket.replace('t<', `${'t'.repeat(5000)}<`))),
    ],
    [
      'push',
      'with an authorization code of over 4,096 characters',
      ofComponent(component('authorized', authorizer + code.replace('c<', `${'c'.repeat(5000)}<`))),
    ],
  ])('openPush rejects with cause %s a ticket or authorization %s', (cause, _what, post) => {
    expect(causeOf(post)).toBe(cause);
  });

  const withQuery = (query: Record<string, unknown>) => {
    const post = encrypted();
    return { ...post, query: { ...post.query, ...query } };
  };

  it.each([
    ['body', 'is too large or not text', { ...encrypted(), body: undefined }],
    ['appid', 'has an invalid appid in its URL', { ...encrypted(), appid: 'wx1' }],
    ['appid', 'reports an audit and has no appid in its URL', { ...encrypted(), appid: undefined }],
    ['unsigned', 'is not encrypted', { ...encrypted(), body: audit, query: {} }],
    ['unsigned', 'has two nonces', withQuery({ nonce: ['n', 'n'] })],
    ['unsigned', 'has no signature', withQuery({ msg_signature: undefined })],
    ['stale', 'is older than five minutes', encrypted({ at: NOW - 301_000 })],
    ['stale', 'is from the future', encrypted({ at: NOW + 301_000 })],
    ['stale', 'has an invalid timestamp', withQuery({ timestamp: 'x' })],
    ['stale', 'has a timestamp of eleven digits', withQuery({ timestamp: `0${NOW / 1000}` })],
    ['stale', 'has two timestamps', withQuery({ timestamp: ['1', '2'] })],
    ['xml', 'is not XML', { ...encrypted(), body: '{}' }],
    ['xml', 'has no Encrypt element', { ...encrypted(), body: '<xml></xml>' }],
    [
      'xml',
      'is signed, but malformed around the Encrypt element',
      { ...encryptedOnce, body: `${encryptedOnce.body}<a>` },
    ],
    ['xml', 'is signed, but has a DOCTYPE', { ...encryptedOnce, body: `<!DOCTYPE x>${encryptedOnce.body}` }],
    ['signature', 'has a wrong signature', withQuery({ msg_signature: 'a'.repeat(40) })],
    [
      'decryption',
      'is encrypted with an unknown key',
      encrypted({ encodingAesKey: key.replace('abc', 'cba') }),
    ],
    ['decryption', 'contains no XML', encrypted({ message: 'hello' })],
    ['receiver', 'is for another receiver', encrypted({ receiveId: 'wx9999999999999999' })],
    ['push', 'has no event', encrypted({ message: '<xml><a>1</a></xml>' })],
    [
      'push',
      'is an authorization without an appid',
      encrypted({ message: '<xml><InfoType>authorized</InfoType></xml>' }),
    ],
    [
      'push',
      'is an audit event without a time',
      encrypted({ message: '<xml><ToUserName>g</ToUserName><Event>weapp_audit_fail</Event></xml>' }),
    ],
  ])('openPush rejects with cause %s a callback that %s', (cause, _what, post) => {
    expect(causeOf(post)).toBe(cause);
  });

  it.each([
    [
      'is less than a second older than five minutes',
      { ...encrypted({ at: NOW - 300_000 }), now: NOW + 999 },
    ],
    ['has the maximum size of a body', encrypted({ message: audit.replace('gh_1', '长'.repeat(250_000)) })],
  ])('openPush accepts a callback that %s', (_what, post) => {
    expect(causeOf(post)).toBe('audit');
  });
});

describe('openPush with a large unsigned body', () => {
  it.each(['<a/>', '<a>x</a>', '<', '<Encrypt>', '<Encrypt>A', '<Encrypt> ', ' '])(
    'openPush rejects a body of 1 MiB filled with %s in less than 1 s of processor time, before it parses the XML',
    (part) => {
      const filled = part.repeat(Math.floor((1024 * 1024 - 200) / part.length));
      const { query } = encrypted();
      const body = `<xml><Encrypt>QUJD</Encrypt>${filled}</xml>`;
      const before = process.threadCpuUsage();
      expect(causeOf({ appid, query, body, now: NOW })).toBe('signature');
      expect(causeOf({ appid, query, body: `<Encrypt>${filled}`, now: NOW })).toBe('xml');
      expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
    },
  );
});

describe('openPush in plain mode', () => {
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
});

describe('toStoredPush', () => {
  const push = {
    event: 'weapp_audit_fail' as const,
    originalId: 'gh_1',
    createdAt: new Date(1),
    decidedAt: new Date(2),
    reason: 'r',
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
    expect(toStoredPush(appid, push).decision).toMatchObject({
      state: 'REJECTED',
      source: 'CALLBACK',
      reason: 'r',
    });
    expect(toStoredPush(appid, { ...push, event: 'weapp_audit_delay' }).decision.state).toBe('DELAYED');
  });
});
