import { describe, expect, it } from '@jest/globals';
import { commandEvent } from '@wxa/contracts';
import type { StagedEvent } from '@wxa/store';
import { inOrderOfAcceptance } from './published.js';

const APPID = 'wx0123456789abcdef';
const idOf = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;

/** The command of an operation at an offset. */
function command(n: number, offset: number): StagedEvent {
  const request = { appid: APPID, requestId: `r-${n}` };
  const operation = {
    id: idOf(n),
    appid: APPID,
    method: 'Release',
    createdAt: new Date(0),
    traceparent: 't',
  };
  const event = commandEvent({ ...operation, request }, 'gateway');
  return { ...event, partition: 0, offset: String(offset), operationId: idOf(n) };
}

describe('inOrderOfAcceptance', () => {
  it('An operation whose command was published twice keeps the place and offset of its first command', () => {
    const operations = inOrderOfAcceptance([command(1, 5), command(2, 6), command(1, 7), command(3, 8)]);
    expect(operations.map(({ id, offset }) => [id, offset])).toEqual([
      [idOf(1), '5'],
      [idOf(2), '6'],
      [idOf(3), '8'],
    ]);
  });
});
