import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CreateRolloutRequest, type Template } from '@wxa/contracts';
import { type Failure, formAnswerOf, statusOf } from '../../gateway/failure.js';
import { readTemplates } from '../../gateway/templates.js';
import { ErrorBox, Field, Form } from '../../ui/form.js';
import { problemsOf, RadioInput, TemplateInput, TextInput } from '../../ui/inputs.js';
import { aboveRollout } from '../../ui/links.js';
import { Forbidden, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { addTargets, pathOf, readDraft, StepLinks } from './draft.js';
import { inputOf } from './spec-form.js';
import { pastedAppids } from './target-lines.js';
import {
  isToConfirm,
  LeftOuts,
  OverridesInput,
  readTargets,
  type TargetFields,
  targetsPage,
} from './targets.js';

interface Fields extends TargetFields {
  request_id?: string;
  name?: string;
  templateId?: string;
  userVersion?: string;
  source?: string;
  labels?: string;
  except?: string;
}

/** A new rollout: its name, its version and its targets. Everything else has defaults, which the next steps can change. */
@Controller('rollouts/new')
export class NewRolloutPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Query('template') template?: string): Promise<View> {
    if (!canAct(visit)) throw new Forbidden('role');
    const templates = await readTemplates(visit.gateway);
    const chosen = template ?? String(templates[0]?.templateId ?? '');
    const fields = { request_id: randomUUID(), templateId: chosen, source: 'appids' };
    return newPage(visit, { fields, templates });
  }

  @Post()
  async create(@CurrentVisit() visit: Visit, @Body() fields: Fields): Promise<View> {
    const templates = await readTemplates(visit.gateway);
    const pasted = readTargets(fields);
    if (isToConfirm(pasted, fields)) return newPage(visit, { fields, templates, isUnreadable: true });
    const created = await formAnswerOf(visit.gateway.rollouts.createRollout(requestOf(fields, templates)));
    if (created.failure) return newPage(visit, { fields, templates, failure: created.failure });
    const { id } = created.value;
    const { failure } = await formAnswerOf(addTargets(visit, id, pasted.table.overrides));
    // The draft exists: its first step shows the rest of the input.
    if (failure)
      return targetsPage(visit, await readDraft(visit, id), { overrides: fields.overrides }, { failure });
    return new SeeOther(pathOf(id, fields.go === 'stay' ? 'targets' : 'content'));
  }
}

/** A small first wave, and a pause if an unusual number of mini-programs fails. */
const DEFAULTS = {
  audit: { rule: {}, onOpenAudit: 'ON_OPEN_AUDIT_WAIT' },
  release: { firstReleaseToAll: true },
  waves: [{ count: 10 }, { rest: true }],
  stopRules: [
    { cause: 'CAUSE_AUDIT_REJECTED', percent: 20, minEnded: 5 },
    { cause: 'CAUSE_ANY', percent: 20, minEnded: 20 },
  ],
};

/** The request of a form. Without a version, that of the template is used. */
function requestOf(fields: Fields, templates: readonly Template[]): CreateRolloutRequest {
  const { request_id: requestId, name, templateId = '', userVersion = '', source, labels = '' } = fields;
  const template = templates.find((one) => String(one.templateId) === templateId);
  const exceptAppids = pastedAppids(fields.except ?? '').appids;
  const { appids } = pastedAppids(fields.appids ?? '');
  const by = {
    all: { allAuthorized: true },
    labels: { labels: { labels: labels.split(/[\s,，、]+/u).filter((label) => label !== '') } },
    appids: { appids: { appids } },
  }[source ?? 'appids'];
  const isEmpty = source === 'appids' && appids.length === 0;
  return CreateRolloutRequest.fromJSON({
    requestId,
    spec: {
      ...DEFAULTS,
      name: name?.trim(),
      templateId: /^\d{1,18}$/.test(templateId) ? templateId : '-1',
      userVersion: userVersion.trim() || template?.userVersion,
      userDesc: template?.userDesc,
    },
    selection: isEmpty ? undefined : { ...by, exceptAppids },
  });
}

interface State {
  fields: Fields;
  templates: readonly Template[];
  failure?: Failure;
  isUnreadable?: boolean;
}

function newPage(visit: Visit, state: State): View {
  const { t } = visit;
  const { fields, failure, isUnreadable } = state;
  return {
    title: t('newRollout'),
    status: failure ? statusOf(failure) : isUnreadable ? 400 : 200,
    above: aboveRollout(visit),
    body: (
      <>
        <StepLinks visit={visit} current="targets" />
        <ErrorBox visit={visit} failure={failure} />
        <Form visit={visit} action="/rollouts/new">
          <input type="hidden" name="request_id" value={fields.request_id} />
          <LeftOuts visit={visit} fields={fields} />
          <Inputs visit={visit} state={state} />
          <OverridesInput visit={visit} fields={fields} />
          <div class="actions">
            <a href="/rollouts">{t('back')}</a>
            <button type="submit">{t('draft.next')}</button>
          </div>
        </Form>
      </>
    ),
  };
}

function Inputs({ visit, state: { fields, templates, failure } }: { visit: Visit; state: State }) {
  const { t } = visit;
  const { name = '', templateId = '', userVersion = '', source = '', labels = '' } = fields;
  const values = { name, templateId, userVersion, source, labels };
  const form = { values, problems: problemsOf(failure?.fields, visit.language, inputOf) };
  return (
    <>
      <TextInput form={form} name="name" label={t('name')} required />
      <div class="grid">
        <TemplateInput visit={visit} form={form} name="templateId" templates={templates} />
        <TextInput form={form} name="userVersion" label={t('draft.versionOfTemplate')} />
      </div>
      <fieldset>
        <legend>{t('draft.whichTargets')}</legend>
        <RadioInput form={form} name="source" value="appids" label={t('draft.listed')} />
        <Field label={t('draft.appids')}>
          <textarea name="appids" rows={6} spellcheck={false}>
            {fields.appids}
          </textarea>
        </Field>
        <RadioInput form={form} name="source" value="labels" label={t('draft.withLabels')} />
        <TextInput form={form} name="labels" label={t('draft.labels')} />
        <RadioInput form={form} name="source" value="all" label={t('draft.allAuthorized')} />
        <Field label={t('draft.except')}>
          <textarea name="except" rows={2} spellcheck={false}>
            {fields.except}
          </textarea>
        </Field>
      </fieldset>
    </>
  );
}
