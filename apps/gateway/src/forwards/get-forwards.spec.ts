import { expect, it } from '@jest/globals';
import { getForwards } from './get-forwards.js';

it('The callbacks that a service with tokens handles itself are named without a forward file too', () => {
  const keptNames = expect.arrayContaining(['component_verify_ticket', 'authorized']);
  expect(getForwards(null, true)).toMatchObject({ forwards: [], keptNames });
  expect(getForwards(null, false).keptNames).toEqual([]);
});
