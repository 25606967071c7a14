import { useCall } from '../api/query.js';

const READ_MS = 15_000;

/** The state of the platform, read again every 15 s while the tab is visible; all parts of the page share one read. */
export function usePlatformStatus() {
  return useCall('Platform/GetPlatformStatus', {}, { refetchInterval: READ_MS });
}
