import { expect, it } from '@jest/globals';
import { methodOf } from '@wxa/client';
import { responseText } from './show.js';

it('A response with fields and lists is printed as its fields and a table for each list', () => {
  const { output } = methodOf('Platform/GetPlatformStatus');
  const stop = { endTime: '2027-01-01T00:00:00Z', errcode: 85085, errmsg: 'used up' };
  const text = responseText(output, {
    ticketAge: '61s',
    auditQuota: { quota: { rest: 3, limit: 10 } },
    apis: [{ api: 'wxa/release', waitingOperations: 2, stop }, { api: 'wxa/commit' }],
    outboxes: [{ app: 'gateway', depth: 5 }],
    openAudits: 1,
  });
  expect(text).toBe(
    [
      'ticket_age\t61s\naudit_quota.quota.rest\t3\naudit_quota.quota.limit\t10\nopen_audits\t1',
      'wxa/release\t\t2\t2027-01-01T00:00:00Z\t85085\t\nwxa/commit\t\t\t\t\t',
      'gateway\t5\t\t',
    ].join('\n\n'),
  );
});

it('A list is printed as a table only, without the token of its next page', () => {
  const { output } = methodOf('Operations/ListOperations');
  const operations = [{ id: '1', appid: 'wx1', method: 'Commit', state: 'OPERATION_STATE_QUEUED' }];
  expect(responseText(output, { operations, nextPageToken: 'x' })).toBe('1\twx1\tCommit\tQUEUED\t\t\t');
});
