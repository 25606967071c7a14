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
    const push = parsePush({ ...rest, CreateTime: '1', screenshot: ScreenShot ?? '' });
    expect(push).toMatchObject({ screenshots: ['xxx', 'yyy', 'zzz'], decidedAt: new Date(1000) });
  });

  it.each(['authorized', 'unauthorized', 'updateauthorized', 'component_verify_ticket', 'debug_demo'])(
    'passes %s on as other',
    (name) => {
      expect(parsePush(example(name))).toEqual({ event: 'other', name });
    },
  );

  it.each([
    ['a message', { MsgType: 'text', Content: 'hi' }, { event: 'other', name: 'text' }],
    ['the name of a method every object has', { Event: 'toString' }, { event: 'other', name: 'toString' }],
  ])('passes %s on as other', (_name, fields, push) => {
    expect(parsePush(fields)).toEqual(push);
  });

  it.each([
    ['nothing', {}],
    ['an audit without the original id', { ...example('weapp_audit_success'), ToUserName: '' }],
    ['an audit with a time that is none', { ...example('weapp_audit_success'), SuccTime: 'soon' }],
    ['an audit created at no time', { ...example('weapp_audit_fail'), CreateTime: '-1' }],
  ])('makes nothing of %s', (_name, fields) => {
    expect(parsePush(fields)).toBe(undefined);
  });
});
