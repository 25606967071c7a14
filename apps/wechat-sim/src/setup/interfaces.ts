import { z } from 'zod';
import type { ApiDefinition, Call } from '../model/api.js';
import { type MiniProgram, seconds } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { PrivacyInterface } from '../model/setup.js';

/** WeChat's numbers in the list of interfaces; those of its event differ. */
const STATUS = { applicable: 1, notPermitted: 2, inReview: 3, refused: 4, open: 5 } as const;
const EVENT_STATUS = { approve: 3, refuse: 2 } as const;

export type InterfaceDecision = keyof typeof EVENT_STATUS;

export const INTERFACE_APIS: readonly ApiDefinition[] = [
  { name: 'wxa/security/get_privacy_interface', verb: 'GET', kind: 'query', run: getPrivacyInterface },
  { name: 'wxa/security/apply_privacy_interface', verb: 'POST', kind: 'change', run: applyPrivacyInterface },
];

const urls = (max: number) => z.array(z.string().min(1)).max(max).default([]);
const application = z.looseObject({
  api_name: z.string(),
  content: z.string().min(1).max(300),
  url_list: urls(100),
  pic_list: urls(10),
  video_list: urls(1),
});

/** GET wxa/security/get_privacy_interface. */
function getPrivacyInterface({ setup }: MiniProgram): Outcome {
  const interface_list = setup.interfaces.map(({ appliedAt, ...entry }) => ({
    ...entry,
    api_desc: `${entry.api_ch_name}。`,
    apply_time: seconds(appliedAt),
    api_link: `https://developers.weixin.qq.com/miniprogram/dev/api/${entry.api_name}.html`,
    group_name: '地理位置',
  }));
  return done({ fields: { interface_list } });
}

/** POST wxa/security/apply_privacy_interface: 61031 while one is in review, 61032 video, 61034 arguments, 61035 not needed. */
function applyPrivacyInterface({ setup }: MiniProgram, { body, platform, now }: Call): Outcome {
  const given = application.safeParse(body);
  if (!given.success) return reject(61034);
  const { api_name, url_list, pic_list, video_list } = given.data;
  if (url_list.length + pic_list.length + video_list.length === 0) return reject(61034);
  if (!video_list.every((url) => url.endsWith('.mp4'))) return reject(61032);
  const entry = setup.interfaces.find((one) => one.api_name === api_name);
  if (!entry || entry.status === STATUS.open) return reject(61035);
  if (entry.status === STATUS.inReview) return reject(61031);
  if (entry.status === STATUS.notPermitted) return reject(61034);
  platform.applications += 1;
  const audit_id = platform.applications;
  Object.assign(entry, { status: STATUS.inReview, audit_id, appliedAt: now, fail_reason: '' });
  return done({ fields: { audit_id }, effect: `apply_privacy_interface ${api_name}` });
}

/** Decides the application for an interface; returns the content of WeChat's event, or undefined if none is in review. */
export function decideInterface(
  app: MiniProgram,
  { apiName, decision, reason }: { apiName: string; decision: InterfaceDecision; reason: string },
  now: number,
): Record<string, string | number> | undefined {
  const entry = app.setup.interfaces.find((one) => one.api_name === apiName);
  if (entry?.status !== STATUS.inReview) return undefined;
  entry.status = decision === 'approve' ? STATUS.open : STATUS.refused;
  entry.fail_reason = decision === 'approve' ? '' : reason;
  if (decision === 'approve')
    app.forbiddenPrivateApis = app.forbiddenPrivateApis.filter((one) => one !== apiName);
  return eventOf(entry, decision, now);
}

function eventOf(entry: PrivacyInterface, decision: InterfaceDecision, now: number) {
  return {
    api_name: entry.api_name,
    apply_time: seconds(entry.appliedAt),
    // Another number than that of the list.
    audit_id: 1_000_000 + entry.audit_id,
    audit_time: seconds(now),
    reason: entry.fail_reason,
    status: EVENT_STATUS[decision],
  };
}
