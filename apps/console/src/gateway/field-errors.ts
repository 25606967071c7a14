import type { Language } from '../text/text.js';

/** The descriptions of violations that the gateway and the forms of drafts write, in English, and the same in Chinese. */
const CHINESE: readonly (readonly [description: RegExp, zh: string])[] = [
  [/^required$/, '必填'],
  [/^required: (\d+) to (\d+) characters$/, '必填，$1 到 $2 个字符'],
  [/^required if the pipeline contains SUBMIT_AUDIT$/, '步骤中有“提交审核”时必填'],
  [/^required: WeChat's audit id, .*/, '必填：微信的审核单 ID（提审操作的结论为“已执行”时）'],
  [/^required: at least one condition$/, '至少要有一个条件'],
  [/^count, percent, label or rest is required$/, '批次大小必填'],
  [/^percent or count is required$/, '百分比和数量至少填一项'],
  [/^fixed or rule is required$/, '请选择审核项的来源'],
  [/^one of its members is required$/, '必选其一'],
  [/^must be at most (\d+) characters, has (\d+)$/, '最多 $1 个字符，现在有 $2 个'],
  [/^must be (\d+) to (\d+) characters, has (\d+)$/, '应有 $1 到 $2 个字符，现在有 $3 个'],
  [/^must be at most (\d+) bytes, has (\d+)$/, '最多 $1 字节，现在有 $2 字节'],
  [/^must have (\d+) to (\d+) elements, has (\d+)$/, '应有 $1 到 $2 项，现在有 $3 项'],
  [/^must be at most (\d+) tags, has (\d+).*$/, '最多 $1 个标签，现在有 $2 个'],
  [
    /^each tag must be at most (\d+) characters, longer ones have (.+)$/,
    '每个标签最多 $1 个字符，超长的字符数：$2',
  ],
  [/^must have no control characters, has (.+)$/, '不能有控制字符，现在有 $1'],
  [/^must have no duplicates$/, '不能重复'],
  [/^must have no \|$/, '不能有“|”'],
  [/^must be at least (\d+), is (.+)$/, '不能小于 $1，现在是 $2'],
  [/^must be (\d+) to (\d+) days, is (.+) s$/, '应为 $1 到 $2 天，现在是 $3 秒'],
  [
    /^must be 1 to 100, or 0 with support_debugger_first or support_experiencer_first, is (.+)$/,
    '应为 1 到 100，或者勾选优先灰度的人群并填 0，现在是 $1',
  ],
  [/^must be (\d+) to (\d+), is (.+)$/, '应为 $1 到 $2，现在是 $3'],
  [/^must be higher than that of the step before \((.+)\), is (.+)$/, '应大于上一步的 $1，现在是 $2'],
  [/^must not be before first_step \((.+)\), is (.+)$/, '不能早于第一步（$1），现在是 $2'],
  [/^must be at most (\d+), the number of waves$/, '不能大于批次数 $1'],
  [/^must have (\d+) waves or more: .+$/, '至少要有 $1 个批次：已有目标指定了这一批'],
  [/^must be true$/, '应为是'],
  [/^must be one size only$/, '大小只能填一项'],
  [/^must be a whole number, (\d+) to (\d+)$/, '应为 $1 到 $2 的整数'],
  [/^must be a number below (\d+)$/, '应为小于 $1 的数字'],
  [/^must be (JSON|YYYY-MM-DDThh:mm)$/, '应为 $1'],
  [
    /^must be wx and 16 lower-case hexadecimal digits, is (.+)$/,
    '应为 wx 加 16 位小写十六进制数字，现在是 $1',
  ],
  [/^must be a number, is (.+)$/, '应为数字，现在是 $1'],
  [/^must be an API that this service calls, for example (.+)$/, '应为本服务调用的接口，例如 $1'],
  [
    /^must be the name of an RPC that creates operations, for example (.+)$/,
    '应为会产生操作的方法名，例如 $1',
  ],
  [/^must be a next_page_token of this service, .+$/, '分页参数不属于当前的筛选条件，请回到首页'],
  [/^must be a JSON object: (.+)$/, '应为 JSON 对象，解析失败：$1'],
  [/^must be a JSON object, is .+$/, '应为 JSON 对象'],
  [/^must have at most (\d+) levels of nested objects and lists, has more$/, '嵌套最多 $1 层'],
  [/^must be (.+), is (.+)$/, '应为 $1，现在是 $2'],
  [/^is allowed in the first step only$/, '只有第一步可以使用'],
  [/^is allowed in the last wave only$/, '只有最后一批可以使用'],
  [/^is in this request twice$/, '重复出现'],
  [/^is an enum number that this version does not support$/, '这个版本不支持该值'],
  [
    /^the patches of a draft have at most (\d+) bytes together, not (\d+)$/,
    '一份草稿的补丁合计最多 $1 字节，现在有 $2 字节',
  ],
  [/^this rollout has no such gates$/, '这个批量发布没有这种闸门'],
];

/** What the gateway says about a field, in the visitor's language; a description that is not in the table stays English. */
export function descriptionIn(description: string, language: Language): string {
  if (language === 'en') return description;
  const [pattern, zh = ''] = CHINESE.find(([one]) => one.test(description)) ?? [];
  return pattern === undefined ? description : description.replace(pattern, zh);
}
