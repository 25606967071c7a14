import { expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { isEnough, ROLE_OF, STREAM_ROLE_OF } from './roles.js';

const ROLES = Object.entries({ ...ROLE_OF, ...STREAM_ROLE_OF });

it('A query needs a viewer, a change of a mini-program or of the platform an operator, and so does a link that authorizes', () => {
  const kindOf = (rpc: string) => METHODS[rpc.split('/')[1] as keyof typeof METHODS]?.kind;
  const roles = { query: 'viewer', change: 'operator' };
  const known = ROLES.filter(([rpc]) => kindOf(rpc) !== undefined && rpc !== 'Authorizers/ImportAuthorizer');
  expect(known.length).toBeGreaterThan(40);
  const others = known.filter(([rpc, role]) => role !== roles[kindOf(rpc)]);
  expect(others).toEqual([['Authorizers/CreateAuthorizationLink', 'operator']]);
});

it('A viewer may call what reads, in all services, and nobody an import', () => {
  const ofViewers = ROLES.filter(([, role]) => role === 'viewer');
  const verbs = new Set(ofViewers.map(([rpc]) => /\/([A-Z][a-z]+)/.exec(rpc)?.[1]));
  expect([ROLES.length > 90, ofViewers.length > 40]).toEqual([true, true]);
  expect([...verbs].toSorted()).toEqual(['Get', 'List', 'Refresh', 'Wait', 'Watch']);
  expect(ROLES.filter(([, role]) => role === null)).toEqual([['Authorizers/ImportAuthorizer', null]]);
});

it('Nobody may call what is for nobody, and nobody without a role anything', () => {
  expect([isEnough('operator', null), isEnough(undefined, 'viewer'), isEnough('viewer', 'operator')]).toEqual(
    [false, false, false],
  );
  expect([isEnough('viewer', 'viewer'), isEnough('operator', 'viewer')]).toEqual([true, true]);
});
