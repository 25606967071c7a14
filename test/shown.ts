import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';

/** Of a table: a test that fills one searches it elsewhere. */
const MAX_ROWS = 20_000;
const WAIT_MS = 2_000;
/** What secrets look like of which only WeChat and callers have the texts. */
const MARKS = '@@@|%40%40%40|sim_|sim-token|wxa_[a-z0-9]{8}_|eyJ';
/** An authorization link has it, and so has the result of the operation that made the link. */
const OF_LINKS = /preauthcode(?:@|%40){3}[\w-]+/g;

interface Shown {
  stack: Pick<Stack, 'addresses'>;
  settings: Readonly<Record<string, string>>;
  sql<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
}

/** The metrics of the apps that run, what is recorded of callers, and all rows that may have a secret. A test may have stopped Postgres. */
export async function shownBy(world: Shown, waitMs = WAIT_MS): Promise<string> {
  const { http, workers } = world.stack.addresses;
  const signal = AbortSignal.timeout(waitMs);
  const pages = [http, ...workers].map(async (url) => (await fetch(`${url}/metrics`, { signal })).text());
  const late = delay(waitMs, '', { ref: false });
  const shown = await Promise.allSettled([...pages, Promise.race([rowsOf(world), late])]);
  return shown.map((one) => (one.status === 'fulfilled' ? one.value : '')).join('\n');
}

async function rowsOf(world: Shown): Promise<string> {
  const tables = await world.sql<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const isSecret = (name: string) => /(SECRET|TOKEN|KEY)(_PREVIOUS)?$/.test(name);
  const ours = Object.entries(world.settings).filter(([name]) => isSecret(name));
  const values = [MARKS, ours.map(([, value]) => value).filter((value) => value.length > 8)];
  const found = tables.map(async ({ name }) =>
    world.sql<{ row: string }>(
      `select t::text as row from (select * from ${name} limit ${MAX_ROWS}) t
       where t::text ~ $1 or exists (select from unnest($2::text[]) secret where strpos(t::text, secret) > 0)`,
      values,
    ),
  );
  const rows = (await Promise.all(found)).flat().map(({ row }) => row);
  return rows.join('\n').replace(OF_LINKS, '');
}
