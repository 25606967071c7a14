import { Controller, Get, Param } from '@nestjs/common';
import {
  type ListOperationsRequest,
  METHODS,
  type Method,
  type Operation,
  OperationState,
} from '@wxa/contracts';
import { answerOf } from '../../gateway/failure.js';
import { asksWechat, FromWechat, NoAnswer, QrCode } from '../../ui/from-wechat.js';
import { OperationLink } from '../../ui/links.js';
import { Empty } from '../../ui/list.js';
import { RecentOperations } from '../../ui/recent-operations.js';
import { State } from '../../ui/state.js';
import { Age } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { AuthorizerFacts, knownAuthorizers } from './authorizer.js';
import { aboveOf, actionPath } from './paths.js';
import { Rollouts, rolloutsOf } from './rollouts-of.js';
import { versionBlocks } from './version-blocks.js';

const UNFINISHED = [
  OperationState.OPERATION_STATE_IN_DOUBT,
  OperationState.OPERATION_STATE_RUNNING,
  OperationState.OPERATION_STATE_RETRYING,
  OperationState.OPERATION_STATE_QUEUED,
];
const LATEST = 30;
const SHOWN = 10;

/** One mini-program: what is live, in audit and on trial, what waits, and what was done. */
@Controller('miniprograms/:appid')
export class MiniProgramPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('appid') appid: string): Promise<PageView> {
    const { t, gateway } = visit;
    const authorizer = await knownAuthorizers(gateway.authorizers.getAuthorizer({ appid }));
    const [queue, latest, rollouts, versions] = await Promise.all([
      queueOf(visit, appid),
      changesOf(visit, { appid, pageSize: LATEST }),
      rolloutsOf(visit, appid),
      asksWechat(visit) ? versionBlocks(visit, appid) : null,
    ]);
    const [list] = aboveOf(visit, appid);
    return {
      title: authorizer?.nickName || appid,
      above: list === undefined ? [] : [list],
      actions: canAct(visit) && <OtherActions visit={visit} appid={appid} />,
      body: (
        <>
          <p class="id">{appid}</p>
          {authorizer && <AuthorizerFacts visit={visit} authorizer={authorizer} />}
          <FromWechat visit={visit}>{versions}</FromWechat>
          <Queue visit={visit} queue={queue} />
          <Rollouts visit={visit} appid={appid} rollouts={rollouts} />
          <section>
            <h2>{t('latestChanges')}</h2>
            {latest.length === 0 ? (
              <Empty>{t('noChanges')}</Empty>
            ) : (
              <RecentOperations visit={visit} operations={latest.slice(0, SHOWN)} />
            )}
            <a href={`/operations?appid=${encodeURIComponent(appid)}`}>{t('allOperations')}</a>
          </section>
        </>
      ),
    };
  }

  /** The QR code that opens the trial version. Waits for WeChat, up to 30 s. */
  @Get('trial-qr-code')
  async trialQrCode(@CurrentVisit() visit: Visit, @Param('appid') appid: string): Promise<PageView> {
    const { t, gateway } = visit;
    const { value, failure } = await answerOf(gateway.codeManagement.getTrialQrCode({ appid }));
    return {
      title: t('trialQrCode'),
      above: aboveOf(visit, appid),
      body: (
        <div id="trial">
          {failure ? (
            <NoAnswer visit={visit} failure={failure} />
          ) : (
            <QrCode image={value} text={t('trialQrCode')} />
          )}
        </div>
      ),
    };
  }
}

/** Unfinished changes of a mini-program, the next one first. */
async function queueOf(visit: Visit, appid: string): Promise<Operation[]> {
  const found = await Promise.all(UNFINISHED.map((state) => changesOf(visit, { appid, state })));
  return found.flat().sort((one, other) => one.id.localeCompare(other.id));
}

async function changesOf({ gateway }: Visit, filter: Partial<ListOperationsRequest>): Promise<Operation[]> {
  const { operations } = await gateway.operations.listOperations(filter);
  return operations.filter(({ method }) => METHODS[method as Method]?.kind === 'change');
}

/** What can be done whatever WeChat answers. */
function OtherActions({ visit, appid }: { visit: Visit; appid: string }) {
  const { t } = visit;
  return (
    <>
      <a href={actionPath(appid, 'commit')}>{t('commit')}…</a>
      <a href={actionPath(appid, 'visibility')}>{t('visibility')}…</a>
      <a href={actionPath(appid, 'support-version')}>{t('supportVersion')}…</a>
    </>
  );
}

function Queue({ visit, queue }: { visit: Visit; queue: readonly Operation[] }) {
  const { t } = visit;
  return (
    <section>
      <h2>{t('queue')}</h2>
      {queue.length === 0 ? (
        <Empty>{t('nothingWaits')}</Empty>
      ) : (
        <p>
          {t('oldest')} <Age visit={visit} since={queue[0]?.createTime} />:{' '}
          {queue.slice(0, SHOWN).map(({ id, method, state }, index) => (
            <>
              {index > 0 && ' ← '}
              <OperationLink id={id}>{method}</OperationLink>{' '}
              <State visit={visit} of="operation" state={state} />
            </>
          ))}
          {queue.length > SHOWN && ' ← …'}
        </p>
      )}
    </section>
  );
}
