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
  /** One of its tests, if its others would wait for their deadlines. */
  test?: string;
}

/** Each as a patch: what is wrong then, the file, the spec and its test, the text and its replacement. */
const PATCHES = `
A change begins while an earlier one of its mini-program is unfinished.
libs/operations/src/claim.ts, test/store/claim.spec.ts
-when b.blocker is not null then 'blocked'
+when false then 'blocked'

The result of a worker that has lost its claim overwrites that of its successor.
libs/operations/src/settle.ts, test/store/settle.spec.ts
- and o.fence = i.fence and o.claim_key = i.claim_key
+

An operation that was sent to WeChat and waits for a retry can be cancelled.
libs/operations/src/cancel.ts, test/store/cancel.spec.ts
-.attempts = 0 and
+.attempts >= 0 and

A rollout is not woken when one of its operations is in doubt.
libs/operations/src/settle.ts, test/store/wakeups.spec.ts
-(ended_at is not null or state = 'IN_DOUBT')
+(ended_at is not null)

After the lift of an API stop the operations that it delayed keep waiting.
libs/limits/src/api-stop.ts, test/store/operator-stop.spec.ts
-waiting: await waitUntil(client, api, null)
+waiting: 0

A rollback skips the targets that have ended.
libs/rollouts/src/calls/rollback-rollout.ts, test/rollouts/states.spec.ts
-where rollout_id = $7 and (holds_appid or operation_id is not null)
+where rollout_id = $7 and holds_appid

A page of the audit trail lacks rows of the second in which the page before it ended.
libs/store/src/callers/list-trail.ts, test/store/trail.spec.ts
-at::text || '|' || id as position
+date_trunc('second', at)::text || '|' || id as position

A process takes a lease that another one holds.
libs/postgres/src/leases.ts, test/store/leases.spec.ts
-or leases.until < clock_timestamp()
+or true

An event is published again after Kafka has acknowledged it.
libs/kafka/src/produce/outbox-relay.ts, test/kafka/outbox-relay.spec.ts, deletes the last event
-[...this.#sent.values()], limit
+[], limit

A record whose handler throws is skipped.
libs/kafka/src/consume/record-consumer.ts, test/outages/consumer-faults.spec.ts
-if (record.isCurrent() && !this.#stopped) this.#deliver(record);
+record.done();

The offset of a record is committed before its work is done.
libs/kafka/src/consume/offset-tracker.ts, libs/kafka/src/consume/offset-tracker.spec.ts
-this.#records[this.#head]?.offset ?? this.#next
+this.#next

A wave of a rollout starts before the bake time of its gate has passed.
libs/rollouts/src/core/decide/gates.ts, libs/rollouts/src/core/decide/gates.spec.ts
-after(reachedAt, millisOf(gate?.bakeTime))
+after(reachedAt, millisOf(gate?.bakeTime) / 2)

A stop rule fires one failure too late.
libs/rollouts/src/core/decide/stop-rules.ts, libs/rollouts/src/core/decide/stop-rules.spec.ts
-failures >= rule.count
+failures > rule.count

An allow rule overrides a deny rule.
libs/policy/src/policy.ts, libs/policy/src/policy.spec.ts
-if (denied !== undefined) return
+if (denied !== undefined && matches('allow', (set) => set.has(appid)) === undefined) return

A caller acts for mini-programs that no rule of the policy allows.
apps/gateway/src/callers/authorize-call.ts, test/callers/isolation.spec.ts
-if (!allowed) throw
+if (!allowed && rule !== undefined) throw

An operation of a mini-program that the caller may not see can be read, cancelled and resolved.
apps/gateway/src/rpc/operations.controller.ts, test/callers/isolation.spec.ts
-if (found === undefined || !call.sees(found.appid)) throw
+if (found === undefined) throw

A callback that is an hour old is accepted.
apps/gateway/src/webhook/open-callback.ts, apps/gateway/src/webhook/open-callback.spec.ts
-const MAX_AGE_S = 5 * 60;
+const MAX_AGE_S = 65 * 60;

The page token of ListAudits skips an audit.
apps/gateway/src/operations/list-page.ts, apps/gateway/src/operations/list-audits.spec.ts
-rows[messages.length - 1]
+rows.at(-1)

The signature of a callback is not compared.
libs/wxa-client/src/callback/callback-crypto.ts, libs/wxa-client/src/callback/callback-crypto.spec.ts
-timingSafeEqual(given, expected)
+timingSafeEqual(given, given)

A request is sent although the lease of its worker has expired.
libs/wxa-client/src/transport/http-exchange.ts, libs/wxa-client/src/transport/http-exchange.http.spec.ts
-performance.now() > this.notAfter
+performance.now() > this.notAfter + 60_000

A change whose response was lost is sent again without a read of its effect.
apps/release-worker/src/settle/attempt-decision.ts, apps/release-worker/src/settle/attempt-decision.spec.ts
-if (context.isChange) return { kind: 'in-doubt', error: result.error };
+

An operation is retried beyond its deadline.
apps/release-worker/src/settle/attempt-decision.ts, apps/release-worker/src/settle/attempt-decision.spec.ts
-return leftMs > 0
+return leftMs > -60_000

Two negative reads confirm that a change was not executed, instead of three.
apps/release-worker/src/reconcile/reconcile-decision.ts, apps/release-worker/src/reconcile/reconcile-decision.spec.ts
-pauseAfterNegativeRead(negativeReads)
+pauseAfterNegativeRead(negativeReads + 1)

A worker that is stopped cuts its calls to WeChat.
apps/release-worker/src/release-worker.ts, test/outages/drain.spec.ts
-stopParts(this.#parts, callsMs)
+stopParts(this.#parts, callsMs / 100)

The console accepts a form without the token of its session.
apps/console/src/session/visit.ts, test/console/security.spec.ts
-headers['x-form-token'] !== session.formToken
+headers['x-form-token'] === ''

The session of a user who was removed continues.
apps/console/src/session/sessions.ts, test/console/security.spec.ts
-valid.includes(opened.fingerprint) ? opened : undefined
+valid.length > 0 ? opened : undefined

A dead letter that was replayed is not marked, so that it can be replayed again.
apps/cli/src/dlq/replay.ts, test/dead-letters/dlq.spec.ts
-[REPLAYED]: id
+[REPLAYED]: id && ''

After a restore a change that may have been sent is sent again without a read of its effect.
libs/restore/src/merge/doubts.ts, test/restore/restore.spec.ts
-isOnKafka && state !== 'IN_DOUBT'
+isOnKafka && state === 'RUNNING'

A change with expected_audit_id acts on another audit.
libs/methods/src/preconditions.ts, libs/methods/src/preconditions.spec.ts
-latest.auditId !== expectedAuditId
+latest.auditId < expectedAuditId

A process logs its keys and tokens when it starts.
libs/service/src/logging/logger.ts, libs/service/src/logging/logger.spec.ts
-/SECRET|PASSWORD|TOKEN|KEY|COMMAND|HEADERS/
+/PASSWORD/
`;

export const FAULTS: readonly Fault[] = PATCHES.trim()
  .split('\n\n')
  .map((patch) => {
    const [is = '', place = '', from = '', to = ''] = patch.split('\n');
    const [file = '', spec = '', test] = place.split(', ');
    return { is, file, from: from.slice(1), to: to.slice(1), spec, test };
  });
