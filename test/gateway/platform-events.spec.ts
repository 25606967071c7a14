import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { ListCallbackNamesRequest, TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { call } from './calls.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { callbacksTo, event, info, now, textMessage as text } from './encrypted-callback.js';
import { useFollowed } from './follow.js';
import { newBackends, startGateway } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

const { WECHAT_COMPONENT_APPID: PLATFORM } = COMPONENT_SETTINGS;
const { backends, gateway, database } = useSharedGateway('component');
const { push } = callbacksTo(gateway);
const events = useFollowed(backends, gateway, TOPICS.events);
const publishedOf = (appid: string) => events.filter(({ key }) => key === appid);
const contentOf = (appid: string) => publishedOf(appid).map(({ value }) => JSON.parse(String(value)));

it('A message that is delivered three times, each with a new signature, is one event with its text', async () => {
  const appid = newAppid();
  const message = text('7001', ' 你好 ');
  for (let time = 0; time < 3; time++) expect(await push(appid, message)).toBe('200 success');
  await push(appid, text('7002'));
  await eventually(() => publishedOf(appid).length >= 2);
  expect(contentOf(appid)).toMatchObject([
    { appid, kind: 'PLATFORM_EVENT_KIND_MESSAGE', messageId: '7001', fields: { Content: ' 你好 ' } },
    { messageId: '7002' },
  ]);
  const [first] = publishedOf(appid);
  expect([first?.header('ce_event'), first?.header('ce_kind'), first?.header('ce_subject')]).toEqual([
    ...['text', 'message', appid],
  ]);
});

it('A ticket and a decision of an audit are on no topic of events, also if they are sent to another URL', async () => {
  const appid = newAppid();
  const secret = '<ComponentVerifyTicket>ticket@@@secret</ComponentVerifyTicket>';
  await push('', info('component_verify_ticket', secret));
  await push(appid, info('component_verify_ticket', secret));
  await push(appid, event('weapp_audit_success', `<SuccTime>${now()}</SuccTime>`));
  await push(appid, event('last'));
  await eventually(() => publishedOf(appid).length > 0);
  expect(contentOf(appid).map(({ name }) => name)).toEqual(['last']);
  expect(events.map(({ value }) => String(value)).join()).not.toContain('ticket@@@');
});

it('An authorization and a registration are stored with their codes and published without them', async () => {
  const [authorized, registered] = [newAppid(), newAppid()];
  const code = (name: string, of: string) => `<${name}>${of}</${name}>`;
  const of = code('AuthorizerAppid', authorized) + code('AuthorizationCode', 'queryauthcode@@@a');
  await push('', info('authorized', of));
  const details = `${code('status', '0')}${code('auth_code', 'queryauthcode@@@r')}<info><name>n</name></info>`;
  const registration = info('notify_third_fasteregister', code('appid', registered) + details);
  for (let time = 0; time < 2; time++) await push('', registration);
  await eventually(() => publishedOf(authorized).length > 0 && publishedOf(registered).length > 0);
  for (const [appid, name, removed] of [
    [authorized, 'authorized', 'AuthorizationCode'],
    [registered, 'notify_third_fasteregister', 'auth_code'],
  ] as const) {
    expect(contentOf(appid)).toMatchObject([{ appid, name, removed: [removed] }]);
    const rows = await database.rows('select state, code from authorizers where appid = $1', [appid]);
    expect(rows).toEqual([{ state: 'AUTHORIZED', code: expect.anything() }]);
  }
  expect(events.map(({ value }) => String(value)).join()).not.toContain('queryauthcode');
});

it('The result of a category makes the read of the categories due, and of the interfaces that they permit', async () => {
  const appid = newAppid();
  await database.rows(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, [appid]);
  await database.rows(`insert into mini_programs (appid, due_at) values ($1, now() + interval '1 day')`, [
    appid,
  ]);
  expect(await push(appid, event('wxa_category_audit'))).toBe('200 success');
  const due = 'select due_parts, due_at <= now() as is_due from mini_programs where appid = $1';
  expect(await database.rows(due, [appid])).toEqual([
    { due_parts: ['CATEGORY', 'INTERFACES'], is_due: true },
  ]);
});

it('A registration that failed is published under the mini-program that it names, or the platform', async () => {
  const appid = newAppid();
  await push('', info('notify_third_fasteregister', `<appid>${appid}</appid><status>100001</status>`));
  const id = randomUUID();
  await push('', info('notify_third_fasteregister', `<status>61070</status><msg>${id}</msg>`));
  await eventually(() => publishedOf(appid).length === 1);
  await eventually(() => contentOf(PLATFORM).some(({ fields }) => fields.msg === id));
  expect(await database.rows('select from authorizers where appid = $1', [appid])).toEqual([]);
});

it.concurrent('ListCallbackNames has every name that was received within 10 s', async () => {
  const name = `names_${randomUUID().slice(0, 8)}`;
  for (let time = 0; time < 3; time++) await push(newAppid(), event(name));
  const { platform } = gateway;
  const list = () => call(platform, platform.listCallbackNames, ListCallbackNamesRequest.fromPartial({}));
  const expected = expect.objectContaining({ name, kind: 'PLATFORM_EVENT_KIND_EVENT', seen: 3n });
  const withinMs = byLength({ short: 60_000, long: 20_000 });
  await eventually(async () => expect((await list()).names).toContainEqual(expected), withinMs);
});

it.concurrent('With PLATFORM_EVENTS_MAX_WAITING events that wait, messages get 503, and tickets, authorizations and audits do not', async () => {
  const own = await newBackends();
  const settings = { ...COMPONENT_SETTINGS, KAFKA_BROKERS: '127.0.0.1:1' };
  const appid = newAppid();
  const before = await startGateway(own, settings);
  for (let i = 0; i < 3; i++)
    expect(await callbacksTo(before).push(appid, text(`720${i}`))).toBe('200 success');
  await before.stop();
  // The first callback of a gateway waits for a count of the events, which is exact.
  const full = await startGateway(own, { ...settings, PLATFORM_EVENTS_MAX_WAITING: '3' });
  try {
    const to = callbacksTo(full);
    expect(await to.push(appid, text('7203'))).toBe('503 try again');
    expect(await to.push(appid, event('subscribe'))).toBe('503 try again');
    expect(await to.push(appid, event('weapp_audit_success'))).toBe('200 success');
    const withdrawn = info('unauthorized', `<AuthorizerAppid>${appid}</AuthorizerAppid>`);
    expect(await to.push('', withdrawn)).toBe('200 success');
    const series = await scrape(full.http);
    expect(series.get('wxa_platform_events_total{kind="message",result="full"}')).toBe(1);
    expect(series.get('wxa_platform_events_total{kind="event",result="full"}')).toBe(1);
  } finally {
    await full.stop();
  }
});

it.concurrent('PLATFORM_EVENTS_WITHOUT_CONTENT keeps who wrote, and PLATFORM_EVENTS=off drops what has no other use', async () => {
  const appid = newAppid();
  const settings = { ...COMPONENT_SETTINGS, PLATFORM_EVENTS_WITHOUT_CONTENT: 'text, image' };
  const without = await startGateway(backends, settings);
  await callbacksTo(without)
    .push(appid, text('7300', 'private'))
    .finally(() => without.stop());
  await eventually(() => publishedOf(appid).length >= 1);
  expect(contentOf(appid)[0]?.fields).toEqual({
    ...{ ToUserName: 'gh_1', FromUserName: 'o1', CreateTime: expect.any(String) },
    ...{ MsgType: 'text', MsgId: '7300' },
  });
  const off = await startGateway(backends, { ...COMPONENT_SETTINGS, PLATFORM_EVENTS: 'off' });
  const other = newAppid();
  const answer = await callbacksTo(off)
    .push(other, text('7301'))
    .finally(() => off.stop());
  expect(answer).toBe('200 success');
  expect(await database.rows('select from outbox where appid = $1', [other])).toEqual([]);
});
