import { RolloutSpec } from '@wxa/contracts';
import {
  type Caller,
  isKnownMethod,
  newApiKey,
  type Policy,
  type PolicyError,
  readPolicy,
} from '@wxa/policy';
import { methodsOfRollout } from '@wxa/rollouts/core';
import { readConfig } from '@wxa/service/settings';
import { z } from 'zod';
import { EXIT, UsageError } from './exit-codes.js';
import { counted, print } from './output/print.js';

const DENIED = 1;
const INVALID = 1;

/** The output of a subcommand, as a document and as text, and its exit code. */
interface Result {
  document: object;
  output: string;
  code: number;
}

interface CallValues {
  caller: string;
  method: string;
  appid: string;
  /** The name of a listed call. */
  call?: string;
}

/** `wxa policy check`: reports all errors of a policy file. */
export async function check(path: string, { json }: { json?: boolean }): Promise<number> {
  return printed(await faultsOf(path), json);
}

/** `wxa policy explain`: decides on a call and names the deciding rule. */
export async function explain(
  path: string,
  { json, ...call }: CallValues & { json?: boolean },
): Promise<number> {
  return printed(await decisionOn(path, call), json);
}

/** `wxa policy new-key`: makes an API key. */
export async function newKey(caller: string, { json }: { json?: boolean }): Promise<number> {
  return printed(keyOf(caller), json);
}

function printed({ document, output, code }: Result, json: boolean | undefined): number {
  if (json === true || code <= DENIED) print(json, document, output);
  else console.error(output);
  return code;
}

async function faultsOf(path: string): Promise<Result> {
  const { policy, errors } = await read(path);
  if (policy === undefined) return { document: { errors }, output: listed(errors), code: INVALID };
  const callers = policy.callers.length;
  const warnings = policy.callers.flatMap((caller) => warningsOf(policy, caller));
  const lines = [`valid: ${counted(callers, 'caller')}`, ...warnings.map((warning) => `warning: ${warning}`)];
  return { document: { errors, callers, warnings }, output: lines.join('\n'), code: EXIT.ok };
}

const CREATE = 'Rollouts/CreateRollout';
/** What the steps of a usual rollout call. */
const STEPS = methodsOfRollout(RolloutSpec.create(), false).map((method) => `CodeManagement/${method}`);

/** What is valid, and may not be meant. */
function warningsOf(policy: Policy, caller: Caller): string[] {
  const readsAll = `caller ${caller.name} may read the access tokens of all mini-programs`;
  return [...(policy.readsAllTokens(caller) ? [readsAll] : []), ...rolloutWarnings(policy, caller)];
}

/** A caller that may create rollouts whose steps the policy denies it: CreateRollout would be refused. */
function rolloutWarnings(policy: Policy, caller: Caller): string[] {
  const { allow, deny } = policy.visible(caller, CREATE);
  const denied = STEPS.filter((method) => {
    const step = policy.visible(caller, method);
    const isKnown = (pattern: string) => deny.includes(pattern);
    return step.allow.length === 0 || step.deny.some((pattern) => !isKnown(pattern));
  });
  if (allow.length === 0 || denied.length === 0) return [];
  return [
    `caller ${caller.name} may call ${CREATE} for mini-programs for which it may not call ${denied.join(', ')}: their rollouts with these steps are refused`,
  ];
}

async function decisionOn(path: string, { caller: name, method, appid, call }: CallValues): Promise<Result> {
  const { policy, errors } = await read(path);
  if (policy === undefined) return { document: { errors }, output: listed(errors), code: EXIT.config };
  if (!isKnownMethod(method))
    throw new UsageError(`--method: unknown method ${method}; write it as SERVICE/METHOD`);
  const caller = policy.caller(name);
  if (caller === undefined) throw new UsageError(`--caller: unknown caller ${name}`);
  return decision(path, policy, caller, { method, appid, call });
}

/** The key is printed, and stored nowhere. */
function keyOf(caller: string): Result {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(caller))
    throw new UsageError(`CALLER must be up to 40 of a-z, 0-9 and dashes: ${caller}`);
  const { key, id, sha256 } = newApiKey();
  const line = `      - { apiKey: { id: "${id}", sha256: "${sha256}" } }`;
  return {
    document: { caller, key, credential: { apiKey: { id, sha256 } } },
    output: `API key of ${caller}, which is shown only now:\n${key}\nunder "credentials" of ${caller} in the policy file:\n${line}`,
    code: EXIT.ok,
  };
}

function decision(
  path: string,
  policy: Policy,
  caller: Caller,
  { method, appid, call }: Pick<CallValues, 'method' | 'appid' | 'call'>,
): Result {
  const { allowed, rule } = policy.decide(caller, method, appid, call);
  const because =
    rule === undefined
      ? 'no rule allows it'
      : `${path}:${rule.line}: ${rule.kind} rule${rule.reason === undefined ? '' : `: ${rule.reason}`}`;
  const output = `${allowed ? 'allowed' : 'denied'}: ${caller.name} ${method} ${appid}\n${because}`;
  const { kind, line, reason } = rule ?? {};
  const document = { allowed, caller: caller.name, method, appid, rule: rule && { kind, line, reason } };
  return { document, output, code: allowed ? EXIT.ok : DENIED };
}

function read(path: string) {
  const settings = z.object({ WECHAT_COMPONENT_APPID: z.string().optional() });
  const { WECHAT_COMPONENT_APPID } = readConfig(settings, process.env);
  return readPolicy(path, WECHAT_COMPONENT_APPID);
}

function listed(errors: readonly PolicyError[]): string {
  return errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
}
