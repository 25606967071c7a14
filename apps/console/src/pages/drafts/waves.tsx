import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { RolloutStopRule_Cause } from '@wxa/contracts';
import {
  CheckInput,
  Folded,
  type FormState,
  NumberInput,
  SelectInput,
  TextInput,
  TimeInput,
} from '../../ui/inputs.js';
import { nameOf } from '../../ui/state.js';
import type { View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { type SpecStep, saveStep, showStep } from './spec-step.js';

/** Step 3 of a draft: in which order, under which conditions and how fast. */
@Controller('rollouts/:id/draft/waves')
export class WavesPage {
  @Get()
  show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return showStep(visit, id, WAVES);
  }

  @Post()
  save(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Body() body: Record<string, string>,
  ): Promise<View> {
    return saveStep(visit, id, WAVES, body);
  }
}

const WAVES: SpecStep = {
  step: 'waves',
  fieldsOf: () => ['waves', 'release', 'maxInFlight', 'auditBudget', 'stopRules'],
  Inputs: ({ visit, form }) => (
    <>
      <p>{visit.t('draft.wavesHelp')}</p>
      {rows(form, 'waves', 100).map((i) => (
        <WaveInputs visit={visit} form={form} i={i} />
      ))}
      <Release visit={visit} form={form} />
      <StopRules visit={visit} form={form} />
      <Limits visit={visit} form={form} />
    </>
  ),
};

/** Empty rows at the end of each list; saving the draft shows more. */
const EMPTY_ROWS = 1;

/** The rows of a list: those with values, and empty ones up to the most that it may have. */
function rows({ values, saved }: FormState, list: string, max: number): number[] {
  const used = Object.keys({ ...values, ...saved?.values })
    .filter((name) => name.startsWith(`${list}[`))
    .map((name) => Number.parseInt(name.slice(list.length + 1), 10) + 1);
  return Array.from({ length: Math.min(max, Math.max(0, ...used) + EMPTY_ROWS) }, (_, i) => i);
}

interface Part {
  visit: Visit;
  form: FormState;
}

function WaveInputs({ visit, form, i }: Part & { i: number }) {
  const { t } = visit;
  const name = `waves[${i}]`;
  const problem = form.problems.get(`${name}.size`);
  return (
    <fieldset>
      <legend>{t('wave', { n: i + 1 })}</legend>
      <div class="grid">
        <NumberInput form={form} name={`${name}.count`} label={t('draft.count')} />
        <NumberInput form={form} name={`${name}.percent`} label={t('draft.percent')} />
        <TextInput form={form} name={`${name}.label`} label={t('draft.label')} />
      </div>
      <CheckInput form={form} name={`${name}.rest`} label={t('draft.rest')} />
      {problem !== undefined && (
        <small role="alert" class="bad">
          {problem}
        </small>
      )}
      <Gate visit={visit} form={form} name={`${name}.submitGate`} title={t('gate.SUBMIT')} />
      <Gate visit={visit} form={form} name={`${name}.releaseGate`} title={t('gate.RELEASE')} />
      <CheckInput form={form} name={`${name}.speedUp`} label={t('draft.speedUp')} />
    </fieldset>
  );
}

function Gate({ visit, form, name, title }: Part & { name: string; title: string }) {
  const { t } = visit;
  return (
    <Folded form={form} prefix={name} title={title}>
      <div class="grid">
        <NumberInput form={form} name={`${name}.afterPercent`} label={t('draft.afterPercent')} />
        <NumberInput form={form} name={`${name}.bakeTime`} label={t('draft.bakeTime')} step="any" />
        <TimeInput
          form={form}
          name={`${name}.notBefore`}
          label={t('draft.notBefore', { zone: visit.timeZone })}
        />
      </div>
      <CheckInput form={form} name={`${name}.manual`} label={t('draft.manual')} />
    </Folded>
  );
}

function Release({ visit, form }: Part) {
  const { t } = visit;
  const list = 'release.graySteps';
  return (
    <fieldset>
      <legend>{t('draft.release')}</legend>
      <Folded form={form} prefix={list} title={t('grayRelease')}>
        {rows(form, list, 10).map((i) => (
          <div class="grid">
            <NumberInput form={form} name={`${list}[${i}].percentage`} label={t('draft.share')} />
            <NumberInput form={form} name={`${list}[${i}].pause`} label={t('draft.pause')} step="any" />
          </div>
        ))}
        <CheckInput form={form} name={`${list}[0].supportDebuggerFirst`} label={t('debuggersFirst')} />
        <CheckInput form={form} name={`${list}[0].supportExperiencerFirst`} label={t('experiencersFirst')} />
      </Folded>
      <CheckInput form={form} name="release.firstReleaseToAll" label={t('draft.firstReleaseToAll')} />
    </fieldset>
  );
}

const CAUSES = Object.values(RolloutStopRule_Cause).filter(
  (cause) => !/UNSPECIFIED|UNRECOGNIZED/.test(cause),
);

function StopRules({ visit, form }: Part) {
  const { t } = visit;
  const causes = CAUSES.map((cause) => [cause, nameOf(visit, 'stopRule', cause)] as const);
  return (
    <fieldset>
      <legend>{t('draft.stopRules')}</legend>
      {rows(form, 'stopRules', 10).map((i) => (
        <div class="grid">
          <SelectInput
            form={form}
            name={`stopRules[${i}].cause`}
            label={t('reason')}
            options={[['', '–'], ...causes]}
          />
          <NumberInput form={form} name={`stopRules[${i}].percent`} label={t('draft.failedPercent')} />
          <NumberInput form={form} name={`stopRules[${i}].minEnded`} label={t('draft.minEnded')} />
          <NumberInput form={form} name={`stopRules[${i}].count`} label={t('draft.failedCount')} />
        </div>
      ))}
    </fieldset>
  );
}

function Limits({ visit, form }: Part) {
  const { t } = visit;
  return (
    <fieldset>
      <legend>{t('draft.limits')}</legend>
      <div class="grid">
        <NumberInput form={form} name="maxInFlight" label={t('draft.maxInFlight')} />
        <NumberInput form={form} name="auditBudget.maxSubmissions" label={t('draft.maxSubmissions')} />
        <NumberInput form={form} name="auditBudget.reserve" label={t('draft.reserve')} />
        <NumberInput form={form} name="auditBudget.maxOpenAudits" label={t('draft.maxOpenAudits')} />
        <NumberInput form={form} name="auditBudget.maxSpeedUps" label={t('draft.maxSpeedUps')} />
      </div>
    </fieldset>
  );
}
