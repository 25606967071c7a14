import { isAppid } from '@wxa/wxa-client';
import type { AppidSet } from './appid-set.js';
import { apiKeyId, isSameKey, type StoredApiKey } from './credentials/api-key.js';
import { kindOf } from './credentials/credential-keys.js';
import { isOfCalls, type ListedCall } from './listed-call.js';
import { isAuthorizedAsPlatform, isTokenRead } from './method-access.js';

/** A rule of a caller: it matches a call if it names the method and one of its sets has the appid. */
export interface PolicyRule {
  kind: 'allow' | 'deny';
  line: number;
  /** Each is `Service/Method`. */
  methods: ReadonlySet<string>;
  /** The calls of the service Calls, by their names; a deny rule without them is about all. */
  calls?: ReadonlySet<string> | undefined;
  appids: readonly AppidSet[];
  /** Why a deny rule exists; part of the error message. */
  reason?: string | undefined;
}

/** A limit of a caller that is unset does not apply. */
export interface CallerLimits {
  /** Calls per second and gateway process. */
  perSecond?: number | undefined;
  /** Calls that may arrive at once; set if `perSecond` is. */
  burst?: number | undefined;
  /** Accepted operations that have not ended. */
  unfinished?: number | undefined;
  /** Bytes of uploaded files waiting for WeChat. */
  uploadBytes?: number | undefined;
  /** Operations of SubmitAudit that are accepted in a month of WeChat, besides those that failed or were cancelled. */
  auditsPerMonth?: number | undefined;
  /** Likewise, of SpeedUpAudit. */
  speedUpsPerMonth?: number | undefined;
  /** Rollouts that are RUNNING, PAUSED or CANCELLING. */
  liveRollouts?: number | undefined;
  drafts?: number | undefined;
  /** Targets of all its drafts and live rollouts. */
  targets?: number | undefined;
  /** Open watch streams per gateway process. */
  streams?: number | undefined;
  /** Calls that wait for an outcome, per gateway process. */
  waiting?: number | undefined;
  /** Bytes of uploads in progress, per gateway process. */
  uploadMemory?: number | undefined;
}

/** A named entry of the policy file. */
export interface Caller {
  name: string;
  rules: readonly PolicyRule[];
  limits: CallerLimits;
  /** Whether it may name the person for whom it acts. */
  mayActFor: boolean;
}

/** Whether a call is allowed, and by which rule; no rule if none matches, in which case it is denied. */
export interface Decision {
  allowed: boolean;
  rule?: PolicyRule | undefined;
}

/** The appids for which a caller may call a method. */
export interface VisibleAppids {
  /** Appids, and prefixes followed by `*`; or all. */
  allow: readonly string[] | 'all';
  /** These are exceptions to `allow`, in the same form. */
  deny: readonly string[];
  /** Of the rule that denies all appids, if it has one. */
  reason?: string | undefined;
  has(appid: string): boolean;
}

const NOTHING: VisibleAppids = { allow: [], deny: [], has: () => false };

/** What is known of a credential. An expired API key is known but no longer valid. */
export type Found = { caller: Caller; expiresAtMs: number } | 'unknown' | 'ambiguous' | 'expired';

export class Policy {
  readonly #callers: ReadonlyMap<string, Caller>;
  /** The key is the caller and not its name, because a call may ask for a caller of the policy before. */
  readonly #visible = new WeakMap<Caller, Map<string, VisibleAppids>>();

  /**
   * @param callers by name.
   * @param credentials the caller's name by `credentialKey`.
   * @param apiKeys the stored keys and their callers by id.
   * @param source `sha256` of the policy file and its files of appids, in hex; `componentAppid` if it is known; `calls` that the file lists.
   */
  constructor(
    callers: readonly Caller[],
    private readonly credentials: ReadonlyMap<string, string>,
    private readonly apiKeys: ReadonlyMap<string, StoredApiKey & { caller: string }>,
    private readonly source: {
      sha256: string;
      componentAppid: string | undefined;
      calls: ReadonlyMap<string, ListedCall>;
    },
  ) {
    this.#callers = new Map(callers.map((caller) => [caller.name, caller]));
  }

  /** Of the policy file and its files of appids, in hex. */
  get sha256(): string {
    return this.source.sha256;
  }

  /** The calls that the file lists, by name. */
  get calls(): ReadonlyMap<string, ListedCall> {
    return this.source.calls;
  }

