import { type ArgumentsOf, textsOf, textWith } from '../texts.js';

/** What can be wrong with a field, in English and Chinese, by the reason of its violation. `{name}` stands for an argument. */
export const VIOLATIONS = {
  REQUIRED: ['required', '必填'],
  TEXT_REQUIRED: ['required: {min} to {max} characters', '必填，{min} 到 {max} 个字符'],
  TEXT_TOO_LONG: ['must be at most {max} characters, has {actual}', '最多 {max} 个字符，现在有 {actual} 个'],
  TEXT_LENGTH: [
    'must be {min} to {max} characters, has {actual}',
    '应有 {min} 到 {max} 个字符，现在有 {actual} 个',
  ],
  CONTROL_CHARACTER: ['must have no control characters, has {actual}', '不能有控制字符，现在有 {actual}'],
  FORMAT_CHARACTER: [
    'must have no format characters, has {actual}',
    '不能有不可见的格式字符，现在有 {actual}',
  ],
  VERTICAL_BAR: ['must have no |', '不能有“|”'],
  NOT_UTF8: ['must be valid UTF-8', '应为有效的 UTF-8 文本'],
  NUMBER_TOO_LOW: ['must be at least {min}, is {actual}', '不能小于 {min}，现在是 {actual}'],
  NUMBER_OUT_OF_RANGE: ['must be {min} to {max}, is {actual}', '应为 {min} 到 {max}，现在是 {actual}'],
  NUMBER_NOT_FINITE: ['must be a finite number, is {actual}', '应为有限的数字，现在是 {actual}'],
  DAYS_OUT_OF_RANGE: ['must be 0 to {max} days, is {actual} s', '应为 0 到 {max} 天，现在是 {actual} 秒'],
  DURATION_NEGATIVE: [
    'must be 0 or more, is {seconds} s {nanos} ns',
    '不能小于 0，现在是 {seconds} 秒 {nanos} 纳秒',
  ],
  TIME_OUT_OF_RANGE: ['must be between the years 1 and 9999', '年份应为 1 到 9999'],
  LIST_LENGTH: [
    'must have {min} to {max} elements, has {actual}',
    '应有 {min} 到 {max} 项，现在有 {actual} 项',
  ],
  DUPLICATES: ['must have no duplicates', '不能重复'],
  ENUM_VALUE_UNKNOWN: ['is an enum number that this version does not support', '这个版本不支持该值'],
  NOT_TRUE: ['must be true', '应为是'],
  NOT_ONE_OF: ['must be one of {allowed}', '应为以下之一：{allowed}'],
  NOT_A_NUMBER: ['must be a number, is {actual}', '应为数字，现在是 {actual}'],
  NOT_AN_APPID: [
    'must be wx and 16 lower-case hexadecimal digits, is {actual}',
    '应为 wx 加 16 位小写十六进制数字，现在是 {actual}',
  ],
  NOT_OF_PLATFORM: ["must be empty or the platform's own, {appid}", '应为空，或平台自己的 {appid}'],
  NOT_A_WEB_ADDRESS: ['must be an http or https address', '应为 http 或 https 地址'],
  NOT_A_DOMAIN: ['must have the form {form}, is {actual}', '应为 {form} 的形式，现在是 {actual}'],
  DOMAIN_NOT_ALLOWED: [
    'must not be an IP address or api.weixin.qq.com, is {actual}',
    '不能是 IP 地址或 api.weixin.qq.com，现在是 {actual}',
  ],
  NOT_A_POINTER: [
    'must be a JSON pointer (RFC 6901), for example /ext/shopId',
    '应为 JSON 指针（RFC 6901），例如 /ext/shopId',
  ],
  OTHER_EXT_APPID: [
    'extAppid must be {appid} or left out, is {actual}',
    'extAppid 应为 {appid} 或不填，现在是 {actual}',
  ],
  TOO_MANY_BYTES_WITH_SETTINGS: [
    'must be at most {max} bytes together with the patches of the settings, has {actual}',
    '与配置层的补丁合计最多 {max} 字节，现在有 {actual} 字节',
  ],
  TOO_MANY_LABELS: ['at most {max} labels can have a layer', '最多 {max} 个标签可以有配置层'],
  NOT_A_METHOD: [
    'must be the name of an RPC that creates operations, for example SubmitAudit',
    '应为会产生操作的方法名，例如 SubmitAudit',
  ],
  NOT_AN_API: [
    'must be an API that this service calls, for example wxa/submit_audit',
    '应为本服务调用的接口，例如 wxa/submit_audit',
  ],
  NOT_A_PAGE_TOKEN: [
    'must be a next_page_token of this service, used with the same filters',
    '分页参数不属于当前的筛选条件，请回到首页',
  ],
  NOT_A_REFRESH_TOKEN: [
    'must be at most 512 printable ASCII characters, without blanks',
    '最多 512 个可见 ASCII 字符，不能有空格',
  ],
  REQUEST_ID_INVALID: [
    'must be at most 64 printable ASCII characters, is {actual}',
    '最多 64 个可见 ASCII 字符，现在是 {actual}',
  ],
  REQUEST_ID_RESERVED: [
    'must be at most 64 printable ASCII characters that do not begin with rollout-, is {actual}',
    '最多 64 个可见 ASCII 字符，不能以 rollout- 开头，现在是 {actual}',
  ],
  ON_BEHALF_OF_ENCODING: ['must be one percent-encoded UTF-8 text', '应为一段百分号编码的 UTF-8 文本'],
  ON_BEHALF_OF_NOT_ALLOWED: ['requires mayActFor of caller {caller}', '调用方 {caller} 没有 mayActFor 权限'],
  AUTHORIZER_APPID_SET: [
    'must not be set together with authorizer_appid',
    '不能与 authorizer_appid 同时设置',
  ],
  AUDIT_ID_REQUIRED: [
    "required: WeChat's audit id, if a SubmitAudit is resolved as DONE",
    '必填：微信的审核单 ID（提审操作的结论为“已执行”时）',
  ],
  AUDIT_ID_NOT_NEEDED: [
    'must be 0 unless a SubmitAudit is resolved as DONE, is {actual}',
    '只有结论为“已执行”的提审操作才填，现在是 {actual}',
  ],
  TIME_NOT_LATER: ['must be later than create_time_after', '应晚于 create_time_after'],
  TIME_NOT_FUTURE: ['must be in the future', '应晚于现在'],
  SCOPE_AND_API: ['must not be set together with api', '不能与 api 同时设置'],
  SCOPE_ONLY_LIFTED: ['must not be UNDO_CHANGES', '不能只停用回退类操作'],
  STATE_DELAYED: ['must not be DELAYED; use delayed', '不能为 DELAYED，请使用 delayed'],
  DELAYED_STATE: ['requires the state PENDING or none', '状态应为 PENDING 或不填'],

  REQUEST_TOO_LARGE: [
    'the request must be at most {max} bytes, is {actual}',
    '请求最多 {max} 字节，现在有 {actual} 字节',
  ],
  REQUEST_TOO_LARGE_WITHOUT: [
    'the request must be at most {max} bytes without {fields}, is {actual}',
    '请求不含 {fields} 最多 {max} 字节，现在有 {actual} 字节',
  ],
  REQUEST_TOO_LARGE_AS_JSON: [
    'the request must be at most {max} bytes as JSON, is {actual}',
    '请求按 JSON 计最多 {max} 字节，现在有 {actual} 字节',
  ],
  TOO_MANY_FIELDS: [
    'is too large: a request can have at most {max} fields and list elements in total',
    '内容过多：一个请求合计最多 {max} 个字段和列表项',
  ],
  NESTED_TOO_DEEPLY: [
    'objects and lists must be nested at most {max} levels deep',
    '对象和列表嵌套最多 {max} 层',
  ],
  NAME_NOT_ALLOWED: ['this name is not allowed', '不能使用这个名称'],
  VALUE_MISSING: ['has no value', '没有值'],
  NUL_CHARACTER: ['must have no U+0000', '不能有 U+0000'],
  TOO_MANY_BYTES: ['must be at most {max} bytes, has {actual}', '最多 {max} 字节，现在有 {actual} 字节'],
  JSON_NESTED_TOO_DEEPLY: [
    'must have at most {max} levels of nested objects and lists, has more',
    '嵌套最多 {max} 层',
  ],
  JSON_NOT_AN_OBJECT: ['must be a JSON object, is {actual}', '应为 JSON 对象，现在是 {actual}'],
  JSON_SYNTAX: ['must be a JSON object: {error}', '应为 JSON 对象，解析失败：{error}'],

  TOO_MANY_TAGS: ['must be at most {max} tags, has {actual}', '最多 {max} 个标签，现在有 {actual} 个'],
  TAG_TOO_LONG: [
    'each tag must be at most {max} characters, longer ones have {actual}',
    '每个标签最多 {max} 个字符，超长的字符数：{actual}',
  ],
  INFO_REQUIRED_FIRST: ['required in the first message', '第一条消息必填'],
  INFO_REQUIRED_BEFORE_CHUNK: ['required before the first chunk', '应在第一个 chunk 之前发送'],
  INFO_REPEATED: ['must be sent once', '只能发送一次'],
  PART_REQUIRED: ['must be info or chunk', '应为 info 或 chunk'],
  MEDIA_EMPTY: ['required: the file is empty', '必填：文件为空'],
  MEDIA_TOO_LARGE: ['must be at most {max} bytes in total for {type}', '{type} 合计最多 {max} 字节'],
  MEDIA_TYPE_DIFFERS: ['must be {type}', '应为 {type}'],
  GRAY_PERCENTAGE: [
    'must be 1 to 100, or 0 with support_debugger_first or support_experiencer_first, is {actual}',
    '应为 1 到 100，或者勾选优先灰度的人群并填 0，现在是 {actual}',
  ],

  MEMBER_REQUIRED: ['one of its members is required', '必选其一'],
  CONDITION_REQUIRED: ['required: at least one condition', '至少要有一个条件'],
  MASK_REQUIRED: ['required: fields of RolloutSpec', '必填：RolloutSpec 的字段'],
  MASK_FIELD_UNKNOWN: ['{path} is not a field of RolloutSpec', '{path} 不是 RolloutSpec 的字段'],
  START_WITHOUT_SELECTION: ['must be false without a selection', '没有选择目标时不能为是'],
  TARGET_REPEATED: ['is in this request twice', '重复出现'],
  PATCHES_TOO_LARGE: [
    'the patches of a draft have at most {max} bytes together, not {actual}',
    '一份草稿的补丁合计最多 {max} 字节，现在有 {actual} 字节',
  ],
  AUDIT_REQUIRED: ['required if the pipeline contains SUBMIT_AUDIT', '步骤中有“提交审核”时必填'],
  READINESS_REQUIRED: ['required if a step is READINESS', '步骤中有“就绪检查”时必填'],
  SETTINGS_REQUIRED: ['required if a step is SETTINGS', '步骤中有“域名与隐私指引”时必填'],
  ITEMS_FROM_REQUIRED: ['fixed or rule is required', '请选择审核项的来源'],
  NOT_OF_ROLLBACKS: ['a rollback cannot have it', '回滚不能设置'],
  ONLY_OF_ROLLBACKS: ['only RollbackRollout sets it', '只能由 RollbackRollout 设置'],
  STEP_NOT_ALLOWED: ['must be {allowed}, is {actual}', '应为 {allowed}，现在是 {actual}'],
  STEP_BEFORE_FIRST: [
    'must not be before first_step ({first}), is {actual}',
    '不能早于第一步（{first}），现在是 {actual}',
  ],
  GRAY_PERCENTAGE_NOT_HIGHER: [
    'must be higher than that of the step before ({before}), is {actual}',
    '应大于上一步的 {before}，现在是 {actual}',
  ],
  ONLY_IN_FIRST_STEP: ['is allowed in the first step only', '只有第一步可以使用'],
  WAVE_SIZE_REQUIRED: ['count, percent, label or rest is required', '批次大小必填'],
  NOT_AN_ID: ['must be the id of a rollout', '应为批量发布的 ID'],
  LAST_WAVE_NOT_REST: ['the last wave must be `rest`', '最后一批应为 rest'],
  ONLY_IN_LAST_WAVE: ['is allowed in the last wave only', '只有最后一批可以使用'],
  WAVE_IN_USE: [
    'must have {min} waves or more: a target was added with that wave',
    '至少要有 {min} 个批次：已有目标指定了这一批',
  ],
  WAVE_UNKNOWN: ['must be at most {max}, the number of waves', '不能大于批次数 {max}'],
  GATE_UNKNOWN: ['this rollout has no such gates', '这个批量发布没有这种闸门'],
  PERCENT_OR_COUNT_REQUIRED: ['percent or count is required', '百分比和数量至少填一项'],

  MORE_VIOLATIONS: ['{count} more violations', '还有 {count} 处错误'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

/** The entry of `ErrorInfo.metadata` with the arguments of all violations: a JSON list of objects, in the order of the violations. */
export const VIOLATION_ARGUMENTS = 'violation_arguments';

export type ViolationReason = keyof typeof VIOLATIONS;
/** What is wrong with a value. */
export interface Problem {
  reason: ViolationReason;
  /** The limit and the actual value, by the names in the text of the reason. */
  args: Readonly<Record<string, string>>;
  /** The text of the reason with its arguments. */
  description: string;
}

/** One invalid field. */
export interface Violation extends Problem {
  /** Path of the field, for example `items[0].tag`. */
  field: string;
}

/** What is wrong, with the arguments that the text of its reason names. */
export function problem<R extends ViolationReason>(
  reason: R,
  ...values: ArgumentsOf<(typeof VIOLATIONS)[R][0]>
): Problem {
  const args = textsOf(values[0]);
  return { reason, args, description: textWith(VIOLATIONS[reason][0], args) };
}
