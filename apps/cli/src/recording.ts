import { hostname, userInfo } from 'node:os';
import type { Recording } from '@wxa/postgres/trail';

/** Who runs this command, for the audit trail. Each row that it writes is also a line on stderr, as JSON. */
export function recording(): Recording {
  const by = { caller: `cli:${userName()}@${hostname()}`, onBehalfOf: null, peer: null };
  return { by, onRecorded: (entry) => console.error(JSON.stringify({ audit: true, ...entry })) };
}

/** The user id of a container may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
