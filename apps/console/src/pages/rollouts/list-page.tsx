import { Controller, Get, Query } from '@nestjs/common';
import { type Rollout, rolloutStateFromJSON } from '@wxa/contracts';
import { formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { formatNumber, type TextKey } from '../../text/text.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { RolloutLink } from '../../ui/links.js';
import { Empty, PAGE_SIZE, Pager, Table } from '../../ui/list.js';
import { RolloutState } from '../../ui/state.js';
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
    const request = {
      states: known === undefined ? [] : [rolloutStateFromJSON(`ROLLOUT_STATE_${known}`)],
      appid: appid.trim(),
      pageSize: PAGE_SIZE,
      pageToken: page,
    };
    const list = await gateway.rollouts.listRollouts(request).catch(formFailure);
    const { rollouts, nextPageToken } = 'rollouts' in list ? list : { rollouts: [], nextPageToken: '' };
    const failure = 'rollouts' in list ? undefined : list;
    const isFiltered = known !== undefined || appid !== '';
    return {
      title: t('rollouts'),
      status: (failure && HTTP_STATUS[failure.code]) ?? 200,
      actions: canAct(visit) && (
        <a href="/rollouts/new" class="button">
          {t('newRollout')}
        </a>
      ),
      body: (
        <>
          <ErrorBox visit={visit} failure={failure} />
          <Filter visit={visit} state={known ?? ''} appid={appid} />
          {rollouts.length === 0 ? (
            <Empty>{t(isFiltered ? 'noSuchRollouts' : 'noRollouts')}</Empty>
          ) : (
            <Rollouts visit={visit} rollouts={rollouts} />
          )}
          <Pager visit={visit} next={nextPageToken} />
        </>
      ),
    };
  }
}

function Filter({ visit, state, appid }: { visit: Visit; state: string; appid: string }) {
  const { t } = visit;
  const states = STATES.map((name) => [name, t(`rollout.${name}` as TextKey)] as const);
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select name="state" value={state} options={[['', t('all')], ...states]} />
      </Field>
      <Field label={t('appid')}>
        <input name="appid" value={appid} placeholder="wx…" />
      </Field>
    </Filters>
  );
}

function Rollouts({ visit, rollouts }: { visit: Visit; rollouts: readonly Rollout[] }) {
  const { t } = visit;
  const columns = [t('rolloutName'), t('state'), t('progress'), { number: t('targets') }, t('created')];
  return (
    <Table columns={columns}>
      {rollouts.map((rollout) => (
        <tr>
          <td>
            <RolloutLink id={rollout.id}>{rollout.spec?.name}</RolloutLink>
          </td>
          <td>
            <RolloutState visit={visit} state={rollout.state} />
          </td>
          <td class="wide">
            <Bar look={visit} counts={rollout.counts} targets={rollout.targets} />
          </td>
          <td class="number">{formatNumber(rollout.targets, visit.language)}</td>
          <td>
            <Time visit={visit} at={rollout.createTime} /> {rollout.onBehalfOf}
          </td>
        </tr>
      ))}
    </Table>
  );
}
