import { expect, it } from '@jest/globals';
import { compare, readOf } from './suggestion.js';

/** When the change was sent. */
const startTime = '2026-10-01T02:52:07.400Z';
const trial = { version: '2.0', desc: 'Fix', time: '2026-10-01T02:52:07Z' };
const commit = { userVersion: '2.0', userDesc: 'Fix' };
const gray = { percentage: 20, supportDebuggerFirst: true };
const plan = (status: string, fields: object = gray) => ({
  plan: { status: `GRAY_RELEASE_STATUS_${status}`, supportExperiencerFirst: false, ...fields },
});
const whole = { percentage: 100 };

it.each<[string, object, object, string | undefined]>([
  ['Commit', commit, { trial }, 'DONE'],
  ['Commit', commit, { trial: { ...trial, version: '1.9' } }, 'NOT_DONE'],
  ['Commit', commit, {}, 'NOT_DONE'],
  ['Commit', commit, { trial: { ...trial, desc: 'Feature' } }, undefined],
  ['Commit', commit, { trial: { ...trial, time: '2026-10-01T02:52:06Z' } }, undefined],
  ['Commit', commit, { trial: { version: '2.0', desc: 'Fix' } }, undefined],
  ['Release', { expectedUserVersion: '2.0' }, { release: { version: '2.0' } }, 'DONE'],
  ['Release', {}, { release: { version: '2.0' } }, undefined],
  ['RevertRelease', { expectedUserVersion: '2.0' }, { release: { version: '2.0' } }, 'NOT_DONE'],
  ['RevertRelease', { expectedUserVersion: '2.0' }, { release: { version: '1.0' } }, 'DONE'],
  ['ChangeVisitStatus', { status: 'VISIT_STATUS_CLOSED' }, { status: 'VISIT_STATUS_OPEN' }, 'NOT_DONE'],
  ['SetSupportVersion', { version: '3.0.0' }, { nowVersion: '3.0.0' }, 'DONE'],
  ['UndoAudit', {}, { audit: { state: 'AUDIT_STATE_WITHDRAWN' } }, 'DONE'],
  ['UndoAudit', {}, { audit: { state: 'AUDIT_STATE_PENDING' } }, 'NOT_DONE'],
  ['GrayRelease', gray, plan('RUNNING'), 'DONE'],
  ['GrayRelease', gray, plan('RUNNING', { ...gray, percentage: 10 }), undefined],
  ['GrayRelease', gray, plan('RUNNING', { percentage: 20 }), undefined],
  ['GrayRelease', gray, plan('PAUSED'), undefined],
  ['GrayRelease', gray, plan('COMPLETED'), undefined],
  ['GrayRelease', whole, plan('COMPLETED', whole), 'DONE'],
  ['GrayRelease', gray, {}, undefined],
  ['RevertGrayRelease', {}, {}, 'DONE'],
  ['RevertGrayRelease', {}, plan('INITIAL'), 'DONE'],
  ['RevertGrayRelease', {}, plan('DELETED'), 'DONE'],
  ['RevertGrayRelease', {}, plan('RUNNING'), 'NOT_DONE'],
  ['RevertGrayRelease', {}, plan('COMPLETED'), undefined],
  ['SubmitAudit', {}, { audit: { state: 'AUDIT_STATE_PENDING', auditId: '7' } }, undefined],
  ['AddTester', {}, {}, undefined],
])('%s of %j with the answer %j suggests %s', (method, request, answer, suggestion) => {
  expect(compare({ method, startTime }, { ...request }, { ...answer }).suggestion).toBe(suggestion);
  expect(compare({ method, startTime }, { ...request }, undefined).suggestion).toBeUndefined();
});

it('A request that is not known is not compared', () => {
  const { requested, found, suggestion } = compare({ method: 'Commit', startTime }, undefined, { trial });
  expect([requested, found, suggestion]).toEqual(['', '2.0 Fix', undefined]);
});

it('A change that no read shows gets no suggestion', () => {
  expect(readOf('AddTester')).toBeUndefined();
  const latest = { audit: { state: 'AUDIT_STATE_PENDING', auditId: '7' } };
  expect(compare({ method: 'SubmitAudit' }, {}, latest).found).toBe('AUDIT_STATE_PENDING 7');
});
