import { describe, expect, it } from '@jest/globals';
import { VisitStatus } from '@wxa/contracts';
import type {
  AuditState,
  AuditStatus,
  GrayReleasePlan,
  GrayReleaseStatus,
  VersionInfo,
} from '@wxa/wxa-client';
import * as judge from './comparisons.js';

const SINCE = new Date('2026-01-02T03:04:05.678Z');
const version = (name: string, time = SINCE, desc = 'd'): VersionInfo => ({
  version: name,
  desc,
  createdAt: time,
});
const audit = (auditId: bigint, state: AuditState = 'PENDING', userVersion = '2.0'): AuditStatus => ({
  ...{ auditId, state, userVersion, userDesc: '', submittedAt: SINCE },
  ...{ reason: '', screenshots: [] },
});
const plan = (status: GrayReleaseStatus, percentage: number): GrayReleasePlan => ({
  ...{ status, percentage, supportDebuggerFirst: false, supportExperiencerFirst: false },
  ...{ createdAt: SINCE, defaultFinishAt: undefined },
});
/** As in the source document. */
const withoutFlags = (full: GrayReleasePlan): GrayReleasePlan => ({
  ...full,
  ...{ supportDebuggerFirst: undefined, supportExperiencerFirst: undefined },
});
const later = (ms: number) => new Date(SINCE.getTime() + ms);

describe('Commit', () => {
  const request = { userVersion: '2.0', userDesc: 'd' };
  it.each([
    ['version, description and time match', version('2.0', later(2000)), 'executed'],
    [
      'it was done within the second of its claim',
      version('2.0', new Date('2026-01-02T03:04:05Z')),
      'executed',
    ],
    ['the same version is older', version('2.0', new Date('2026-01-02T03:04:04Z')), 'not-executed'],
    ['the version is another', version('1.0', later(2000)), 'not-executed'],
    ['the description is another', version('2.0', later(2000), 'e'), 'not-executed'],
    ['there is no trial version', undefined, 'not-executed'],
  ])('%s', (_what, trial, kind) => {
    expect(judge.judgeCommit(request, trial, SINCE).kind).toBe(kind);
  });
});

describe('SubmitAudit', () => {
  const noted = judge.noteAudit(audit(7n, 'REJECTED'));
  it.each([
    ['a new audit of our version', noted, audit(8n), 'executed'],
    ['the first audit of all', judge.noteAudit(undefined), audit(1n), 'executed'],
    ['no new audit', noted, audit(7n), 'not-executed'],
    ['still no audit', judge.noteAudit(undefined), undefined, 'not-executed'],
    ['a new audit of another version', noted, audit(8n, 'PENDING', '9.9'), 'inconclusive'],
    ['a new audit that names no version', noted, audit(8n, 'PENDING', ''), 'executed'],
    ['nothing noted', null, audit(8n), 'inconclusive'],
  ])('%s', (_what, before, latest, kind) => {
    expect(judge.judgeSubmit(before, latest, '2.0').kind).toBe(kind);
  });

  it('gives the audit id exactly', () => {
    const found = judge.judgeSubmit(noted, audit(9007199254740993n), '');
    expect(found).toEqual({ kind: 'executed', result: { auditId: 9007199254740993n } });
  });
});

describe('UndoAudit', () => {
  const open = judge.noteAudit(audit(7n, 'DELAYED'));
  it.each([
    ['the open audit is withdrawn', open, audit(7n, 'WITHDRAWN'), 'executed'],
    ['it is still open', open, audit(7n, 'PENDING'), 'not-executed'],
    ['it was decided meanwhile', open, audit(7n, 'APPROVED'), 'not-executed'],
    [
      'it was withdrawn before',
      judge.noteAudit(audit(7n, 'WITHDRAWN')),
      audit(7n, 'WITHDRAWN'),
      'not-executed',
    ],
    ['there is a newer one', open, audit(8n, 'WITHDRAWN'), 'inconclusive'],
    ['there was never one', judge.noteAudit(undefined), undefined, 'not-executed'],
    ['the open one is gone', judge.noteAudit(audit(7n, 'PENDING')), undefined, 'executed'],
    ['one that had ended is gone', judge.noteAudit(audit(7n, 'REJECTED')), undefined, 'not-executed'],
    ['nothing noted', null, audit(7n, 'WITHDRAWN'), 'inconclusive'],
  ])('%s', (_what, noted, latest, kind) => {
    expect(judge.judgeUndo(noted, latest).kind).toBe(kind);
  });
});

describe('Release and RevertRelease', () => {
  const before = judge.noteRelease(version('1.0'));
  it.each([
    ['the released version changed', before, version('2.0', later(9000)), 'executed', 'executed'],
    ['the same version was released anew', before, version('1.0', later(9000)), 'inconclusive', 'executed'],
    ['nothing changed', before, version('1.0'), 'not-executed', 'not-executed'],
    ['the first release', judge.noteRelease(undefined), version('2.0'), 'executed', 'executed'],
    ['nothing noted', null, version('2.0'), 'inconclusive', 'inconclusive'],
  ])('%s', (_what, noted, now, release, revert) => {
    expect(judge.judgeRelease(noted, now, audit(8n, 'APPROVED')).kind).toBe(release);
    expect(judge.judgeRevert(noted, now).kind).toBe(revert);
  });
});

