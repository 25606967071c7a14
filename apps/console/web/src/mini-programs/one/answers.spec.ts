import { expect, it } from '@jest/globals';
import type { MiniProgram } from '../types.js';
import { type Answers, withAnswers } from './answers.js';

const KNOWN = {
  appid: 'wx0000000000000001',
  trial: { userVersion: '1.0', templateId: '7' },
  audit: { auditId: '1', state: 'AUDIT_STATE_APPROVED', decideTime: '2026-12-01T00:00:00Z' },
  grayPercentage: 0,
} as MiniProgram;
const answers = (trial: string, auditId: string, status: string) =>
  ({
    versions: { value: { trial: { version: trial } } },
    audit: { value: { audit: { auditId, state: 'AUDIT_STATE_PENDING' } } },
    gray: { value: { plan: { status: `GRAY_RELEASE_STATUS_${status}`, percentage: 30 } } },
  }) as Answers;

it('What WeChat knows and this service does not can be acted on: a version, an audit, a gray release.', () => {
  expect(withAnswers(KNOWN, answers('2.0', '2', 'RUNNING'))).toMatchObject({
    trial: { userVersion: '2.0' },
    audit: { auditId: '2', state: 'AUDIT_STATE_PENDING' },
    grayPercentage: 30,
  });
});

it('What this service knows stays as it knows it, and a refused question changes nothing.', () => {
  expect(withAnswers(KNOWN, answers('1.0', '1', 'COMPLETED'))).toEqual(KNOWN);
  expect(withAnswers(KNOWN, { versions: {}, audit: {}, gray: {} })).toEqual(KNOWN);
});
