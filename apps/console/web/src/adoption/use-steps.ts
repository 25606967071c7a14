import { useCall } from '../api/query.js';
import { destinationOf } from './destination.js';
import { stepsOf } from './steps.js';

/** How often what the gateway knows is read. */
export const EVERY_MS = 10_000;

/** The steps of the adoption; undefined until all that they depend on was read. */
export function useSteps() {
  const every = { refetchInterval: EVERY_MS };
  const status = useCall('Platform/GetPlatformStatus', {}, every);
  const forwards = useCall('Platform/GetForwards', {}, every);
  const names = useCall('Platform/ListCallbackNames', {}, every);
  const calls = useCall('Platform/ListListedCalls', {});
  const labels = useCall('Fleet/GetFleetSummary', { byLabel: true }, { staleTime: 30_000 });
  const readers = useCall('Platform/ListTokenReaders', { pageSize: 1 });
  const error = [status, forwards, names, calls, labels, readers].find((one) => one.error)?.error;
  const isRead = status.data && forwards.data && names.data && calls.data && labels.data && readers.data;
  if (!isRead) return { error, steps: undefined };
  const goesTo = names.data.names.map(({ name }) => destinationOf(name, forwards.data));
  const steps = stepsOf({
    ...{ status: status.data, forwards: forwards.data.forwards, names: names.data.names },
    ...{ calls: calls.data.calls, labels: labels.data.labels, readers: readers.data.readers },
    unused: goesTo.filter((one) => one === 'topic').length,
    now: Date.now(),
  });
  return { error, steps };
}
