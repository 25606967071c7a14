import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { Operation, OperationState as State } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { Confirm } from '../../ui/confirm.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { OperationState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { ErrorRows, Fact, OperationAge } from './operation-facts.js';

/** One operation: its state, its error and what WeChat returned; cancelling it. */
@Controller('operations/:id')
export class OperationPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    const { t } = visit;
    const operation = await visit.gateway.operations.getOperation({ id });
    return {
      title: operation.method,
      above: [{ href: '/operations', title: t('operations') }],
      actions: <Actions visit={visit} operation={operation} />,
      body: (
        <>
          <Facts visit={visit} operation={operation} />
          <Answer visit={visit} operation={operation} />
        </>
      ),
    };
  }

  @Get('cancel')
  async confirm(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    return cancelView(visit, await visit.gateway.operations.getOperation({ id }));
  }

  @Post('cancel')
  async cancel(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Body() { reason = '' }: { reason?: string },
  ): Promise<View> {
    const { operations } = visit.gateway;
    const done = await operations.cancelOperation({ id, reason }).catch(formFailure);
    if (!('code' in done)) return new SeeOther(`/operations/${done.id}`);
    return cancelView(visit, await operations.getOperation({ id }), done, reason);
  }
}

function cancelView(visit: Visit, operation: Operation, failure?: Failure, reason = ''): PageView {
  const { t } = visit;
  const { id, appid, method } = operation;
  const body = (
    <Confirm
      visit={visit}
      action={`/operations/${id}/cancel`}
      effect={t('cancelEffect', { appid, method })}
      verb={t('cancelTitle')}
      back={`/operations/${id}`}
      failure={failure}
    >
      <label>
        {t('reasonOptional')}
        <input name="reason" value={reason} maxLength={2000} />
      </label>
    </Confirm>
  );
  const above = [
    { href: '/operations', title: t('operations') },
    { href: `/operations/${id}`, title: method },
  ];
  return {
    title: t('cancelTitle'),
    above,
    body,
    ...(failure && { status: HTTP_STATUS[failure.code] ?? 400 }),
  };
}

const FINAL: ReadonlySet<State> = new Set([
  State.OPERATION_STATE_SUCCEEDED,
  State.OPERATION_STATE_FAILED,
  State.OPERATION_STATE_CANCELLED,
]);

function Actions({ visit, operation }: { visit: Visit; operation: Operation }) {
  const { t } = visit;
  const { id, state, attempts } = operation;
  const isWaiting =
    state === State.OPERATION_STATE_QUEUED || (state === State.OPERATION_STATE_RETRYING && attempts === 0);
  return (
    <>
      {!FINAL.has(state) && <a href={`/operations/${id}`}>{t('reload')}</a>}
      {isWaiting && canAct(visit) && <a href={`/operations/${id}/cancel`}>{t('cancelOperation')}</a>}
      {state === State.OPERATION_STATE_IN_DOUBT && <a href={`/doubts/${id}`}>{t('resolveLink')}</a>}
    </>
  );
}

function Facts({ visit, operation }: { visit: Visit; operation: Operation }) {
  const { t } = visit;
  const { error, blockedBy, acceptedBy, startTime, endTime, nextAttemptTime } = operation;
  return (
    <table class="facts">
      <tbody>
        <Fact name={t('state')}>
          <OperationState visit={visit} state={operation.state} />
        </Fact>
        <Fact name={t('appid')}>
          <AppId appid={operation.appid} />
        </Fact>
        {blockedBy && (
          <Fact name={t('blockedBy')}>
            <OperationLink id={blockedBy} />
          </Fact>
        )}
        {error && <ErrorRows visit={visit} error={error} />}
        <Fact name={t('attempts')}>{operation.attempts}</Fact>
        <Fact name={t('accepted')}>
          <Time visit={visit} at={operation.createTime} />
        </Fact>
        <TimeFact visit={visit} name={t('started')} at={startTime} />
        <TimeFact visit={visit} name={t('nextAttempt')} at={nextAttemptTime} />
        <TimeFact visit={visit} name={t('endedAt')} at={endTime} />
        <Fact name={t('age')}>
          <OperationAge visit={visit} operation={operation} />
        </Fact>
        {acceptedBy && <Fact name={t('acceptedBy')}>{acceptedBy}</Fact>}
        <Fact name={t('operationId')}>
          <code>{operation.id}</code>
        </Fact>
        <Fact name={t('requestId')}>
          <code>{operation.requestId}</code>
        </Fact>
      </tbody>
    </table>
  );
}

function TimeFact({ visit, name, at }: { visit: Visit; name: string; at: Date | undefined }) {
  return at === undefined ? null : (
    <Fact name={name}>
      <Time visit={visit} at={at} />
    </Fact>
  );
}

/** What WeChat returned, folded: an image as such, all else as JSON. */
function Answer({ visit, operation }: { visit: Visit; operation: Operation }) {
  const { t } = visit;
  const { result } = operation;
  if (result === undefined) return null;
  if (result.$case === 'getTrialQrCode') {
    const { contentType, image } = result.value;
    const source = `data:${contentType};base64,${Buffer.from(image).toString('base64')}`;
    return <img src={source} alt={t('trialQrCode')} />;
  }
  const fields = Operation.toJSON(operation) as Record<string, unknown>;
  return (
    <details>
      <summary>{t('answer')}</summary>
      <pre>{JSON.stringify(fields[result.$case], null, 2)}</pre>
    </details>
  );
}
