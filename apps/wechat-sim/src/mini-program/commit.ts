import type { Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { Platform } from '../model/platform.js';
import { checkExtJson } from './ext-json.js';

/** The last one of those that exist without an `addtotemplate`. */
export const LAST_TEMPLATE_ID = 1000;
const MAX_VERSION_CHARACTERS = 64;

/** POST wxa/commit (section 1): the code becomes the trial version. */
export function commit(app: MiniProgram, { body, now, platform }: Call): Outcome {
  const templateId = templateNumber(body.template_id);
  if (templateId === null) return reject(85043);
  if (!isTemplate(templateId, platform)) return reject(85014);
  if (!isVersion(body.user_version)) return reject(85013, 'invalid version');
  const check = checkExtJson(body.ext_json);
  if ('errcode' in check) return reject(check.errcode);
  app.trial = {
    templateId,
    userVersion: body.user_version,
    userDesc: typeof body.user_desc === 'string' ? body.user_desc : '',
    extJson: String(body.ext_json),
    pages: check.pages,
    committedAt: now,
  };
  return done({ effect: `commit ${body.user_version}` });
}

/** Templates 0 to 1000 exist until they are deleted by the control API, and not if it is strict; the others are those of the library. */
function isTemplate(id: number, { templates, deletedTemplates, isStrict }: Platform): boolean {
  if (id <= LAST_TEMPLATE_ID && !isStrict) return !deletedTemplates.includes(id);
  return templates.some(({ template_id }) => template_id === id);
}

/** GET wxa/get_page (section 4): the pages of the trial version. */
export function getPage(app: MiniProgram): Outcome {
  return app.trial ? done({ fields: { page_list: app.trial.pages } }) : reject(86001);
}

/** Whether WeChat's privacy check of the trial version is running; it starts with each commit. */
export function isCheckingPrivacy({ trial, privacyCheckMs }: MiniProgram, now: number): boolean {
  return trial !== null && now < trial.committedAt + privacyCheckMs;
}

/** GET wxa/security/get_code_privacy_info: the result of that check. */
export function getPrivacyInfo(app: MiniProgram, { now }: Call): Outcome {
  if (!app.trial) return reject(86001);
  if (isCheckingPrivacy(app, now)) return reject(61039);
  const { forbiddenPrivateApis: without_auth_list, undeclaredPrivateApis: without_conf_list } = app;
  return done({ fields: { without_auth_list, without_conf_list } });
}

/** The parameter table says number, WeChat's own examples send a string; both are accepted. */
function templateNumber(value: unknown): number | null {
  if (typeof value !== 'number' && !(typeof value === 'string' && value !== '')) return null;
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 ? number : null;
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && [...value].length <= MAX_VERSION_CHARACTERS;
}
