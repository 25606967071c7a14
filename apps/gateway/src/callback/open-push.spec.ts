import { describe, expect, it } from '@jest/globals';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { type CallbackPost, type CallbackSecrets, type OpenedPush, openPush } from './open-push.js';
import { toStoredPush } from './stored-push.js';

const NOW = 1_700_000_000_000;
const appid = 'wx0123456789abcdef';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const oldKey = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba';
const secrets: CallbackSecrets = {
  plain: false,
  token: 'token',
  encodingAesKeys: [key, oldKey],
  componentAppid: 'wxcomponent',
};
const audit =
  '<xml><ToUserName>gh_1</ToUserName><CreateTime>1488856741</CreateTime><Event>weapp_audit_success</Event></xml>';

interface Sealing {
  message?: string;
  encodingAesKey?: string;
  receiveId?: string;
  at?: number;
}

function sealed({
  message = audit,
  encodingAesKey = key,
  receiveId = 'wxcomponent',
  at = NOW,
}: Sealing = {}) {
  const timestamp = String(at / 1000);
  const encrypt = encryptMessage({ encodingAesKey, message, receiveId });
  const msg_signature = sign('token', timestamp, 'n', encrypt);
  const query: Record<string, unknown> = { msg_signature, timestamp, nonce: 'n', encrypt_type: 'aes' };
  return { appid, query, body: `<xml><Encrypt>${encrypt}</Encrypt></xml>`, now: NOW };
}

const sealedOnce = sealed();

const causeOf = (post: CallbackPost, given = secrets) => {
  const opened: OpenedPush = openPush(post, given);
  return opened.kind === 'rejected' ? opened.cause : opened.kind;
};

describe('openPush', () => {
  it.each([
    ['with the current key', sealed()],
    ['with the previous key', sealed({ encodingAesKey: oldKey })],
    ['for the mini-program of the URL', sealed({ receiveId: appid })],
    ['five minutes old', sealed({ at: NOW - 300_000 })],
    ['five minutes early', sealed({ at: NOW + 300_000 })],
  ])('opens an audit push %s', (_name, post) => {
    const { msg_signature: signature } = post.query;
    const push = { originalId: 'gh_1' };
    expect(openPush(post, secrets)).toMatchObject({ kind: 'audit', appid, push, signature });
  });

  it('lets genuine events pass that nothing follows from, with or without an appid', () => {
    const message = '<xml><InfoType>notify_third_fasteregister</InfoType></xml>';
    expect(causeOf({ ...sealed({ message }), appid: undefined })).toBe('other');
    expect(causeOf(sealed({ message }))).toBe('other');
  });

  const component = (infoType: string, more = '', platform = 'wxcomponent') =>
    `<xml><AppId>${platform}</AppId><CreateTime>1413192760</CreateTime><InfoType>${infoType}</InfoType>${more}</xml>`;
  const ticket = '<ComponentVerifyTicket>t</ComponentVerifyTicket>';
  const authorizer = `<AuthorizerAppid>${appid}</AuthorizerAppid>`;
  const code = '<AuthorizationCode>c</AuthorizationCode>';
  const ofComponent = (message: string, sealing: Sealing = {}) => ({
    ...sealed({ message, ...sealing }),
    appid: undefined,
  });

  it('opens tickets and authorizations', () => {
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
    ['receiver', 'of another platform', ofComponent(component('component_verify_ticket', ticket, 'wxother'))],
    [
      'receiver',
      'sealed for a mini-program',
      ofComponent(component('unauthorized', authorizer), { receiveId: appid }),
    ],
    ['push', 'of no mini-program', ofComponent(component('unauthorized', authorizer.replace('wx', '')))],
    [
      'push',
      'as long as no ticket is',
      ofComponent(component('component_verify_ticket', ticket.replace('t<', `${'t'.repeat(5000)}<`))),
    ],
    [
      'push',
      'as long as no code is',
      ofComponent(component('authorized', authorizer + code.replace('c<', `${'c'.repeat(5000)}<`))),
    ],
  ])('refuses (%s) a ticket or an authorization %s', (cause, _what, post) => {
    expect(causeOf(post)).toBe(cause);
  });

  const withQuery = (query: Record<string, unknown>) => {
    const post = sealed();
    return { ...post, query: { ...post.query, ...query } };
  };

  it.each([
    ['body', 'was too large or no text', { ...sealed(), body: undefined }],
    ['appid', 'has an appid of another form', { ...sealed(), appid: 'wx1' }],
    ['appid', 'is of an audit without an appid', { ...sealed(), appid: undefined }],
    ['unsigned', 'is plain', { ...sealed(), body: audit, query: {} }],
    ['unsigned', 'has two nonces', withQuery({ nonce: ['n', 'n'] })],
    ['unsigned', 'has no signature', withQuery({ msg_signature: undefined })],
    ['stale', 'is older than five minutes', sealed({ at: NOW - 301_000 })],
    ['stale', 'is from the future', sealed({ at: NOW + 301_000 })],
    ['stale', 'has a timestamp that is none', withQuery({ timestamp: 'x' })],
    ['stale', 'has two timestamps', withQuery({ timestamp: ['1', '2'] })],
    ['xml', 'is no XML', { ...sealed(), body: '{}' }],
    ['xml', 'has nothing encrypted', { ...sealed(), body: '<xml></xml>' }],
    ['xml', 'is signed, but no XML around that', { ...sealedOnce, body: `${sealedOnce.body}<a>` }],
    ['xml', 'is signed, with a DOCTYPE', { ...sealedOnce, body: `<!DOCTYPE x>${sealedOnce.body}` }],
    ['signature', 'is signed otherwise', withQuery({ msg_signature: 'a'.repeat(40) })],
    ['decryption', 'is under a key that is not ours', sealed({ encodingAesKey: key.replace('abc', 'cba') })],
    ['decryption', 'holds no XML', sealed({ message: 'hello' })],
    ['receiver', 'is for somebody else', sealed({ receiveId: 'wx9999999999999999' })],
    ['push', 'says nothing', sealed({ message: '<xml><a>1</a></xml>' })],
    ['push', 'authorizes nothing', sealed({ message: '<xml><InfoType>authorized</InfoType></xml>' })],
    [
      'push',
      'has no time',
      sealed({ message: '<xml><ToUserName>g</ToUserName><Event>weapp_audit_fail</Event></xml>' }),
    ],
  ])('refuses (%s) what %s', (cause, _what, post) => {
    expect(causeOf(post)).toBe(cause);
  });

  it.each([
    ['is just five minutes old', { ...sealed({ at: NOW - 300_000 }), now: NOW + 999 }],
    ['is as large as a body may be', sealed({ message: audit.replace('gh_1', '长'.repeat(250_000)) })],
  ])('takes what %s', (_what, post) => {
    expect(causeOf(post)).toBe('audit');
  });
});

