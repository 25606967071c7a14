import { MiniProgramSettings } from '@wxa/contracts';
import { type Actor, type OnRecorded, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import type { StoredLayer } from './read-layers.js';
import type { ScopeKey } from './scope.js';

const MAX_LABELS = 100;
const KEPT_VERSIONS = 50;

/** Who changes a layer, and why. */
export interface LayerChange {
  scope: ScopeKey;
  /** The version that the caller read; 0: the layer must not exist. */
  expectedVersion: bigint;
  by: Actor;
  reason: string;
}

/** `other-version`: of the layer now, 0 if there is none. `too-many-labels`: another 100 labels have a layer. */
export type NotChanged =
  | { kind: 'other-version'; version: bigint }
  | { kind: 'too-many-labels'; max: number };

export type PutLayer = { kind: 'put'; layer: StoredLayer } | NotChanged;

export interface LayerTools {
  onRecorded?: OnRecorded;
  /** Runs in the transaction that changes the layer of a mini-program. */
  onChanged(client: ClientBase, appid: string): Promise<void>;
}

/**
 * Replaces a layer if it has the expected version, and records who did it. Its number is above all that it ever had. The last
 * change of a layer returns what it has stored if it is repeated, for example because its answer was lost.
 */
export function putLayer(
  pool: Pool,
  tools: LayerTools,
  change: LayerChange,
  { settings, order }: Pick<StoredLayer, 'settings' | 'order'>,
): Promise<PutLayer> {
  const { scope } = change;
  const json = JSON.stringify(MiniProgramSettings.toJSON(settings));
  const repeated = async (client: ClientBase): Promise<PutLayer | undefined> => {
    const version = await repeatedVersion(client, change, { json, order });
    return version && { kind: 'put', layer: { scope, settings, order, ...version } };
  };
  return changing(pool, { tools, change, repeated }, async (client, record) => {
    if (change.expectedVersion === 0n && (await hasAllLabels(client, scope)))
      return { kind: 'too-many-labels', max: MAX_LABELS };
    const { version, createdAt } = await addVersion(client, change, { json, order });
    await client.query(
      `insert into settings_layers (scope, version, sort_order, settings) values ($1, $2, $3, $4)
       on conflict (scope) do update set version = excluded.version, sort_order = excluded.sort_order,
         settings = excluded.settings`,
      [scope, version, order, json],
    );
    await record('settings.layer_changed', version);
    return { kind: 'put', layer: { scope, version, settings, order, createdAt } };
  });
}

/** Deletes a layer if it has the expected version, and records who did it; its versions stay. */
export function deleteLayer(
  pool: Pool,
  tools: LayerTools,
  change: LayerChange,
): Promise<{ kind: 'deleted' } | NotChanged> {
  return changing(pool, { tools, change }, async (client, record) => {
    const { version } = await addVersion(client, change, { json: null, order: 0 });
    await client.query('delete from settings_layers where scope = $1', [change.scope]);
    await record('settings.layer_deleted', version);
    return { kind: 'deleted' };
  });
}

type Record = (action: 'settings.layer_changed' | 'settings.layer_deleted', version: bigint) => Promise<void>;

interface Changing<T> {
  tools: LayerTools;
  change: LayerChange;
  /** What the change has stored if it is the last one of the layer. */
  repeated?(client: ClientBase): Promise<T | undefined>;
}

/** Runs a change of a layer that has the expected version. Changes are rare, so they wait for each other: reads do not. */
function changing<T>(
  pool: Pool,
  { tools: { onRecorded, onChanged }, change, repeated }: Changing<T>,
  work: (client: ClientBase, record: Record) => Promise<T>,
): Promise<T | NotChanged> {
  const { scope, by } = change;
  return recordedTransaction(pool, { by, ...(onRecorded && { onRecorded }) }, async (client, record) => {
    await client.query('lock table settings_layers in share row exclusive mode');
    const { rows } = await client.query<{ version: string }>(
      'select version from settings_layers where scope = $1',
      [scope],
    );
    const version = BigInt(rows[0]?.version ?? 0);
    if (version !== change.expectedVersion)
      return (await repeated?.(client)) ?? { kind: 'other-version', version };
    return work(client, async (action, version) => {
      const entry = entryOf(action, change, version);
      await record(entry);
      if (entry.appid !== null) await onChanged(client, entry.appid);
    });
  });
}

/** Without the settings: those of a mini-program have contacts of its owner. */
function entryOf(action: Parameters<Record>[0], { scope, reason }: LayerChange, version: bigint) {
  const appid = scope.startsWith('APPID:') ? scope.slice('APPID:'.length) : null;
  return { action, appid, detail: { scope, version: Number(version), reason } };
}

async function hasAllLabels(client: ClientBase, scope: ScopeKey): Promise<boolean> {
  if (!scope.startsWith('LABEL:')) return false;
  const { rows } = await client.query<{ labels: number }>(
    `select count(*)::int as labels from settings_layers where scope like 'LABEL:%'`,
  );
  return (rows[0]?.labels ?? 0) >= MAX_LABELS;
}

// The versions of a deleted layer stay, so that a new one continues after them.
const ADD_VERSION = `
with old as (
  select coalesce(max(version), 0) as last from settings_versions where scope = $1
), outdated as (
  delete from settings_versions using old where scope = $1 and version <= last + 1 - ${KEPT_VERSIONS}
)
insert into settings_versions (scope, version, settings, sort_order, caller, on_behalf_of, reason, created_at)
select $1, last + 1, $2::json, $3, $4, $5, $6, clock_timestamp() from old
returning version, created_at as "createdAt"`;

// A layer that must not exist has followed no version, or one that deleted it.
const REPEATED = `
select version, created_at as "createdAt" from settings_layers l join settings_versions v using (scope, version)
where scope = $1 and v.settings::text = $2 and v.sort_order = $3 and caller = $4 and on_behalf_of = $5 and reason = $6
  and $7::bigint = coalesce((select b.version from settings_versions b
    where b.scope = l.scope and b.version = l.version - 1 and b.settings is not null), 0)`;

/** The version of the layer now, if this change has stored it. */
async function repeatedVersion(
  client: ClientBase,
  change: LayerChange,
  content: Content,
): Promise<Version | undefined> {
  const values = [...valuesOf(change, content), change.expectedVersion];
  const { rows } = await client.query<{ version: string; createdAt: Date }>(REPEATED, values);
  return rows.map(toVersion)[0];
}

interface Content {
  json: string | null;
  order: number;
}

type Version = Pick<StoredLayer, 'version' | 'createdAt'>;

const valuesOf = ({ scope, by, reason }: LayerChange, { json, order }: Content) => [
  ...[scope, json, order, by.caller ?? '', by.onBehalfOf ?? '', reason],
];

const toVersion = ({ version, createdAt }: { version: string; createdAt: Date }): Version => ({
  ...{ version: BigInt(version), createdAt },
});

async function addVersion(client: ClientBase, change: LayerChange, content: Content): Promise<Version> {
  const { rows } = await client.query<{ version: string; createdAt: Date }>(
    ADD_VERSION,
    valuesOf(change, content),
  );
  const [added] = rows;
  if (added === undefined) throw new Error('an insert returned nothing');
  return toVersion(added);
}
