import {
  type Done,
  flag,
  int32,
  type JsonObject,
  object,
  objects,
  readDone,
  saysOk,
  text,
} from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

export interface RefusedFilingField {
  /** Chinese name of the field. */
  field: string;
  error: string;
  suggestion: string;
}

export interface Filing {
  /**
   * 2 WeChat reviews, 3 refused by WeChat, 4 the authority reviews, 5 refused by it, 6 filed. Not filed is 1024 plus bits: 1
   * without a complete profile, 2 without a category, 4 without verification.
   */
  status: number;
  isCanceling: boolean;
  /** Empty unless the filing was refused. */
  refused: RefusedFilingField[];
}

/**
 * Returns the state of a mini-program's filing (备案). Needs permission set 18 or 156.
 * Source: ../record/api_geticpentranceinfo.html
 */
export const getFiling: Endpoint<NoRequest, Filing> = {
  api: API.getFiling,
  read: (answer) => {
    const info = object(answer.info);
    if (info?.status === undefined) return undefined;
    return {
      status: int32(info.status),
      isCanceling: flag(info.is_canceling),
      refused: (objects(info.audit_data) ?? []).map(readRefused),
    };
  },
};

function readRefused(entry: JsonObject): RefusedFilingField {
  return { field: text(entry.key_name), error: text(entry.error), suggestion: text(entry.suggest) };
}

/**
 * Lets a WeChat user open the trial version. 85001 for a WeChat id that does not exist or cannot be searched for, 85002 if the
 * mini-program has too many testers, 85003 if the user tests too many, 85004 for a user who already is a tester.
 * Source: ../member-management/api_bindtester.html
 */
export const addTester: Endpoint<{ wechatId: string }, { userString: string }> = {
  api: API.addTester,
  secrets: ({ wechatId }) => [wechatId],
  body: ({ wechatId }) => ({ wechatid: wechatId }),
  read: (answer) => (saysOk(answer) || answer.userstr ? { userString: text(answer.userstr) } : undefined),
};

/** One of them is enough: the WeChat id, which is personal data, or WeChat's id of the tester, of `listTesters`. */
export interface RemoveTesterRequest {
  wechatId?: string;
  userString?: string;
}

/**
 * Ends a tester's access to the trial version. 85001 for a WeChat id that does not exist.
 * Source: ../member-management/api_unbindtester.html
 */
export const removeTester: Endpoint<RemoveTesterRequest, Done> = {
  api: API.removeTester,
  secrets: ({ wechatId = '' }) => [wechatId],
  body: ({ wechatId, userString }) => ({
    wechatid: wechatId || undefined,
    userstr: userString || undefined,
  }),
  read: readDone,
};

/**
 * Returns WeChat's ids of the testers of a mini-program, without their names.
 * Source: ../member-management/api_gettester.html
 */
export const listTesters: Endpoint<NoRequest, { userStrings: string[] }> = {
  api: API.listTesters,
  body: () => ({ action: 'get_experiencer' }),
  read: (answer) => {
    const members = objects(answer.members);
    if (!members && !saysOk(answer)) return undefined;
    return { userStrings: (members ?? []).map(({ userstr }) => text(userstr)) };
  },
};
