import { describe, expect, it } from '@jest/globals';
import { hashPassword, isPassword } from './credentials/password.js';
import { formatUsers, parseUsers, type StoredUser } from './users.js';

const HASH = `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const user = (name: string): StoredUser => ({ name, role: 'viewer', hash: HASH });

const faultOf = (text: string) => {
  try {
    parseUsers(text);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('the users file', () => {
  it('What formatUsers writes is what parseUsers reads', () => {
    const users = [user('张三'), { ...user('li.si@example.com'), role: 'operator' as const }];
    expect([...parseUsers(formatUsers(users)).values()]).toEqual(users);
    expect(formatUsers([])).toBe('{\n  "users": []\n}\n');
  });

  const NOT_WRITTEN = 'must be written by wxa users';
  const [x, y] = [user('x'), user('y')];
  const withHash = (salt: number, hash: number, cost = 32768) => ({
    users: [{ ...x, hash: `scrypt$${cost}$8$3$${'A'.repeat(salt)}$${'A'.repeat(hash)}` }],
  });

  it.each([
    ['an unknown role', { users: [x, { ...y, role: 'admin' }] }, 'users[1].role'],
    ['a password', { users: [{ ...x, password: 'hunter2' }] }, 'password'],
    ['a text as hash', { users: [{ ...x, hash: 'hunter2' }] }, NOT_WRITTEN],
    ['a hash without most of it', withHash(22, 1), NOT_WRITTEN],
    ['a hash that is a character short', withHash(22, 42), NOT_WRITTEN],
    ['a salt that is a character short', withHash(21, 43), NOT_WRITTEN],
    ['a hash that is cheap to guess', withHash(22, 43, 16384), NOT_WRITTEN],
  ])('A users file with %s is refused with the place, and without its text', (_what, file, fault) => {
    expect(faultOf(JSON.stringify(file))).toContain(fault);
    expect(faultOf(JSON.stringify(file))).not.toContain('hunter2');
  });

  it('A users file that is not JSON or has two users of a name, and a name that is empty, too long or like that of single sign-on, is refused', () => {
    expect(faultOf(`{"users": [${HASH}`)).toBe('must be JSON');
    expect(faultOf(JSON.stringify({ users: [x, x] }))).toBe('two users have one name');
    for (const name of ['', ' x', 'x '.repeat(40)])
      expect(() => formatUsers([user(name)])).toThrow('1 to 64');
    // As a user of single sign-on is called.
    expect(() => formatUsers([user('zhang <https://id.example.com#1>')])).toThrow('must not contain < or >');
  });
});

describe('passwords', () => {
  it('A password is the one that was hashed, and nothing is the password of no user', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).not.toBe(await hashPassword('correct horse'));
    expect(await isPassword('correct horse', hash)).toBe(true);
    expect(await isPassword('correct horsf', hash)).toBe(false);
    expect(await isPassword('', undefined)).toBe(false);
  });

  it('The check takes as long for an unknown user as for a wrong password', async () => {
    const hash = await hashPassword('correct horse');
    // The CPU time of the process, its threads included: other processes do not add to it.
    const cpuOf = async (hashed: string | undefined) => {
      const start = process.cpuUsage();
      await isPassword('wrong', hashed);
      return process.cpuUsage(start).user;
    };
    const least = async (hashed: string | undefined) =>
      Math.min(await cpuOf(hashed), await cpuOf(hashed), await cpuOf(hashed));
    expect((await least(undefined)) / (await least(hash))).toBeGreaterThan(0.5);
  });
});
