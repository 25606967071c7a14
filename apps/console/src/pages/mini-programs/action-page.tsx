import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, NotFoundException, Param, Post, Query } from '@nestjs/common';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { confirmPage } from '../../ui/confirm.js';
import { problemsOf } from '../../ui/inputs.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { fieldsOf } from './action-fields.js';
import { ACTIONS, type Input, MORE, withoutLeftOut } from './actions.js';
import { aboveOf, pathOf } from './paths.js';

/** What the link to the page says about the version that the user saw; sent back, so that nothing else is changed. */
const SEEN = ['audit', 'version'];

/** Confirms a change of one mini-program, then requests it once, however often the form is sent. */
@Controller('miniprograms/:appid/:action')
export class ActionPage {
  @Get()
  confirm(@CurrentVisit() visit: Visit, @Param() of: Target, @Query() input: Input): Promise<PageView> {
    return actionPage(visit, of, { request_id: randomUUID(), ...input });
  }

  @Post()
  async accept(@CurrentVisit() visit: Visit, @Param() of: Target, @Body() body: Input): Promise<View> {
    const { appid } = of;
    const { form_token: _, ...given } = body;
    if (MORE in given) return actionPage(visit, of, given);
    const input = withoutLeftOut(given);
    const ids = { appid, requestId: input.request_id };
    const { failure } = await formAnswerOf(actionOf(of).accept(visit.gateway.codeManagement, ids, input));
    return failure ? actionPage(visit, of, input, failure) : new SeeOther(pathOf(appid));
  }
}

interface Target {
  appid: string;
  action: string;
}

function actionOf({ action }: Target) {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found === undefined) throw new NotFoundException();
  return found;
}

/** The inputs that are not named like the field of the request. */
const INPUTS: Readonly<Record<string, string>> = { version: 'base_version', preview: 'picture_ids' };

async function actionPage(visit: Visit, of: Target, input: Input, failure?: Failure): Promise<PageView> {
  const { t } = visit;
  const { title, effect } = actionOf(of);
  const { appid, action } = of;
  const problems = problemsOf(failure?.fields, visit.language, (field) => INPUTS[field] ?? field);
  return confirmPage(visit, {
    title: t(title),
    above: aboveOf(visit, appid),
    effect: t(effect, { version: '', ...input, appid }),
    failure,
    fields: (
      <>
        <input type="hidden" name="request_id" value={input.request_id} />
        {SEEN.map((name) => input[name] && <input type="hidden" name={name} value={input[name]} />)}
        {await fieldsOf(action, { visit, appid, form: { values: input, problems } })}
      </>
    ),
  });
}
