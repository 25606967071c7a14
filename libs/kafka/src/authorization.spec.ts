import { expect, it } from '@jest/globals';
import { AuthorizationError, logDenial } from './authorization.js';

it('A denial is logged with operation and resource at most once a minute, and each operation on each resource by itself', () => {
  const lines: [object, string][] = [];
  const logger = { error: (fields: object, message: string) => lines.push([fields, message]) };
  const write = new AuthorizationError('Write', 'topic t');
  const denied = [
    [write, 0],
    [write, 59_999],
    [new AuthorizationError('Read', 'topic t'), 59_999],
    [new AuthorizationError('Write', 'topic u'), 59_999],
    [write, 60_000],
    [write, 119_999],
  ] as const;
  for (const [error, nowMs] of denied) expect(logDenial(logger, error, nowMs)).toBe(true);
  const denials = ['Write on topic t', 'Read on topic t', 'Write on topic u', 'Write on topic t'];
  expect(lines).toEqual(
    denials.map((text) => {
      const [operation, resource] = text.split(' on ');
      return [{ operation, resource, error: `Kafka denies this principal ${text}` }, 'kafka access denied'];
    }),
  );
  expect(logDenial(logger, new Error('unavailable'), 200_000)).toBe(false);
});
