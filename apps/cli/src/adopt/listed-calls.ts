import { readPolicy } from '@wxa/policy';
import { counted } from '../output/print.js';
import { type AdoptionCheck, fail, notChecked, ok, warn } from './result.js';

/** The entries and rights of listed calls. */
export const listedCalls: AdoptionCheck = {
  name: 'calls',
  steps: [5],
  async run({ env }) {
    const { AUTH_POLICY_FILE: path, WECHAT_COMPONENT_APPID: componentAppid } = env;
    if (path === undefined) return notChecked('AUTH_POLICY_FILE');
    const { policy, errors } = await readPolicy(path, componentAppid);
    if (policy === undefined)
      return fail(`the policy has ${counted(errors.length, 'error')}`, `wxa policy check ${path}`);
    if (policy.calls.size === 0) return warn('the policy lists no calls', 'add a section calls');
    return [...policy.calls.keys()].map((name) => {
      const callers = policy.callersOf(name);
      if (callers.length === 0) return warn(`no caller may call ${name}`, 'add a rule with calls');
      return ok(`${name}: ${callers.join(', ')}`);
    });
  },
};
