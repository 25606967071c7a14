import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { RolloutCheck, RolloutStep, type Template } from '@wxa/contracts';
import { readTemplates } from '../../gateway/templates.js';
import {
  CheckInput,
  Folded,
  type FormState,
  NumberInput,
  RadioInput,
  SelectInput,
  TemplateInput,
  TextArea,
  TextInput,
} from '../../ui/inputs.js';
import { nameOf, stepName } from '../../ui/state.js';
import type { View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { type SpecStep, saveStep, showStep } from './spec-step.js';

/** Step 2 of a draft: what is delivered and submitted. */
@Controller('rollouts/:id/draft/content')
export class ContentPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return showStep(visit, id, contentStep(await readTemplates(visit.gateway)));
  }

  @Post()
  async save(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Body() body: Record<string, string>,
  ): Promise<View> {
    return saveStep(visit, id, contentStep(await readTemplates(visit.gateway)), body);
  }
}

const contentStep = (templates: readonly Template[]): SpecStep => ({
  step: 'content',
  fieldsOf: ({ rollout }) =>
    rollout.rollbackOf === ''
      ? [
          'name',
          'templateId',
          'userVersion',
          'userDesc',
          'extJson',
          'firstStep',
          'lastStep',
          'checks',
          'audit',
        ]
      : ['name', 'rollbackOptions'],
  Inputs: ({ visit, draft, form }) =>
    draft.rollout.rollbackOf === '' ? (
      <>
        <Version visit={visit} form={form} templates={templates} />
        <Pipeline visit={visit} form={form} />
        <Audit visit={visit} form={form} />
      </>
    ) : (
      <>
        <TextInput form={form} name="name" label={visit.t('name')} required />
        <CheckInput
          form={form}
          name="rollbackOptions.withdrawAudits"
          label={visit.t('draft.withdrawAudits')}
        />
        <CheckInput form={form} name="rollbackOptions.keepReleased" label={visit.t('keepReleased')} />
      </>
    ),
});

interface Part {
  visit: Visit;
  form: FormState;
}

function Version({ visit, form, templates }: Part & { templates: readonly Template[] }) {
  const { t } = visit;
  return (
    <>
      <TextInput form={form} name="name" label={t('name')} required />
      <div class="grid">
        <TemplateInput visit={visit} form={form} name="templateId" templates={templates} />
        <TextInput form={form} name="userVersion" label={t('draft.version')} required />
      </div>
      <TextArea form={form} name="userDesc" label={t('versionDesc')} />
      <TextArea form={form} name="extJson" label={t('draft.extJson')} rows={6} />
    </>
  );
}

const {
  ROLLOUT_STEP_COMMIT,
  ROLLOUT_STEP_CHECK,
  ROLLOUT_STEP_AUDIT,
  ROLLOUT_STEP_RELEASE,
  ROLLOUT_STEP_VERIFY,
} = RolloutStep;
const FIRST = [ROLLOUT_STEP_COMMIT, ROLLOUT_STEP_CHECK, ROLLOUT_STEP_RELEASE];
const LAST = [
  ROLLOUT_STEP_VERIFY,
  ROLLOUT_STEP_RELEASE,
  ROLLOUT_STEP_AUDIT,
  ROLLOUT_STEP_CHECK,
  ROLLOUT_STEP_COMMIT,
];
const CHECKS = [
  RolloutCheck.ROLLOUT_CHECK_PAGES,
  RolloutCheck.ROLLOUT_CHECK_CATEGORIES,
  RolloutCheck.ROLLOUT_CHECK_PRIVACY,
  RolloutCheck.ROLLOUT_CHECK_BASELINE,
];

function Pipeline({ visit, form }: Part) {
  const { t } = visit;
  const options = (steps: RolloutStep[]) => steps.map((step) => [step, stepName(visit, step)] as const);
  return (
    <>
      <div class="grid">
        <SelectInput form={form} name="firstStep" label={t('fromStep')} options={options(FIRST)} />
        <SelectInput form={form} name="lastStep" label={t('draft.lastStep')} options={options(LAST)} />
      </div>
      <fieldset>
        <legend>{t('draft.checks')}</legend>
        {CHECKS.map((check) => (
          <CheckInput form={form} name={`checks.${check}`} label={nameOf(visit, 'check', check)} />
        ))}
      </fieldset>
    </>
  );
}

function Audit({ visit, form }: Part) {
  const { t } = visit;
  const onOpen = ['FAIL', 'WAIT', 'WITHDRAW'].map(
    (choice) => [`ON_OPEN_AUDIT_${choice}`, nameOf(visit, 'openAudit', choice)] as const,
  );
  return (
    <fieldset>
      <legend>{t('draft.audit')}</legend>
      <RadioInput form={form} name="audit.itemsFrom" value="rule" label={t('draft.itemsByRule')} />
      <Folded form={form} prefix="audit.rule." title={t('draft.rule')}>
        <TextInput form={form} name="audit.rule.address" label={t('draft.address')} />
        <TextInput form={form} name="audit.rule.title" label={t('pageTitle')} />
        <TextInput form={form} name="audit.rule.tag" label={t('draft.tag')} />
        <NumberInput form={form} name="audit.rule.preferSecondId" label={t('draft.preferSecondId')} />
      </Folded>
      <RadioInput form={form} name="audit.itemsFrom" value="fixed" label={t('draft.itemsFixed')} />
      <Folded form={form} prefix="audit.fixed." title={t('draft.items')}>
        <TextArea form={form} name="audit.fixed.items" label={t('draft.itemsJson')} rows={8} />
      </Folded>
      <SelectInput form={form} name="audit.onOpenAudit" label={t('draft.onOpenAudit')} options={onOpen} />
      <TextArea form={form} name="audit.versionDesc" label={t('draft.versionDesc')} />
      <TextInput form={form} name="audit.feedbackInfo" label={t('draft.feedbackInfo')} />
      <CheckInput form={form} name="audit.privacyApiNotUsed" label={t('privacyApiNotUsed')} />
      <TextInput form={form} name="audit.orderPath" label={t('orderPath')} />
      <NumberInput form={form} name="audit.timeout" label={t('draft.auditTimeout')} step="any" />
      <Folded form={form} prefix="audit.ugcDeclaration" title={t('draft.ugc')}>
        <TextArea form={form} name="audit.ugcDeclaration" label={t('draft.ugcJson')} />
      </Folded>
    </fieldset>
  );
}
