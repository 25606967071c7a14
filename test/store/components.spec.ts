import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secrets, type TokenStore } from '@wxa/store';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const component = 'wxc0de000000000000';

let scratch: ScratchStore;
let tokens: TokenStore;
beforeAll(async () => {
  scratch = await scratchStore();
  tokens = scratch.worker.tokens(new Secrets(randomBytes(32)));
});
afterAll(() => scratch?.close());

describe('component', () => {
  const ticket = (text: string, second: number) =>
    tokens.keepTicket({ appid: component, ticket: text, sentAt: new Date(second * 1000) });

  it('keepTicket stores the newest ticket, and keepComponentToken stores the token', async () => {
    expect(await tokens.readComponent(component)).toBeUndefined();
    expect(await ticket('one', 100)).toBe(true);
    expect(await ticket('late', 99)).toBe(false);
    expect(await ticket('two', 101)).toBe(true);
    await tokens.keepComponentToken({ appid: component, token: 'token', grantedMs: 60_000 });
    const found = await tokens.readComponent(component);
    expect(found).toMatchObject({ ticket: 'two', accessToken: 'token' });
    expect(found?.ticketAgeMs).toBeGreaterThan(1e12);
    expect(found?.remainingMs).toBeGreaterThan(50_000);
  });

  it('rejectComponentToken ends the stored token, but not another one', async () => {
    const appid = 'wxc0de000000000009';
    await tokens.keepTicket({ appid, ticket: 'one', sentAt: new Date() });
    await tokens.rejectComponentToken({ appid, token: 'one' });
    await tokens.keepComponentToken({ appid, token: 'two', grantedMs: 60_000 });
    await tokens.rejectComponentToken({ appid, token: 'one' });
    expect((await tokens.readComponent(appid))?.remainingMs).toBeGreaterThan(50_000);
    await tokens.rejectComponentToken({ appid, token: 'two' });
    expect((await tokens.readComponent(appid))?.remainingMs).toBeLessThanOrEqual(0);
  });

  it('mayAskForTicket allows one request per interval over all processes', async () => {
    const mayAsk = () => tokens.mayAskForTicket('wx0000000000000007', 60_000);
    expect((await Promise.all([mayAsk(), mayAsk(), mayAsk()])).filter(Boolean)).toHaveLength(1);
    expect(await tokens.mayAskForTicket('wx0000000000000007', 0)).toBe(true);
  });
});
