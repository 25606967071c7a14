import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import { Logins } from './logins.js';
import type { Sessions } from './sessions.js';

it('Twenty passwords are checked at once, and further logins wait a second', async () => {
  let check: (session: undefined) => void = () => undefined;
  const checked = new Promise<undefined>((resolve) => {
    check = resolve;
  });
  const logger = { warn: () => undefined, info: () => undefined } as unknown as Logger;
  const logins = new Logins({ logIn: () => checked } as unknown as Sessions, logger);
  const logIn = (name: string) => logins.logIn({ name, password: 'x', address: '10.0.0.1' });
  const pending = Array.from({ length: 20 }, (_, i) => logIn(`name ${i}`));
  expect(await logIn('one more')).toEqual({ waitMs: 1000 });
  check(undefined);
  expect(await Promise.all(pending)).toEqual(pending.map(() => ({ waitMs: 0 })));
  expect(await logIn('one more')).toEqual({ waitMs: 0 });
});
