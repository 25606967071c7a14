import {
  type ItemName,
  type ItemState,
  type Judged,
  PART_OF,
  type Party,
  type ReadinessFacts,
} from './item.js';
import { domainsOf, explainedBy, lastValue } from './observation.js';

const is = (state: ItemState, detail = '', detailZh = ''): Judged => ({ state, detail, detailZh });
const missing = (acts: Party, detail: string, detailZh: string): Judged => ({
  ...{ state: 'MISSING', acts, detail, detailZh },
});
const pending = (acts: Party, detail: string, detailZh: string): Judged => ({
  ...{ state: 'PENDING', acts, detail, detailZh },
});

const OK = is('OK');
const NOT_NEEDED = is('NOT_NEEDED');
const NOT_READ = is('UNKNOWN', 'It was not read yet.', '尚未读取。');

/** The permission set of code management. */
const CODE_MANAGEMENT = 18;

/** The verdict on an item. An item that is read from WeChat is UNKNOWN if the last read failed. */
export function judge(name: ItemName, facts: ReadinessFacts): Judged {
  const judged = RULES[name](facts);
  if (judged !== NOT_READ) return judged;
  const part = PART_OF[name];
  const seen = part && facts.observed[part];
  return seen !== undefined && 'error' in seen
    ? is('UNKNOWN', `It could not be read: ${seen.error}`, `读取失败：${seen.error}`)
    : NOT_READ;
}

/** One rule per item. */
const RULES: Record<ItemName, (facts: ReadinessFacts) => Judged> = {
  AUTHORIZATION: ({ authorization: { state, permissionSets } }) => {
    if (state !== 'AUTHORIZED')
      return missing(
        'OWNER',
        'The owner must authorize the platform again, with permission set 18.',
        '请管理员重新扫码授权，并包含 18 号权限集',
      );
    if (permissionSets === null) return NOT_READ;
    if (permissionSets.includes(CODE_MANAGEMENT)) return OK;
    return missing(
      'OWNER',
      'The authorization lacks permission set 18; the owner must authorize the platform again.',
      '请管理员重新扫码授权，并包含 18 号权限集',
    );
  },

  ACCOUNT: ({ observed }) => {
    const account = lastValue(observed, 'ACCOUNT');
    if (account === undefined) return NOT_READ;
    const why = BLOCKED_ACCOUNTS[account.status];
    if (why === undefined) return { ...OK, number: account.status };
    const judged = missing(
      'OWNER',
      `The account is ${why}; the owner must see to it on WeChat's pages.`,
      '小程序账号已注销、封禁或冻结，请登录微信公众平台处理',
    );
    return { ...judged, number: account.status };
  },

  PROFILE: ({ observed }) => {
    const account = lastValue(observed, 'ACCOUNT');
    if (account === undefined) return NOT_READ;
    if (account.missing.length === 0) return OK;
    const names = account.missing.map((field) => PROFILE_FIELDS[field]).join('、');
    return missing(
      'OWNER',
      `The owner must add to the profile: ${account.missing.join(', ')}.`,
      `请补全小程序的名称、头像和简介，缺少：${names}`,
    );
  },

  CATEGORY: ({ observed }) => {
    const category = lastValue(observed, 'CATEGORY');
    if (category === undefined) return NOT_READ;
    if (category.count > 0) return OK;
    return missing(
      'OWNER',
      'There is no approved category; the owner must add one.',
      '请添加服务类目并通过审核',
    );
  },

  FILING: ({ observed, isLive }) => {
    if (isLive) return NOT_NEEDED;
    const filing = lastValue(observed, 'FILING');
    if (filing === undefined) return NOT_READ;
    return { ...judgeFiling(filing), number: filing.number };
  },

  DOMAINS: ({ observed, settings, platform }) => {
    const desired = domainsOf(settings.serverDomains, settings.webviewDomains);
    if (desired.length === 0) return NOT_NEEDED;
    const lists = desired.map((domain) => platform[familyOf(domain)]);
    if (lists.some((list) => list === undefined))
      return is('UNKNOWN', "The platform's domains were not read yet.", '尚未读取第三方平台的域名。');
    const unknown = desired.filter((domain, i) => !isRegistered(domain, lists[i])).map(nameOf);
    if (unknown.length > 0)
      return missing(
        'PLATFORM',
        `The platform has not registered these domains: ${listed(unknown)}.`,
        `域名未登记到第三方平台：${listed(unknown, '、')}`,
      );
    const domains = lastValue(observed, 'DOMAINS');
    if (domains === undefined) return NOT_READ;
    const absent = desired.filter((domain) => !domains.effective.includes(domain)).map(nameOf);
    if (absent.length === 0) return OK;
    return pending(
      'SERVICE',
      `These domains take effect with the next release: ${listed(absent)}.`,
      `以下域名将随下次发布生效：${listed(absent, '、')}`,
    );
  },

  EXT_VALUES: ({ settings: { requiredExtPointers = [] }, absentPointers }) => {
    if (requiredExtPointers.length === 0) return NOT_NEEDED;
    if (absentPointers.length === 0) return OK;
    return missing(
      'PLATFORM',
      `The settings have no value at ${listed(absentPointers)}.`,
      `该小程序缺少配置项：${listed(absentPointers, '、')}`,
    );
  },

  PRIVACY_GUIDE: (facts) => judgeGuide(facts),

  PRIVACY_INTERFACES: ({ observed, settings: { interfaces = [] } }) => {
    if (interfaces.length === 0) return NOT_NEEDED;
    const read = lastValue(observed, 'INTERFACES');
    if (read === undefined) return NOT_READ;
    const verdicts = interfaces.map(({ apiName, application }) =>
      judgeInterface(apiName, read.states[apiName], application !== undefined),
    );
    const first = (state: ItemState, acts?: Party) =>
      verdicts.find((one) => one.state === state && (acts === undefined || one.acts === acts));
    return first('MISSING') ?? first('PENDING', 'WECHAT') ?? first('PENDING') ?? OK;
  },
};

