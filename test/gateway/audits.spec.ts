import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { AuditState, AuditsClient, ListAuditsRequest } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { call, refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway();
const APPID = newAppid();

const INSERT = `
insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, delayed_at, reason)
select gen_random_uuid(), $1, n, 'v' || n, case when n > 4 then 'REJECTED' else 'OPEN' end,
  timestamptz '2027-01-01T00:00:00Z' + n * interval '1 day', case when n = 2 then now() end, case when n > 4 then '1:标题' else '' end
from generate_series(1, 6) n`;

describe('Audits', () => {
  it('ListAudits pages through the audits of its filters, and GetAudit returns one or fails with AUDIT_NOT_FOUND', async () => {
    await database.rows(INSERT, [APPID]);
    const audits = new AuditsClient(gateway.grpc, credentials.createInsecure());
    const list = (fields: Partial<ListAuditsRequest>) =>
      call(audits, audits.listAudits, ListAuditsRequest.fromPartial({ appid: APPID, ...fields }));
    try {
      const first = await list({ pageSize: 4 });
      const second = await list({ pageSize: 4, pageToken: first.nextPageToken });
      expect([...first.audits, ...second.audits].map(({ auditId }) => auditId)).toEqual([
        1n,
        2n,
        3n,
        4n,
        5n,
        6n,
      ]);
      expect(second.nextPageToken).toBe('');
      const state = AuditState.AUDIT_STATE_PENDING;
      const before = new Date('2027-01-04T00:00:00Z');
      const open = await list({ state, submittedBefore: before });
      expect(open.audits.map(({ auditId, delayed }) => [auditId, delayed])).toEqual([
        [1n, false],
        [2n, true],
      ]);
      expect((await list({ delayed: true })).audits.map(({ auditId }) => auditId)).toEqual([2n]);
      expect(await call(audits, audits.getAudit, { appid: APPID, auditId: 6n })).toMatchObject({
        userVersion: 'v6',
        state: AuditState.AUDIT_STATE_REJECTED,
        reason: '1:标题',
      });
      expect(await refusalOf(call(audits, audits.getAudit, { appid: APPID, auditId: 7n }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'AUDIT_NOT_FOUND',
      });
      const refused = list({ state, pageToken: first.nextPageToken });
      expect(await refusalOf(refused)).toMatchObject({ violations: [{ field: 'page_token' }] });
    } finally {
      audits.close();
    }
  });
});
