import {
  type DeleteSettingsLayerRequest,
  type EffectiveSettings,
  type ListSettingsLayersRequest,
  type ListSettingsLayersResponse,
  type PutSettingsLayerRequest,
  SettingsLayer,
  type SettingsScope,
  SettingsVersion,
} from '@wxa/contracts';
import type { Visible } from '@wxa/postgres/lists';
import type { Actor } from '@wxa/postgres/trail';
import {
  type Effective,
  keyOf,
  type LayerChange,
  type NotChanged,
  type StoredLayer,
  type StoredVersion,
  scopeOf,
  shownExtJson,
} from '@wxa/settings';
import type { Store } from '@wxa/store';
import { invalidField, type RpcError, rpcError } from '../errors/rpc-error.js';
import { ListPage } from '../operations/list-page.js';
import { LAYERS } from './request-checks.js';

const MAX_WARNINGS = 100;
const NO_WARNINGS = { warnings: [], unregisteredDomains: [] };

/** Replaces a layer. */
export async function putLayer({ settings }: Store, request: PutSettingsLayerRequest, by: Actor) {
  const { settings: content, order } = request;
  if (content === undefined) throw new Error('the rules require settings');
  const unregistered = await settings.unregistered(content);
  const done = await settings.put(changeOf(request, by), { settings: content, order });
  if (done.kind !== 'put') throw notChanged(request, done);
  const unregisteredDomains = unregistered.slice(0, MAX_WARNINGS);
  const warnings = unregisteredDomains.map((domain) => `the platform has not registered ${domain}`);
  return { ...toLayer(done.layer), warnings, unregisteredDomains };
}

/** Deletes a layer. */
export async function deleteLayer({ settings }: Store, request: DeleteSettingsLayerRequest, by: Actor) {
  const done = await settings.delete(changeOf(request, by));
  if (done.kind === 'deleted') return {};
  throw done.kind === 'other-version' && done.version === 0n
    ? unknownLayer(request.scope)
    : notChanged(request, done);
}

/** A layer, now or in an older version. */
export async function getLayer(
  { settings }: Store,
  { scope, version }: { scope: SettingsScope | undefined; version: bigint },
) {
  const found = await settings.find(keyIn(scope), version === 0n ? undefined : version);
  if (found === undefined) throw unknownLayer(scope, version === 0n ? undefined : version);
  return toLayer(found);
}

/** One page of the layers that the caller may see: as many as requested, or as fit in 3 MiB. */
export async function listLayers(
  { settings }: Store,
  request: ListSettingsLayersRequest,
  signal: AbortSignal,
  visible: Visible | undefined,
): Promise<ListSettingsLayersResponse> {
  const page = new ListPage(request, LAYERS);
  const filter = { ...page.after('after'), ...(visible && { visible }), limit: page.limit };
  const { layers, examinedTo } = await settings.list(filter, signal);
  const bytesOf = (layer: SettingsLayer) => SettingsLayer.encode(layer).finish().length;
  const { messages, nextPageToken } = page.of(layers, ({ scope }) => scope, toLayer, {
    ...{ bytesOf, examinedTo },
  });
  return { layers: messages, nextPageToken };
}

const MAX_VERSIONS_BYTES = 3 * 1024 * 1024;

/** The stored versions of a layer, newest first, as many as fit in 3 MiB. */
export async function listVersions(
  { settings }: Store,
  scope: SettingsScope | undefined,
  signal: AbortSignal,
) {
  const stored = await settings.versions(keyIn(scope), signal);
  if (stored.length === 0) throw unknownLayer(scope);
  let bytes = 0;
  const versions = stored.map(toVersion).filter((version) => {
    bytes += SettingsVersion.encode(version).finish().length;
    return bytes <= MAX_VERSIONS_BYTES;
  });
  return { versions };
}

export function toEffective(appid: string, effective: Effective): EffectiveSettings {
  const { settings, extPatches, fingerprint, layers } = effective;
  return {
    appid,
    settings: { ...settings, extJson: shownExtJson(extPatches) },
    fingerprint,
    layers: layers.map(({ scope, version }) => ({ scope: scopeOf(scope), version })),
  };
}

function changeOf(
  request: Pick<PutSettingsLayerRequest, 'scope' | 'expectedVersion' | 'reason'>,
  by: Actor,
): LayerChange {
  const { scope, expectedVersion = 0n, reason } = request;
  return { scope: keyIn(scope), expectedVersion, by, reason };
}

function keyIn(scope: SettingsScope | undefined): string {
  if (scope === undefined) throw new Error('the rules require a scope');
  return keyOf(scope);
}

function notChanged(
  { scope, expectedVersion }: Pick<PutSettingsLayerRequest, 'scope' | 'expectedVersion'>,
  found: NotChanged,
): RpcError {
  if (found.kind === 'too-many-labels')
    return invalidField('scope.label', 'TOO_MANY_LABELS', { max: found.max });
  const { version } = found;
  const message = `layer ${keyIn(scope)} has version ${version}, not ${expectedVersion}; 0 means that there is none`;
  return rpcError('SETTINGS_VERSION', message, { metadata: { version: String(version) } });
}

function unknownLayer(scope: SettingsScope | undefined, version?: bigint): RpcError {
  const what = version === undefined ? '' : ` in version ${version}`;
  return rpcError('SETTINGS_LAYER_NOT_FOUND', `layer ${keyIn(scope)}${what} not found`);
}

function toLayer({ scope, version, settings, order, createdAt }: StoredLayer): SettingsLayer {
  return { scope: scopeOf(scope), version, settings, order, createTime: createdAt, ...NO_WARNINGS };
}

function toVersion({ createdAt, ...version }: StoredVersion): SettingsVersion {
  return { ...version, createTime: createdAt };
}
