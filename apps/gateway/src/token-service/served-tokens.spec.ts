import { expect, it } from '@jest/globals';
import type { StoredToken, TokenReading } from '@wxa/authorizers';
import { notAllowed } from '../callers/not-allowed.js';
import { ServedTokens } from './served-tokens.js';

const APPID = 'wx0123456789abcdef';
const ENDING: StoredToken = {
  ...{ state: 'AUTHORIZED', token: 'old', tokenId: '0a1b2c3d', sealed: 'sealed' },
  ...{ remainingMs: 300_000, grantedMs: 7_200_000 },
};

it('A reader that loses its right while it waits for a renewal gets no token', async () => {
  const served: TokenReading[] = [];
  const tokens = {
    serveToken: async (reading: TokenReading) => {
      served.push(reading);
      return { stored: ENDING, isServed: reading.isGood(ENDING) };
    },
    wantRenewal: async () => undefined,
    isRenewalAwaited: async () => false,
  };
  const under = new ServedTokens(tokens, { mayHaveLostTimeOn: async () => false });
  const read = {
    of: { appid: APPID, isPlatform: false },
    by: { caller: 'crm', onBehalfOf: null, peer: null },
    isRefresh: false,
  };
  const lost = () => {
    throw notAllowed({ caller: 'crm', method: 'Tokens/GetAccessToken' }, APPID);
  };
  await expect(under.read(read, lost)).rejects.toMatchObject({ facts: { reason: 'CALLER_NOT_ALLOWED' } });
  expect(served).toHaveLength(1);
  expect(await under.read(read, () => undefined)).toBe(ENDING);
});
