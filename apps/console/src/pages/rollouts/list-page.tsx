import { Controller, Get, Query } from '@nestjs/common';
import { type Rollout, RolloutState } from '@wxa/contracts';
import { formAnswerOf } from '../../gateway/failure.js';
import { formatNumber } from '../../text/text.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { RolloutLink, whoOf } from '../../ui/links.js';
import { type Column, List, PAGE_SIZE } from '../../ui/list.js';
import { choicesOf, State } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { Bar } from '../progress/bar.js';

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'CANCELLING', 'COMPLETED', 'CANCELLED'] as const;

/** All rollouts, newest first, with a bar each. */
@Controller('rollouts')
export class RolloutsPage {
  @Get()
  async show(
    @CurrentVisit() visit: Visit,
    @Query() { state = '', appid = '', page = '' }: { state?: string; appid?: string; page?: string },
  ): Promise<PageView> {
    const { t, gateway } = visit;
    const known = STATES.find((name) => name === state);
    const { value: list, failure } = await formAnswerOf(
      gateway.rollouts.listRollouts({
        states: known && [RolloutState[`ROLLOUT_STATE_${known}`]],
        appid: appid.trim(),
        pageSize: PAGE_SIZE,
        pageToken: page,
      }),
    );
    const isFiltered = known !== undefined || appid !== '';
    return {
      title: t('rollouts'),
      failure,
      actions: canAct(visit) && (
        <a href="/rollouts/new" class="button">
          {t('newRollout')}
        </a>
      ),
      body: (
        <>
          <ErrorBox visit={visit} failure={failure} />
          <Filter visit={visit} state={known ?? ''} appid={appid} />
          <List
            visit={visit}
            columns={columnsOf(visit)}
            rows={list?.rollouts ?? []}
            empty={t(isFiltered ? 'noSuchRollouts' : 'noRollouts')}
            next={list?.nextPageToken ?? ''}
          />
        </>
      ),
    };
  }
}

function Filter({ visit, state, appid }: { visit: Visit; state: string; appid: string }) {
  const { t } = visit;
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select
          name="state"
          value={state}
          options={[['', t('all')], ...choicesOf(visit, 'rollout', STATES)]}
        />
      </Field>
      <Field label={t('appid')}>
        <input name="appid" value={appid} placeholder="wx…" />
      </Field>
    </Filters>
  );
}

function columnsOf(visit: Visit): Column<Rollout>[] {
  const { t, language } = visit;
  return [
    { title: t('name'), cell: ({ id, spec }) => <RolloutLink id={id}>{spec?.name}</RolloutLink> },
    { title: t('state'), cell: ({ state }) => <State visit={visit} of="rollout" state={state} /> },
    {
      title: t('progress'),
      kind: 'wide',
      cell: ({ counts, targets }) => <Bar look={visit} counts={counts} targets={targets} />,
    },
    { title: t('targets'), kind: 'number', cell: ({ targets }) => formatNumber(targets, language) },
    {
      title: t('created'),
      cell: (rollout) => (
        <>
          <Time visit={visit} at={rollout.createTime} /> {whoOf(rollout)}
        </>
      ),
    },
  ];
}
