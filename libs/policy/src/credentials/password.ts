import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scryptOf = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
/** Node's limit would refuse the cost. */
const MAX_MEMORY = 128 * 1024 * 1024;

/** The hash of a password, as the users file has it: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await scryptOf(password, salt, HASH_BYTES, { ...COST, maxmem: MAX_MEMORY });
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** A hash that belongs to no password. */
const NO_HASH = ['scrypt', COST.N, COST.r, COST.p, 'A'.repeat(22), 'A'.repeat(43)].join('$');

/** Takes the same time whether the password is right or wrong, or there is no hash because the user does not exist. */
export async function isPassword(password: string, hashed = NO_HASH): Promise<boolean> {
  const [, n, r, p, salt = '', hash = ''] = hashed.split('$');
  const expected = Buffer.from(hash, 'base64url');
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: MAX_MEMORY };
  const actual = await scryptOf(password, Buffer.from(salt, 'base64url'), expected.length, cost);
  return timingSafeEqual(actual, expected);
}
