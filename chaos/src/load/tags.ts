import type { Method } from '@wxa/contracts';
import type { CallEntry } from '@wxa/wechat-sim';

/** A field that a change's request and its body at WeChat have in common; it links an effect to its operation. */
interface Tag {
  api: string;
  method: Method;
  request: string;
  body: string;
  /** Whether callers send a different value each time; other values repeat. */
  unique: boolean;
}

const ROWS: [Method, api: string, request: string, body: string, unique: boolean][] = [
  ['Commit', 'wxa/commit', 'userDesc', 'user_desc', true],
  ['SubmitAudit', 'wxa/submit_audit', 'versionDesc', 'version_desc', true],
  ['SetSupportVersion', 'cgi-bin/wxopen/setweappsupportversion', 'version', 'version', true],
  ['GrayRelease', 'wxa/grayrelease', 'percentage', 'gray_percentage', false],
  ['ChangeVisitStatus', 'wxa/change_visitstatus', 'status', 'action', false],
];
const TAGS = ROWS.map(
  ([method, api, request, body, unique]): Tag => ({ method, api, request, body, unique }),
);

/** The description of commits and submissions of rollouts: the same for all of them. */
export const ROLLOUT_TAG = 'rollout';

/** Methods whose request has no field that WeChat receives. */
const UNTAGGED: Readonly<Record<string, Method>> = {
  'wxa/release': 'Release',
  'wxa/undocodeaudit': 'UndoAudit',
  'wxa/revertcoderelease': 'RevertRelease',
  'wxa/revertgrayrelease': 'RevertGrayRelease',
};

/** VisitStatus in WeChat's words. */
const ACTIONS: Readonly<Record<string, string>> = { VISIT_STATUS_OPEN: 'open', VISIT_STATUS_CLOSED: 'close' };

/** What a request and the call it causes have in common; empty if nothing. */
export function tagOfRequest(method: Method, request: object): string {
  const tag = TAGS.find((one) => one.method === method);
  const value = tag ? String(Reflect.get(request, tag.request)) : '';
  return method === 'ChangeVisitStatus' ? (ACTIONS[value] ?? '') : value;
}

/** Whether a call at WeChat has the tag of its request. */
export const isTagged = (method: string): boolean => TAGS.some((one) => one.method === method && one.unique);

/** Identifies the cause of a call: the method, the tag, and whether only one operation can have that tag. */
export interface CallTag {
  method: Method;
  tag: string;
  unique: boolean;
}

/** undefined for a query. */
export function tagOfCall({ api, body }: CallEntry): CallTag | undefined {
  const tag = TAGS.find((one) => one.api === api);
  if (tag) return { method: tag.method, tag: String(fieldOf(body, tag.body)), unique: tag.unique };
  const method = UNTAGGED[api];
  return method && { method, tag: '', unique: false };
}

function fieldOf(body: string, name: string): unknown {
  try {
    return Reflect.get(JSON.parse(body), name);
  } catch {
    return '';
  }
}
