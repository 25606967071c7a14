import { expect, it } from '@jest/globals';
import { AuditState, type ListAuditsRequest } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway();
const APPID = newAppid();

const INSERT = `
insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, delayed_at, reason)
select gen_random_uuid(), $1, n, 'v' || n, case when n > 4 then 'REJECTED' else 'OPEN' end,
  timestamptz '2027-01-01T00:00:00Z' + n * interval '1 day', case when n = 2 then now() end, case when n > 4 then '1:标题' else '' end
from generate_series(1, 6) n`;

it('ListAudits pages through the audits of its filters, and GetAudit returns one or fails with AUDIT_NOT_FOUND', async () => {
  await database.rows(INSERT, [APPID]);
  const list = async (fields: Partial<ListAuditsRequest>) => {
    const { audits, nextPageToken } = await gateway.rpc('listAudits', { appid: APPID, ...fields });
    return { ids: audits.map(({ auditId }) => Number(auditId)), audits, nextPageToken };
  };
  const first = await list({ pageSize: 4 });
  const second = await list({ pageSize: 4, pageToken: first.nextPageToken });
  expect([first.ids, second.ids, second.nextPageToken]).toEqual([[1, 2, 3, 4], [5, 6], '']);
  const newest = await list({ pageSize: 4, newestFirst: true });
  const oldest = await list({ pageSize: 4, newestFirst: true, pageToken: newest.nextPageToken });
  expect([newest.ids, oldest.ids, oldest.nextPageToken]).toEqual([[6, 5, 4, 3], [2, 1], '']);
  const state = AuditState.AUDIT_STATE_PENDING;
  const open = await list({ state, submittedBefore: new Date('2027-01-04T00:00:00Z') });
  expect(open.audits).toMatchObject([
    { auditId: 1n, delayed: false },
    { auditId: 2n, delayed: true },
  ]);
  expect((await list({ delayed: true })).ids).toEqual([2]);
  expect((await list({ auditId: 5n })).ids).toEqual([5]);
  expect((await list({ auditId: 7n })).ids).toEqual([]);
  const get = (auditId: bigint) => gateway.rpc('getAudit', { appid: APPID, auditId });
  const rejected = AuditState.AUDIT_STATE_REJECTED;
  expect(await get(6n)).toMatchObject({ userVersion: 'v6', state: rejected, reason: '1:标题' });
  expect(await refusalOf(get(7n))).toMatchObject({ code: 'NOT_FOUND', reason: 'AUDIT_NOT_FOUND' });
  for (const misused of [{ state, pageToken: first.nextPageToken }, { pageToken: newest.nextPageToken }])
    expect((await refusalOf(list(misused))).fields).toEqual(['page_token']);
});

it('GetAuditSummary counts the audits of a template that were decided in the last 30 days, with the median of their times', async () => {
  const templateId = 987_654_321n;
  await database.rows(
    `insert into audits (operation_id, appid, audit_id, user_version, template_id, state, submitted_at, decided_at, decided_event)
     select gen_random_uuid(), $1, 100 + n, '1', $2, case when n > 2 then 'REJECTED' else 'APPROVED' end,
       now() - n * interval '1 hour', now(), '{"reasons": [{"title": "标题"}]}' from generate_series(1, 3) n`,
    [APPID, String(templateId)],
  );
  const { days, ...summary } = await gateway.rpc('getAuditSummary', { templateId });
  const counts = { approved: 2n, rejected: 1n, medianTime: { seconds: 7200n } };
  expect(summary).toMatchObject({
    ...{ ...counts, templates: [{ templateId, ...counts }] },
    reasons: [{ reason: '标题', count: 1n, latestTime: expect.any(Date) }],
  });
  expect(days).toMatchObject([counts]);
  const refused = await refusalOf(gateway.rpc('getAuditSummary', { templateId: -1n }));
  expect(refused.fields).toEqual(['template_id']);
});