/** WeChat's numbers of accounts that cannot release; 1 is normal and 18 only warned. */
const BLOCKED_ACCOUNTS: Record<number, string> = { 14: 'cancelled', 16: 'banned', 19: 'frozen' };

const PROFILE_FIELDS: Record<string, string> = { name: '名称', picture: '头像', introduction: '简介' };

const FILING_NEEDS: Record<string, [string, string]> = {
  PROFILE: ['the profile', '基本信息'],
  CATEGORY: ['a category', '服务类目'],
  VERIFICATION: ['the verification', '主体认证'],
};

function judgeFiling({
  state,
  missing: needs,
  refused,
}: {
  state: string;
  missing: string[];
  refused: string[];
}): Judged {
  const fields = refused.length === 0 ? '' : listed(refused, '；');
  switch (state) {
    case 'FILED':
      return OK;
    case 'WECHAT_REVIEWS':
      return pending('WECHAT', 'WeChat reviews the filing.', '微信正在审核备案');
    case 'AUTHORITY_REVIEWS':
      return pending('WECHAT', 'The authority reviews the filing.', '管局正在审核备案');
    case 'WECHAT_REFUSED':
    case 'AUTHORITY_REFUSED': {
      const [by, byZh] = state === 'WECHAT_REFUSED' ? ['WeChat', '微信'] : ['The authority', '管局'];
      return missing(
        'OWNER',
        `${by} refused the filing; the owner must correct it${fields && `: ${fields}`}.`,
        `小程序尚未完成备案：${byZh}驳回了备案${fields && `，请修改：${fields}`}`,
      );
    }
    case 'NOT_FILED': {
      const [first, firstZh] = [0, 1].map((i) => needs.map((need) => FILING_NEEDS[need]?.[i] ?? need));
      return missing(
        'OWNER',
        `The owner must file the mini-program${needs.length === 0 ? '' : `; first it needs ${first?.join(', ')}`}.`,
        `小程序尚未完成备案：${needs.length === 0 ? '请提交备案' : `请先完善${firstZh?.join('、')}`}`,
      );
    }
    default:
      return is(
        'UNKNOWN',
        'WeChat returned a status that it does not document.',
        '微信返回了未说明的备案状态。',
      );
  }
}

