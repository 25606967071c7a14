import { expect, it } from '@jest/globals';
import { read } from './sentence.js';

it.each([
  [
    '3 of 5 executions of AUDIT failed (rule AUDIT_REJECTED: 20 percent of at least 5)',
    'share',
    { bad: '3', ended: '5', step: 'AUDIT', rule: 'AUDIT_REJECTED', percent: '20' },
  ],
  ['failed executions: 1200 (rule ANY: count 1000)', 'count', { bad: '1200', rule: 'ANY', count: '1000' }],
  ['audits submitted or in flight 8000, max_submissions 8000', 'submissions', { n: '8000', limit: '8000' }],
  [
    'audits submitted today or in flight 200, max_submissions_per_day 200',
    'today',
    { n: '200', limit: '200' },
  ],
  ['audits open or in flight 50, max_open_audits 50', 'openAudits', { n: '50', limit: '50' }],
  ['audits left -2, reserve 200', 'reserve', { n: '-2', limit: '200' }],
  ['audits left 9 (GetAuditQuota failed: 48001), reserve 10', 'reserve', { n: '9', limit: '10' }],
  ['the audit quota is not read yet, reserve 200', 'unread', { limit: '200' }],
  ['WeChat refused a submission with 85085', 'exhausted', {}],
  ['submissions in flight 10, at most 10 in the hour after an 85085', 'lift', { n: '10', limit: '10' }],
  [
    'caller shop has 50 unfinished operations, rollouts may use 50 of 100',
    'caller',
    { caller: 'shop', n: '50', limit: '50', all: '100' },
  ],
  [
    'caller shop has 5000 audits this month, of at most 4000',
    'callerAudits',
    { caller: 'shop', n: '5000', limit: '4000' },
  ],
  ['wxa/commit is stopped for the whole platform', 'stopped', { api: 'wxa/commit' }],
  ['the first rollout released nothing', 'nothingReleased', {}],
  ['the live version is "3.0", not "2.0"', 'otherVersion', { version: '3.0', expected: '2.0' }],
  [
    'WeChat refused with 85013: version error rid: 1; Correct the template. [请修正模板。]',
    'error',
    { what: '85013', errmsg: 'version error rid: 1', hint: 'Correct the template. [请修正模板。]' },
  ],
  [
    'TOKEN_UNAVAILABLE: no ticket; Wait. [请等待。]',
    'error',
    { what: 'TOKEN_UNAVAILABLE', errmsg: 'no ticket', hint: 'Wait. [请等待。]' },
  ],
])('“%s” is read as %s', (sentence, key, values) => {
  expect(read(sentence)).toEqual({ key, values });
});

it('What an operator wrote is none of them', () => {
  expect(read('because: A; B')).toBeUndefined();
});
