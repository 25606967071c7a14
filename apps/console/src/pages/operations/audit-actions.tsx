import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import type { Audit, Operation } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import type { TextKey } from '../../text/text.js';
import { Confirm } from '../../ui/confirm.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { int64Of } from './int64.js';

interface Action {
  effect: TextKey;
  verb: TextKey;
  call(visit: Visit, audit: { appid: string; auditId: bigint; requestId: string }): Promise<Operation>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  'speed-up': {
    effect: 'speedUpEffect',
    verb: 'speedUp',
    call: ({ gateway }, request) => gateway.codeManagement.speedUpAudit(request),
  },
  withdraw: {
    effect: 'withdrawEffect',
    verb: 'withdraw',
    call: ({ gateway }, { auditId, ...request }) =>
      gateway.codeManagement.undoAudit({ ...request, expectedAuditId: auditId }),
  },
};

/** Speeding up and withdrawing an audit: a confirmation page, then an operation. */
@Controller('audits/:appid/:audit/:action')
export class AuditActionPages {
  @Get()
  async confirm(@CurrentVisit() visit: Visit, @Param() path: Path): Promise<PageView> {
    return confirmView(visit, path, randomUUID());
  }

  @Post()
  async act(
    @CurrentVisit() visit: Visit,
    @Param() path: Path,
    @Body() { request_id: requestId = '' }: { request_id?: string },
  ): Promise<View> {
    const request = { appid: path.appid, auditId: auditIdOf(path), requestId };
    const accepted = await actionOf(path).call(visit, request).catch(formFailure);
    return 'code' in accepted
      ? confirmView(visit, path, requestId, accepted)
      : new SeeOther(`/operations/${accepted.id}`);
  }
}

interface Path {
  appid: string;
  audit: string;
  action: string;
}

async function confirmView(
  visit: Visit,
  path: Path,
  requestId: string,
  failure?: Failure,
): Promise<PageView> {
  const { t, gateway } = visit;
  const { effect, verb } = actionOf(path);
  const [audit, { auditQuota }] = await Promise.all([
    gateway.audits.getAudit({ appid: path.appid, auditId: auditIdOf(path) }),
    gateway.platform.getPlatformStatus({}),
  ]);
  const { speedupRest = 0, speedupLimit = 0 } = auditQuota?.quota ?? {};
  const body = (
    <Confirm
      visit={visit}
      action={pathOf(audit, path.action)}
      effect={t(effect, { ...textsOf(visit, audit) })}
      verb={t(verb)}
      back="/audits"
      failure={failure}
    >
      {path.action === 'speed-up' && speedupLimit > 0 && <p>{t('speedUpsLeft', { n: speedupRest })}</p>}
      <input type="hidden" name="request_id" value={requestId} />
    </Confirm>
  );
  const above = [{ href: '/audits', title: t('audits') }];
  const status = failure && (HTTP_STATUS[failure.code] ?? 400);
  return { title: t(verb), above, body, ...(status !== undefined && { status }) };
}

function textsOf({ t }: Visit, { appid, auditId, userVersion }: Audit) {
  return { appid, audit: `${auditId}`, version: userVersion || t('unknown') };
}

function pathOf({ appid, auditId }: Audit, action: string): string {
  return `/audits/${appid}/${auditId}/${action}`;
}

function actionOf({ action }: Path): Action {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found === undefined) throw new NotFoundException();
  return found;
}

function auditIdOf({ audit }: Path): bigint {
  const id = int64Of(audit);
  if (id === undefined) throw new NotFoundException();
  return id;
}
