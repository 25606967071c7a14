import { describe, expect, it } from '@jest/globals';
import { withTables } from './page.js';

const PAGE = 'before\n<!-- check: generated -->\nold\n<!-- check: end -->\nafter\n';

describe('the page of scale', () => {
  it('has a table in the place of the one before, and all else as it was', () => {
    expect(withTables(PAGE, { check: ['new', 'lines'] })).toBe(
      'before\n<!-- check: generated -->\nnew\nlines\n<!-- check: end -->\nafter\n',
    );
    expect(withTables(PAGE, {})).toBe(PAGE);
  });

  it('says so where a table has no place', () => {
    expect(() => withTables(PAGE, { capacity: ['x'] })).toThrow('no place for capacity');
  });
});
