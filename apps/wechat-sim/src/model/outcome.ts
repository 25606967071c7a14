import type { Audit } from './mini-program.js';

/** errcode → errmsg in WeChat's current wording (from its code-management pages). */
export const ERRMSG: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  0: 'ok',
  40001: 'invalid credential, access_token is invalid or not latest',
  40013: 'invalid appid',
  40005: 'invalid file type',
  40006: 'invalid media size',
  40007: 'invalid media_id',
  40066: 'invalid url',
  40097: 'invalid args',
  40125: 'invalid appsecret',
  40126: 'invalid text size',
  40170: 'args count exceed count limit',
  41001: 'access_token missing',
  41005: 'media data missing',
  42001: 'access_token expired',
  43001: 'require GET method',
  43002: 'require POST method',
  44002: 'empty post data',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, please retry later',
  45104: 'reach max domain quota limit',
  47001: 'data format error',
  61003: 'component is not authorized by this account',
  61005: 'component ticket is expired',
  61006: 'component ticket is invalid',
  61007: 'api is unauthorized to component',
  61009: 'code is invalid',
  61010: 'code is expired',
  61014: 'must use component token for component api',
  61015: 'must use api authorizer token, not component token',
  61023: 'refresh_token is invalid',
  61031: 'our last submission is under review, please do not apply again',
  61032: 'invalid video type, need mp4-type',
  61034: 'invalid args, please check',
  61035: 'the api not need apply',
  61039: 'privacy api check is not finished, please retry one minute later',
  61040:
    'ext.json配置的隐私接口xxx无权限，请申请权限后再提交审核。或者代码中含有ext.json未配置隐私接口xxx(暂无权限)，请配置并申请权限或者承诺不使用这些接口（设置参数privacy_api_not_use为true）后再提交审核。',
  65316: 'domain count reach limit',
  85001: 'user not exist or user cannot be searched',
  85002: 'number of tester reach bind limit',
  85004: 'user already bind',
  85006: 'invalid tag',
  85007: 'invalid page path',
  85008: 'category is in invalid format',
  85009: 'already submit a version under auditing',
  85010: 'item_list has empty item',
  85011: 'invalid title',
  85012: 'invalid audit id',
  85013: 'invalid ext_json, parse fail or containing invalid path',
  85014: 'template not exist',
  85015: 'support version error',
  85016: 'exceed valid domain count',
  85019: 'no version is under auditing',
  85020: 'status not allowed',
  85021: 'status not allowed',
  85022: 'invalid action',
  85023: 'item size is not in valid range',
  85043: 'invalid template, something wrong?',
  85044: 'package exceed max limit',
  85045: 'some path in ext_json not exist',
  85046: 'pagepath missing in tabbar list',
  85047: 'pages are empty',
  85048: 'parse ext_json fail',
  85051: 'data too large',
  85052: 'app is already released',
  85058: 'no valid audit_id exist',
  85064: '找不到模板',
  85065: '模板库已满',
  85077: 'category is no longer offered, please select again',
  85079: 'miniprogram has no online release',
  85080: 'miniprogram commit not approved',
  85081: 'invalid gray percentage',
  85082: 'gray percentage too low',
  85085: '小程序提审数量已达本月上限，请点击查看',
  85092: 'invalid preview_info format',
  85093: 'too many videos or pictures in preview_info',
  85094: 'need add ugc declare',
  85301:
    'no domain to modify after filtered, please confirm the domain has been set in miniprogram or open, and follows the rule of domains',
  85302: 'domain has no icp license',
  85303: 'invalid domain, and domain without icp license',
  86000: 'should be called only from third party',
  86001: 'component experience version not exists',
  86002: 'miniprogram have not completed init procedure',
  86008: '服务商被处罚，限制全部代码提审能力',
  86009: '服务商新增小程序代码提审能力被限制',
  86010: '服务商迭代小程序代码提审能力被限制',
  86069: 'owner_setting必填字段字段缺失',
  86070: 'notice_method invalid',
  86071: 'privacy_ver参数无效',
  86072: 'store_expire_timestamp invalid',
  86073: 'ext_file_media_id invalid',
  86074: 'no published privacy setting',
  86075: 'ext_file_media_id of the published privacy setting cannot be changed',
  86102: 'domain modify reach month limit',
  87011: 'gray release is running, forbid revert',
  87012: 'forbid revert this version release',
  87013: 'no quota to undo code',
  89019: 'webview domain not change',
  89020: "open's webview domain is null! Need to set open's webview domain first!",
  89021: "request domain is not open's webview domain!",
  89029: 'webview domain exceed limit',
  89231: 'not support single',
  89402: '该小程序不在待审核队列，请检查是否已提交审核或已审完',
  89404: '本单已加速成功，请勿重复提交',
  89405: '本月加急额度已用完，请提高提审质量以获取更多额度',
  9410016: 'invalid domain',
};

/** The result of one call: the fields of the response, and the change if there was one. */
export interface Outcome {
  errcode: number;
  errmsg: string;
  /** Further fields of the JSON response. */
  fields?: Record<string, unknown>;
  /** The response has these fields only, as for the component APIs. */
  bare?: true;
  /** The change in a few words, for the ledger; undefined for a query or a rejected call. */
  effect?: string;
  /** An image instead of JSON. */
  image?: Buffer;
  /** The audit that this call opened. */
  opened?: Audit;
}

/** errcode 0. */
export function done(more: Omit<Outcome, 'errcode' | 'errmsg'> = {}): Outcome {
  return { errcode: 0, errmsg: 'ok', ...more };
}

/** A rejection with WeChat's text for the code, or `errmsg` if the code has several texts. */
export function reject(errcode: number, errmsg = ERRMSG[errcode] ?? 'system error'): Outcome {
  return { errcode, errmsg };
}
