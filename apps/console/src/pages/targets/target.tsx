import { Controller, Get, Param, Query } from '@nestjs/common';
import { type Operation, type Rollout, type RolloutTarget, RolloutTargetState } from '@wxa/contracts';
import { answerOf, hintOf } from '../../gateway/failure.js';
import { ForeignText, NoAnswer, QrCode } from '../../ui/from-wechat.js';
import { AppId, aboveRollout, OperationLink } from '../../ui/links.js';
import { type Column, Table } from '../../ui/list.js';
import { LIVE, RETRYABLE, State, stepName, TargetState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { RequestTexts } from './request-text.js';

/** One mini-program of a rollout. The query is that of the list from which it was opened, which the link back repeats. */
@Controller('rollouts/:id/targets/:appid')
export class TargetPage {
  @Get()
  async show(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Param('appid') appid: string,
    @Query('qr') qr?: string,
  ): Promise<PageView> {
    const { t, gateway, url } = visit;
    const [target, rollout, name, image] = await Promise.all([
      gateway.rollouts.getRolloutTarget({ id, appid }),
      gateway.rollouts.getRollout({ id }),
      nickName(visit, appid),
      qr === undefined ? undefined : trialImage(visit, appid),
    ]);
    const place = new URLSearchParams(url.search);
    place.delete('qr');
    return {
      title: appid,
      above: [
        ...aboveRollout(visit, rollout),
        {
          href: `/rollouts/${id}/targets${place.size === 0 ? '' : `?${place}`}`,
          title: t('targets'),
        },
      ],
      actions: canAct(visit) && <Actions visit={visit} rollout={rollout} target={target} />,
      body: (
        <>
          <Facts visit={visit} target={target} name={name} />
          <h2>{t('targetPage.timeline')}</h2>
          <Timeline visit={visit} target={target} />
          <h2>{t('targetPage.requests')}</h2>
          <RequestTexts target={target} />
          <h2>{t('trialQrCode')}</h2>
          {image ?? <a href={`${url.pathname}?${withQr(place)}`}>{t('targetPage.showQrCode')}</a>}
        </>
      ),
    };
  }
}

/** Retry and skip of this one, as far as its state allows it. */
function Actions({ visit, rollout, target }: { visit: Visit; rollout: Rollout; target: RolloutTarget }) {
  const { t } = visit;
  const link = (action: 'retry' | 'skip') => (
    <a href={`/rollouts/${rollout.id}/targets/${action}?appid=${target.appid}`} class="button">
      {t(`targetPage.${action}`)}…
    </a>
  );
  return (
    <>
      {RETRYABLE.includes(rollout.state) && ENDED.includes(target.state) && link('retry')}
      {LIVE.includes(rollout.state) && !NOT_SKIPPED.includes(target.state) && link('skip')}
    </>
  );
}

const ENDED: readonly RolloutTargetState[] = [
  RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED,
  RolloutTargetState.ROLLOUT_TARGET_STATE_SKIPPED,
];
const NOT_SKIPPED: readonly RolloutTargetState[] = [
  RolloutTargetState.ROLLOUT_TARGET_STATE_SUCCEEDED,
  RolloutTargetState.ROLLOUT_TARGET_STATE_SKIPPED,
  RolloutTargetState.ROLLOUT_TARGET_STATE_CANCELLED,
];

function withQr(place: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...place, ['qr', '1']]);
}

/** The name of a mini-program at WeChat; empty if it is not known here. */
async function nickName({ gateway }: Visit, appid: string): Promise<string> {
  const { value } = await answerOf(gateway.authorizers.getAuthorizer({ appid }));
  return value?.nickName ?? '';
}

/** The QR code of the trial version, or why WeChat did not return it. */
async function trialImage(visit: Visit, appid: string) {
  const { value, failure } = await answerOf(visit.gateway.codeManagement.getTrialQrCode({ appid }));
  if (failure) return <NoAnswer visit={visit} failure={failure} />;
  return <QrCode image={value} text={visit.t('trialQrCode')} />;
}

function Facts({ visit, target, name }: { visit: Visit; target: RolloutTarget; name: string }) {
  const { t } = visit;
  const { error } = target;
  const auditId = `${target.auditId}${target.auditDelayed ? ` (${t('targetPage.delayed')})` : ''}`;
  const facts = [
    ['name', name],
    ['targetPage.wave', target.wave],
    ['targetPage.baseline', target.baselineVersion],
    ['targetPage.auditId', target.auditId && auditId],
    ['grayRelease', target.grayPercentage && `${target.grayPercentage} %`],
    ['targetPage.attempt', target.attempt > 1 && target.attempt],
  ] as const;
  return (
    <>
      <p>
        <AppId appid={target.appid} /> · {stepName(visit, target.step)} ·{' '}
        <TargetState visit={visit} state={target.state} waitsFor={target.waitsFor} />
        {target.waitUntil && (
          <>
            {' '}
            → <Time visit={visit} at={target.waitUntil} />
          </>
        )}
      </p>
      <ul>
        {facts.map(([fact, value]) =>
          value ? (
            <li>
              {t(fact)}: {String(value)}
            </li>
          ) : null,
        )}
      </ul>
      {error && (
        <div class="banner">
          <p>
            <code>{error.reason}</code> {error.errcode !== 0 && error.errcode}
          </p>
          <p>
            <ForeignText>{error.errmsg}</ForeignText>
          </p>
          <p>{hintOf(error, visit.language)}</p>
        </div>
      )}
    </>
  );
}

/** The operations of a target, oldest first. */
function Timeline({ visit, target: { operations } }: { visit: Visit; target: RolloutTarget }) {
  const { t } = visit;
  const columns: Column<Operation>[] = [
    { title: t('acceptedAt'), cell: ({ createTime }) => <Time visit={visit} at={createTime} /> },
    { title: t('operationEnded'), cell: ({ endTime }) => <Time visit={visit} at={endTime} /> },
    {
      title: t('operation'),
      cell: ({ id, method }) => <OperationLink id={id}>{method}</OperationLink>,
    },
    { title: t('targetPage.attempt'), kind: 'number', cell: ({ requestId }) => attemptOf(requestId) },
    { title: t('state'), cell: ({ state }) => <State visit={visit} of="operation" state={state} /> },
    {
      title: t('reason'),
      kind: 'wrap',
      cell: ({ error }) =>
        error && (
          <>
            <code>{error.reason}</code> <ForeignText>{error.errmsg}</ForeignText>
          </>
        ),
    },
  ];
  return <Table columns={columns} rows={operations} empty={t('noChanges')} />;
}

/** The attempt of the target, which ends the request_id of each of its operations. */
function attemptOf(requestId: string): string {
  return /-(\d+)$/.exec(requestId)?.[1] ?? '';
}
