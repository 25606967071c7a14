import { hintOf } from '../text/hint.js';
import { language, t } from '../text/text.js';
import type { TextKey } from '../text/translate.js';
import type { ApiError } from './call.js';

const BY_REASON: Readonly<Record<string, TextKey>> = {
  LOGIN_REQUIRED: 'error.login',
  ROLE: 'error.role',
  ORIGIN: 'error.reload',
  FORM_TOKEN: 'error.reload',
  CREDENTIAL_REFUSED: 'error.credential',
};
const BY_CODE: Readonly<Record<string, TextKey>> = {
  NO_ANSWER: 'error.noAnswer',
  UNAVAILABLE: 'error.unavailable',
  DEADLINE_EXCEEDED: 'error.unavailable',
  PERMISSION_DENIED: 'error.notPermitted',
  NOT_DONE: 'error.notDone',
  IN_DOUBT: 'error.inDoubt',
  IN_PROGRESS: 'error.inProgress',
  NOT_FOUND: 'error.notFound',
  RESOURCE_EXHAUSTED: 'error.tooMany',
  INVALID_ARGUMENT: 'error.refused',
  FAILED_PRECONDITION: 'error.refused',
  ALREADY_EXISTS: 'error.refused',
  ABORTED: 'error.refused',
};

/** What an error says, in one sentence and what to do, or what is wrong with which fields; the gateway's own words stay in `message`. */
export function errorText(error: ApiError): string {
  const { code, reason, api, message, violations, retryAfterMs = 1_000 } = error;
  if (api) {
    const said = hintOf({ reason, hint: message }, language);
    // Of some errcodes there is no Chinese text; the details have the English one.
    return language === 'zh' && said === message ? t('error.wechat') : `${t('error.wechat')} ${said}`;
  }
  const key = BY_REASON[reason] ?? BY_CODE[code] ?? 'error.failed';
  const text = t(key, { seconds: Math.ceil(retryAfterMs / 1_000) });
  const fields = violations.map(({ field, description }) => `${field}${t('colon')}${description}`);
  const hint = fields.join('\n') || error.hint;
  return hint === '' || reason in BY_REASON ? text : `${text} ${hint}`;
}
