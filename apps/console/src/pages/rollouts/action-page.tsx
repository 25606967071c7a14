import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import type { Rollout } from '@wxa/contracts';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { confirmPage, wrongName } from '../../ui/confirm.js';
import { problemsOf, TextArea } from '../../ui/inputs.js';
import { aboveRollout } from '../../ui/links.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { type Action, type Input, LIFECYCLE } from './actions.js';
import { retryAll } from './retry-all.js';

const ACTIONS: Readonly<Record<string, Action>> = { ...LIFECYCLE, retry: retryAll };

/** What an operator does with a rollout: a page that names the effect and asks for a reason, then the call. */
@Controller('rollouts/:id')
export class RolloutActionPage {
  @Get(Object.keys(ACTIONS))
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    return page(visit, await visit.gateway.rollouts.getRollout({ id }), {});
  }

  @Post(Object.keys(ACTIONS))
  async act(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() input: Input): Promise<View> {
    const action = actionOf(visit);
    const rollout = await visit.gateway.rollouts.getRollout({ id });
    const differs = action.needsName && wrongName(visit, rollout.spec?.name, input.typed_name);
    if (differs) return page(visit, rollout, input, differs);
    const { value: next, failure } = await formAnswerOf(
      action.call(visit, { id, reason: input.reason }, input),
    );
    return failure ? page(visit, rollout, input, failure) : new SeeOther(`/rollouts/${next}`);
  }
}

async function page(visit: Visit, rollout: Rollout, input: Input, failure?: Failure): Promise<PageView> {
  const { t } = visit;
  const { verb, effect, fields, needsName, isHarmless } = actionOf(visit);
  const name = rollout.spec?.name ?? '';
  const form = { values: input, problems: problemsOf(failure?.fields, visit.language) };
  return confirmPage(visit, {
    title: t(verb),
    above: aboveRollout(visit, rollout),
    effect: await effect(visit, rollout),
    typedName: needsName ? name : undefined,
    typed: input.typed_name,
    isHarmless,
    failure,
    fields: (
      <>
        {fields?.({ visit, rollout, form })}
        <TextArea form={form} name="reason" label={t('reason')} rows={2} />
      </>
    ),
  });
}

function actionOf({ url }: Visit): Action {
  const action = ACTIONS[url.pathname.split('/').at(-1) ?? ''];
  if (action === undefined) throw new NotFoundException();
  return action;
}
