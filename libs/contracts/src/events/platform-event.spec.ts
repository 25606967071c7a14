import { expect, it } from '@jest/globals';
import { toKafkaMessage } from '../cloud-event.js';
import { PlatformEvent } from '../generated/wxa/code/v1/platform_events.js';
import { type MappedCallback, platformEvent } from './platform-event.js';

const appid = 'wx0123456789abcdef';
const receivedAt = new Date('2026-01-02T03:04:05Z');
const message: MappedCallback = {
  ...{ kind: 'MESSAGE', name: 'text', originalId: 'gh_1', fromUser: 'o1', messageId: '23456789012345678901' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  fields: { Content: ' 1.10 ', Empty: '' },
  elements: [{ name: 'list', text: '', elements: [{ name: 'item', text: '1', elements: [] }] }],
  ...{ removed: ['Token'], isTruncated: false },
};
const eventOf = (given: Partial<MappedCallback> = {}) =>
  platformEvent(appid, { ...message, ...given }, { key: 'k', receivedAt });

it('A platform event is the callback with all of its texts, under the id that its key makes', () => {
  const event = eventOf();
  expect(event).toMatchObject({ topic: 'wxa.platform.events.v1', id: 'k.platform-event', appid });
  const { kind, createdAt: createTime, ...rest } = message;
  const expected = { ...rest, appid, createTime, kind: `PLATFORM_EVENT_KIND_${kind}` };
  expect(PlatformEvent.fromJSON(JSON.parse(event.value))).toEqual(expected);
});

it('The time of a platform event is its CreateTime, or that of receipt if it is 7 days or more away', () => {
  const { createdAt } = message;
  expect(eventOf().time).toEqual(createdAt);
  for (const days of [-8, 8]) {
    const event = eventOf({ createdAt: new Date(receivedAt.getTime() + days * 86_400_000) });
    expect(event.time).toEqual(receivedAt);
  }
  expect(eventOf({ createdAt: undefined }).time).toEqual(receivedAt);
});

it.each([
  ['user_enter_tempsession', 'EVENT', 'user_enter_tempsession', 'event'],
  ['x'.repeat(64), 'MESSAGE', 'x'.repeat(64), 'message'],
  ['x'.repeat(65), 'MESSAGE', 'other', 'message'],
  ['a b', 'AUTHORIZATION', 'other', 'authorization'],
  ['', 'MESSAGE', 'other', 'message'],
] as const)(
  'A platform event named %j of kind %s has the headers %s and %s',
  (name, kind, ceEvent, ceKind) => {
    const { headers } = toKafkaMessage(eventOf({ name, kind }), 'production');
    expect(headers).toMatchObject({
      ce_event: ceEvent,
      ce_kind: ceKind,
      ce_source: '/wxa-code/production/gateway',
    });
  },
);
