import { describe, expect, it } from '@jest/globals';
import { overtakenBy } from './order-of-ends.js';

describe('a retried operation', () => {
  it('is overtaken by what was accepted after it and ended between its first answer and its end', () => {
    const inOrderOfEnd = [
      { seq: 9, endedAt: 1_000 },
      { seq: 2, endedAt: 2_000 },
      { seq: 7, endedAt: 2_100 },
      { seq: 8, endedAt: 2_200 },
      { seq: 3, endedAt: 2_300 },
      { seq: 6, endedAt: 2_400 },
    ];
    expect(overtakenBy({ seq: 3, firstAnsweredAt: 1_000, endedAt: 2_300 }, inOrderOfEnd)).toBe(2);
  });
});
