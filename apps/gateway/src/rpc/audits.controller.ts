import { AuditsService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { listAudits, toAudit } from '../operations/list-audits.js';
import { AUDIT_RULES } from '../operations/request-checks.js';
import { controllerOf } from './service.js';

/** The Audits service. */
export const AuditsController = controllerOf(AuditsService, AUDIT_RULES, [Store], (store: Store) => ({
  listAudits: (request, call) => listAudits(store, request, call.signal(), call.visible()),
  async getAudit({ appid, auditId }, call) {
    const found = await store.audits.find(appid, String(auditId), call.signal());
    if (found === undefined) throw rpcError('AUDIT_NOT_FOUND', `audit ${auditId} of ${appid} not found`);
    return toAudit(found);
  },
}));
