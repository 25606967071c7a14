import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Audit, GetAuditRequest, ListAuditsRequest, ListAuditsResponse } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { visibleTo } from '../callers/caller-of.js';
import { rpcError } from '../errors/rpc-error.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { listAudits, toAudit } from '../operations/list-audits.js';
import { refuseInvalid } from '../operations/request-checks.js';

/** The Audits service. */
@Controller()
@UseFilters(RpcErrorFilter)
export class AuditsController {
  constructor(@Inject(Store) private readonly store: Store) {}

  @GrpcMethod('Audits', 'listAudits')
  listAudits(
    request: ListAuditsRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListAuditsResponse> {
    refuseInvalid('ListAudits', request);
    return listAudits(this.store, request, callSignal(call), visibleTo(metadata, 'Audits/ListAudits'));
  }

  @GrpcMethod('Audits', 'getAudit')
  async getAudit(request: GetAuditRequest, _metadata: Metadata, call: CancellableCall): Promise<Audit> {
    refuseInvalid('GetAudit', request);
    const { appid, auditId } = request;
    const found = await this.store.audits.find(appid, String(auditId), callSignal(call));
    if (found === undefined) throw rpcError('AUDIT_NOT_FOUND', `audit ${auditId} of ${appid} not found`);
    return toAudit(found);
  }
}
