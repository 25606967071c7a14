import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { Operation, OperationState } from '@wxa/contracts';
import type { Response } from 'express';
import { render } from 'preact-render-to-string';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { Gateway } from '../../gateway/gateway.js';
import { Live } from '../../live/live.js';
import { watchOperation } from '../../live/operation-watch.js';
import { confirmPage } from '../../ui/confirm.js';
import { QrCode, Screenshot } from '../../ui/from-wechat.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { staleBanner } from '../../ui/live.js';
import { State } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Look, type Visit, type VisitRequest } from '../../visit/visit.js';
import { errorFacts, type Fact, Facts, OperationAge, rolloutOf } from './operation-facts.js';

/** One operation: its state, its error and what WeChat returned, live until it is final; cancelling it. */
@Controller('operations/:id')
export class OperationPage {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Live) private readonly live: Live,
  ) {}

  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    const operation = await visit.gateway.operations.getOperation({ id, withRequest: true });
    return {
      title: operation.method,
      above: [{ href: '/operations', title: visit.t('operations') }],
      ...(!FINAL.has(operation.state) && { live: `/operations/${id}/live` }),
      actions: (
        <div sse-swap="actions" class="actions">
          <Actions look={visit} operation={operation} />
        </div>
      ),
      body: (
        <div sse-swap="operation">
          <Content look={visit} operation={operation} />
        </div>
      ),
    };
  }

  @Get('live')
  async watch(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Req() request: VisitRequest,
    @Res() response: Response,
  ): Promise<void> {
    const watch = watchOperation(
      this.gateway,
      await visit.gateway.operations.getOperation({ id, withRequest: true }),
    );
    const page = { watch, render: renderFragments, renderStale: staleBanner };
    this.live.serve(`operation ${id}`, () => page, request, response);
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
    const { failure } = await formAnswerOf(operations.cancelOperation({ id, reason }));
    if (failure === undefined) return new SeeOther(`/operations/${id}`);
    return cancelView(visit, await operations.getOperation({ id }), failure, reason);
  }
}

function cancelView(visit: Visit, operation: Operation, failure?: Failure, reason = ''): PageView {
  const { t } = visit;
  const { id, appid, method } = operation;
  return confirmPage(visit, {
    title: t('cancelOperation'),
    above: [
      { href: '/operations', title: t('operations') },
      { href: `/operations/${id}`, title: method },
    ],
    effect: t('cancelOperationEffect', { appid, method }),
    failure,
    fields: (
      <label>
        {t('reasonOptional')}
        <input name="reason" value={reason} maxLength={2000} />
      </label>
    ),
  });
}

const FINAL: ReadonlySet<OperationState> = new Set([
  OperationState.OPERATION_STATE_SUCCEEDED,
  OperationState.OPERATION_STATE_FAILED,
  OperationState.OPERATION_STATE_CANCELLED,
]);

interface Props {
  look: Look;
  operation: Operation;
}

function renderFragments(operation: Operation, look: Look): Record<string, string> {
  return {
    actions: render(<Actions look={look} operation={operation} />),
    operation: render(<Content look={look} operation={operation} />),
  };
}

function Actions({ look, operation: { id, state, attempts } }: Props) {
  const { t } = look;
  const isWaiting =
    state === OperationState.OPERATION_STATE_QUEUED ||
    (state === OperationState.OPERATION_STATE_RETRYING && attempts === 0);
  return (
    <>
      {isWaiting && canAct(look) && (
        <a href={`/operations/${id}/cancel`} id="do-cancel" class="button">
          {t('cancelOperation')}…
        </a>
      )}
      {state === OperationState.OPERATION_STATE_IN_DOUBT && (
        <a href={`/doubts/${id}`} id="do-resolve" class="button">
          {t('resolve')}…
        </a>
      )}
    </>
  );
}

function Content({ look, operation }: Props) {
  return (
    <>
      <Facts facts={factsOf({ look, operation })} />
      <Json title={look.t('operationRequest')} json={requestOf(operation)} />
      <Answer look={look} operation={operation} />
    </>
  );
}

function factsOf({ look, operation }: Props): Fact[] {
  const { t } = look;
  const { error, blockedBy } = operation;
  const rollout = rolloutOf(operation);
  const time = (at: Date | undefined) => at && <Time visit={look} at={at} />;
  return [
    [t('state'), <State visit={look} of="operation" state={operation.state} />],
    [t('appid'), <AppId appid={operation.appid} />],
    [t('rollout'), rollout && <a href={rollout}>{t('lookAt')}</a>],
    [t('blockedBy'), blockedBy && <OperationLink id={blockedBy} />],
    ...(error ? errorFacts(look, error) : []),
    [t('attempts'), operation.attempts],
    [t('acceptedAt'), time(operation.createTime)],
    [t('started'), time(operation.startTime)],
    [t('nextAttempt'), time(operation.nextAttemptTime)],
    [t('operationEnded'), time(operation.endTime)],
    [t('age'), <OperationAge visit={look} operation={operation} />],
    [t('acceptedBy'), operation.acceptedBy],
    [t('onBehalfOf'), operation.onBehalfOf],
    [t('operationId'), <code>{operation.id}</code>],
    [t('requestId'), <code>{operation.requestId}</code>],
  ];
}

/** The request; undefined where it is not known. */
function requestOf({ requestJson }: Operation): unknown {
  return requestJson === '' ? undefined : JSON.parse(requestJson);
}

/** What WeChat returned, folded: an image as such, all else as JSON. */
function Answer({ look, operation }: Props) {
  const { t } = look;
  const { result } = operation;
  if (result === undefined) return null;
  if (result.$case === 'getTrialQrCode') return <QrCode image={result.value} text={t('trialQrCode')} />;
  if (result.$case === 'getAuditScreenshot')
    return <Screenshot picture={result.value} text={t('auditScreenshot')} />;
  const fields = Operation.toJSON(operation) as Record<string, unknown>;
  return <Json title={t('answer')} json={fields[result.$case]} />;
}

/** A longer text would exceed the size of a page. */
const MAX_JSON_LENGTH = 20_000;

function Json({ title, json }: { title: string; json: unknown }) {
  if (json === undefined) return null;
  const text = JSON.stringify(json, null, 2);
  return (
    <details>
      <summary>{title}</summary>
      <pre>{text.length > MAX_JSON_LENGTH ? `${text.slice(0, MAX_JSON_LENGTH)}…` : text}</pre>
    </details>
  );
}
