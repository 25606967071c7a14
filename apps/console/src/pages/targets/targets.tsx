import { Controller, Get, Param } from '@nestjs/common';
import { type Rollout, RolloutState, type RolloutTarget } from '@wxa/contracts';
import { formAnswerOf } from '../../gateway/failure.js';
import { formatNumber } from '../../text/text.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { OperationLink } from '../../ui/links.js';
import { List, PAGE_SIZE } from '../../ui/list.js';
import { nameOf, stepName, TargetState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { CommandProgress, recentCommands } from './command-progress.js';
import { filterOf, filterQuery, isFiltered, nameOfState, nameOfStep, STATES, STEPS } from './filter.js';

/** The mini-programs of a rollout, by filter. */
@Controller('rollouts/:id/targets')
export class TargetsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    const { rollouts } = visit.gateway;
    const { searchParams } = visit.url;
    const [rollout, { value: list, failure }, commands] = await Promise.all([
      rollouts.getRollout({ id }),
      formAnswerOf(
        rollouts.listRolloutTargets({
          id,
          filter: filterOf(searchParams),
          pageSize: PAGE_SIZE,
          pageToken: searchParams.get('page') ?? '',
        }),
      ),
      recentCommands(visit, id),
    ]);
    return {
      title: visit.t('targetPage.targets'),
      failure,
      above: aboveTargets(visit, rollout),
      actions: canAct(visit) && <Actions visit={visit} rollout={rollout} />,
      body: (
        <>
          <CommandProgress visit={visit} commands={commands} />
          <TargetFilters visit={visit} rollout={rollout} />
          <ErrorBox visit={visit} failure={failure} />
          <Rows visit={visit} targets={list?.targets ?? []} next={list?.nextPageToken ?? ''} />
        </>
      ),
    };
  }
}

/** The links above the pages of a rollout's targets. */
export function aboveTargets({ t }: Visit, { id, spec }: Rollout): { href: string; title: string }[] {
  return [
    { href: '/rollouts', title: t('rollouts') },
    { href: `/rollouts/${id}`, title: spec?.name ?? id },
  ];
}

export const LIVE: readonly RolloutState[] = [
  RolloutState.ROLLOUT_STATE_RUNNING,
  RolloutState.ROLLOUT_STATE_PAUSED,
];
export const RETRYABLE = [...LIVE, RolloutState.ROLLOUT_STATE_COMPLETED];
const SKIPPABLE = [...LIVE, RolloutState.ROLLOUT_STATE_DRAFT];

/** Retry and skip act on all targets of the filter, not only on those of the page. */
function Actions({ visit, rollout: { id, state } }: { visit: Visit; rollout: Rollout }) {
  const filter = filterOf(visit.url.searchParams);
  const query = filterQuery(filter);
  const isDraft = state === RolloutState.ROLLOUT_STATE_DRAFT;
  return (
    <>
      {RETRYABLE.includes(state) && (
        <a href={`/rollouts/${id}/targets/retry?${query}`}>
          {visit.t(isFiltered(filter) ? 'targetPage.retryFiltered' : 'targetPage.retryFailed')}
        </a>
      )}
      {SKIPPABLE.includes(state) && isFiltered(filter) && (
        <a href={`/rollouts/${id}/targets/skip?${query}`}>
          {visit.t(isDraft ? 'targetPage.removeFiltered' : 'targetPage.skipFiltered')}
        </a>
      )}
    </>
  );
}

function TargetFilters({ visit, rollout }: { visit: Visit; rollout: Rollout }) {
  const { t, url } = visit;
  const value = (name: string) => url.searchParams.get(name) ?? '';
  const any = ['', t('all')] as const;
  const waves = rollout.waves.map(
    ({ wave }) => [String(wave), t('targetPage.waveNumber', { n: wave })] as const,
  );
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select
          name="state"
          value={value('state')}
          options={[
            any,
            ...STATES.map((state) => [nameOfState(state), nameOf(visit, 'target', state)] as const),
          ]}
        />
      </Field>
      <Field label={t('targetPage.step')}>
        <Select
          name="step"
          value={value('step')}
          options={[any, ...STEPS.map((step) => [nameOfStep(step), stepName(visit, step)] as const)]}
        />
      </Field>
      <Field label={t('targetPage.wave')}>
        <Select name="wave" value={value('wave')} options={[any, ...waves]} />
      </Field>
      <Field label={t('targetPage.reasonName')}>
        <input name="reason" value={value('reason')} />
      </Field>
      <Field label={t('targetPage.errcode')}>
        <input name="errcode" value={value('errcode')} inputmode="numeric" />
      </Field>
      <Field label={t('targetPage.title')}>
        <input name="title" value={value('title')} />
      </Field>
      <Field label={t('appid')}>
        <input name="appid" value={value('appid')} />
      </Field>
    </Filters>
  );
}

function Rows({ visit, targets, next }: { visit: Visit; targets: RolloutTarget[]; next: string }) {
  const { t, url } = visit;
  const isAll = !isFiltered(filterOf(url.searchParams));
  const columns = [
    { number: t('targetPage.position') },
    t('appid'),
    { number: t('targetPage.wave') },
    t('targetPage.step'),
    t('state'),
    t('reason'),
    t('targetPage.latestOperation'),
    t('targetPage.changedAt'),
  ];
  const here = placeOf(url);
  return (
    <List
      visit={visit}
      columns={columns}
      empty={t(isAll ? 'targetPage.none' : 'targetPage.noneOfFilter')}
      next={next}
    >
      {targets.map((target) => (
        <TargetRow visit={visit} target={target} here={here} />
      ))}
    </List>
  );
}

/** The query by which a target's page leads back to this page of the list. */
function placeOf({ searchParams }: URL): string {
  const query = filterQuery(filterOf(searchParams));
  const page = searchParams.get('page') ?? '';
  const before = searchParams.getAll('before').at(-1);
  if (page !== '') query.set('page', page);
  if (before !== undefined) query.set('before', before);
  return query.size === 0 ? '' : `?${query}`;
}

const MAX_MESSAGE = 80;

function TargetRow({ visit, target, here }: { visit: Visit; target: RolloutTarget; here: string }) {
  const { appid, error } = target;
  return (
    <tr>
      <td class="number">{formatNumber(target.position, visit.language)}</td>
      <td>
        <a href={`${visit.url.pathname}/${appid}${here}`} class="id">
          {appid}
        </a>
      </td>
      <td class="number">{target.wave || '–'}</td>
      <td>{stepName(visit, target.step)}</td>
      <td>
        <TargetState visit={visit} state={target.state} waitsFor={target.waitsFor} />
      </td>
      <td class="wrap">
        {error && (
          <span title={error.errmsg.slice(0, 500)}>
            <code>{error.reason}</code> {short(error.errmsg)}
          </span>
        )}
      </td>
      <td>
        {target.operationId && (
          <OperationLink id={target.operationId}>{target.operationId.slice(-8)}</OperationLink>
        )}
      </td>
      <td>
        <Time visit={visit} at={target.updateTime} />
      </td>
    </tr>
  );
}

function short(message: string): string {
  const line = message.replace(/\s+|<br\s*\/?>/gi, ' ');
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
