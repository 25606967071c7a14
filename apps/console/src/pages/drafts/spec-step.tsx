import type { RolloutSpec } from '@wxa/contracts';
import type { FunctionComponent } from 'preact';
import { formAnswerOf } from '../../gateway/failure.js';
import { Form } from '../../ui/form.js';
import { type FormState, problemsOf } from '../../ui/inputs.js';
import { SeeOther, type View } from '../../visit/view.js';
import { canAct, type Visit } from '../../visit/visit.js';
import {
  type Draft,
  draftPage,
  foreignChange,
  type Notice,
  pathOf,
  readDraft,
  STEPS,
  type Step,
} from './draft.js';
import { inputOf, type Problems, specOf, submitted, valuesOf } from './spec-form.js';

/** A step whose form changes fields of the specification. */
export interface SpecStep {
  step: Step;
  /** The fields that the form has. */
  fieldsOf(draft: Draft): readonly (keyof RolloutSpec)[];
  /** Its inputs. */
  Inputs: FunctionComponent<{ visit: Visit; draft: Draft; form: FormState }>;
}

export async function showStep(visit: Visit, id: string, spec: SpecStep): Promise<View> {
  const draft = await readDraft(visit, id);
  return stepPage(visit, draft, spec, { values: savedValues(visit, draft), problems: new Map() });
}

function savedValues({ timeZone }: Visit, { rollout: { spec } }: Draft): Record<string, string> {
  return spec === undefined ? {} : valuesOf(spec, timeZone);
}

/** Characters of a saved value beside an input that differs from it. */
const MAX_SAVED = 200;

/** Saves the form, or shows it again with its input and what prevents that. */
export async function saveStep(
  visit: Visit,
  id: string,
  spec: SpecStep,
  body: Readonly<Record<string, string>>,
): Promise<View> {
  const draft = await readDraft(visit, id);
  const values = submitted(body);
  const fields = spec.fieldsOf(draft);
  const read = specOf(values, fields, visit.timeZone);
  const formOf = (fields: Problems) => ({ values, problems: problemsOf(fields, visit.language, inputOf) });
  const conflict = foreignChange(visit, draft, body.seq);
  if (conflict !== undefined || read.problems.size > 0) {
    const notice = { conflict, isUnreadable: read.problems.size > 0 };
    const say = (value: string) => visit.t('draft.savedIs', { value: value.slice(0, MAX_SAVED) || '–' });
    const saved = conflict && { values: savedValues(visit, draft), say };
    return stepPage(visit, draft, spec, { ...formOf(read.problems), saved }, notice);
  }
  const change = { id, spec: read.spec, updateMask: [...fields] };
  const { failure } = await formAnswerOf(visit.gateway.rollouts.updateRollout(change));
  if (failure) return stepPage(visit, draft, spec, formOf(failure.fields), { failure });
  const next = STEPS[STEPS.indexOf(spec.step) + 1] ?? 'preview';
  return new SeeOther(pathOf(id, body.go === 'stay' ? spec.step : next));
}

function stepPage(visit: Visit, draft: Draft, spec: SpecStep, form: FormState, notice: Notice = {}): View {
  const { id } = draft.rollout;
  const { Inputs, step } = spec;
  const previous = STEPS[STEPS.indexOf(step) - 1] ?? 'targets';
  const body = (
    <Form visit={visit} action={pathOf(id, step)}>
      <input type="hidden" name="seq" value={String(draft.changes[0]?.seq ?? 0)} />
      <fieldset disabled={!canAct(visit)}>
        <Inputs visit={visit} draft={draft} form={form} />
      </fieldset>
      <StepButtons visit={visit} back={pathOf(id, previous)} />
    </Form>
  );
  return draftPage(visit, draft, step, { notice, body });
}

/** Back, save and next; only back for viewers. */
export function StepButtons({ visit, back }: { visit: Visit; back: string }) {
  const { t } = visit;
  return (
    <div class="actions">
      <a href={back}>{t('back')}</a>
      {canAct(visit) && (
        <>
          <button type="submit">{t('draft.next')}</button>
          <button type="submit" name="go" value="stay" class="secondary">
            {t('draft.save')}
          </button>
        </>
      )}
    </div>
  );
}
