import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { AppidSet, isPattern } from './appid-set.js';
import { endOfDateMs, type StoredApiKey } from './credentials/api-key.js';
import { credentialKey, type NamedCredential } from './credentials/credential-keys.js';
import { callShape, isOfCalls, type ListedCall } from './listed-call.js';
import { methodsOf } from './method-access.js';
import { type Caller, Policy, type PolicyRule } from './policy.js';
import { type Path, PolicyDocument, type PolicyError } from './policy-document.js';
import {
  type CallerEntry,
  type CredentialEntry,
  callerShape,
  fileShape,
  MUST_BE_NAME,
  NAME,
  type RuleEntry,
  roleShape,
  setShape,
} from './policy-shape.js';

/** What the policy file refers to. */
export interface PolicyContext {
  /** The name of the policy file in errors. */
  file: string;
  /** Without the platform's own appid a set with `component: true` is empty. */
  componentAppid?: string | undefined;
  /** The texts of the files of appids, by their names in the policy file; a string in `error` if one cannot be read. */
  setFiles: ReadonlyMap<string, { text: string } | { error: string }>;
}

/** The names of the files of appids in a policy file, in whatever form they are given. */
export function setFilesOf(text: string): string[] {
  const value = new PolicyDocument('', text).value();
  const sections = fileShape.safeParse(value);
  if (!sections.success) return [];
  return Object.values(sections.data.appids).flatMap((entry) => {
    const set = setShape.safeParse(entry);
    return set.success && 'file' in set.data ? [set.data.file] : [];
  });
}

/** Parses a policy file. Returns all errors, each with its line, or the policy if there is none. */
export function parsePolicy(
  text: string,
  context: PolicyContext,
): { policy?: Policy; errors: PolicyError[] } {
  const parser = new PolicyParser(new PolicyDocument(context.file, text), context);
  const policy = parser.policy(hashOf(text, context));
  const errors = parser.errors.sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.line - b.line,
  );
  return errors.length > 0 ? { errors } : { policy, errors };
}

/** In hex, of all files, because a file of appids grants access too. That of the policy file if it names no other. */
function hashOf(text: string, { setFiles }: PolicyContext): string {
  const hash = createHash('sha256').update(text);
  for (const [name, file] of setFiles) if ('text' in file) hash.update(`\0${name}\0${file.text}`);
  return hash.digest('hex');
}

class PolicyParser {
  readonly #fileErrors: PolicyError[] = [];
  /** Undefined for an invalid entry, so that no further error follows from it. */
  readonly #sets = new Map<string, AppidSet | undefined>();
  readonly #roles = new Map<string, string[]>();
  readonly #calls = new Map<string, ListedCall>();
  readonly #patterns = new Map<string, AppidSet>();
  readonly #credentials = new Map<string, string>();
  readonly #apiKeys = new Map<string, StoredApiKey & { caller: string }>();

  constructor(
    private readonly document: PolicyDocument,
    private readonly context: PolicyContext,
  ) {}

  get errors(): PolicyError[] {
    return [...this.document.errors, ...this.#fileErrors];
  }

  policy(sha256: string): Policy {
    const value = this.document.value();
    const sections = this.document.errors.length > 0 ? undefined : this.#sections(value);
    for (const [name, entry] of Object.entries(sections?.appids ?? {})) this.#addSet(name, entry);
    for (const [name, entry] of Object.entries(sections?.roles ?? {})) this.#addRole(name, entry);
    for (const [name, entry] of Object.entries(sections?.calls ?? {})) this.#addCall(name, entry);
    const callers = (sections?.callers ?? []).flatMap((entry, i) => this.#caller(entry, ['callers', i]));
    const { componentAppid } = this.context;
    const source = { sha256, componentAppid, calls: this.#calls };
    return new Policy(callers, this.#credentials, this.#apiKeys, source);
  }

  /** The sections that have the right form, although others may not. */
  #sections(value: unknown): Partial<z.infer<typeof fileShape>> {
    const whole = this.document.read(fileShape, value, []);
    if (whole !== undefined) return whole;
    if (typeof value !== 'object' || value === null) return {};
    const { appids, roles, calls, callers } = value as Record<string, unknown>;
    const { shape } = fileShape;
    const lists = shape.callers.safeParse(callers);
    const [sets, names] = [shape.appids.safeParse(appids), shape.roles.safeParse(roles)];
    const listed = shape.calls.safeParse(calls);
    return {
      ...(sets.success && { appids: sets.data }),
      ...(names.success && { roles: names.data }),
      ...(listed.success && { calls: listed.data }),
      ...(lists.success && sets.success && names.success && listed.success && { callers: lists.data }),
    };
  }

  #addSet(name: string, entry: unknown): void {
    const path = ['appids', name];
    this.#checkName(name, path);
    if (name === 'all' || isPattern(name)) this.document.addError(path, `a set cannot be named ${name}`);
    const set = this.document.read(setShape, entry, path);
    if (set === undefined) this.#sets.set(name, undefined);
    else {
      const patterns = 'patterns' in set ? set.patterns : this.#patternsOf(set, path);
      this.#sets.set(name, new AppidSet(patterns, 'component' in set));
    }
  }

  #patternsOf(set: { file: string } | { component: true }, path: Path): string[] {
    if ('component' in set)
      return this.context.componentAppid === undefined ? [] : [this.context.componentAppid];
    const { file } = set;
    const content = this.context.setFiles.get(file) ?? { error: 'not found' };
    if ('error' in content) {
      this.document.addError([...path, 'file'], `cannot read ${file}: ${content.error}`);
      return [];
    }
    const lines = content.text.split('\n').map((line) => line.trim());
    return lines.filter((line, i) => {
      if (line === '' || line.startsWith('#')) return false;
      if (isPattern(line)) return true;
      const message = 'must be an appid, or a prefix of one followed by *';
      this.#fileErrors.push({ file, line: i + 1, message });
      return false;
    });
  }

  #addRole(name: string, entry: unknown): void {
    const path = ['roles', name];
    this.#checkName(name, path);
    const patterns = this.document.read(roleShape, entry, path) ?? [];
    this.#methods(patterns, path, 'deny');
    this.#roles.set(name, patterns);
  }

