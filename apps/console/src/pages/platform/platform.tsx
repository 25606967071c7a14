import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { ApiStatus, ApiStop, OutboxStatus, PlatformStatus } from '@wxa/contracts';
import { type Failure, fieldErrorOf, formAnswerOf } from '../../gateway/failure.js';
import { formatNumber } from '../../text/text.js';
import { confirmPage } from '../../ui/confirm.js';
import { Field } from '../../ui/form.js';
import { type Column, Table } from '../../ui/list.js';
import { StateMark } from '../../ui/state.js';
import { duration, secondsOf, Time } from '../../ui/time.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { Card } from './card.js';
import { quota, ticket } from './status-cards.js';

/** Quota, ticket, outboxes, and rate and stop of each API. */
@Controller('platform')
export class PlatformPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const status = await visit.gateway.platform.getPlatformStatus({});
    return {
      title: visit.t('platform'),
      body: (
        <>
          <Cards visit={visit} status={status} />
          <Apis visit={visit} apis={status.apis} />
          <Outboxes visit={visit} outboxes={status.outboxes} />
        </>
      ),
    };
  }

  @Get('lift')
  confirm(@CurrentVisit() visit: Visit, @Query('api') api = ''): Promise<View> {
    return liftPage(visit, api);
  }

  @Post('lift')
  async lift(
    @CurrentVisit() visit: Visit,
    @Body() { api = '', reason = '' }: { api?: string; reason?: string },
  ): Promise<View> {
    const { failure } = await formAnswerOf(visit.gateway.platform.liftApiStop({ api, reason }));
    return failure ? liftPage(visit, api, reason, failure) : new SeeOther('/platform');
  }
}

async function liftPage(visit: Visit, api: string, reason?: string, failure?: Failure): Promise<View> {
  const { t, gateway } = visit;
  const found = (await gateway.platform.getPlatformStatus({})).apis.find((each) => each.api === api);
  if (found?.stop === undefined && failure === undefined) return new SeeOther('/platform');
  const n = found?.waitingOperations ?? 0;
  return confirmPage(visit, {
    title: t('liftTitle', { api }),
    above: [{ href: '/platform', title: t('platform') }],
    effect: t('liftEffect', { api, n }),
    verb: t('lift'),
    failure,
    fields: (
      <>
        {found?.stop && (
          <p>
            <Stop visit={visit} stop={found.stop} />
          </p>
        )}
        <input type="hidden" name="api" value={api} />
        <Field label={t('reason')} error={fieldErrorOf(visit, failure, 'reason')}>
          <input name="reason" value={reason} maxLength={2000} required />
        </Field>
      </>
    ),
  });
}

function Cards({ visit, status }: { visit: Visit; status: PlatformStatus }) {
  const { t } = visit;
  const { tokenAge, tokenExpireTime } = status;
  const token = {
    health: tokenAge === undefined ? ('unknown' as const) : ('good' as const),
    value: tokenAge === undefined ? '–' : duration(visit, secondsOf(tokenAge)),
    details: tokenExpireTime && (
      <>
        {t('expires')} <Time visit={visit} at={tokenExpireTime} />
      </>
    ),
  };
  return (
    <div class="cards">
      <Card visit={visit} href="/audits" title="auditQuota" finding={quota(visit, status.auditQuota)} />
      <Card visit={visit} href="/miniprograms" title="ticket" finding={ticket(visit, status)} />
      <Card visit={visit} href="/miniprograms" title="token" finding={token} />
    </div>
  );
}

/** Stopped APIs first, then those with waiting operations. */
function byUrgency(one: ApiStatus, other: ApiStatus): number {
  return (
    Number(other.stop !== undefined) - Number(one.stop !== undefined) ||
    other.waitingOperations - one.waitingOperations ||
    one.api.localeCompare(other.api)
  );
}

function Apis({ visit, apis }: { visit: Visit; apis: readonly ApiStatus[] }) {
  const { t, language } = visit;
  const rate = (value: number | undefined, without: string) =>
    value === undefined ? without : t('perSecond', { n: formatNumber(value, language) });
  const columns: Column<ApiStatus>[] = [
    { title: 'API', kind: 'id', cell: ({ api }) => api },
    {
      title: t('state'),
      kind: 'wrap',
      cell: ({ stop }) =>
        stop ? <Stop visit={visit} stop={stop} /> : <StateMark kind="good">{t('callable')}</StateMark>,
    },
    {
      title: t('rate'),
      kind: 'number',
      cell: ({ callsPerSecond }) => rate(callsPerSecond, t('defaultRate')),
    },
    {
      title: t('setRate'),
      kind: 'number',
      cell: ({ setCallsPerSecond: set }) => (set === 0 ? t('noLimit') : rate(set, '–')),
    },
    {
      title: t('parked'),
      kind: 'number',
      cell: ({ waitingOperations }) => formatNumber(waitingOperations, language),
    },
    {
      title: '',
      cell: ({ api, stop }) =>
        stop && canAct(visit) && <a href={`/platform/lift?api=${encodeURIComponent(api)}`}>{t('lift')}…</a>,
    },
  ];
  return (
    <section>
      <h2>{t('apis')}</h2>
      <Table columns={columns} rows={apis.toSorted(byUrgency)} />
    </section>
  );
}

/** Who stopped an API, when, until when and why. */
function Stop({ visit, stop }: { visit: Visit; stop: ApiStop }) {
  const { t } = visit;
  return (
    <>
      <StateMark kind="bad">{t('apiStopped')}</StateMark> <Time visit={visit} at={stop.startTime} />
      {' – '}
      <Time visit={visit} at={stop.endTime} />
      {stop.errcode !== 0 && (
        <>
          <br />
          {t('stoppedByWechat')} <code>{stop.errcode}</code> {stop.errmsg}
        </>
      )}
      {stop.stoppedBy !== '' && (
        <>
          <br />
          {t('stoppedBy', { name: stop.stoppedBy })} {stop.reason}
        </>
      )}
    </>
  );
}

function Outboxes({ visit, outboxes }: { visit: Visit; outboxes: readonly OutboxStatus[] }) {
  const { t, language } = visit;
  const columns: Column<OutboxStatus>[] = [
    { title: t('app'), cell: ({ app }) => app },
    { title: t('outboxDepth'), kind: 'number', cell: ({ depth }) => formatNumber(depth, language) },
    {
      title: t('oldest'),
      cell: ({ oldestAge }) => (oldestAge ? duration(visit, secondsOf(oldestAge)) : '–'),
    },
    {
      title: t('quarantinedEvents'),
      kind: 'number',
      cell: ({ quarantined: n }) => (
        <span class={n > 0 ? 'bad' : undefined}>{formatNumber(n, language)}</span>
      ),
    },
  ];
  return (
    <section>
      <h2>{t('outbox')}</h2>
      <Table columns={columns} rows={outboxes} />
    </section>
  );
}
