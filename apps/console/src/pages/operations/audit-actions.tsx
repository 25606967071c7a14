import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import type { Operation } from '@wxa/contracts';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import type { TextKey } from '../../text/text.js';
import { confirmPage } from '../../ui/confirm.js';
import { idOf } from '../../ui/form.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';

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
  confirm(@CurrentVisit() visit: Visit, @Param() path: Path): Promise<PageView> {
    return page(visit, path, randomUUID());
  }

  @Post()
  async act(
    @CurrentVisit() visit: Visit,
    @Param() path: Path,
    @Body() { request_id: requestId = '' }: { request_id?: string },
  ): Promise<View> {
    const request = { appid: path.appid, auditId: auditIdOf(path), requestId };
    const { value: operation, failure } = await formAnswerOf(actionOf(path).call(visit, request));
    return failure ? page(visit, path, requestId, failure) : new SeeOther(`/operations/${operation.id}`);
  }
}

interface Path {
  appid: string;
  audit: string;
  action: string;
}

async function page(visit: Visit, path: Path, requestId: string, failure?: Failure): Promise<PageView> {
  const { t, gateway } = visit;
  const { effect, verb } = actionOf(path);
  const [{ appid, auditId, userVersion }, { auditQuota }] = await Promise.all([
    gateway.audits.getAudit({ appid: path.appid, auditId: auditIdOf(path) }),
    gateway.platform.getPlatformStatus({}),
  ]);
  const { speedupRest = 0, speedupLimit = 0 } = auditQuota?.quota ?? {};
  return confirmPage(visit, {
    title: t(verb),
    above: [{ href: '/audits', title: t('audits') }],
    action: `/audits/${appid}/${auditId}/${path.action}`,
    effect: t(effect, { appid, audit: `${auditId}`, version: userVersion || t('unknown') }),
    failure,
    fields: (
      <>
        {path.action === 'speed-up' && speedupLimit > 0 && <p>{t('speedUpsLeft', { n: speedupRest })}</p>}
        <input type="hidden" name="request_id" value={requestId} />
      </>
    ),
  });
}

function actionOf({ action }: Path): Action {
  const found = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (found === undefined) throw new NotFoundException();
  return found;
}

function auditIdOf({ audit }: Path): bigint {
  const id = idOf(audit);
  if (id === undefined) throw new NotFoundException();
  return id;
}
