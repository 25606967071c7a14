import { expect, it } from '@jest/globals';
import { AppidSet, type ForwardRule } from '@wxa/policy';
import { ForwardHealth } from './forward-health.js';
import { getForwards } from './get-forwards.js';

it('The callbacks that a service with tokens handles itself are named without a forward file too', () => {
  const keptNames = expect.arrayContaining(['component_verify_ticket', 'authorized']);
  expect(getForwards(null, true)).toMatchObject({ forwards: [], keptNames });
  expect(getForwards(null, false).keptNames).toEqual([]);
});

it('A ticket is sent to the first target whose rule takes it for the component appid', () => {
  const platform = 'wxc0de000000000000';
  const one = (name: string, events: ForwardRule['events'], appids: string) => ({
    rule: {
      ...{ name, events, appids: new AppidSet([appids]), url: 'http://127.0.0.1:9' },
      ...{ timeoutMs: 1, maxInFlight: 1, onFailure: 'redeliver' as const },
    },
    health: new ForwardHealth().lastHour(),
  });
  const rules = [
    one('few', new Set(['component_verify_ticket']), 'wx5f*'),
    one('texts', new Set(['text']), platform),
    one('tickets', 'all', 'wxc0*'),
    one('later', 'all', platform),
  ];
  const takers = (keepsTokens: boolean, of?: string) =>
    getForwards({ rules }, keepsTokens, of)
      .forwards.filter(({ takesTickets }) => takesTickets)
      .map(({ name }) => name);
  expect(takers(false, platform)).toEqual(['tickets']);
  expect(takers(true, platform)).toEqual([]);
  expect(takers(false)).toEqual([]);
});
