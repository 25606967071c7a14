import { expect, it } from '@jest/globals';
import { isEnough, ROLE_OF, STREAM_ROLE_OF } from './roles.js';

it('What a viewer may call only reads, and what changes something needs an operator', () => {
  const isRead = (rpc: string) => /\/(Get|List|Wait|Watch|Refresh)/.test(rpc);
  const all = Object.entries({ ...ROLE_OF, ...STREAM_ROLE_OF });
  expect(all.length).toBeGreaterThan(90);
  for (const [rpc, role] of all) expect([rpc, role]).toEqual([rpc, isRead(rpc) ? 'viewer' : role]);
  expect(all.filter(([rpc, role]) => !isRead(rpc) && role === 'viewer')).toEqual([]);
});

it('Nobody may call what is for nobody, and nobody without a role anything', () => {
  expect([isEnough('operator', null), isEnough(undefined, 'viewer'), isEnough('viewer', 'operator')]).toEqual(
    [false, false, false],
  );
  expect([isEnough('viewer', 'viewer'), isEnough('operator', 'viewer')]).toEqual([true, true]);
});
