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
  const refused = list({ state, pageToken: first.nextPageToken });
  expect(await refusalOf(refused)).toMatchObject({ violations: [{ field: 'page_token' }] });
});
