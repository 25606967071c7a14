import { placeOf, type TokenContext } from './sealed-columns.js';
import { TOKEN_LIFE } from './token-life.js';

/** The ticket and the token of the third-party platform itself. */
export interface Component {
  /** The last ticket, however old. */
  ticket: string | undefined;
  /** Since WeChat sent it. */
  ticketAgeMs: number;
  accessToken: string | undefined;
  /** How long the token is still valid; negative if it has expired. */
  remainingMs: number;
  /** How long it was valid when it was obtained. */
  grantedMs: number;
  /** Whether a reader or an operator wants another token than the stored one. */
  isRenewalWanted: boolean;
}

/** Stores a ticket; durable when it resolves. Returns false if a newer one is stored. */
export async function keepTicket(
  { pushes, secrets }: TokenContext,
  { appid, ticket, sentAt }: { appid: string; ticket: string; sentAt: Date },
): Promise<boolean> {
  const { rowCount } = await pushes.query(
    `insert into components (appid, ticket, ticket_sent_at) values ($1, $2, $3)
     on conflict (appid) do update set ticket = excluded.ticket, ticket_sent_at = excluded.ticket_sent_at
     where components.ticket_sent_at is null or components.ticket_sent_at <= excluded.ticket_sent_at`,
    [appid, secrets.seal(placeOf('components', appid, 'ticket'), ticket), sentAt],
  );
  return rowCount === 1;
}

/** The platform's own ticket and token; undefined before its first ticket. */
export async function readComponent(
  { calls, secrets }: TokenContext,
  appid: string,
): Promise<Component | undefined> {
  const { rows } = await calls.query<{
    ticket: string | null;
    token: string | null;
    age: number;
    remainingMs: number;
    grantedMs: number;
    isRenewalWanted: boolean;
  }>({
    name: 'read-component',
    text: `select ticket, access_token as token,
        coalesce(extract(epoch from clock_timestamp() - ticket_sent_at)::float8 * 1000, 0) as age,
        renewal_wanted_at is not null as "isRenewalWanted", ${TOKEN_LIFE}
      from components where appid = $1`,
    values: [appid],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const open = (column: 'ticket' | 'access_token', sealed: string | null) =>
    sealed === null ? undefined : secrets.open(placeOf('components', appid, column), sealed);
  return {
    ticket: open('ticket', row.ticket),
    ticketAgeMs: row.age,
    accessToken: open('access_token', row.token),
    remainingMs: row.remainingMs,
    grantedMs: row.grantedMs,
    isRenewalWanted: row.isRenewalWanted,
  };
}

/** The platform's own token, as WeChat gave it. */
export interface GivenComponentToken {
  appid: string;
  token: string;
  /** From when WeChat gave it. */
  grantedMs: number;
  /** Since then, while Postgres was unavailable. */
  ageMs?: number;
  /** Another program had ended the one before it. */
  isContested?: boolean;
}

const KEEP_TOKEN = `
update components set access_token = $2, access_token_at = clock_timestamp(),
  access_token_until = clock_timestamp() + ($3::float8 - $4::float8) * interval '1 millisecond', renewal_wanted_at = null,
  contested_at = case when $5 then clock_timestamp() else contested_at end, last_error = null, last_error_at = null
where appid = $1 and (access_token_at > clock_timestamp() - $4 * interval '1 millisecond'
  and access_token_until > clock_timestamp()) is not true`;

/**
 * Stores the platform's own token. Returns false if another process has stored a later one meanwhile, by which WeChat has ended
 * this one.
 */
export async function keepComponentToken(
  { calls, secrets }: TokenContext,
  { appid, token, grantedMs, ageMs = 0, isContested = false }: GivenComponentToken,
): Promise<boolean> {
  const sealed = secrets.seal(placeOf('components', appid, 'access_token'), token);
  const { rowCount } = await calls.query(KEEP_TOKEN, [appid, sealed, grantedMs, ageMs, isContested]);
  return rowCount === 1;
}

/** Ends the platform's own token, which WeChat rejected before its time; does nothing if another one is stored. */
export async function rejectComponentToken(
  { calls, secrets }: TokenContext,
  { appid, token }: { appid: string; token: string },
): Promise<void> {
  const { rows } = await calls.query<{ sealed: string | null }>(
    'select access_token as sealed from components where appid = $1',
    [appid],
  );
  const sealed = rows[0]?.sealed ?? null;
  if (sealed === null || secrets.open(placeOf('components', appid, 'access_token'), sealed) !== token) return;
  await calls.query(
    `update components set access_token_until = least(access_token_until, clock_timestamp())
     where appid = $1 and access_token = $2`,
    [appid, sealed],
  );
}

/** Stores the error of the last request for the platform's own token. */
export async function noteComponentError(
  { calls }: TokenContext,
  appid: string,
  error: string,
): Promise<void> {
  await calls.query(
    `insert into components (appid, last_error, last_error_at) values ($1, $2, clock_timestamp())
     on conflict (appid) do update set last_error = excluded.last_error, last_error_at = excluded.last_error_at`,
    [appid, error],
  );
}

/** Whether the caller may request tickets from WeChat; true at most once in `everyMs` over all processes. */
export async function mayAskForTicket(
  { calls }: TokenContext,
  appid: string,
  everyMs: number,
): Promise<boolean> {
  const { rowCount } = await calls.query(
    `insert into components (appid, ticket_asked_at) values ($1, clock_timestamp())
     on conflict (appid) do update set ticket_asked_at = excluded.ticket_asked_at
     where components.ticket_asked_at is null
       or components.ticket_asked_at < clock_timestamp() - $2 * interval '1 millisecond'`,
    [appid, everyMs],
  );
  return rowCount === 1;
}
