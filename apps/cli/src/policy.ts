import { RolloutSpec } from '@wxa/contracts';
import {
  AppidSet,
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

interface CallValues {
  caller: string;
  method: string;
  appid: string;
  /** The name of a listed call. */
  call?: string;
  json?: boolean;
}

/** `wxa policy check`: reports all errors of a policy file. */
export async function checkPolicy(path: string, { json }: { json?: boolean }): Promise<number> {
  const { policy, errors } = await read(path);
  if (policy === undefined) {
    print(json, { errors }, listed(errors));
    return INVALID;
  }
  const callers = policy.callers.length;
  const warnings = policy.callers.flatMap((caller) => warningsOf(policy, caller));
  const lines = [`valid: ${counted(callers, 'caller')}`, ...warnings.map((warning) => `warning: ${warning}`)];
  print(json, { errors, callers, warnings }, lines.join('\n'));
  return EXIT.ok;
}

/** `wxa policy explain`: decides on a call and names the deciding rule. */
export async function explainDecision(
  path: string,
  { caller: name, method, appid, call, json }: CallValues,
): Promise<number> {
  const { policy, errors } = await read(path);
  if (policy === undefined) {
    if (json === true) print(json, { errors }, '');
    else console.error(listed(errors));
    return EXIT.config;
  }
  if (!isKnownMethod(method))
    throw new UsageError(`--method: unknown method ${method}; write it as SERVICE/METHOD`);
  const caller = policy.caller(name);
  if (caller === undefined) throw new UsageError(`--caller: unknown caller ${name}`);
  const { allowed, rule } = policy.decide(caller, method, appid, call);
  const { kind, line, reason } = rule ?? {};
  const because =
    rule === undefined
      ? 'no rule allows it'
      : `${path}:${line}: ${kind} rule${reason === undefined ? '' : `: ${reason}`}`;
  const document = { allowed, caller: name, method, appid, rule: rule && { kind, line, reason } };
  print(json, document, `${allowed ? 'allowed' : 'denied'}: ${name} ${method} ${appid}\n${because}`);
  return allowed ? EXIT.ok : DENIED;
}

/** `wxa policy new-key`: makes an API key, which is printed, and stored nowhere. */
export async function newKey(caller: string, { json }: { json?: boolean }): Promise<number> {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(caller))
    throw new UsageError(`CALLER must be up to 40 of a-z, 0-9 and dashes: ${caller}`);
  const { key, id, sha256 } = newApiKey();
  const line = `      - { apiKey: { id: "${id}", sha256: "${sha256}" } }`;
  const text = `API key of ${caller}, which is shown only now:\n${key}\nunder "credentials" of ${caller} in the policy file:\n${line}`;
  print(json, { caller, key, credential: { apiKey: { id, sha256 } } }, text);
  return EXIT.ok;
}

const CREATE = 'Rollouts/CreateRollout';
/** What the steps of a usual rollout call. */
const STEPS = methodsOfRollout(RolloutSpec.create(), false).map((method) => `CodeManagement/${method}`);

/** What is valid, and may not be meant. */
function warningsOf(policy: Policy, caller: Caller): string[] {
  const readsAll = `caller ${caller.name} may read the access tokens of all mini-programs`;
  return [...(policy.readsAllTokens(caller) ? [readsAll] : []), ...rolloutWarnings(policy, caller)];
}

/** A caller that may create rollouts whose steps the policy does not allow it: CreateRollout would be refused. */
function rolloutWarnings(policy: Policy, caller: Caller): string[] {
  const { allow, deny } = policy.visible(caller, CREATE);
  const known = new AppidSet(deny);
  const created = (allow === 'all' ? ['wx*'] : allow).filter((pattern) => !known.has(pattern));
  const denied = STEPS.filter((method) => {
    const step = policy.visible(caller, method);
    const allowed = new AppidSet(step.allow);
    // A set that has a prefix pattern has all its appids.
    return (
      created.some((pattern) => !allowed.has(pattern)) || step.deny.some((pattern) => !known.has(pattern))
    );
  });
  if (created.length === 0 || denied.length === 0) return [];
  return [
    `caller ${caller.name} may call ${CREATE} for mini-programs for which it may not call ${denied.join(', ')}: their rollouts with these steps are refused`,
  ];
}

function read(path: string) {
  const settings = z.object({ WECHAT_COMPONENT_APPID: z.string().optional() });
  const { WECHAT_COMPONENT_APPID } = readConfig(settings, process.env);
  return readPolicy(path, WECHAT_COMPONENT_APPID);
}

function listed(errors: readonly PolicyError[]): string {
  return errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
}
