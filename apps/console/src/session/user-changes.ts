import { isDeepStrictEqual } from 'node:util';
import type { StoredUser } from '@wxa/policy';

type Users = ReadonlyMap<string, StoredUser>;

/** What differs between two contents of the users file, as the trail calls it; a new password is a change. */
export function userChanges(before: Users, after: Users) {
  return [...new Map([...before, ...after]).values()].flatMap(({ name, role }) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (isDeepStrictEqual(old, now)) return [];
    const action = now === undefined ? 'removed' : old === undefined ? 'added' : 'changed';
    return [{ action: `user.${action}`, user: name, role }];
  });
}
