import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePush } from './callback-push.js';
import { parseXml } from './callback-xml.js';

function example(name: string): Record<string, string> {
  const fields = parseXml(
    readFileSync(new URL(`../../fixtures/events/${name}.xml`, import.meta.url), 'utf8'),
  );
  if (!fields) throw new Error(`${name} does not parse`);
  return fields;
}

describe('parsePush', () => {
  it('parsePush reads an approval', () => {
    expect(parsePush(example('weapp_audit_success'))).toEqual({
      event: 'weapp_audit_success',
      originalId: 'gh_fb9688c2a4b2',
      createdAt: new Date(1488856741_000),
      decidedAt: new Date(1488856741_000),
      reason: '',
      screenshots: [],
    });
  });

  it('parsePush reads a rejection with its raw reason and screenshots', () => {
    const push = parsePush(example('weapp_audit_fail'));
    expect(push).toMatchObject({ event: 'weapp_audit_fail', screenshots: ['xxx', 'yyy', 'zzz'] });
    expect(push).toMatchObject({
      reason: expect.stringMatching(/^1:账号信息不符合规范:<br>\(1\):包含色情因素<br>/),
    });
  });

  it('parsePush reads a delay', () => {
    const decidedAt = new Date(1488856591_000);
    expect(parsePush(example('weapp_audit_delay'))).toMatchObject({ event: 'weapp_audit_delay', decidedAt });
  });

  it('parsePush takes the screenshots also in lower case, and the time of the callback if it has no other', () => {
    const { ScreenShot, FailTime, ...rest } = example('weapp_audit_fail');
    expect(FailTime).toBeDefined();
    for (const fields of [rest, { ...rest, ScreenShot: '' }]) {
      const push = parsePush({ ...fields, CreateTime: '1', screenshot: ScreenShot ?? '' });
      expect(push).toMatchObject({ screenshots: ['xxx', 'yyy', 'zzz'], decidedAt: new Date(1000) });
    }
  });

  const componentAppid = '第三方平台appid';
  const appid = '公众号appid';

  it('parsePush reads a ticket', () => {
    expect(parsePush(example('component_verify_ticket'))).toEqual({
      event: 'component_verify_ticket',
      componentAppid: 'some_appid',
      createdAt: new Date(1413192605_000),
      ticket: 'some_verify_ticket',
    });
  });

  it.each(['authorized', 'updateauthorized'])(
    'parsePush reads %s with or without an expiry time',
    (event) => {
      const push = {
        event,
        componentAppid,
        appid,
        createdAt: new Date(1413192760_000),
        authorizationCode: '授权码',
        codeExpiresAt: undefined,
        preAuthCode: '预授权码',
      };
      expect(parsePush(example(event))).toEqual(push);
      const { PreAuthCode, ...rest } = example(event);
      expect(PreAuthCode).toBeDefined();
      expect(parsePush({ ...rest, AuthorizationCodeExpiredTime: '1413196360' })).toEqual({
        ...push,
        codeExpiresAt: new Date(1413196360_000),
        preAuthCode: '',
      });
    },
  );

  it('parsePush reads unauthorized', () => {
    const createdAt = new Date(1413192760_000);
    expect(parsePush(example('unauthorized'))).toEqual({
      event: 'unauthorized',
      componentAppid,
      appid,
      createdAt,
    });
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
    ['an empty ticket', { ...example('component_verify_ticket'), ComponentVerifyTicket: '' }],
    ['a ticket without a platform', { ...example('component_verify_ticket'), AppId: '' }],
    ['a ticket with an invalid time', { ...example('component_verify_ticket'), CreateTime: 'now' }],
    ['an authorization without an appid', { ...example('authorized'), AuthorizerAppid: '' }],
    ['an authorization without a code', { ...example('updateauthorized'), AuthorizationCode: '' }],
    ['a withdrawal without an appid', { ...example('unauthorized'), AuthorizerAppid: '' }],
    ['an audit with a negative creation time', { ...example('weapp_audit_fail'), CreateTime: '-1' }],
  ])('parsePush returns undefined for %s', (_name, fields) => {
    expect(parsePush(fields)).toBe(undefined);
  });
});
