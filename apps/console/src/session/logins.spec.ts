import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import { Logins } from './logins.js';
import type { Sessions } from './sessions.js';

const logger = { warn: () => undefined, info: () => undefined } as unknown as Logger;

/** Logins whose checks do not end; the names whose passwords are being checked. */
function endlessLogins(): { logins: Logins; checked: string[] } {
  const checked: string[] = [];
  const logIn = (name: string) => {
    checked.push(name);
    return new Promise<undefined>(() => undefined);
  };
  return { logins: new Logins({ logIn } as unknown as Sessions, logger), checked };
}

it('Two passwords of an address are checked at once, 18 wait, and that of another address is checked at once', async () => {
  const { logins, checked } = endlessLogins();
  const attempt = (name: string, address: string) => logins.logIn({ name, password: 'x', address });
  const flood = Array.from({ length: 100 }, (_, i) => attempt(`name ${i}`, '203.0.113.9'));
  for (const refused of flood.slice(20)) expect(await refused).toEqual({ waitMs: expect.any(Number) });
  expect(checked).toEqual(['name 0', 'name 1']);
  void attempt('zhang', '203.0.113.10');
  expect(checked).toEqual(['name 0', 'name 1', 'zhang']);
});

it('Names from one IPv6 network share the attempts of one address', async () => {
  const { logins, checked } = endlessLogins();
  const flood = Array.from({ length: 100 }, (_, i) =>
    logins.logIn({ name: `name ${i}`, password: 'x', address: `2001:db8::${i}` }),
  );
  for (const refused of flood.slice(20)) expect(await refused).toEqual({ waitMs: expect.any(Number) });
  expect(checked).toHaveLength(2);
});
