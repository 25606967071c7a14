import { expect, it } from '@jest/globals';
import type { AuditFilter, ListedAudit } from '@wxa/audits';
import { AuditState, ListAuditsRequest } from '@wxa/contracts';
import { listAudits, toAudit } from './list-audits.js';

const AT = new Date('2027-01-01T00:00:00Z');
const OPEN: ListedAudit = {
  ...{ operationId: 'o', rolloutId: null, appid: 'wx1', auditId: '9007199254740993', userVersion: '1.0' },
  ...{ state: 'OPEN', delayedAt: null, reason: '', screenshots: [], submittedAt: AT, decidedAt: null },
};

it('An open audit is PENDING, with its id exact to the last digit', () => {
  expect(toAudit(OPEN)).toEqual({
    ...{ appid: 'wx1', auditId: 9007199254740993n, operationId: 'o', rolloutId: '', userVersion: '1.0' },
    ...{ state: AuditState.AUDIT_STATE_PENDING, delayed: false, reason: '', screenshots: [] },
    ...{ submitTime: AT, decideTime: undefined, delayTime: undefined },
  });
});

it('Only an open audit is delayed; an ended one keeps the time of its delay', () => {
  const delayed = { ...OPEN, delayedAt: AT };
  expect(toAudit(delayed)).toMatchObject({ delayed: true, delayTime: AT });
  expect(toAudit({ ...delayed, state: 'REJECTED', decidedAt: AT, rolloutId: 'r' })).toMatchObject({
    ...{ state: AuditState.AUDIT_STATE_REJECTED, delayed: false, delayTime: AT, decideTime: AT },
    rolloutId: 'r',
  });
});

const asked: AuditFilter[] = [];
const list = async (filter: AuditFilter) => {
  asked.push(filter);
  const positions = ['1', '2', '3'].filter((position) => position > (filter.after ?? '0'));
  const audits = positions.slice(0, filter.limit).map((position) => ({ ...OPEN, position }));
  return { audits, examinedTo: undefined };
};
const page = (fields: Partial<ListAuditsRequest>) =>
  listAudits({ audits: { list } }, ListAuditsRequest.fromPartial(fields), new AbortController().signal);

it('The filters of a request are those of the store, and the next page has them too', async () => {
  const same = { appid: 'wx1', delayed: true, submittedBefore: AT, newestFirst: true };
  const fields = { ...same, auditId: 9007199254740993n, state: AuditState.AUDIT_STATE_PENDING };
  const filter = { ...same, auditId: '9007199254740993', state: 'OPEN', limit: 3 };
  const first = await page({ ...fields, pageSize: 2 });
  expect(asked.pop()).toEqual(filter);
  const { audits, nextPageToken } = await page({ ...fields, pageSize: 2, pageToken: first.nextPageToken });
  expect(asked.pop()).toEqual({ ...filter, after: '2' });
  expect([first.audits.length, audits.length, nextPageToken]).toEqual([2, 1, '']);
});

it('A request without filters asks for 50 audits in any state', async () => {
  await page({});
  expect(asked.pop()).toEqual({ limit: 51 });
});
