import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { methodOf } from '@wxa/client';
import type { RpcName } from '../gateway/rpc.js';
import { requestFrom } from './request-flags.js';
import { durationMs, limitOf } from './units.js';

const request = (rpc: RpcName, values: Record<string, unknown>) => requestFrom(methodOf(rpc).input, values);

describe('requestOf', () => {
  it('Options become the fields of the request, in the form of the contract', () => {
    const items = '[{"first_class": "工具", "first_id": 1}]';
    const values = { appid: 'wx1', items, feedbackMediaIds: ['a', 'b'], privacyApiNotUsed: true };
    expect(request('CodeManagement/SubmitAudit', values)).toEqual({
      appid: 'wx1',
      items: [{ first_class: '工具', first_id: 1 }],
      feedback_media_ids: ['a', 'b'],
      privacy_api_not_used: true,
    });
    expect(request('CodeManagement/ChangeVisitStatus', { status: 'closed' })).toEqual({
      status: 'VISIT_STATUS_CLOSED',
    });
    for (const mask of ['audit_budget,max_in_flight', 'auditBudget, maxInFlight'])
      expect(request('Rollouts/UpdateRollout', { updateMask: mask })).toEqual({
        update_mask: 'auditBudget,maxInFlight',
      });
    expect(request('PlatformDomains/SetPlatformDomains', { publishedTogether: 'false' })).toEqual({
      published_together: false,
    });
    expect(request('Setup/SetServerDomains', { fromSettings: true })).toEqual({ from_settings: true });
    expect(request('CodeManagement/Commit', { templateId: '9007199254740993' })).toEqual({
      template_id: '9007199254740993',
    });
  });

  it('The members of a scope are options of their own, and a file may be YAML', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'wxa-')), 'layer.yaml');
    writeFileSync(file, 'webview_domains:\n  - https://a.cn\n');
    const values = { label: '餐饮', settings: file, expectedVersion: '0' };
    expect(request('Settings/PutSettingsLayer', values)).toEqual({
      scope: { label: '餐饮' },
      settings: { webview_domains: ['https://a.cn'] },
      expected_version: '0',
    });
    rmSync(file);
    expect(request('Settings/GetSettingsLayer', { platform: true })).toEqual({ scope: { platform: true } });
  });

  it.each<[RpcName, Record<string, unknown>, string]>([
    ['CodeManagement/Commit', { templateId: 'seven' }, '--template-id must be a whole number: seven'],
    ['CodeManagement/GrayRelease', { percentage: '99999999999' }, '--percentage: '],
    ['CodeManagement/ChangeVisitStatus', { status: 'ajar' }, '--status must be one of OPEN, CLOSED: ajar'],
    ['Platform/StopApis', { scope: 'UNDO_CHANGES' }, '--scope must be one of FORWARD_CHANGES, ALL_CHANGES: '],
    ['CodeManagement/SubmitAudit', { items: '[{"tags": "x"}]' }, '--items: '],
    ['CodeManagement/SubmitAudit', { items: '[{' }, '--items is not JSON: '],
    ['CodeManagement/SubmitAudit', { items: '/no/such/file' }, '--items: ENOENT'],
    [
      'PlatformDomains/SetPlatformDomains',
      { publishedTogether: 'no' },
      '--published-together must be true or',
    ],
    ['Rollouts/UpdateRollout', { updateMask: 'audit budget' }, '--update-mask must be names of fields'],
    ['Operations/ListOperations', { createTimeAfter: 'today' }, '--create-time-after must be a time'],
  ])('The options of %s in %j are rejected with %j', (rpc, values, message) => {
    expect(() => request(rpc, values)).toThrow(message);
  });
});

it('A duration has a unit, and an invalid one names its option', () => {
  expect(['500ms', '30s', '5m', '2h'].map((text) => durationMs(text, 0))).toEqual([
    500, 30_000, 300_000, 7_200_000,
  ]);
  expect(durationMs(undefined, 7)).toBe(7);
  for (const text of ['5', '0s', '5 m', '600h', '-1s'])
    expect(() => durationMs(text, 0)).toThrow(
      `--timeout must be a duration up to 576h, as in 30s or 5m: ${text}`,
    );
});

it('A limit is 50 if it is not given, and at most 100,000', () => {
  expect([limitOf(undefined), limitOf('100000')]).toEqual([50, 100_000]);
  for (const text of ['0', '100001', 'all'])
    expect(() => limitOf(text)).toThrow('--limit must be 1 to 100000');
});
