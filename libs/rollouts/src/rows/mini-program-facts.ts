import { type Items, obstaclesOf } from '@wxa/fleet';
import { type Layer, readEffectives, readRegistered, unregisteredOf } from '@wxa/settings';
import type { ClientBase } from 'pg';
import { isInFlight } from '../core/decide/counts.js';
import { SETTINGS_PART } from '../core/requests/parts.js';
import { type InventoryFacts, type NeededSettings, STEP_NUMBERS } from '../core/target.js';
import type { StoredTarget } from './stored-target.js';
import type { TurnRollout, TurnStart } from './take-turn.js';

/** A mini-program with its labels, if it has authorized the platform. */
interface Labelled {
  appid: string;
  authorizer: { labels: readonly string[] | null } | null;
}

/** What each mini-program needs now, by appid; undefined if the rollout does not use settings. */
export async function neededSettings(
  client: ClientBase,
  { spec }: Pick<TurnRollout, 'spec'>,
  miniPrograms: readonly Labelled[],
): Promise<Map<string, NeededSettings> | undefined> {
  if (miniPrograms.length === 0 || !usesSettings(spec)) return undefined;
  const labelled = miniPrograms.map(({ appid, authorizer }) => ({ appid, labels: authorizer?.labels ?? [] }));
  const effectives = await readEffectives(client, labelled);
  const registered = await readRegistered(client);
  return new Map(
    [...effectives].map(([appid, effective]) => {
      const { settings, extPatches, fingerprint, layers } = effective;
      const unregistered = unregisteredOf(settings, registered);
      return [appid, { settings, extPatches, fingerprint, unregistered, ownDomains: ownDomainsOf(layers) }];
    }),
  );
}

function ownDomainsOf(layers: readonly Layer[]): string[] {
  const own = layers.find(({ scope }) => scope.startsWith('APPID:'))?.settings;
  return [...Object.values(own?.serverDomains ?? {}).flat(), ...(own?.webviewDomains ?? [])];
}

/** @param spec proto3 JSON. */
const usesSettings = (spec: unknown): boolean => Object(spec).settings !== undefined;

interface Row extends Omit<InventoryFacts, 'obstacles' | 'reviewedAt'> {
  appid: string;
  readiness: Items;
}

const SEEN = `appid, readiness, readiness_at as "readAt", read_at as "askedAt", versions_at as "versionsAt",
  live_version is not null as "isLive"`;

// A read that is stored wakes the targets that wait for it. Locked until the turn ends, so that it sees those that this turn lets
// wait; what is being stored is not waited for.
const INVENTORY = `
with locked as (
  select ${SEEN} from mini_programs where appid = any($2) order by appid for no key update skip locked
)
select *, false as "isBusy" from locked
union all
select ${SEEN}, appid = any($2) from mini_programs m
where appid = any($1) and not exists (select from locked l where l.appid = m.appid)`;

/** A target of which only this matters here. */
type Looked = Labelled & Pick<StoredTarget, 'appid' | 'step' | 'part' | 'state' | 'waitsFor'>;

/** It looks at its private interfaces, applies for them or waits for WeChat's review. */
const isAtInterfaces = ({ step, part }: Looked): boolean =>
  step === STEP_NUMBERS.SETTINGS && part >= SETTINGS_PART.INTERFACES;

/** Whether it may begin to wait for a read in this turn, or continue to wait for one. */
const mayWait = (target: Looked): boolean =>
  target.step === STEP_NUMBERS.READINESS || (isAtInterfaces(target) && isInFlight(target));

/** What the inventory shows of the mini-programs that it has and for which it matters; undefined if there are none. */
export async function inventoryOf(
  { client, rollout }: TurnStart,
  targets: readonly Looked[],
): Promise<Map<string, InventoryFacts> | undefined> {
  const known = targets.filter(({ authorizer }) => authorizer !== null);
  const matters = usesReadiness(rollout.spec) ? known : known.filter(isAtInterfaces);
  if (matters.length === 0) return undefined;
  const appids = matters.map(({ appid }) => appid);
  const waiting = matters.filter(mayWait).map(({ appid }) => appid);
  const { rows } = await client.query<Row>({
    name: 'inventory-of-targets',
    text: INVENTORY,
    values: [appids, waiting],
  });
  const seen = new Map(rows.map((row) => [row.appid, factsOf(row)]));
  return new Map(appids.map((appid) => [appid, seen.get(appid) ?? NOT_READ]));
}

const NOT_READ: InventoryFacts = {
  ...{ readAt: null, askedAt: null, versionsAt: null, isLive: false },
  ...{ obstacles: [], reviewedAt: null, isBusy: false },
};

/** The authorization is a fact of its own, and newer. */
function factsOf({ readiness, ...seen }: Row): InventoryFacts {
  const obstacles = obstaclesOf(readiness).filter(({ name }) => name !== 'AUTHORIZATION');
  const { at, acts } = readiness.PRIVACY_INTERFACES ?? {};
  return {
    ...seen,
    obstacles: obstacles.map(({ name, item: { detail, isOfCode } }) => ({ item: name, detail, isOfCode })),
    reviewedAt: at === undefined || acts === 'WECHAT' ? null : new Date(at),
  };
}

/** @param spec proto3 JSON. */
const usesReadiness = (spec: unknown): boolean => Object(spec).readiness !== undefined;
