import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePush } from './callback-push.js';
import { parseXml } from './callback-xml.js';

function example(name: string): Record<string, string> {
  const fields = parseXml(readFileSync(new URL(`./fixtures/events/${name}.xml`, import.meta.url), 'utf8'));
  if (!fields) throw new Error(`${name} does not parse`);
  return fields;
}

describe('parsePush', () => {
  it('reads an approval', () => {
    expect(parsePush(example('weapp_audit_success'))).toEqual({
      event: 'weapp_audit_success',
      originalId: 'gh_fb9688c2a4b2',
      createdAt: new Date(1488856741_000),
      decidedAt: new Date(1488856741_000),
      reason: '',
      screenshots: [],
    });
  });

  it('reads a rejection with its raw reason and screenshots', () => {
    const push = parsePush(example('weapp_audit_fail'));
    expect(push).toMatchObject({ event: 'weapp_audit_fail', screenshots: ['xxx', 'yyy', 'zzz'] });
    expect(push).toMatchObject({
      reason: expect.stringMatching(/^1:账号信息不符合规范:<br>\(1\):包含色情因素<br>/),
    });
  });

  it('reads a delay', () => {
    const decidedAt = new Date(1488856591_000);
    expect(parsePush(example('weapp_audit_delay'))).toMatchObject({ event: 'weapp_audit_delay', decidedAt });
  });

  it('takes the screenshots also in lower case, and the time of the push where no other is given', () => {
    const { ScreenShot, FailTime, ...rest } = example('weapp_audit_fail');
    expect(FailTime).toBeDefined();
    for (const fields of [rest, { ...rest, ScreenShot: '' }]) {
      const push = parsePush({ ...fields, CreateTime: '1', screenshot: ScreenShot ?? '' });
      expect(push).toMatchObject({ screenshots: ['xxx', 'yyy', 'zzz'], decidedAt: new Date(1000) });
    }
  });

  const componentAppid = '第三方平台appid';
  const appid = '公众号appid';

  it('reads a ticket', () => {
    expect(parsePush(example('component_verify_ticket'))).toEqual({
      event: 'component_verify_ticket',
      componentAppid: 'some_appid',
      createdAt: new Date(1413192605_000),
      ticket: 'some_verify_ticket',
    });
  });

  it.each(['authorized', 'updateauthorized'])('reads %s, without a time where it has none', (event) => {
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
  });

  it('reads unauthorized', () => {
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
  ])('passes %s on as other', (_name, fields, push) => {
    expect(parsePush(fields)).toEqual(push);
  });

  it.each([
    ['nothing', {}],
    ['an audit without the original id', { ...example('weapp_audit_success'), ToUserName: '' }],
    ['an audit with a time that is none', { ...example('weapp_audit_success'), SuccTime: 'soon' }],
    ['a ticket that is none', { ...example('component_verify_ticket'), ComponentVerifyTicket: '' }],
    ['a ticket of no platform', { ...example('component_verify_ticket'), AppId: '' }],
    ['a ticket of no time', { ...example('component_verify_ticket'), CreateTime: 'now' }],
    ['an authorization of nobody', { ...example('authorized'), AuthorizerAppid: '' }],
    ['an authorization without a code', { ...example('updateauthorized'), AuthorizationCode: '' }],
    ['a withdrawal of nobody', { ...example('unauthorized'), AuthorizerAppid: '' }],
    ['an audit created at no time', { ...example('weapp_audit_fail'), CreateTime: '-1' }],
  ])('makes nothing of %s', (_name, fields) => {
    expect(parsePush(fields)).toBe(undefined);
  });
});
