import { SERVICES } from '@wxa/client';
import type { Role } from '@wxa/policy';

/** RPCs that only read are named like this. */
const READ = /\/(Get|List|Refresh|Wait|Watch)/;
/** Its request has a refresh token, which belongs into no browser. */
const FOR_NOBODY = 'Authorizers/ImportAuthorizer';

/** The least role with which a user may call an RPC by the console; null: nobody may. An operator may do all that the console may. */
export const ROLE_OF = rolesOf(false);
/** The same for streams of responses. */
export const STREAM_ROLE_OF = rolesOf(true);

function rolesOf(isStream: boolean): Readonly<Record<string, Role | null>> {
  const rpcs = Object.values(SERVICES).flatMap((service) => Object.values(service));
  const served = rpcs.filter((rpc) => !rpc.requestStream && rpc.responseStream === isStream);
  const names = served.map(({ path }) => path.slice('/wxa.code.v1.'.length));
  const roleOf = (name: string) => (READ.test(name) ? 'viewer' : 'operator');
  return Object.fromEntries(names.map((name) => [name, name === FOR_NOBODY ? null : roleOf(name)]));
}

/** Whether a role is enough for what needs `least`. */
export function isEnough(role: Role | undefined, least: Role | null): boolean {
  return role !== undefined && least !== null && (least === 'viewer' || role === 'operator');
}
