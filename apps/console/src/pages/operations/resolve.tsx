import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { type Operation, Resolution } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { Confirm } from '../../ui/confirm.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { CONCLUSIONS, Evidence } from './doubt.js';
import { int64Of } from './int64.js';

interface Input {
  resolution?: string;
  reason?: string;
  audit_id?: string;
}

/** Resolving an operation in doubt: a confirmation page that names the effect, then ResolveOperation. */
@Controller('doubts/:id/resolve')
export class ResolvePage {
  @Get()
  async confirm(@CurrentVisit() visit: Visit, @Param('id') id: string, @Query() input: Input): Promise<View> {
    if (conclusionOf(input) === undefined) return new SeeOther(`/doubts/${encodeURIComponent(id)}`);
    return confirmView(visit, await visit.gateway.operations.getOperation({ id }), input);
  }

  @Post()
  async resolve(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() input: Input): Promise<View> {
    const { operations } = visit.gateway;
    const { resolution = Resolution.RESOLUTION_UNSPECIFIED } = conclusionOf(input) ?? {};
    const done = await operations
      .resolveOperation({
        id,
        resolution,
        resolvedBy: visit.session?.name ?? '',
        reason: input.reason ?? '',
        auditId: resolution === Resolution.RESOLUTION_DONE ? (int64Of(input.audit_id ?? '') ?? 0n) : 0n,
      })
      .catch(formFailure);
    if (!('code' in done)) return new SeeOther(`/operations/${done.id}`);
    return confirmView(visit, await operations.getOperation({ id }), input, done);
  }
}

function conclusionOf({ resolution = '' }: Input) {
  return Object.hasOwn(CONCLUSIONS, resolution)
    ? CONCLUSIONS[resolution as keyof typeof CONCLUSIONS]
    : undefined;
}

function confirmView(visit: Visit, operation: Operation, input: Input, failure?: Failure): PageView {
  const { t } = visit;
  const { id, appid, method } = operation;
  const { effect } = conclusionOf(input) ?? { effect: 'chooseConclusion' as const };
  const body = (
    <Confirm
      visit={visit}
      action={`/doubts/${id}/resolve`}
      effect={t(effect, { appid, method })}
      verb={t('resolveVerb')}
      back={`/doubts/${id}`}
      failure={failure}
    >
      <input type="hidden" name="resolution" value={input.resolution} />
      <Evidence visit={visit} method={method} reason={input.reason ?? ''} auditId={input.audit_id ?? ''} />
    </Confirm>
  );
  const above = [
    { href: '/doubts', title: t('doubts') },
    { href: `/doubts/${id}`, title: method },
  ];
  const status = failure && (HTTP_STATUS[failure.code] ?? 400);
  return { title: t('resolve'), above, body, ...(status !== undefined && { status }) };
}
