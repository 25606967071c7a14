import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { EncryptJWT } from 'jose';
import { z } from 'zod';
import { SealedCookies } from './sealed-cookies.js';

const [KEY, NEXT, OTHER] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const shape = z.object({ name: z.string() });
const sealed = new SealedCookies(KEY).seal('session', { name: '张三' }, 60);
const open = async (cookies: SealedCookies, cookie?: string) =>
  cookies.open('session', shape, cookie ?? (await sealed));

it('A cookie is opened with its key while that is the current or the previous one', async () => {
  for (const cookies of [new SealedCookies(KEY), new SealedCookies(NEXT, KEY)])
    expect(await open(cookies)).toEqual({ name: '张三' });
  for (const cookies of [new SealedCookies(NEXT), new SealedCookies(NEXT, OTHER)])
    expect(await open(cookies)).toBeUndefined();
});

it('A cookie with a changed character in any of its parts is refused', async () => {
  const parts = (await sealed).split('.');
  const altered = parts.map((part, i) => {
    const changed = part === '' ? 'A' : `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}`;
    return parts.with(i, changed).join('.');
  });
  for (const cookie of [...altered, '', 'x', 'a.b.c.d.e'])
    expect(await open(new SealedCookies(KEY), cookie)).toBeUndefined();
});

it('A cookie is refused after its time, without a time, and as a cookie of another purpose', async () => {
  const cookies = new SealedCookies(KEY);
  expect(await open(cookies, await cookies.seal('session', { name: 'x' }, -1))).toBeUndefined();
  const forever = new EncryptJWT({ name: 'x' }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' });
  expect(await open(cookies, await forever.setAudience('session').encrypt(KEY))).toBeUndefined();
  expect(await open(cookies, await cookies.seal('single-sign-on', { name: 'x' }, 60))).toBeUndefined();
});
