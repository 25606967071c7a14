import { describe, expect, it } from '@jest/globals';
import { hashPassword, isPassword } from './password.js';
import { formatUsers, parseUsers, type StoredUser } from './users.js';

const HASH = `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const user = (name: string): StoredUser => ({ name, role: 'viewer', hash: HASH });

describe('the users file', () => {
  it('What formatUsers writes is what parseUsers reads', () => {
    const users = [user('张三'), { ...user('li.si@example.com'), role: 'operator' as const }];
    expect([...parseUsers(formatUsers(users)).values()]).toEqual(users);
    expect(formatUsers([])).toBe('{\n  "users": []\n}\n');
  });

  it('An invalid users file is refused with the place, and never with its text', () => {
    const [x, y] = [user('x'), user('y')];
    const faultOf = (text: string) => {
      try {
        parseUsers(text);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    expect(faultOf(`{"users": [${HASH}`)).toBe('must be JSON');
    expect(faultOf(JSON.stringify({ users: [x, { ...y, role: 'admin' }] }))).toContain('users[1].role');
    expect(faultOf(JSON.stringify({ users: [{ ...x, hash: 'hunter2' }] }))).toContain(
      'must be written by wxa users',
    );
    expect(faultOf(JSON.stringify({ users: [{ ...x, password: 'hunter2' }] }))).toContain('password');
    expect(faultOf(JSON.stringify({ users: [x, x] }))).toBe('two users have one name');
    for (const name of ['', ' x', 'x '.repeat(40)])
      expect(() => formatUsers([user(name)])).toThrow('1 to 64');
    // As a user of single sign-on is called.
    expect(() => formatUsers([user('zhang <https://id.example.com#1>')])).toThrow('must not contain < or >');
  });

  it.each([
    ['without most of its hash', `scrypt$32768$8$3$${'A'.repeat(22)}$A`],
    ['with a hash that is a character short', `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(42)}`],
    ['with a salt that is a character short', `scrypt$32768$8$3$${'A'.repeat(21)}$${'A'.repeat(43)}`],
    ['that is cheap to guess', `scrypt$16384$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('A user with a password %s is refused', (_, hash) => {
    expect(() => parseUsers(JSON.stringify({ users: [{ ...user('x'), hash }] }))).toThrow(
      'must be written by wxa users',
    );
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
