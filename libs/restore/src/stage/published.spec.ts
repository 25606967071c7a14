import { expect, it } from '@jest/globals';
import { auditEvents, commandEvent, requestHash } from '@wxa/contracts';
import { inOrderOfAcceptance, publishedAudit } from './published.js';
import type { StagedEvent } from './staged-events.js';

const APPID = 'wx0123456789abcdef';
const idOf = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;

/** The command of an operation at an offset. */
function command(n: number, offset: number, requestHash?: Buffer): StagedEvent {
  const request = { appid: APPID, requestId: `r-${n}` };
  const operation = {
    id: idOf(n),
    appid: APPID,
    method: 'Release',
    request,
    ...(requestHash && { requestHash }),
  };
  const event = commandEvent({ ...operation, createdAt: new Date(0), traceparent: 't' }, 'gateway');
  return { ...event, partition: 0, offset: String(offset), operationId: idOf(n) };
}

it.each(['REJECTED', 'DELAYED'] as const)(
  'A published audit that is %s has the reason of its event',
  (state) => {
    const audit = { operationId: idOf(1), auditId: '7', userVersion: '1.0', traceparent: null };
    const decision = { state, source: 'CALLBACK' as const, decidedAt: new Date(0), originalId: 'gh_1' };
    const said = { reason: '1:标题', screenshots: ['a', 'b'] };
    const event = auditEvents(() => [])(APPID, audit, { ...decision, ...said }, 'event');
    const found = publishedAudit({ ...event, partition: 0, offset: '0', operationId: idOf(1) });
    // AuditDelayed has no screenshots.
    const screenshots = state === 'DELAYED' ? [] : said.screenshots;
    expect(found).toMatchObject({ state, reason: said.reason, screenshots, originalId: 'gh_1' });
  },
);

it('An operation whose command was published twice keeps the place and offset of its first command', () => {
  const operations = inOrderOfAcceptance([command(1, 5), command(2, 6), command(1, 7), command(3, 8)]);
  expect(operations.map(({ id, offset }) => [id, offset])).toEqual([
    [idOf(1), '5'],
    [idOf(2), '6'],
    [idOf(3), '8'],
  ]);
});

it('A lost operation has the hash of its command, or else that of its request', () => {
  const given = Buffer.from('0102', 'hex');
  const [first, second] = inOrderOfAcceptance([command(1, 5, given), command(2, 6)]);
  expect(first?.requestHash).toEqual(given);
  expect(second?.requestHash).toEqual(requestHash('Release', { appid: APPID }));
});
