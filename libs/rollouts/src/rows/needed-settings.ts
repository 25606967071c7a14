import { type Layer, readEffectives, readRegistered, unregisteredOf } from '@wxa/settings';
import type { ClientBase } from 'pg';
import type { NeededSettings } from '../core/target.js';
import type { TurnRollout } from './take-turn.js';

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
