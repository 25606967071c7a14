import { expect, it } from '@jest/globals';
import { reportOf } from './report.js';

it('A target of a part that was not measured names its command.', () => {
  expect(reportOf({})).toContain('not measured: `--only latency`');
});
