import { newAppid, sql, worker } from './use-store.js';

/** A mini-program of the inventory that has authorized the platform. */
export async function known(appid = newAppid()): Promise<string> {
  await sql(
    `insert into authorizers (appid, state, permission_sets) values ($1, 'AUTHORIZED', '{18}')`,
    appid,
  );
  await worker.fleet.addMissing(1_000);
  return appid;
}

/** Asks for none of the reads that were taken. */
export const unasked = async () => undefined;

const FILING = { isCanceling: false, missing: [], refused: [] };
export const unfiled = {
  part: 'FILING',
  answer: { ...FILING, state: 'FILING_STATE_NOT_FILED', number: 1024 },
} as never;
export const filed = {
  part: 'FILING',
  answer: { ...FILING, state: 'FILING_STATE_FILED', number: 6 },
} as never;
export const categories = { part: 'CATEGORY', answer: { categories: [{}] } } as never;

/** Stores reads that began now. */
export const keep = (appid: string, ...reads: never[]) =>
  worker.fleet.keepReads({ appid, reads, at: new Date() });
