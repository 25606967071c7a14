/** A fault that a change could bring into the product. */
export interface Fault {
  /** What is wrong with the product then. */
  is: string;
  file: string;
  /** Occurs once in the file. */
  from: string;
  to: string;
  /** The spec that fails: the lowest layer that can. */
  spec: string;
}

export const FAULTS: readonly Fault[] = [
  {
    is: 'A change begins while an earlier one of its mini-program is unfinished.',
    file: 'libs/store/src/operations/claim.ts',
    from: "when b.blocker is not null then 'blocked'",
    to: "when false then 'blocked'",
    spec: 'test/store/claim.spec.ts',
  },
  {
    is: 'The result of a worker that has lost its claim overwrites that of its successor.',
    file: 'libs/store/src/operations/settle.ts',
    from: ' and o.fence = i.fence and o.claim_key = i.claim_key',
    to: '',
    spec: 'test/store/settle.spec.ts',
  },
  {
    is: 'An operation that was sent to WeChat and waits for a retry can be cancelled.',
    file: 'libs/store/src/operations/cancel.ts',
    from: 'found.attempts > 0 || ',
    to: '',
    spec: 'test/store/cancel.spec.ts',
  },
  {
    is: 'A rollout is not woken when one of its operations is in doubt.',
    file: 'libs/store/src/rollouts/wakeups.ts',
    from: "(ended_at is not null or state = 'IN_DOUBT')",
    to: '(ended_at is not null)',
    spec: 'test/store/wakeups.spec.ts',
  },
  {
    is: 'After the lift of an API stop the operations that it delayed keep waiting.',
    file: 'libs/store/src/limits/api-stop.ts',
    from: 'waiting: await waitUntil(client, api, null)',
    to: 'waiting: 0',
    spec: 'test/store/operator-stop.spec.ts',
  },
  {
    is: 'A rollback skips the targets that have ended.',
    file: 'libs/store/src/rollouts/calls/rollback-rollout.ts',
    from: 'where rollout_id = $7 and (holds_appid or operation_id is not null)',
    to: 'where rollout_id = $7 and holds_appid',
    spec: 'test/rollouts/states.spec.ts',
  },
  {
    is: 'A page of the audit trail lacks rows of the second in which the page before it ended.',
    file: 'libs/store/src/callers/list-trail.ts',
    from: "at::text || '|' || id as position",
    to: "date_trunc('second', at)::text || '|' || id as position",
    spec: 'test/store/trail.spec.ts',
  },
  {
    is: 'A process takes a lease that another one holds.',
    file: 'libs/store/src/leases.ts',
    from: 'or leases.until < clock_timestamp()',
    to: 'or true',
    spec: 'test/store/leases.spec.ts',
  },
  {
    is: 'An event is published again after Kafka has acknowledged it.',
    file: 'libs/kafka/src/produce/outbox-relay.ts',
    from: '[...this.#sent.values()], limit',
    to: '[], limit',
    spec: 'test/kafka/outbox-relay.spec.ts',
  },
  {
    is: 'A record whose handler throws is skipped.',
    file: 'libs/kafka/src/consume/record-consumer.ts',
    from: 'if (record.isCurrent() && !this.#stopped) this.#deliver(record);',
    to: 'record.done();',
    spec: 'test/outages/consumer-faults.spec.ts',
  },
  {
    is: 'The offset of a record is committed before its work is done.',
    file: 'libs/kafka/src/consume/offset-tracker.ts',
    from: 'this.#records[this.#head]?.offset ?? this.#next',
    to: 'this.#next',
    spec: 'libs/kafka/src/consume/offset-tracker.spec.ts',
  },
  {
    is: 'A wave of a rollout starts before the bake time of its gate has passed.',
    file: 'libs/rollouts/src/turn/gates.ts',
    from: 'after(reachedAt, millisOf(gate?.bakeTime))',
    to: 'after(reachedAt, millisOf(gate?.bakeTime) / 2)',
    spec: 'libs/rollouts/src/turn/gates.spec.ts',
  },
  {
    is: 'A stop rule fires one failure too late.',
    file: 'libs/rollouts/src/turn/stop-rules.ts',
    from: 'failures >= rule.count',
    to: 'failures > rule.count',
    spec: 'libs/rollouts/src/turn/stop-rules.spec.ts',
  },
  {
    is: 'An allow rule overrides a deny rule.',
    file: 'libs/policy/src/policy.ts',
    from: 'if (denied !== undefined) return',
    to: "if (denied !== undefined && matches('allow') === undefined) return",
    spec: 'libs/policy/src/policy.spec.ts',
  },
  {
    is: 'A caller acts for mini-programs that no rule of the policy allows.',
    file: 'apps/gateway/src/callers/authorize-call.ts',
    from: 'if (!allowed) throw',
    to: 'if (!allowed && rule !== undefined) throw',
    spec: 'test/callers/isolation.spec.ts',
  },
  {
    is: 'An operation of a mini-program that the caller may not see can be read, cancelled and resolved.',
    file: 'apps/gateway/src/rpc/operations.controller.ts',
    from: 'if (found === undefined || !sees(found.appid)) throw',
    to: 'if (found === undefined) throw',
    spec: 'test/callers/isolation.spec.ts',
  },
  {
    is: 'A callback that is an hour old is accepted.',
    file: 'apps/gateway/src/webhook/open-callback.ts',
    from: 'const MAX_AGE_S = 5 * 60;',
    to: 'const MAX_AGE_S = 65 * 60;',
    spec: 'apps/gateway/src/webhook/open-callback.spec.ts',
  },
  {
    is: 'The page token of ListAudits skips an audit.',
    file: 'apps/gateway/src/operations/list-audits.ts',
    from: 'page.at(-1)?.position',
    to: 'audits.at(-1)?.position',
    spec: 'apps/gateway/src/operations/list-audits.spec.ts',
  },
  {
    is: 'The signature of a callback is not compared.',
    file: 'libs/wxa-client/src/callback/callback-crypto.ts',
    from: 'timingSafeEqual(given, expected)',
    to: 'timingSafeEqual(given, given)',
    spec: 'libs/wxa-client/src/callback/callback-crypto.spec.ts',
  },
  {
    is: 'A request is sent although the lease of its worker has expired.',
    file: 'libs/wxa-client/src/transport/http-exchange.ts',
    from: 'performance.now() > this.notAfter',
    to: 'performance.now() > this.notAfter + 60_000',
    spec: 'libs/wxa-client/src/transport/http-exchange.http.spec.ts',
  },
  {
    is: 'A change whose response was lost is sent again without a read of its effect.',
    file: 'apps/release-worker/src/settle/attempt-decision.ts',
    from: "if (context.isChange) return { kind: 'in-doubt', error: result.error };",
    to: '',
    spec: 'apps/release-worker/src/settle/attempt-decision.spec.ts',
  },
  {
    is: 'An operation is retried beyond its deadline.',
    file: 'apps/release-worker/src/settle/attempt-decision.ts',
    from: 'return leftMs > 0',
    to: 'return leftMs > -60_000',
    spec: 'apps/release-worker/src/settle/attempt-decision.spec.ts',
  },
  {
    is: 'Two negative reads confirm that a change was not executed, instead of three.',
    file: 'apps/release-worker/src/reconcile/reconcile-decision.ts',
    from: 'pauseAfterNegativeRead(negativeReads)',
    to: 'pauseAfterNegativeRead(negativeReads + 1)',
    spec: 'apps/release-worker/src/reconcile/reconcile-decision.spec.ts',
  },
  {
    is: 'A worker that is stopped cuts its calls to WeChat.',
    file: 'apps/release-worker/src/release-worker.ts',
    from: 'this.#parts?.stop(callsMs)',
    to: 'this.#parts?.stop(callsMs / 100)',
    spec: 'test/outages/drain.spec.ts',
  },
  {
    is: 'The console accepts a form without the token of its session.',
    file: 'apps/console/src/http/access.guard.ts',
    from: 'body?.form_token !== visit.session?.formToken',
    to: "body?.form_token === ''",
    spec: 'test/console/security.spec.ts',
  },
  {
    is: 'The session of a user who was removed continues.',
    file: 'apps/console/src/session/sessions.ts',
    from: 'valid.includes(opened.fingerprint) ? opened : undefined',
    to: 'valid.length > 0 ? opened : undefined',
    spec: 'test/console/security.spec.ts',
  },
  {
    is: 'A dead letter that was replayed is not marked, so that it can be replayed again.',
    file: 'apps/cli/src/dlq/replay.ts',
    from: '[REPLAYED]: id',
    to: "[REPLAYED]: id && ''",
    spec: 'test/dead-letters/dlq.spec.ts',
  },
  {
    is: 'After a restore a change that may have been sent is sent again without a read of its effect.',
    file: 'apps/cli/src/restore/restore-operations.ts',
    from: "isOnKafka && state !== 'IN_DOUBT'",
    to: "isOnKafka && state === 'RUNNING'",
    spec: 'test/restore/restore.spec.ts',
  },
  {
    is: 'A change with expected_audit_id acts on another audit.',
    file: 'libs/methods/src/preconditions.ts',
    from: 'latest.auditId !== expectedAuditId',
    to: 'latest.auditId < expectedAuditId',
    spec: 'libs/methods/src/preconditions.spec.ts',
  },
  {
    is: 'A process logs its keys and tokens when it starts.',
    file: 'libs/service/src/logging/logger.ts',
    from: '/SECRET|PASSWORD|TOKEN|KEY|COMMAND|HEADERS/',
    to: '/PASSWORD/',
    spec: 'libs/service/src/logging/logger.spec.ts',
  },
];

/** The faults as a table of docs/decisions/tests.md. */
export function table(): string {
  const rows = FAULTS.map(({ is, file, spec }) => `| ${is} | \`${file}\` | \`${spec}\` |`);
  return ['| fault | in | caught by |', '|---|---|---|', ...rows].join('\n');
}
