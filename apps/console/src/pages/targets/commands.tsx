import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { type Rollout, RolloutState, type RolloutTargetFilter, RolloutTargetState } from '@wxa/contracts';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { confirmPage } from '../../ui/confirm.js';
import { Field, Select } from '../../ui/form.js';
import { aboveRollout } from '../../ui/links.js';
import { choicesOf, nameOf, stepName, stepsOf } from '../../ui/state.js';
import { SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { filterOf, isFiltered, stepNamed } from '../progress/filter.js';
import { CHANGED_BY, type Command, reachOf } from './reach.js';

const COMMANDS = Object.keys(CHANGED_BY);

interface Fields {
  reason?: string;
  from_step?: string;
}

/** Retry and skip of all targets of the filter in the URL, after a confirmation. */
@Controller('rollouts/:id/targets')
export class TargetCommandsPage {
  @Get(COMMANDS)
  confirm(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return confirmation(visit, id, {});
  }

  @Post(COMMANDS)
  async act(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() fields: Fields): Promise<View> {
    const { rollouts } = visit.gateway;
    const request = { id, filter: filterFor(visit), reason: fields.reason };
    const call =
      commandOf(visit) === 'retry'
        ? rollouts.retryRollout({ ...request, fromStep: stepNamed(fields.from_step ?? '') })
        : rollouts.skipRolloutTargets(request);
    const { failure } = await formAnswerOf(call);
    if (failure) return confirmation(visit, id, fields, failure);
    return new SeeOther(`/rollouts/${id}/targets${visit.url.search}`);
  }
}

/** The last part of the path. */
function commandOf({ url }: Visit): Command {
  return url.pathname.endsWith('/skip') ? 'skip' : 'retry';
}

/** What the command acts on; a retry without a condition on all targets that have failed. */
function filterFor(visit: Visit): RolloutTargetFilter {
  const filter = filterOf(visit.url.searchParams);
  const isAll = commandOf(visit) === 'retry' && !isFiltered(filter);
  return isAll ? { ...filter, states: [RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED] } : filter;
}

const TEXTS = {
  retry: { title: 'targetPage.retry', exact: 'targetPage.retryEffect', atMost: 'targetPage.retryAtMost' },
  skip: { title: 'targetPage.skip', exact: 'targetPage.skipEffect', atMost: 'targetPage.skipAtMost' },
  remove: { title: 'targetPage.remove', exact: 'targetPage.removeEffect', atMost: 'targetPage.removeAtMost' },
} as const;

async function confirmation(visit: Visit, id: string, fields: Fields, failure?: Failure): Promise<View> {
  const { t, gateway, url } = visit;
  const [rollout, { failures }] = await Promise.all([
    gateway.rollouts.getRollout({ id }),
    gateway.rollouts.listRolloutFailures({ id }),
  ]);
  const [command, filter] = [commandOf(visit), filterFor(visit)];
  const { targets, isExact } = reachOf(filter, CHANGED_BY[command], rollout, failures);
  const isDraft = rollout.state === RolloutState.ROLLOUT_STATE_DRAFT;
  const texts = TEXTS[isDraft ? 'remove' : command];
  const list = `/rollouts/${id}/targets`;
  return confirmPage(visit, {
    title: t(texts.title),
    above: [...aboveRollout(visit, rollout), { href: `${list}${url.search}`, title: t('targets') }],
    effect: t(isExact ? texts.exact : texts.atMost, { n: targets }),
    isHarmless: command === 'retry',
    failure,
    fields: (
      <>
        <Conditions visit={visit} filter={filter} />
        {command === 'retry' && <FromStep visit={visit} rollout={rollout} value={fields.from_step} />}
        <Field label={t('reason')}>
          <input name="reason" value={fields.reason} maxlength={2000} />
        </Field>
      </>
    ),
  });
}

/** The conditions of the filter in words. */
function Conditions({ visit, filter }: { visit: Visit; filter: RolloutTargetFilter }) {
  const { t } = visit;
  const { states, steps, wave, reason, errcode, title, appids } = filter;
  const conditions = [
    ...states.map((state) => `${t('state')}: ${nameOf(visit, 'target', state)}`),
    ...steps.map((step) => `${t('targetPage.step')}: ${stepName(visit, step)}`),
    ...(wave === 0 ? [] : [`${t('targetPage.wave')}: ${wave}`]),
    ...(reason === '' ? [] : [`${t('targetPage.reasonName')}: ${reason}`]),
    ...(errcode === 0 ? [] : [`${t('errcode')}: ${errcode}`]),
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
export function FromStep(props: { visit: Visit; rollout: Rollout; value: string | undefined }) {
  const { visit, rollout, value = '' } = props;
  return (
    <Field label={visit.t('fromStep')}>
      <Select
        name="from_step"
        value={value}
        options={[['', visit.t('fromFailedStep')], ...choicesOf(visit, 'step', stepsOf(rollout))]}
      />
    </Field>
  );
}
