import { hash } from 'node:crypto';
import {
  MiniProgramSettings,
  type NeededInterface,
  PrivacyGuide,
  PrivacyOwner,
  type Purpose,
  type Sdk,
  ServerDomains,
} from '@wxa/contracts';
import type { ScopeKey } from './scope.js';

/** A layer as it applies to a mini-program. */
export interface Layer {
  scope: ScopeKey;
  version: bigint;
  settings: MiniProgramSettings;
}

/** What a mini-program needs now. */
export interface Effective {
  /** All layers merged, without `extJson`. */
  settings: MiniProgramSettings;
  /** The merge patches for ext.json, to be applied one after the other: two of them cannot always be expressed as one. */
  extPatches: string[];
  /** SHA-256 of the canonical JSON of domains and guide, in hexadecimal; empty if there are none. */
  fingerprint: string;
  layers: Layer[];
}

/** Merges layers; a later one wins. Domains are sorted, so that the fingerprint does not depend on their order. */
export function mergeLayers(layers: Layer[]): Effective {
  const parts = layers.map(({ settings }) => settings);
  const settings = MiniProgramSettings.create({
    serverDomains: present(parts, (part) => part.serverDomains, mergeServerDomains),
    webviewDomains: union(parts.map((part) => part.webviewDomains)).sort(),
    privacyGuide: present(parts, (part) => part.privacyGuide, mergeGuides),
    requiredExtPointers: union(parts.map((part) => part.requiredExtPointers)),
    interfaces: mergeInterfaces(parts.flatMap((part) => part.interfaces)),
    webviewOptional: parts.some((part) => part.webviewOptional),
  });
  const extPatches = parts.flatMap(({ extJson }) => (extJson === '' ? [] : [extJson]));
  return { settings, extPatches, fingerprint: fingerprintOf(settings), layers };
}

/** Merges the values that are set; undefined if none is. */
function present<T>(
  parts: MiniProgramSettings[],
  get: (part: MiniProgramSettings) => T | undefined,
  merge: (values: T[]) => T,
): T | undefined {
  const values = parts.flatMap((part) => get(part) ?? []);
  return values.length === 0 ? undefined : merge(values);
}

const union = (lists: string[][]): string[] => [...new Set(lists.flat())];

function mergeServerDomains(all: ServerDomains[]): ServerDomains {
  const kinds = Object.keys(ServerDomains.create()) as (keyof ServerDomains)[];
  const lists = kinds.map((kind) => [kind, union(all.map((domains) => domains[kind])).sort()]);
  return ServerDomains.fromPartial(Object.fromEntries(lists) as Partial<ServerDomains>);
}

function mergeGuides(all: PrivacyGuide[]): PrivacyGuide {
  return PrivacyGuide.create({
    owner: mergeOwners(all.flatMap(({ owner }) => owner ?? [])),
    purposes: mergePurposes(all.flatMap(({ purposes }) => purposes)),
    sdks: mergeSdks(all.flatMap(({ sdks }) => sdks)),
    extraText: all.map(({ extraText }) => extraText).findLast((text) => text !== '') ?? '',
  });
}

function mergeOwners(all: PrivacyOwner[]): PrivacyOwner | undefined {
  if (all.length === 0) return undefined;
  const set = all.map((owner) => Object.entries(owner).filter(([, value]) => value !== '' && value !== 0));
  return PrivacyOwner.fromPartial(Object.fromEntries(set.flat()) as Partial<PrivacyOwner>);
}

function mergePurposes(all: Purpose[]): Purpose[] {
  const texts = new Map(all.map(({ key, text }) => [key, text]));
  return [...texts].filter(([, text]) => text !== '').map(([key, text]) => ({ key, text }));
}

/** One without provider and purposes removes the SDK of its name. */
function mergeSdks(all: Sdk[]): Sdk[] {
  const sdks = new Map<string, Sdk>();
  for (const { name, provider, purposes } of all) {
    const before = sdks.get(name) ?? { name, provider: '', purposes: [] };
    if (provider === '' && purposes.length === 0) sdks.delete(name);
    else
      sdks.set(name, {
        name,
        provider: provider || before.provider,
        purposes: mergePurposes([...before.purposes, ...purposes]),
      });
  }
  return [...sdks.values()];
}

function mergeInterfaces(all: NeededInterface[]): NeededInterface[] {
  const needed = new Map<string, NeededInterface>();
  for (const { apiName, application } of all)
    needed.set(apiName, { apiName, application: application ?? needed.get(apiName)?.application });
  return [...needed.values()];
}

function fingerprintOf({ serverDomains, webviewDomains, privacyGuide }: MiniProgramSettings): string {
  const named = MiniProgramSettings.toJSON(
    MiniProgramSettings.create({ serverDomains, webviewDomains, privacyGuide }),
  );
  const text = canonical(named);
  return text === '{}' ? '' : hash('sha256', text);
}

/** JSON with the members of objects in the order of their names (RFC 8785, whose numbers and strings are those of JavaScript). */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
