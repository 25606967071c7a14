import type { Judged, ReadinessFacts } from './item.js';
import { explainedBy, lastValue } from './observation.js';
import { listed, missing, NOT_NEEDED, NOT_READ, OK, pending } from './verdicts.js';

/** Without a commit WeChat has detected nothing, and a guide cannot be set yet. */
export function judgeGuide({ observed, settings, isLive }: ReadinessFacts): Judged {
  const { privacyGuide: desired } = settings;
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
  // Without texts no guide is set.
  const uncovered = detected.filter((key) => !(texts.length === 0 ? explained : texts).includes(key));
  if (uncovered.length > 0)
    return {
      ...missing(
        'PLATFORM',
        `The guide has no text for data that WeChat detected: ${listed(uncovered)}.`,
        `隐私保护指引缺少说明：${listed(uncovered, '、')}`,
      ),
      isOfCode: true,
    };
  if (hasCode && texts.every((key) => explained.includes(key)))
    return isLive
      ? OK
      : pending('SERVICE', 'The guide takes effect with the first release.', '隐私保护指引将随首次发布生效');
  return pending('SERVICE', 'The guide is set with the next release.', '隐私保护指引将随下次发布设置');
}

/** The verdict on one private interface that the code uses. */
export function judgeInterface(
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
