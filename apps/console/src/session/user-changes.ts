import type { StoredUser } from '@wxa/policy';

type Users = ReadonlyMap<string, StoredUser>;

/** What the trail calls a change of the users file. */
export interface UserChange {
  action: 'user.added' | 'user.changed' | 'user.removed';
  user: string;
  role: StoredUser['role'];
}

/** What differs between two contents of the users file; a new password is a change. */
export function userChanges(before: Users, after: Users): UserChange[] {
  const change = (action: UserChange['action'], { name, role }: StoredUser) => ({ action, user: name, role });
  const removed = [...before.values()].filter(({ name }) => !after.has(name));
  return [
    ...removed.map((user) => change('user.removed', user)),
    ...[...after.values()].flatMap((user) => {
      const old = before.get(user.name);
      if (old === undefined) return [change('user.added', user)];
      return old.role === user.role && old.scope === user.scope && old.hash === user.hash
        ? []
        : [change('user.changed', user)];
    }),
  ];
}
