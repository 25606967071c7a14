import { parseArgs } from 'node:util';
import {
  type Caller,
  METHOD_ACCESS,
  newApiKey,
  type Policy,
  type PolicyError,
  readPolicy,
} from '@wxa/policy';
import { configOrExit } from '@wxa/service';
import { z } from 'zod';
import { EXIT } from './exit-codes.js';

const USAGE = `usage: wxa policy check FILE
         report the errors of a policy file; exit code 0: valid, 1: invalid
       wxa policy explain FILE --caller NAME --method SERVICE/METHOD --appid APPID
         print the decision on a call, with the deciding rule; exit code 0: allowed, 1: denied
       wxa policy new-key CALLER
         print a new API key, once, and the line for the policy file
Environment: WECHAT_COMPONENT_APPID (for sets with component: true)`;

const DENIED = 1;
const INVALID = 1;

/** The output and the exit code of a subcommand. */
interface Result {
  output: string;
  code: number;
}

/** `wxa policy`: checks a policy file, explains a decision, or makes an API key. */
export async function run(args: string[]): Promise<number> {
  const { output, code } = await result(args);
  if (code === EXIT.ok || code === DENIED) console.log(output);
  else console.error(output);
  return code;
}

async function result([command, name = '', ...rest]: string[]): Promise<Result> {
  if (command === 'check' && name !== '' && rest.length === 0) return check(name);
  if (command === 'explain' && name !== '') return explain(name, rest);
  if (command === 'new-key' && rest.length === 0) return newKey(name);
  return usage(USAGE);
}

/** Reports all errors of a policy file. */
export async function check(path: string): Promise<Result> {
  const { policy, errors } = await read(path);
  if (policy === undefined) return { output: listed(errors), code: INVALID };
  return { output: `valid: ${policy.callers.length} callers`, code: EXIT.ok };
}

/** Decides on a call and names the deciding rule. @param args the options `--caller`, `--method` and `--appid`. */
export async function explain(path: string, args: string[]): Promise<Result> {
  const asked = callOf(args);
  if (asked === undefined) return usage(USAGE);
  const { policy, errors } = await read(path);
  if (policy === undefined) return { output: listed(errors), code: EXIT.config };
  if (!Object.hasOwn(METHOD_ACCESS, asked.method))
    return usage(`unknown method ${asked.method}; write it as SERVICE/METHOD`);
  const caller = policy.caller(asked.caller);
  if (caller === undefined) return usage(`unknown caller ${asked.caller}`);
  return decision(path, policy, caller, asked);
}

/** Makes an API key. The key is printed, and stored nowhere. */
export function newKey(caller: string): Result {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(caller)) return usage(USAGE);
  const { key, id, sha256 } = newApiKey();
  const line = `      - { apiKey: { id: "${id}", sha256: "${sha256}" } }`;
  return {
    output: `API key of ${caller}, which is shown only now:\n${key}\nunder "credentials" of ${caller} in the policy file:\n${line}`,
    code: EXIT.ok,
  };
}

function decision(
  path: string,
  policy: Policy,
  caller: Caller,
  { method, appid }: { method: string; appid: string },
): Result {
  const { allowed, rule } = policy.decide(caller, method, appid);
  const because =
    rule === undefined
      ? 'no rule allows it'
      : `${path}:${rule.line}: ${rule.kind} rule${rule.reason === undefined ? '' : `: ${rule.reason}`}`;
  const output = `${allowed ? 'allowed' : 'denied'}: ${caller.name} ${method} ${appid}\n${because}`;
  return { output, code: allowed ? EXIT.ok : DENIED };
}

function callOf(args: string[]): { caller: string; method: string; appid: string } | undefined {
  const text = { type: 'string' } as const;
  try {
    const { caller, method, appid } = parseArgs({
      args,
      options: { caller: text, method: text, appid: text },
    }).values;
    if (caller === undefined || method === undefined || appid === undefined) return undefined;
    return { caller, method, appid };
  } catch {
    return undefined;
  }
}

function read(path: string) {
  const { WECHAT_COMPONENT_APPID } = configOrExit(
    z.object({ WECHAT_COMPONENT_APPID: z.string().optional() }),
  );
  return readPolicy(path, WECHAT_COMPONENT_APPID);
}

function listed(errors: readonly PolicyError[]): string {
  return errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
}

function usage(output: string): Result {
  return { output, code: EXIT.usage };
}