describe('GrayRelease and RevertGrayRelease', () => {
  const request = { percentage: 10, supportDebuggerFirst: false, supportExperiencerFirst: false };
  const none = judge.noteGray(plan('INITIAL', 0));
  it.each([
    ['runs with our share', none, plan('RUNNING', 10), 'executed', 'not-executed'],
    [
      'ran so before',
      judge.noteGray(plan('RUNNING', 10)),
      plan('RUNNING', 10),
      'not-executed',
      'not-executed',
    ],
    ['runs with another share', none, plan('RUNNING', 50), 'inconclusive', 'not-executed'],
    ['never was', none, plan('INITIAL', 0), 'not-executed', 'executed'],
    ['is deleted', judge.noteGray(plan('RUNNING', 5)), plan('DELETED', 5), 'inconclusive', 'executed'],
    [
      'that tells no flags runs with our share',
      none,
      withoutFlags(plan('RUNNING', 10)),
      'executed',
      'not-executed',
    ],
    [
      'is complete',
      judge.noteGray(plan('RUNNING', 5)),
      plan('COMPLETED', 100),
      'inconclusive',
      'inconclusive',
    ],
    ['is unknown', null, undefined, 'inconclusive', 'executed'],
  ])('the plan %s', (_what, noted, now, gray, revert) => {
    expect(judge.judgeGray(noted, request, now).kind).toBe(gray);
    expect(judge.judgeRevertGray(now).kind).toBe(revert);
  });
});

describe('GrayRelease to all', () => {
  const request = { percentage: 100, supportDebuggerFirst: false, supportExperiencerFirst: false };
  it.each([
    ['is complete', plan('COMPLETED', 100), 'executed'],
    ['is complete at another share', plan('COMPLETED', 50), 'inconclusive'],
  ])('%s', (_what, now, kind) => {
    expect(judge.judgeGray(judge.noteGray(plan('RUNNING', 50)), request, now).kind).toBe(kind);
  });
});

describe('GrayRelease to nobody but a group', () => {
  const request = { percentage: 0, supportDebuggerFirst: true, supportExperiencerFirst: false };
  const group = (debuggers: boolean) => ({ ...plan('RUNNING', 0), supportDebuggerFirst: debuggers });
  it.each([
    ['runs for our group', group(true), 'executed'],
    ['runs for no group', group(false), 'inconclusive'],
    ['never was', plan('INITIAL', 0), 'not-executed'],
  ])('%s', (_what, now, kind) => {
    expect(judge.judgeGray(judge.noteGray(plan('INITIAL', 0)), request, now).kind).toBe(kind);
  });
});

describe('ChangeVisitStatus and SetSupportVersion', () => {
  it.each([
    [VisitStatus.VISIT_STATUS_OPEN, true, 'executed'],
    [VisitStatus.VISIT_STATUS_OPEN, false, 'not-executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, false, 'executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, true, 'not-executed'],
  ])('%s where visible is %s', (status, visible, kind) => {
    expect(judge.judgeVisit({ status }, visible).kind).toBe(kind);
  });

  it('are done where they are as asked', () => {
    const now = { nowVersion: '1.1.0', shares: [] };
    expect(judge.judgeSupport({ version: '1.1.0' }, now).kind).toBe('executed');
    expect(judge.judgeSupport({ version: '1.1.1' }, now).kind).toBe('not-executed');
  });
});

describe('SpeedUpAudit', () => {
  it.each<[AuditStatus['state'], string]>([
    ['PENDING', 'retry-proves'],
    ['DELAYED', 'retry-proves'],
    ['APPROVED', 'inconclusive'],
    ['WITHDRAWN', 'inconclusive'],
  ])('of an audit that is %s is %s', (state, kind) => {
    expect(judge.judgeSpeedUp({ state }).kind).toBe(kind);
  });
});

describe('AddTemplate and DeleteTemplate', () => {
  const template = (templateId: bigint, draftId: bigint) => ({ templateId, draftId });
  const noted = judge.noteTemplates([template(7n, 1n), template(9007199254740993n, 2n)]);

  it.each<[string, judge.Noted, bigint[], string]>([
    ['a newer one of our draft', noted, [9007199254740994n, 1n], 'executed'],
    ['the first of all', judge.noteTemplates([]), [0n, 1n], 'executed'],
    ['an older one of our draft', noted, [9007199254740993n, 1n], 'not-executed'],
    ['a newer one of another draft', noted, [9007199254740994n, 2n], 'not-executed'],
    ['nothing noted', null, [9007199254740994n, 1n], 'inconclusive'],
  ])('with %s', (_what, before, [templateId = 0n, draftId = 0n], kind) => {
    expect(judge.judgeAddTemplate(before, { draftId: 1n }, [template(templateId, draftId)]).kind).toBe(kind);
  });

  it('is deleted where it is not there', () => {
    expect(judge.judgeDeleteTemplate({ templateId: 7n }, [template(8n, 1n)]).kind).toBe('executed');
    expect(judge.judgeDeleteTemplate({ templateId: 7n }, [template(7n, 1n)]).kind).toBe('not-executed');
    expect(judge.judgeDeleteTemplate({}, [template(0n, 1n)]).kind).toBe('not-executed');
  });
});
