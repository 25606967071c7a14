import { Controller, Get, Param } from '@nestjs/common';
import { type OperationError, type Rollout, RolloutState, type RolloutTarget } from '@wxa/contracts';
import { formAnswerOf } from '../../gateway/failure.js';
import { formatNumber } from '../../text/text.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { aboveRollout, OperationLink } from '../../ui/links.js';
import { type Column, List, PAGE_SIZE } from '../../ui/list.js';
import { choicesOf, LIVE, RETRYABLE, stepName, TargetState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { filterOf, filterQuery, isFiltered, STATES, STEPS } from '../progress/filter.js';
import { CommandProgress, recentCommands } from './command-progress.js';

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
      title: visit.t('targets'),
      failure,
      above: aboveRollout(visit, rollout),
      actions: canAct(visit) && <Actions visit={visit} rollout={rollout} />,
      body: (
        <>
          <CommandProgress visit={visit} commands={commands} />
          <TargetFilters visit={visit} rollout={rollout} />
          <ErrorBox visit={visit} failure={failure} />
          <div id="rows">
            <Rows visit={visit} targets={list?.targets ?? []} next={list?.nextPageToken ?? ''} />
          </div>
        </>
      ),
    };
  }
}

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
  const waves = rollout.waves.map(({ wave }) => [String(wave), t('wave', { n: wave })] as const);
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select name="state" value={value('state')} options={[any, ...choicesOf(visit, 'target', STATES)]} />
      </Field>
      <Field label={t('targetPage.step')}>
        <Select name="step" value={value('step')} options={[any, ...choicesOf(visit, 'step', STEPS)]} />
      </Field>
      <Field label={t('targetPage.wave')}>
        <Select name="wave" value={value('wave')} options={[any, ...waves]} />
      </Field>
      <Field label={t('targetPage.reasonName')}>
        <input name="reason" value={value('reason')} />
      </Field>
      <Field label={t('errcode')}>
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
  const isAll = !isFiltered(filterOf(visit.url.searchParams));
  const empty = visit.t(isAll ? 'targetPage.none' : 'targetPage.noneOfFilter');
  return <List visit={visit} columns={columnsOf(visit)} rows={targets} empty={empty} next={next} />;
}

function columnsOf(visit: Visit): Column<RolloutTarget>[] {
  const { t, url, language } = visit;
  const here = placeOf(url);
  return [
    {
      title: t('appid'),
      cell: ({ appid }) => (
        <a href={`${url.pathname}/${appid}${here}`} class="id">
          {appid}
        </a>
      ),
    },
    {
      title: t('targetPage.position'),
      kind: 'number',
      cell: ({ position }) => formatNumber(position, language),
    },
    { title: t('targetPage.wave'), kind: 'number', cell: ({ wave }) => wave || '–' },
    { title: t('targetPage.step'), cell: ({ step }) => stepName(visit, step) },
    {
      title: t('state'),
      cell: ({ state, waitsFor }) => <TargetState visit={visit} state={state} waitsFor={waitsFor} />,
    },
    { title: t('reason'), kind: 'wrap', cell: ({ error }) => error && <Reason error={error} /> },
    {
      title: t('targetPage.latestOperation'),
      cell: ({ operationId: id }) => id && <OperationLink id={id}>{id.slice(-8)}</OperationLink>,
    },
    { title: t('targetPage.changedAt'), cell: ({ updateTime }) => <Time visit={visit} at={updateTime} /> },
  ];
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

function Reason({ error: { reason, errmsg } }: { error: OperationError }) {
  return (
    <span title={errmsg.slice(0, 500)}>
      <code>{reason}</code> {short(errmsg)}
    </span>
  );
}

function short(message: string): string {
  const line = message.replace(/\s+|<br\s*\/?>/gi, ' ');
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
