import { expect, it } from '@jest/globals';
import { whoOf } from './who.js';

it('The user whom a caller states is shown with the caller, so that a script cannot look like one', () => {
  expect(whoOf({ onBehalfOf: 'zhang', caller: 'nightly-script' })).toBe('zhang (nightly-script)');
  expect(whoOf({ onBehalfOf: '', caller: 'nightly-script' })).toBe('nightly-script');
  expect(whoOf({ onBehalfOf: 'zhang', caller: '' })).toBe('zhang');
});
