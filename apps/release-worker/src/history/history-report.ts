import type { History } from '@wxa/operations/history';
import type { Logger, Readiness } from '@wxa/service';
import { setHistoryMetric } from '../metrics.js';

/** Reports the history check in `/readyz`, `wxa_history_behind` and the log, at once and after every change. */
export function reportHistory(
  history: Pick<History, 'isVerified' | 'isBehind' | 'server' | 'evidence' | 'onChange'>,
  { logger, readiness }: { logger: Logger; readiness: Readiness },
): void {
  let wasBehind = false;
  const report = () => {
    const { isVerified, isBehind, server: identity, evidence } = history;
    setHistoryMetric(isBehind);
    readiness.set('history', isVerified, detailOf(history));
    if (isBehind && !wasBehind) logger.fatal({ identity, evidence }, 'history behind');
    if (isVerified) logger.info({ identity }, 'history verified');
    wasBehind = isBehind;
  };
  history.onChange(report);
  report();
}

function detailOf({ isVerified, isBehind }: Pick<History, 'isVerified' | 'isBehind'>): string | undefined {
  if (isBehind) return 'Postgres has lost time: run `wxa restore`';
  return isVerified ? undefined : 'not checked yet: changes wait';
}
