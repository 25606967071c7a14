import { NOBODY, type OnRecorded, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';

/** A policy that a gateway has loaded. */
export interface LoadedPolicy {
  sha256: string;
  /** The hash of the policy that it replaced; null for the first one of a process. */
  before: string | null;
  /** Of the gateway, as `host:pid`. */
  instance: string;
  /** The texts of its files by their names, as a JSON object. They contain no secret: of API keys they have hashes. */
  files: string;
}

// With the time of the last row that names it, so that a text is kept as long as its rows.
const STORE_POLICY = `insert into policies (sha256, files) values ($1, $2::json)
  on conflict (sha256) do update set loaded_at = excluded.loaded_at`;

/** Records that a policy came into force in a gateway, and stores its texts. */
export function recordPolicy(
  pool: Pool,
  recording: { onRecorded?: OnRecorded },
  { files, ...loaded }: LoadedPolicy,
): Promise<void> {
  return recordedTransaction(pool, { ...recording, by: NOBODY }, async (client, record) => {
    await client.query(STORE_POLICY, [loaded.sha256, files]);
    await record({ action: 'policy.loaded', detail: { ...loaded } });
  });
}

/** A forward file that a gateway has loaded. */
export interface LoadedForwards extends Omit<LoadedPolicy, 'files'> {
  /** The names of its rules. Their URLs may contain secrets. */
  forwards: string[];
}

/** Records that a forward file came into force in a gateway. */
export function recordForwards(
  pool: Pool,
  recording: { onRecorded?: OnRecorded },
  loaded: LoadedForwards,
): Promise<void> {
  return recordedTransaction(pool, { ...recording, by: NOBODY }, (_, record) =>
    record({ action: 'forwards.loaded', detail: { ...loaded } }),
  );
}

/** Calls of one caller that a gateway denied. */
export interface DeniedCount {
  caller: string;
  /** Of the last call. */
  peer: string;
  calls: number;
  codes: Record<string, number>;
  methods: Record<string, number>;
  /** When the first one was denied; all were before the time of the row. */
  since: Date;
}

/** Records denied calls, one row per caller. */
export function recordDenied(
  pool: Pool,
  recording: { onRecorded?: OnRecorded },
  counts: readonly DeniedCount[],
): Promise<void> {
  return recordedTransaction(pool, { ...recording, by: NOBODY }, async (_, record) => {
    for (const { caller, peer, ...detail } of counts)
      await record({ action: 'calls.denied', caller, peer, detail });
  });
}
