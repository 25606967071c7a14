import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { decryptMessage, parseXml, verifySignature } from '@wxa/wxa-client';
import { CallbackUnderTest, type RecordedPush } from './callback-under-test.js';
import { APPID, OTHER, simUnderTest } from './sim-under-test.js';

const LIVE = { callbackToken: 'live', encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
const TEST = { callbackToken: 'test', encodingAesKey: 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba' };
const PLATFORM = { componentAppid: 'wxc0de000000000000', componentAppsecret: 'secret' };

const live = new CallbackUnderTest();
const test = new CallbackUnderTest();
const { control } = simUnderTest(() => ({
  ...{ ...PLATFORM, ...LIVE, tokenMode: 'component', ticketIntervalMs: 0 },
}));
const urls = { live: '', test: '' };
beforeAll(async () => {
  [urls.live, urls.test] = [await live.listen(), await test.listen()];
});
beforeEach(async () => {
  live.received.length = 0;
  test.received.length = 0;
  await control().registerUrl(urls.live, undefined, LIVE);
});
afterAll(() => {
  live.close();
  test.close();
});

/** What was received and opens with these secrets: the path and the name of each callback. */
function opened({ received }: CallbackUnderTest, { callbackToken: token, encodingAesKey }: typeof LIVE) {
  return received.map(({ url, body }: RecordedPush) => {
    const given = (name: string) => url.searchParams.get(name) ?? '';
    const encrypt = parseXml(body)?.Encrypt ?? '';
    const [timestamp, nonce, signature] = [given('timestamp'), given('nonce'), given('msg_signature')];
    if (!verifySignature({ token, encrypt, timestamp, nonce, signature })) return 'another token';
    const fields = parseXml(decryptMessage({ encodingAesKey, encrypt })?.message ?? '');
    return [url.pathname.replace('/wechat/callback', ''), fields?.MsgType ?? fields?.InfoType].join(' ');
  });
}

/** The code of its second text is not heeded, so that the check does not wait for an answer to it. */
async function failingCheck(): Promise<void> {
  const success = { status: 200, body: 'success' };
  test.answers = [success, success, { status: 500, body: '' }];
  expect(await control().checkPublishing()).toEqual({ text: false, api: false });
}

const text = (appid: string) => control().push(appid, { event: 'text', fields: { Content: 'hello' } });

it('Callbacks of listed accounts go to the test version with its secrets, tickets to both, and others to the live one', async () => {
  await control().registerTestUrl({ callbackUrl: urls.test, ...TEST, appids: [APPID] });
  for (const appid of [APPID, OTHER]) await text(appid);
  const { answers } = await control().pushOfComponent();
  expect(answers).toEqual(Array(2).fill({ status: 200, body: 'success' }));
  expect(opened(live, LIVE)).toEqual([`/${OTHER} text`, ' component_verify_ticket']);
  expect(opened(test, TEST)).toEqual([`/${APPID} text`, ' component_verify_ticket']);
  const sent = (await control().pushes()).map(({ appid, version }) => `${appid} ${version}`);
  const ticket = PLATFORM.componentAppid;
  expect(sent).toEqual([`${APPID} test`, `${OTHER} live`, `${ticket} test`, `${ticket} live`]);
});

it('A test version is published after its check, whatever its result, and everything goes to its URL with its secrets', async () => {
  await expect(control().publish()).rejects.toThrow('there is no test version');
  await control().registerTestUrl({ callbackUrl: urls.test, ...TEST, appids: [] });
  await expect(control().publish()).rejects.toThrow('was not checked');
  await failingCheck();
  expect(live.received).toEqual([]);
  await control().publish();
  test.received.length = 0;
  await text(APPID);
  await control().pushOfComponent();
  expect(opened(test, TEST)).toEqual([`/${APPID} text`, ' component_verify_ticket']);
  expect(live.received).toEqual([]);
});

it('A test version that is changed after its check is not published, and a list has at most 10 accounts', async () => {
  const version = { callbackUrl: urls.test, appids: [APPID] };
  await control().registerTestUrl(version);
  await failingCheck();
  await control().registerTestUrl(version);
  await expect(control().publish()).rejects.toThrow('was not checked');
  const eleven = Array.from({ length: 11 }, (_, i) => `wx00000000000000${i + 10}`);
  await expect(control().registerTestUrl({ ...version, appids: eleven })).rejects.toThrow('appids');
});