  get callers(): readonly Caller[] {
    return [...this.#callers.values()];
  }

  caller(name: string): Caller | undefined {
    return this.#callers.get(name);
  }

  /** The names of the callers whose rules name a listed call. */
  callersOf(call: string): string[] {
    const names = ({ rules }: Caller) =>
      rules.some(({ kind, calls }) => kind === 'allow' && calls?.has(call));
    return this.callers.filter(names).map(({ name }) => name);
  }

  /**
   * Finds the caller of a JWT or a client certificate; the result is ambiguous if its keys belong to several callers.
   * @param keys of `jwtKeys` or `certificateKeys`.
   */
  callerOf(keys: readonly string[]): Found {
    const names = new Set<string>();
    for (const key of keys) {
      const name = this.credentials.get(key);
      if (name !== undefined) names.add(name);
    }
    if (names.size > 1) return 'ambiguous';
    const [name = ''] = names;
    const caller = this.#callers.get(name);
    return caller === undefined ? 'unknown' : { caller, expiresAtMs: Number.POSITIVE_INFINITY };
  }

  /** By which credentials a caller is known: the kinds of those that are named, and when each API key expires. */
  credentialsOf({ name }: Caller): {
    isNamed: Record<'jwt' | 'certificate', boolean>;
    keysUntilMs: number[];
  } {
    const named = [...this.credentials].flatMap(([key, caller]) => (caller === name ? [kindOf(key)] : []));
    const keys = [...this.apiKeys.values()].filter(({ caller }) => caller === name);
    return {
      isNamed: { jwt: named.includes('jwt'), certificate: named.includes('certificate') },
      keysUntilMs: keys.map(({ expiresAtMs }) => expiresAtMs),
    };
  }

  /**
   * Finds the caller of an API key.
   * @param nowMs milliseconds since 1970.
   */
  callerOfApiKey(key: string, nowMs: number): Found {
    const stored = this.apiKeys.get(apiKeyId(key) ?? '');
    if (stored === undefined || !isSameKey(key, stored)) return 'unknown';
    if (nowMs >= stored.expiresAtMs) return 'expired';
    const caller = this.#callers.get(stored.caller);
    return caller === undefined ? 'unknown' : { caller, expiresAtMs: stored.expiresAtMs };
  }

  /**
   * If a deny rule matches, the call is denied; otherwise an allow rule must match. What is not an appid is denied too, except for the
   * platform, whose own one may have any form: no deny rule can name it. Only a set with `component: true` allows reads of the
   * platform's token, with which all refresh tokens can be read.
   * @param call its name, for a method of the service Calls.
   */
  decide(caller: Caller, method: string, appid: string, call?: string): Decision {
    const isPlatformToken = isTokenRead(method) && appid === this.source.componentAppid;
    const mayBeOfPlatform = isAuthorizedAsPlatform(method) || isPlatformToken || isOfCalls(method);
    if (!isAppid(appid) && !mayBeOfPlatform) return { allowed: false };
    const matches = (kind: PolicyRule['kind'], has: (set: AppidSet) => boolean) =>
      caller.rules.find(
        (rule) =>
          rule.kind === kind &&
          rule.methods.has(method) &&
          (!isOfCalls(method) || isAbout(rule, call)) &&
          rule.appids.some(has),
      );
    const denied = matches('deny', (set) => set.has(appid));
    if (denied !== undefined) return { allowed: false, rule: denied };
    const rule = matches('allow', (set) => (isPlatformToken ? set.isOfPlatform : set.has(appid)));
    return { allowed: rule !== undefined, rule };
  }

  /** Whether a caller may read the tokens of all mini-programs, directly or by means of the platform's token. */
  readsAllTokens(caller: Caller): boolean {
    const rules = caller.rules.filter(
      ({ kind, methods }) => kind === 'allow' && [...methods].some(isTokenRead),
    );
    const isAll = ({ patterns, isOfPlatform }: AppidSet) =>
      isOfPlatform || patterns === 'all' || patterns.some((pattern) => pattern === 'wx*');
    return rules.some(({ appids }) => appids.some(isAll));
  }

  /** The appids for which `decide` allows a method: the same object for methods with the same rules. `allow` is empty if there is certainly none. */
  visible(caller: Caller, method: string): VisibleAppids {
    // Served methods only: grpc-js runs no interceptor for others.
    const ofCaller = this.#visible.get(caller) ?? new Map<string, VisibleAppids>();
    const known = ofCaller.get(method);
    if (known !== undefined) return known;
    // A rule that denies some calls leaves others.
    const rules = caller.rules.filter(
      ({ kind, methods, calls }) => methods.has(method) && !(kind === 'deny' && calls !== undefined),
    );
    const ofRules = `rules ${rules.map((rule) => caller.rules.indexOf(rule)).join(' ')}`;
    const visible = ofCaller.get(ofRules) ?? visibleBy(rules);
    this.#visible.set(caller, ofCaller.set(ofRules, visible).set(method, visible));
    return visible;
  }

  /** Returns the visible appids by the caller's name; none if this policy does not name it. */
  visibleTo(name: string, method: string): VisibleAppids {
    const caller = this.#callers.get(name);
    return caller === undefined ? NOTHING : this.visible(caller, method);
  }
}

/** Whether a rule on the service Calls is about a call. */
function isAbout({ kind, calls }: PolicyRule, call: string | undefined): boolean {
  return calls === undefined ? kind === 'deny' : call !== undefined && calls.has(call);
}

function visibleBy(rules: readonly PolicyRule[]): VisibleAppids {
  const setsOf = (kind: PolicyRule['kind']) =>
    rules.filter((rule) => rule.kind === kind).flatMap(({ appids }) => appids);
  const [allowed, denied] = [setsOf('allow'), setsOf('deny')];
  const [allow, deny] = [union(allowed), union(denied)];
  if (deny === 'all') return { allow: [], deny: [], reason: reasonForAll(rules), has: () => false };
  const has = (appid: string) =>
    allowed.some((set) => set.has(appid)) && !denied.some((set) => set.has(appid));
  return { allow, deny, has };
}

function reasonForAll(rules: readonly PolicyRule[]): string | undefined {
  const isForAll = ({ kind, appids }: PolicyRule) =>
    kind === 'deny' && appids.some(({ patterns }) => patterns === 'all');
  return rules.filter(isForAll).find(({ reason }) => reason !== undefined)?.reason;
}

function union(sets: readonly AppidSet[]): string[] | 'all' {
  const all = new Set<string>();
  for (const { patterns } of sets) {
    if (patterns === 'all') return 'all';
    for (const pattern of patterns) all.add(pattern);
  }
  return [...all];
}
