import { domainsOf, expectedOf } from '@wxa/methods';
import { dependOnUnread, unregisteredOf } from '@wxa/settings';
import {
  type ItemName,
  type ItemState,
  type Judged,
  PART_OF,
  type Party,
  type ReadinessFacts,
} from './item.js';
import { lastValue } from './observation.js';
import { judgeGuide, judgeInterface } from './privacy-rules.js';
import { is, listed, missing, NOT_NEEDED, NOT_READ, OK, pending } from './verdicts.js';

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
    if (dependOnUnread(settings, platform))
      return is('UNKNOWN', "The platform's domains were not read yet.", '尚未读取第三方平台的域名。');
    const unregistered = unregisteredOf(settings, platform);
    if (unregistered.length > 0)
      return missing(
        'PLATFORM',
        `The platform has not registered these domains: ${listed(unregistered)}.`,
        `域名未登记到第三方平台：${listed(unregistered, '、')}`,
      );
    const domains = lastValue(observed, 'DOMAINS');
    const refused = refusedOf(desired, observed);
    if (refused.length > 0)
      return missing(
        'PLATFORM',
        `WeChat refused these domains: ${listed(refused)}; correct them or complete their ICP filing, then set them again.`,
        `域名被微信拒绝：${listed(refused, '、')}`,
      );
    if (domains === undefined) return NOT_READ;
    const expected = expectedOf(desired, settings, domains.set);
    const absent = expected.filter((domain) => !domains.effective.includes(domain)).map(nameOf);
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

/** Those that WeChat refused when they were last set, and that it has not now. */
function refusedOf(desired: readonly string[], observed: ReadinessFacts['observed']): string[] {
  const { set, effective } = lastValue(observed, 'DOMAINS') ?? { set: [], effective: [] };
  const refused = lastValue(observed, 'REFUSED')?.domains ?? [];
  const isRefused = (domain: string) => refused.includes(nameOf(domain));
  return desired.filter((one) => isRefused(one) && ![...set, ...effective].includes(one)).map(nameOf);
}

/** Of a domain that is written as `<kind> <domain>`. */
function nameOf(domain: string): string {
  return domain.slice(domain.indexOf(' ') + 1);
}