/** Without a commit WeChat has detected nothing, and a guide cannot be set yet. */
function judgeGuide({ observed, settings: { privacyGuide: desired } }: ReadinessFacts): Judged {
  const texts = explainedBy(desired?.purposes);
  const guide = lastValue(observed, 'GUIDE');
  if (guide === undefined && (desired === undefined || observed.GUIDE !== undefined)) return NOT_READ;
  const { hasCode, detected, explained } = guide ?? { hasCode: false, detected: [], explained: [] };
  if (texts.length === 0 && detected.length === 0) return NOT_NEEDED;
  const owner = desired?.owner;
  if (desired !== undefined && !(owner?.phone || owner?.email || owner?.qq || owner?.wechat))
    return missing('PLATFORM', 'The guide names no contact.', '隐私保护指引缺少联系方式');
  if (desired !== undefined && !owner?.noticeMethod)
    return missing('PLATFORM', 'The guide names no notice method.', '隐私保护指引缺少通知方式');
  const uncovered = detected.filter((key) => !(desired === undefined ? explained : texts).includes(key));
  if (uncovered.length > 0)
    return missing(
      'PLATFORM',
      `The guide has no text for data that WeChat detected: ${listed(uncovered)}.`,
      `隐私保护指引缺少说明：${listed(uncovered, '、')}`,
    );
  if (hasCode && texts.every((key) => explained.includes(key))) return OK;
  return pending('SERVICE', 'The guide is set with the next release.', '隐私保护指引将随下次发布设置');
}

function judgeInterface(
  name: string,
  read: { state: string; reason: string } | undefined,
  canApply: boolean,
): Judged {
  switch (read?.state) {
    case 'OPEN':
      return OK;
    case 'IN_REVIEW':
      return pending('WECHAT', `WeChat reviews the application for ${name}.`, `微信正在审核接口 ${name}`);
    case 'AVAILABLE':
      return canApply
        ? pending('SERVICE', `${name} is applied for with the next release.`, `接口 ${name} 将随下次发布申请`)
        : missing(
            'PLATFORM',
            `${name} must be applied for, and the settings have no application.`,
            `接口 ${name} 尚无权限：配置中没有申请内容`,
          );
    case 'REFUSED':
      return missing(
        'PLATFORM',
        `WeChat refused ${name}: ${read.reason || 'no reason given'}.`,
        `接口 ${name} 尚无权限：申请被驳回${read.reason && `，${read.reason}`}`,
      );
    default:
      return missing(
        'PLATFORM',
        `The mini-program may not use ${name}; a category may be missing.`,
        `接口 ${name} 尚无权限：可能缺少对应的服务类目`,
      );
  }
}

/** The platform's list for a domain, which is written as `<kind> <domain>`. */
function familyOf(domain: string): 'server' | 'webview' {
  return domain.startsWith('webview ') ? 'webview' : 'server';
}

/** The platform registers names without scheme and port, and none for sockets. */
function isRegistered(domain: string, list: readonly string[] = []): boolean {
  if (/^(udp|tcp) /.test(domain)) return true;
  return list.includes(
    nameOf(domain)
      .replace(/^[a-z]+:\/\//, '')
      .replace(/[:/].*$/, ''),
  );
}

function nameOf(domain: string): string {
  return domain.slice(domain.indexOf(' ') + 1);
}

/** A detail stays one sentence: at most 10 names. */
function listed(names: readonly string[], comma = ', '): string {
  const shown = [...new Set(names)];
  return shown.length > 10 ? `${shown.slice(0, 10).join(comma)}…` : shown.join(comma);
}
