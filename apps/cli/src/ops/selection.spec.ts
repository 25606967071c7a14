import { describe, expect, it } from '@jest/globals';
import { appidsIn, selectionOf } from './selection.js';

describe('selectionOf', () => {
  it('A selection has the filters of ListOperations, in the form of the contract', () => {
    const values = {
      method: 'Release',
      state: 'in-doubt',
      template: '7',
      createTimeAfter: '2026-03-01T08:00:00+08:00',
    };
    expect(selectionOf(values)).toEqual({
      request: {
        method: 'Release',
        state: 'OPERATION_STATE_IN_DOUBT',
        create_time_after: '2026-03-01T00:00:00.000Z',
      },
      template: '7',
      appids: undefined,
    });
  });

  it.each([
    [{ method: 'Relaese' }, '--method must be the name of an RPC'],
    [{ state: 'DONE' }, '--state must be one of QUEUED, RUNNING'],
    [{ template: 'seven' }, '--template must be the id'],
    [{ createTimeAfter: '2026-03-01' }, '--create-time-after must be a time with its offset'],
    [{ appidFile: '/dev/null/x' }, '--appid-file: '],
  ])('The options %j are rejected with %j', (values, message) => {
    expect(() => selectionOf(values)).toThrow(message);
  });
});

it('The first line that is not an appid is named', () => {
  expect([...appidsIn('wx00000000000000a1\r\n\nwx00000000000000a2\n')]).toHaveLength(2);
  expect(() => appidsIn('wx00000000000000a1\nwx1')).toThrow('line 2 is not an appid: wx1');
});
