import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { formAnswerOf } from '../../gateway/failure.js';
import { Field, Form } from '../../ui/form.js';
import { SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { addTargets, type Draft, draftPage, type Notice, pathOf, readDraft } from './draft.js';
import { StepButtons } from './spec-step.js';
import { type LeftOut, pastedAppids, pastedOverrides } from './target-lines.js';

/** What a form about targets says. */
export interface TargetFields {
  appids?: string;
  overrides?: string;
  /** What is named as left out was seen. */
  leave_out?: string;
  go?: string;
}

/** Step 1 of a draft: more mini-programs, and what is set for single ones. */
@Controller('rollouts/:id/draft/targets')
export class DraftTargetsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return targetsPage(visit, await readDraft(visit, id), {});
  }

  @Post()
  async add(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Body() fields: TargetFields,
  ): Promise<View> {
    const draft = await readDraft(visit, id);
    const pasted = readTargets(fields);
    if (isToConfirm(pasted, fields)) return targetsPage(visit, draft, fields, { isUnreadable: true });
    const { failure } = await formAnswerOf(addTargets(visit, id, pasted.targets));
    if (failure) return targetsPage(visit, draft, fields, { failure });
    return new SeeOther(pathOf(id, fields.go === 'stay' ? 'targets' : 'content'));
  }
}

/** The page of the step with its input. */
export function targetsPage(visit: Visit, draft: Draft, fields: TargetFields, notice: Notice = {}): View {
  const { id, targets } = draft.rollout;
  const { t } = visit;
  const body = (
    <>
      <p>
        <a href={`/rollouts/${id}/targets`}>{t('draft.targetsSoFar', { n: targets })}</a>{' '}
        {t('draft.removeHelp')}
      </p>
      <Form visit={visit} action={pathOf(id, 'targets')}>
        <fieldset disabled={!canAct(visit)}>
          <LeftOuts visit={visit} fields={fields} />
          <Field label={t('draft.moreAppids')}>
            <textarea name="appids" rows={6} spellcheck={false}>
              {fields.appids}
            </textarea>
          </Field>
          <OverridesInput visit={visit} fields={fields} />
        </fieldset>
        <StepButtons visit={visit} back="/rollouts" />
      </Form>
    </>
  );
  return draftPage(visit, draft, 'targets', { notice, body });
}

export function OverridesInput({ visit, fields }: { visit: Visit; fields: TargetFields }) {
  const { t } = visit;
  return (
    <Field label={t('draft.overrides')}>
      <textarea
        name="overrides"
        rows={4}
        spellcheck={false}
        placeholder={'wx0123456789abcdef,"{""ext"":{""a"":1}}",1'}
      >
        {fields.overrides}
      </textarea>
      <small>{t('draft.overridesHelp')}</small>
    </Field>
  );
}

/** What the pasted texts of a form say. */
export function readTargets({ appids = '', overrides = '' }: TargetFields) {
  const list = pastedAppids(appids);
  const table = pastedOverrides(overrides);
  const set = new Map(table.overrides.map((override) => [override.appid, override]));
  const ofList = list.appids.map((appid) => set.get(appid) ?? { appid, extPatchJson: '', wave: 0 });
  const listed = new Set(list.appids);
  return { list, table, targets: [...ofList, ...table.overrides.filter(({ appid }) => !listed.has(appid))] };
}

/** Whether a text has lines that would be left out, which nobody has seen yet. */
export function isToConfirm(
  { list, table }: ReturnType<typeof readTargets>,
  { leave_out }: TargetFields,
): boolean {
  const leftOut = [list, table].some(({ duplicates, malformed }) => duplicates.length + malformed.length > 0);
  return leftOut && leave_out === undefined;
}

/** Names what is left out of the pasted texts, and offers to go on without it. */
export function LeftOuts({ visit, fields }: { visit: Visit; fields: TargetFields }) {
  const { t } = visit;
  const { list, table } = readTargets(fields);
  const lists = [
    ['draft.malformedAppids', list.malformed],
    ['draft.duplicateAppids', list.duplicates],
    ['draft.malformedRows', table.malformed],
    ['draft.duplicateRows', table.duplicates],
  ] as const;
  if (lists.every(([, leftOut]) => leftOut.length === 0)) return null;
  return (
    <div role="alert" class="banner">
      {lists.map(([title, leftOut]) =>
        leftOut.length === 0 ? null : (
          <>
            <p>{t(title, { n: leftOut.length })}</p>
            <Lines visit={visit} leftOut={leftOut} />
          </>
        ),
      )}
      <label class="check">
        <input type="checkbox" name="leave_out" value="true" />
        {t('draft.leaveOut')}
      </label>
    </div>
  );
}

/** The first of them; a whole file of another format need not be repeated. */
const MAX_LINES = 50;
const MAX_TEXT = 100;

function Lines({ visit, leftOut }: { visit: Visit; leftOut: readonly LeftOut[] }) {
  return (
    <ul>
      {leftOut.slice(0, MAX_LINES).map(({ line, text }) => (
        <li>
          {visit.t('draft.line', { n: line })}{' '}
          <code>{text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text}</code>
        </li>
      ))}
      {leftOut.length > MAX_LINES && <li>…</li>}
    </ul>
  );
}