describe('a large body of somebody who does not know the token', () => {
  it.each(['<a/>', '<a>x</a>', '<', '<Encrypt>', '<Encrypt>A', '<Encrypt> ', ' '])(
    'full of %s is refused before it is read as XML',
    (part) => {
      const filled = part.repeat(Math.floor((1024 * 1024 - 200) / part.length));
      const { query } = sealed();
      const body = `<xml><Encrypt>QUJD</Encrypt>${filled}</xml>`;
      const begun = performance.now();
      expect(causeOf({ appid, query, body, now: NOW })).toBe('signature');
      expect(causeOf({ appid, query, body: `<Encrypt>${filled}`, now: NOW })).toBe('xml');
      expect(performance.now() - begun).toBeLessThan(150);
    },
  );
});

describe('plain mode', () => {
  const plain = { ...secrets, plain: true };
  const post = { appid, query: {}, body: audit, now: NOW };

  it('takes plain XML, and encrypted pushes too', () => {
    expect(openPush(post, plain)).toMatchObject({ kind: 'audit', signature: null });
    expect(causeOf(sealed(), plain)).toBe('audit');
  });

  it('checks what is there to check', () => {
    expect(causeOf({ ...post, query: { timestamp: '1' } }, plain)).toBe('stale');
    // It would not fit a Kafka message.
    expect(causeOf({ ...post, body: audit.replace('gh_1', '长'.repeat(280_000)) }, plain)).toBe('body');
    expect(causeOf({ ...post, body: `<!DOCTYPE x>${audit}` }, plain)).toBe('xml');
    expect(causeOf(sealed(), { plain: true, encodingAesKeys: [] })).toBe('unsigned');
  });
});

describe('keptPush', () => {
  const push = {
    event: 'weapp_audit_fail' as const,
    originalId: 'gh_1',
    createdAt: new Date(1),
    decidedAt: new Date(2),
    reason: 'r',
    screenshots: [],
  };

  it('has one key for one verdict, however often and whenever it is told, and another for any other', () => {
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

  it('says what the event says', () => {
    expect(toStoredPush(appid, push).verdict).toMatchObject({
      state: 'REJECTED',
      source: 'CALLBACK',
      reason: 'r',
    });
    expect(toStoredPush(appid, { ...push, event: 'weapp_audit_delay' }).verdict.state).toBe('DELAYED');
  });
});
