import { isPrivacyCheckRunning } from '../retrying/retry-policy.js';
import type { Precondition } from './wechat.js';

/**
 * Keeps a submission back while WeChat's privacy check of the committed code runs, which would refuse it (61039). What
 * else WeChat answers is no reason: the submission itself will tell.
 */
export const PRIVACY_GUARD: Precondition<'SubmitAudit'> = {
  api: 'wxa/security/get_code_privacy_info',
  applies: ({ waitForPrivacyCheck }) => waitForPrivacyCheck,
  check: async (_request, { client, options }) => {
    const check = await client.getPrivacyCheck({}, options);
    switch (check.kind) {
      case 'ok':
        return undefined;
      case 'error':
        return isPrivacyCheckRunning(check) ? { ...check, sent: false } : undefined;
      case 'retryable':
        return { ...check, sent: false };
      case 'ambiguous':
        // Nothing was submitted: a question without an answer may be asked again, whatever became of it.
        return { kind: 'retryable', cause: 'connect', error: check.error, sent: false };
    }
  },
};
