import { Body, Controller, Get, HttpCode, NotFoundException, Param, Post } from '@nestjs/common';
import type { Rollout } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { Confirm, wrongName } from '../../ui/confirm.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { type Action, type Input, LIFECYCLE } from './actions.js';
import { retryAll } from './retry-all.js';
import { aboveOf } from './rollout-page.js';

const ACTIONS: Readonly<Record<string, Action>> = { ...LIFECYCLE, retry: retryAll };

/** What an operator does with a rollout: a page that names the effect and asks for a reason, then the call. */
@Controller('rollouts/:id')
export class RolloutActionPage {
  @Get(Object.keys(ACTIONS))
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    return page(visit, await visit.gateway.rollouts.getRollout({ id }), {});
  }

  @Post(Object.keys(ACTIONS))
  @HttpCode(200)
  async act(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() input: Input): Promise<View> {
    const action = actionOf(visit);
    const rollout = await visit.gateway.rollouts.getRollout({ id });
    const differs = action.needsName && wrongName(visit, rollout.spec?.name, input.typed_name);
    if (differs) return page(visit, rollout, input, differs);
    try {
      const command = { id, onBehalfOf: visit.session?.name ?? '', reason: input.reason ?? '' };
      return new SeeOther(`/rollouts/${await action.call(visit, command, input)}`);
    } catch (error) {
      return page(visit, rollout, input, formFailure(error));
    }
  }
}

async function page(visit: Visit, rollout: Rollout, input: Input, failure?: Failure): Promise<PageView> {
  const { t, url } = visit;
  const { verb, effect, fields, needsName, isHarmless } = actionOf(visit);
  const name = rollout.spec?.name ?? '';
  const back = `/rollouts/${rollout.id}`;
  return {
    title: t(verb),
    status: failure === undefined ? 200 : (HTTP_STATUS[failure.code] ?? 409),
    above: [...aboveOf(visit), { href: back, title: name }],
    body: (
      <Confirm
        visit={visit}
        action={`${url.pathname}${url.search}`}
        effect={await effect(visit, rollout)}
        verb={t(verb)}
        back={back}
        failure={failure}
        {...(needsName && { typedName: name, typed: input.typed_name })}
        {...(isHarmless && { isHarmless })}
      >
        {fields?.(visit, rollout, input)}
        <label>
          {t('reason')}
          <textarea name="reason" rows={2} maxlength={2000}>
            {input.reason}
          </textarea>
        </label>
      </Confirm>
    ),
  };
}

function actionOf({ url }: Visit): Action {
  const action = ACTIONS[url.pathname.split('/').at(-1) ?? ''];
  if (action === undefined) throw new NotFoundException();
  return action;
}
