import { expect, it } from '@jest/globals';
import { compare, readOf } from './suggestion.js';

it.each<[string, object, object, string | undefined]>([
  ['Commit', { userVersion: '2.0' }, { trial: { version: '2.0' } }, 'DONE'],
  ['Commit', { userVersion: '2.0' }, { trial: { version: '1.9' } }, 'NOT_DONE'],
  ['Commit', { userVersion: '2.0' }, {}, 'NOT_DONE'],
  ['Release', { expectedUserVersion: '2.0' }, { release: { version: '2.0' } }, 'DONE'],
  ['Release', {}, { release: { version: '2.0' } }, undefined],
  ['RevertRelease', { expectedUserVersion: '2.0' }, { release: { version: '2.0' } }, 'NOT_DONE'],
  ['RevertRelease', { expectedUserVersion: '2.0' }, { release: { version: '1.0' } }, 'DONE'],
  ['ChangeVisitStatus', { status: 'VISIT_STATUS_CLOSED' }, { status: 'VISIT_STATUS_OPEN' }, 'NOT_DONE'],
  ['SetSupportVersion', { version: '3.0.0' }, { nowVersion: '3.0.0' }, 'DONE'],
  ['UndoAudit', {}, { audit: { state: 'AUDIT_STATE_WITHDRAWN' } }, 'DONE'],
  ['UndoAudit', {}, { audit: { state: 'AUDIT_STATE_PENDING' } }, 'NOT_DONE'],
  ['GrayRelease', { percentage: 20 }, { plan: { percentage: 20 } }, 'DONE'],
  ['GrayRelease', { percentage: 20 }, {}, 'NOT_DONE'],
  ['RevertGrayRelease', {}, {}, 'DONE'],
  ['SubmitAudit', {}, { audit: { state: 'AUDIT_STATE_PENDING', auditId: '7' } }, undefined],
  ['AddTester', {}, {}, undefined],
])('%s of %j with the answer %j suggests %s', (method, request, answer, suggestion) => {
  expect(compare(method, { ...request }, { ...answer }).suggestion).toBe(suggestion);
  expect(compare(method, { ...request }, undefined).suggestion).toBeUndefined();
});

it('A change that no read shows gets no suggestion', () => {
  expect(readOf('AddTester')).toBeUndefined();
  expect(compare('SubmitAudit', {}, { audit: { state: 'AUDIT_STATE_PENDING', auditId: '7' } }).found).toBe(
    'AUDIT_STATE_PENDING 7',
  );
});
