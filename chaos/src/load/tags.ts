import type { Method } from '@wxa/contracts';
import type { CallEntry } from '@wxa/wechat-sim';

/** Where a change's request and its body at WeChat say the same: by that an effect is known to be of it. */
interface Tag {
  api: string;
  method: Method;
  request: string;
  body: string;
  /** What the callers put there is different each time; of the others a few repeat. */
  unique: boolean;
}

const TAGS: readonly Tag[] = [
  { method: 'Commit', api: 'wxa/commit', request: 'userDesc', body: 'user_desc', unique: true },
  {
    method: 'SubmitAudit',
    api: 'wxa/submit_audit',
    request: 'versionDesc',
    body: 'version_desc',
    unique: true,
  },
  {
    method: 'SetSupportVersion',
    api: 'cgi-bin/wxopen/setweappsupportversion',
    request: 'version',
    body: 'version',
    unique: true,
  },
  {
    method: 'GrayRelease',
    api: 'wxa/grayrelease',
    request: 'percentage',
    body: 'gray_percentage',
    unique: false,
  },
  {
    method: 'ChangeVisitStatus',
    api: 'wxa/change_visitstatus',
    request: 'status',
    body: 'action',
    unique: false,
  },
];

/** The methods whose request WeChat sees nothing of. */
const UNTAGGED: Readonly<Record<string, Method>> = {
  'wxa/release': 'Release',
  'wxa/undocodeaudit': 'UndoAudit',
  'wxa/revertcoderelease': 'RevertRelease',
  'wxa/revertgrayrelease': 'RevertGrayRelease',
};

/** VisitStatus as WeChat says it. */
const ACTIONS: Readonly<Record<string, string>> = { VISIT_STATUS_OPEN: 'open', VISIT_STATUS_CLOSED: 'close' };

/** What a request and the call it causes have in common; empty where they have nothing. */
export function tagOfRequest(method: Method, request: object): string {
  const tag = TAGS.find((one) => one.method === method);
  const value = tag ? String(Reflect.get(request, tag.request)) : '';
  return method === 'ChangeVisitStatus' ? (ACTIONS[value] ?? '') : value;
}

/** Whose call it was: the method, the tag, and whether only one operation can have that tag. */
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
