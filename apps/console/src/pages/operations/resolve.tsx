import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { type Operation, Resolution } from '@wxa/contracts';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { confirmPage } from '../../ui/confirm.js';
import { idOf } from '../../ui/form.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { CONCLUSIONS, Evidence } from './doubt.js';

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
    const { failure } = await formAnswerOf(
      operations.resolveOperation({
        id,
        resolution,
        resolvedBy: visit.session?.name,
        reason: input.reason,
        auditId: resolution === Resolution.RESOLUTION_DONE ? idOf(input.audit_id) : undefined,
      }),
    );
    if (failure === undefined) return new SeeOther(`/operations/${id}`);
    return confirmView(visit, await operations.getOperation({ id }), input, failure);
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
  return confirmPage(visit, {
    title: t('resolve'),
    above: [
      { href: '/doubts', title: t('doubts') },
      { href: `/doubts/${id}`, title: method },
    ],
    effect: t(effect, { appid, method }),
    verb: t('resolveVerb'),
    failure,
    fields: (
      <>
        <input type="hidden" name="resolution" value={input.resolution} />
        <Evidence visit={visit} method={method} reason={input.reason ?? ''} auditId={input.audit_id ?? ''} />
      </>
    ),
  });
}