  #addCall(name: string, entry: unknown): void {
    const path = ['calls', name];
    this.#checkName(name, path);
    const call = this.document.read(callShape, entry, path);
    // Also an invalid one, so that no further error follows from it.
    this.#calls.set(name, { name, ...(call ?? NO_CALL) });
  }

  #caller(entry: unknown, path: Path): Caller[] {
    const caller = this.document.read(callerShape, entry, path);
    if (caller === undefined) return [];
    const { name, limits, mayActFor } = caller;
    this.#checkUnique(name, path);
    caller.credentials.forEach((credential, i) => {
      this.#addCredential(credential, name, [...path, 'credentials', i]);
    });
    const rules = (['deny', 'allow'] as const).flatMap((kind) =>
      caller[kind].map((rule, i) => this.#rule(kind, rule, [...path, kind, i])),
    );
    const { perSecond } = limits;
    const burst = limits.burst ?? (perSecond === undefined ? undefined : Math.max(1, Math.ceil(perSecond)));
    return [{ name, rules, limits: { ...limits, burst }, mayActFor }];
  }

  readonly #names = new Set<string>();

  #checkUnique(name: CallerEntry['name'], path: Path): void {
    if (this.#names.has(name)) this.document.addError([...path, 'name'], `there are two callers ${name}`);
    this.#names.add(name);
  }

  #addCredential({ apiKey, ...named }: CredentialEntry, caller: string, path: Path): void {
    const key = apiKey === undefined ? credentialKey(named as NamedCredential) : `apiKey ${apiKey.id}`;
    const other = this.#credentials.get(key);
    if (other !== undefined)
      this.document.addError(path, `this credential is already one of caller ${other}`);
    this.#credentials.set(key, caller);
    if (apiKey === undefined) return;
    const { id, sha256, expires } = apiKey;
    const expiresAtMs = (expires && endOfDateMs(expires)) || Number.POSITIVE_INFINITY;
    this.#apiKeys.set(id, { id, sha256, caller, expiresAtMs });
  }

  #rule(kind: PolicyRule['kind'], entry: RuleEntry, path: Path): PolicyRule {
    const { roles = [], methods: patterns = [], calls, appids, reason } = entry;
    const named = roles.flatMap((role, i) => {
      const found = this.#roles.get(role);
      if (found === undefined) this.document.addError([...path, 'roles', i], `unknown role ${role}`);
      return (found ?? []).flatMap((pattern) => methodsOf(pattern, kind));
    });
    const methods = new Set([...named, ...this.#methods(patterns, [...path, 'methods'], kind)]);
    this.#checkCalls(kind, { ...entry, methods: [...methods] }, path);
    if (kind === 'allow' && reason !== undefined)
      this.document.addError([...path, 'reason'], 'only a deny rule has a reason');
    return {
      kind,
      line: this.document.lineOf(path),
      methods,
      calls: calls && new Set(calls),
      appids: appids === 'all' ? [ALL] : appids.flatMap((name, i) => this.#set(name, [...path, 'appids', i])),
      reason,
    };
  }

  /** What a rule allows of the service Calls is a list of names, in which no wildcard counts. */
  #checkCalls(kind: PolicyRule['kind'], { roles = [], methods = [], calls }: RuleEntry, path: Path): void {
    const others = methods.filter((method) => !isOfCalls(method));
    if (calls === undefined && kind === 'allow' && others.length < methods.length)
      this.document.addError(path, 'a rule that allows methods of Calls must list the calls');
    if (calls === undefined) return;
    const isOfCallsOnly = others.length === 0 && methods.length > 0 && roles.length === 0;
    if (!isOfCallsOnly)
      this.document.addError(path, 'a rule with calls must name methods of Calls and nothing else');
    for (const [i, name] of calls.entries())
      if (!this.#calls.has(name)) this.document.addError([...path, 'calls', i], `unknown call ${name}`);
  }

  #set(name: string, path: Path): AppidSet[] {
    if (this.#sets.has(name)) return [this.#sets.get(name) ?? NONE];
    if (isPattern(name)) {
      const set = this.#patterns.get(name) ?? new AppidSet([name]);
      this.#patterns.set(name, set);
      return [set];
    }
    this.document.addError(path, `unknown set ${name}; it is not a pattern either`);
    return [];
  }

  #methods(patterns: readonly string[], path: Path, kind: PolicyRule['kind']): string[] {
    return patterns.flatMap((pattern, i) => {
      const methods = methodsOf(pattern, kind);
      if (methods.length === 0) this.document.addError([...path, i], `unknown method ${pattern}`);
      return methods;
    });
  }

  #checkName(name: string, path: Path): void {
    if (!NAME.test(name)) this.document.addError(path, `the name ${name} ${MUST_BE_NAME}`);
  }
}

const ALL = new AppidSet('all');
const NONE = new AppidSet([]);
const NO_CALL: Omit<ListedCall, 'name'> = {
  ...{ api: '', http: 'GET', effect: 'none', componentToken: false, query: [] },
};
