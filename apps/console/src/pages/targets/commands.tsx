import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { RolloutState, RolloutStep, type RolloutTargetFilter, RolloutTargetState } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { Confirm } from '../../ui/confirm.js';
import { Field, Select } from '../../ui/form.js';
import { stepName, targetStateName } from '../../ui/state.js';
import { SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { filterOf, isFiltered, nameOfStep, STEPS, stepNamed } from './filter.js';
import { CHANGED_BY, type Command, reachOf } from './reach.js';
import { aboveTargets } from './targets.js';

interface Fields {
  reason?: string;
  from_step?: string;
}

/** Retry and skip of all targets of the filter in the URL, after a confirmation. */
@Controller('rollouts/:id/targets')
export class TargetCommandsPage {
  @Get('retry')
  confirmRetry(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return confirmation(visit, { id, command: 'retry' });
  }

  @Post('retry')
  @HttpCode(200)
  retry(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() fields: Fields): Promise<View> {
    return act(visit, { id, command: 'retry', fields }, (request) =>
      visit.gateway.rollouts.retryRollout({
        ...request,
        fromStep: stepNamed(fields.from_step ?? '') ?? RolloutStep.ROLLOUT_STEP_UNSPECIFIED,
      }),
    );
  }

  @Get('skip')
  confirmSkip(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return confirmation(visit, { id, command: 'skip' });
  }

  @Post('skip')
  @HttpCode(200)
  skip(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() fields: Fields): Promise<View> {
    return act(visit, { id, command: 'skip', fields }, (request) =>
      visit.gateway.rollouts.skipRolloutTargets(request),
    );
  }
}

interface Confirmation {
  id: string;
  command: Command;
  fields?: Fields;
  failure?: Failure;
}

/** What the command acts on; a retry without a condition on all targets that have failed. */
function filterFor({ url }: Visit, command: Command): RolloutTargetFilter {
  const filter = filterOf(url.searchParams);
  const isAll = command === 'retry' && !isFiltered(filter);
  return isAll ? { ...filter, states: [RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED] } : filter;
}

async function act(
  visit: Visit,
  { id, command, fields = {} }: Confirmation,
  call: (request: {
    id: string;
    filter: RolloutTargetFilter;
    onBehalfOf: string;
    reason: string;
  }) => Promise<unknown>,
): Promise<View> {
  try {
    const filter = filterFor(visit, command);
    await call({ id, filter, onBehalfOf: '', reason: fields.reason ?? '' });
  } catch (error) {
    return confirmation(visit, { id, command, fields, failure: formFailure(error) });
  }
  return new SeeOther(`/rollouts/${id}/targets${visit.url.search}`);
}

const TEXTS = {
  retry: { title: 'targetPage.retry', exact: 'targetPage.retryEffect', atMost: 'targetPage.retryAtMost' },
  skip: { title: 'targetPage.skip', exact: 'targetPage.skipEffect', atMost: 'targetPage.skipAtMost' },
  remove: { title: 'targetPage.remove', exact: 'targetPage.removeEffect', atMost: 'targetPage.removeAtMost' },
} as const;

async function confirmation(visit: Visit, { id, command, fields, failure }: Confirmation): Promise<View> {
  const { t, gateway, url } = visit;
  const [rollout, { failures }] = await Promise.all([
    gateway.rollouts.getRollout({ id }),
    gateway.rollouts.listRolloutFailures({ id }),
  ]);
  const filter = filterFor(visit, command);
  const { targets, isExact } = reachOf(filter, CHANGED_BY[command], rollout, failures);
  const isDraft = rollout.state === RolloutState.ROLLOUT_STATE_DRAFT;
  const texts = TEXTS[isDraft ? 'remove' : command];
  const list = `/rollouts/${id}/targets`;
  return {
    title: t(texts.title),
    status: failure === undefined ? 200 : (HTTP_STATUS[failure.code] ?? 400),
    above: [
      ...aboveTargets(visit, rollout),
      { href: `${list}${url.search}`, title: t('targetPage.targets') },
    ],
    body: (
      <Confirm
        visit={visit}
        action={`${list}/${command}${url.search}`}
        effect={t(isExact ? texts.exact : texts.atMost, { n: targets })}
        verb={t(texts.title)}
        back={`${list}${url.search}`}
        failure={failure}
        {...(command === 'retry' && { isHarmless: true as const })}
      >
        <Conditions visit={visit} filter={filter} />
        {command === 'retry' && <FromStep visit={visit} value={fields?.from_step ?? ''} />}
        <Field label={t('reason')}>
          <input name="reason" value={fields?.reason} maxlength={2000} />
        </Field>
      </Confirm>
    ),
  };
}

/** The conditions of the filter in words. */
function Conditions({ visit, filter }: { visit: Visit; filter: RolloutTargetFilter }) {
  const { t } = visit;
  const { states, steps, wave, reason, errcode, title, appids } = filter;
  const conditions = [
    ...states.map((state) => `${t('state')}: ${targetStateName(visit, state)}`),
    ...steps.map((step) => `${t('targetPage.step')}: ${stepName(visit, step)}`),
    ...(wave === 0 ? [] : [`${t('targetPage.wave')}: ${wave}`]),
    ...(reason === '' ? [] : [`${t('targetPage.reasonName')}: ${reason}`]),
    ...(errcode === 0 ? [] : [`${t('targetPage.errcode')}: ${errcode}`]),
    ...(title === '' ? [] : [`${t('targetPage.title')}: ${title}`]),
    ...appids.map((appid) => `${t('appid')}: ${appid}`),
  ];
  return (
    <ul>
      {conditions.map((condition) => (
        <li>{condition}</li>
      ))}
    </ul>
  );
}

/** A step that a retry can start from; empty: the one that failed. */
function FromStep({ visit, value }: { visit: Visit; value: string }) {
  const steps = STEPS.map((step) => [nameOfStep(step), stepName(visit, step)] as const);
  return (
    <Field label={visit.t('targetPage.retryFrom')}>
      <Select
        name="from_step"
        value={value}
        options={[['', visit.t('targetPage.stepThatFailed')], ...steps]}
      />
    </Field>
  );
}
