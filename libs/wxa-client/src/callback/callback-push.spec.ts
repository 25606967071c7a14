import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parsePush } from './callback-push.js';
import { parseXml } from './callback-xml.js';

function example(name: string): Record<string, string> {
  const url = new URL(`../../fixtures/events/${name}.xml`, import.meta.url);
  const fields = parseXml(readFileSync(url, 'utf8'));
  if (!fields) throw new Error(`${name} does not parse`);
  return fields;
}

const at = (seconds: number) => new Date(seconds * 1000);
const { ScreenShot = '', FailTime, ...rejection } = example('weapp_audit_fail');
const ticket = example('component_verify_ticket');

const audit = (seconds: number, reason: unknown, screenshots: string[] = []) => ({
  ...{ originalId: 'gh_fb9688c2a4b2', createdAt: at(seconds), decidedAt: at(seconds), reason, screenshots },
});
const rejected = expect.stringMatching(/^1:账号信息不符合规范:<br>\(1\):包含色情因素<br>/);
const platform = { componentAppid: '第三方平台appid', appid: '公众号appid', createdAt: at(1413192760) };
const ofTicket = { componentAppid: 'some_appid', createdAt: at(1413192605), ticket: 'some_verify_ticket' };

it.each<[string, object]>([
  ['weapp_audit_success', audit(1488856741, '')],
  ['weapp_audit_fail', audit(1488856591, rejected, ['xxx', 'yyy', 'zzz'])],
  ['weapp_audit_delay', audit(1488856591, expect.stringMatching(/^为了更好的服务小程序/))],
  ['component_verify_ticket', ofTicket],
  ['unauthorized', platform],
])('parsePush reads %s', (event, fields) => {
  expect(parsePush(example(event))).toEqual({ event, ...fields });
});

it('parsePush takes the screenshots also in lower case, and the time of the callback if it has no other', () => {
  expect(FailTime).toBeDefined();
  for (const fields of [rejection, { ...rejection, ScreenShot: '' }]) {
    const push = parsePush({ ...fields, CreateTime: '1', screenshot: ScreenShot });
    expect(push).toMatchObject({ screenshots: ['xxx', 'yyy', 'zzz'], decidedAt: at(1) });
  }
});

it.each(['authorized', 'updateauthorized'])('parsePush reads %s with or without an expiry time', (event) => {
  const code = { authorizationCode: '授权码', codeExpiresAt: undefined, preAuthCode: '预授权码' };
  const push = { event, ...platform, ...code };
  expect(parsePush(example(event))).toEqual(push);
  const { PreAuthCode, ...rest } = example(event);
  expect(PreAuthCode).toBeDefined();
  const expiring = parsePush({ ...rest, AuthorizationCodeExpiredTime: '1413196360' });
  expect(expiring).toEqual({ ...push, codeExpiresAt: at(1413196360), preAuthCode: '' });
});

it.each([
  ['a check of the callback', example('debug_demo'), { event: 'other', name: 'debug_demo' }],
  ['a message', { MsgType: 'text', Content: 'hi' }, { event: 'other', name: 'text' }],
  ['the name of a method every object has', { Event: 'toString' }, { event: 'other', name: 'toString' }],
])('parsePush returns %s as other', (_name, fields, push) => {
  expect(parsePush(fields)).toEqual(push);
});

it.each([
  ['nothing', {}],
  ['an audit without the original id', { ...example('weapp_audit_success'), ToUserName: '' }],
  ['an audit with an invalid time', { ...example('weapp_audit_success'), SuccTime: 'soon' }],
  ['an empty ticket', { ...ticket, ComponentVerifyTicket: '' }],
  ['a ticket without a platform', { ...ticket, AppId: '' }],
  ['a ticket with an invalid time', { ...ticket, CreateTime: 'now' }],
  ['an authorization without an appid', { ...example('authorized'), AuthorizerAppid: '' }],
  ['an authorization without a code', { ...example('updateauthorized'), AuthorizationCode: '' }],
  ['a withdrawal without an appid', { ...example('unauthorized'), AuthorizerAppid: '' }],
  ['an audit with a negative creation time', { ...example('weapp_audit_fail'), CreateTime: '-1' }],
])('parsePush returns undefined for %s', (_name, fields) => {
  expect(parsePush(fields)).toBe(undefined);
});
