import { describe, expect, it } from '@jest/globals';
import { ChangeVisitStatusRequest, SetSupportVersionRequest, VisitStatus } from '@wxa/contracts';
import { answers, concluded, invalidFields } from '../fixtures/wechat.js';
import { changeVisitStatus } from './change-visit-status.js';
import { setSupportVersion } from './set-support-version.js';

describe('ChangeVisitStatus', () => {
  it.each([
    [VisitStatus.VISIT_STATUS_OPEN, true, 'executed'],
    [VisitStatus.VISIT_STATUS_OPEN, false, 'not-executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, false, 'executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, true, 'not-executed'],
  ])('A change to %s, if WeChat says visible: %s, is %s.', async (status, visible, kind) => {
    const request = ChangeVisitStatusRequest.fromPartial({ status });
    const client = { getVisitStatus: answers({ visible }) };
    expect(await concluded(changeVisitStatus, { request }, client)).toMatchObject({ kind });
  });

  it('A status that is unspecified or unknown is a violation.', () => {
    const fields = (status: VisitStatus) =>
      invalidFields(changeVisitStatus, ChangeVisitStatusRequest.fromPartial({ status }));
    expect(fields(VisitStatus.VISIT_STATUS_CLOSED)).toEqual([]);
    expect(fields(VisitStatus.VISIT_STATUS_UNSPECIFIED)).toEqual(['status']);
    expect(fields(VisitStatus.UNRECOGNIZED)).toEqual(['status']);
  });
});

describe('SetSupportVersion', () => {
  it.each([
    ['1.1.0', 'executed'],
    ['1.1.1', 'not-executed'],
  ])('A change to %s, if WeChat has 1.1.0, is %s.', async (version, kind) => {
    const request = SetSupportVersionRequest.fromPartial({ version });
    const client = { getSupportVersion: answers({ nowVersion: '1.1.0', shares: [] }) };
    expect(await concluded(setSupportVersion, { request }, client)).toMatchObject({ kind });
  });

  it('A missing version is a violation.', () => {
    const fields = (version: string) =>
      invalidFields(setSupportVersion, SetSupportVersionRequest.fromPartial({ version }));
    expect([fields('1.0.0'), fields('')]).toEqual([[], ['version']]);
  });
});
