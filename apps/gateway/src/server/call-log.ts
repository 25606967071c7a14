import { status as Code } from '@grpc/grpc-js';
import { GRPC_CODES, type Logger, LogLimit } from '@wxa/service';
import { callerOf } from '../callers/caller-of.js';
import type { EndedCall } from './call-metrics.js';

/** RPCs that read, and those of health and reflection. */
const READ = /^(Health|ServerReflection)\/|\/(Get|List|Watch|Wait)/;
/** Lines about failed calls: a flood of them must not cost more than the calls. The metrics count all of them. */
const FAILED_PER_SECOND = 20;
const ROLLOUTS = 'Rollouts/';
const APPID = /^wx[0-9a-f]{16}$/;
const ID = /^[0-9a-f-]{36}$/;

/** Logs each call; of successful reads one in `sampleReads`. */
export function logCalls(logger: Pick<Logger, 'info'>, sampleReads: number): (call: EndedCall) => void {
  const failed = new LogLimit(FAILED_PER_SECOND);
  let reads = 0;
  return (call) => {
    const { method, code, reason, durationMs, peer } = call;
    if (code === Code.OK && READ.test(method) && reads++ % sampleReads !== 0) return;
    const limited = code === Code.OK ? {} : failed.take();
    if (limited === undefined) return;
    logger.info(
      {
        ...{ method, code: GRPC_CODES[code], reason, duration_ms: Math.round(durationMs), peer },
        ...idsOf(call),
        ...limited,
      },
      'rpc',
    );
  };
}

/** Only what has the form of an id: a request can contain anything. */
function idsOf({ method, appid = '', id = '', metadata }: EndedCall) {
  const ofRollout = method.startsWith(ROLLOUTS);
  const caller = metadata && callerOf(metadata)?.name;
  const [, traceId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(metadata?.get('traceparent')[0] ?? '')) ?? [];
  return {
    ...(APPID.test(appid) && { appid }),
    ...(ID.test(id) && (ofRollout ? { rollout: id } : { operation: id })),
    ...(caller && { caller }),
    ...(traceId && { trace_id: traceId }),
  };
}
