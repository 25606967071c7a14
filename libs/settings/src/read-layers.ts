import { MiniProgramSettings } from '@wxa/contracts';
import { type Statements, unlessAborted } from '@wxa/postgres';
import { isLimited, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { ClientBase, Pool } from 'pg';
import { type Effective, mergeLayers } from './merge.js';
import type { ScopeKey } from './scope.js';

/** A layer in one of its versions. */
export interface StoredLayer {
  scope: ScopeKey;
  version: bigint;
  settings: MiniProgramSettings;
  order: number;
  createdAt: Date;
}

/** A version of a layer; `settings` is undefined if the layer was deleted. */
export interface StoredVersion extends Omit<StoredLayer, 'scope' | 'settings'> {
  settings: MiniProgramSettings | undefined;
  caller: string;
  onBehalfOf: string;
  reason: string;
}

type Row<T> = Omit<T, 'version' | 'settings'> & { version: string; settings: unknown };

const LAYER = `l.scope, l.version, l.settings, l.sort_order as "order", v.created_at as "createdAt"
  from settings_layers l join settings_versions v using (scope, version)`;

const toLayer = <T extends { version: string; settings: unknown }>(row: T) => ({
  ...row,
  version: BigInt(row.version),
  settings: MiniProgramSettings.fromJSON(row.settings),
});

/** The current layer of a scope, or one of its last versions; undefined if there is none, or the layer was deleted with it. */
export async function readLayer(
  pool: Pool,
  scope: ScopeKey,
  version?: bigint,
): Promise<StoredLayer | undefined> {
  const older = `scope, version, settings, sort_order as "order", created_at as "createdAt" from settings_versions
    where scope = $1 and version = $2 and settings is not null`;
  const { rows } = await pool.query<Row<StoredLayer>>(
    version === undefined ? `select ${LAYER} where scope = $1` : `select ${older}`,
    version === undefined ? [scope] : [scope, version],
  );
  return rows.map(toLayer)[0];
}

/** Which layers to list: that of the platform, those of labels, then those of appids. */
export interface LayerFilter {
  /** Only those after this one. */
  after?: ScopeKey;
  /** Only those of appids that the caller may see, unless it may see all. */
  visible?: Visible;
  limit: number;
}

/** Of the settings in one list, in bytes of JSON: a page has at most 3 MiB. */
const MAX_LIST_BYTES = 4 * 1024 ** 2;

/** Greater than any scope: `PLATFORM` is the greatest. */
const BEFORE_ALL = 'Z';

/** Some of the layers; `examinedTo` is the last of them if there are more within `limit`, because they are large. */
export interface LayerPage {
  layers: StoredLayer[];
  examinedTo?: ScopeKey;
}

/** Lists layers. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listLayers(
  pool: Pool,
  { after = BEFORE_ALL, visible, limit }: LayerFilter,
  signal?: AbortSignal,
): Promise<LayerPage> {
  const values: unknown[] = [after, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const seen = isLimited(visible)
    ? `l.scope like 'APPID:%' and ${whereVisible('substr(l.scope, 7)', visible, bind)}`
    : 'true';
  const text = `
    with listed as (
      select sum(octet_length(l.settings::text)) over (order by l.scope desc) as bytes, ${LAYER}
      where l.scope < $1 and ${seen} order by l.scope desc limit $2
    )
    select scope, version, settings, "order", "createdAt", (select min(scope) from listed) as "lastScope"
    from listed where bytes - octet_length(settings::text) < ${MAX_LIST_BYTES} order by scope desc`;
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<Row<StoredLayer> & { lastScope: ScopeKey }>(text, values),
  );
  const layers = rows.map(({ lastScope: _, ...row }) => toLayer(row));
  const last = rows.at(-1);
  return { layers, ...(last && last.scope !== last.lastScope && { examinedTo: last.scope }) };
}

/** The stored versions of a layer, newest first; empty if it never existed. */
export async function listVersions(
  pool: Pool,
  scope: ScopeKey,
  signal?: AbortSignal,
): Promise<StoredVersion[]> {
  const text = `select version, settings, sort_order as "order", caller, on_behalf_of as "onBehalfOf", reason,
      created_at as "createdAt"
    from settings_versions where scope = $1 order by version desc`;
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<Row<StoredVersion>>(text, [scope]),
  );
  const deleted = { settings: undefined };
  return rows.map((row) => ({
    ...toLayer({ ...row, settings: row.settings ?? {} }),
    ...(row.settings === null && deleted),
  }));
}

/** A later one wins. */
const IN_ORDER = `scope like 'APPID:%', scope like 'LABEL:%', sort_order, scope`;

// A mini-program that is not known here has no labels.
const OF_APPID = `
select scope, version, settings from settings_layers
where scope = any(array['PLATFORM', 'APPID:' || $1]
  || array(select 'LABEL:' || label from authorizers, unnest(labels) label where appid = $1))
order by ${IN_ORDER}`;

/** What a mini-program needs now. */
export async function readEffective(on: Statements, appid: string): Promise<Effective> {
  const { rows } = await on.query<Row<Pick<StoredLayer, 'scope' | 'version' | 'settings'>>>({
    name: 'settings-of-appid',
    text: OF_APPID,
    values: [appid],
  });
  return mergeLayers(rows.map(toLayer));
}

export interface MiniProgramLabels {
  appid: string;
  labels: readonly string[];
}

/** What each of these mini-programs needs now, within a transaction; the layers are read once. */
export async function readEffectives(
  client: ClientBase,
  miniPrograms: readonly MiniProgramLabels[],
): Promise<Map<string, Effective>> {
  const { rows } = await client.query<Row<Pick<StoredLayer, 'scope' | 'version' | 'settings'>>>({
    name: 'settings-of-appids',
    text: `select scope, version, settings from settings_layers
      where scope = 'PLATFORM' or scope like 'LABEL:%' or scope = any($1) order by ${IN_ORDER}`,
    values: [miniPrograms.map(({ appid }) => `APPID:${appid}`)],
  });
  const layers = rows.map(toLayer);
  /** Most mini-programs of a rollout have the same layers, whose merge costs up to milliseconds. */
  const merged = new Map<string, Effective>();
  return new Map(
    miniPrograms.map(({ appid, labels }) => {
      const scopes = new Set(['PLATFORM', `APPID:${appid}`, ...labels.map((label) => `LABEL:${label}`)]);
      const own = layers.filter(({ scope }) => scopes.has(scope));
      const key = own.map(({ scope }) => scope).join();
      const effective = merged.get(key) ?? mergeLayers(own);
      merged.set(key, effective);
      return [appid, effective];
    }),
  );
}
