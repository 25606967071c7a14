import type { ApiDefinition } from '../model/api.js';
import { seconds } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { Platform, Template } from '../model/platform.js';

/** The number of templates that WeChat keeps for a platform. */
const MAX_TEMPLATES = 200;

type Run = (platform: Platform, body: Record<string, unknown>, now: number) => Outcome;

const api = (name: string, verb: ApiDefinition['verb'], run: Run): ApiDefinition => ({
  name,
  verb,
  kind: verb === 'GET' ? 'query' : 'change',
  token: 'component',
  run: (_app, { platform, body, query, now }) =>
    run(platform, { ...Object.fromEntries(query), ...body }, now),
});

/** The platform's template library. */
export const TEMPLATE_APIS: readonly ApiDefinition[] = [
  api('wxa/gettemplatedraftlist', 'GET', listDrafts),
  api('wxa/addtotemplate', 'POST', addTemplate),
  api('wxa/gettemplatelist', 'GET', listTemplates),
  api('wxa/deletetemplate', 'POST', deleteTemplate),
];

function listDrafts({ drafts }: Platform): Outcome {
  return done({
    fields: { draft_list: drafts.map((draft) => ({ ...draft, create_time: seconds(draft.create_time) })) },
  });
}

function addTemplate(
  platform: Platform,
  { draft_id, template_type = 0 }: Record<string, unknown>,
  now: number,
) {
  const draft = platform.drafts.find((one) => String(one.draft_id) === String(draft_id));
  if (draft === undefined) return reject(85064);
  if (template_type !== 0 && template_type !== 1) return reject(40097);
  if (platform.templates.length >= MAX_TEMPLATES) return reject(85065);
  const { developer: _, ...code } = draft;
  const template: Template = {
    ...code,
    template_id: platform.nextTemplateId,
    template_type,
    create_time: now,
  };
  platform.nextTemplateId += 1;
  platform.templates.push(template);
  return done({ effect: `add_template ${template.template_id}` });
}

function listTemplates({ templates }: Platform, { template_type }: Record<string, unknown>): Outcome {
  const wanted = templates.filter((one) =>
    template_type === undefined ? true : String(one.template_type) === template_type,
  );
  return done({
    fields: { template_list: wanted.map((one) => ({ ...one, create_time: seconds(one.create_time) })) },
  });
}

function deleteTemplate(platform: Platform, { template_id }: Record<string, unknown>): Outcome {
  const at = platform.templates.findIndex((one) => String(one.template_id) === String(template_id));
  if (at < 0) return reject(85064);
  platform.templates.splice(at, 1);
  return done({ effect: `delete_template ${template_id}` });
}
