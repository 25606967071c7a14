import { type AuditSummary, AuditsService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { RecentAnswers } from '../await/recent-answers.js';
import { rpcError } from '../errors/rpc-error.js';
import { listAudits, toAudit, toAuditSummary } from '../operations/list-audits.js';
import { AUDIT_RULES } from '../operations/request-checks.js';
import { controllerOf, type Handlers } from './service.js';

const SUMMARY_AGE_MS = 10_000;

/** The Audits service. */
export const AuditsController = controllerOf(AuditsService, AUDIT_RULES, [Store], handlersOf);

function handlersOf(store: Store): Handlers<typeof AuditsService> {
  const summaries = new RecentAnswers<AuditSummary>(SUMMARY_AGE_MS);
  return {
    listAudits: (request, call) => listAudits(store, request, call.signal(), call.visible()),
    async getAudit({ appid, auditId }, call) {
      const found = await store.audits.find(appid, String(auditId), call.signal());
      if (found === undefined) throw rpcError('AUDIT_NOT_FOUND', `audit ${auditId} of ${appid} not found`);
      return toAudit(found);
    },
    getAuditSummary({ templateId }, call) {
      const filter = templateId === undefined ? {} : { template: String(templateId) };
      return summaries.of([filter], call, (visible) =>
        store.audits.count({ ...filter, ...(visible && { visible }) }).then(toAuditSummary),
      );
    },
  };
}
