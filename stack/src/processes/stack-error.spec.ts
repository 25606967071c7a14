import { expect, it } from '@jest/globals';
import { describeError, knownFault, StackError } from './stack-error.js';

it.each([
  ['FATAL: could not extend file: No space left on device', 'The disk is full'],
  ['java.io.IOException: No space left on device', 'The disk is full'],
  ['Error: ENOSPC: no space left on device, write', 'The disk is full'],
  ['java.net.BindException: Address already in use', 'taken by another process'],
])('knownFault recognizes the log text "%s"', (text, sentence) => {
  expect(knownFault(text, 'Kafka')?.message).toContain(sentence);
});

it('describeError prints a StackError without a stack trace and any other error with it', () => {
  expect(describeError(new StackError('Install Maven.'))).toBe('Install Maven.');
  expect(describeError(new Error('bug'))).toContain('at ');
  expect(describeError('text')).toBe('text');
});
