import { collectDefaultMetrics } from '@prometheus-io/client';
import { gauge } from './metrics.js';

/** Starts the default metrics and exports the build; once per process. @param version of the app. */
export function startMetrics(version: string): void {
  collectDefaultMetrics();
  const commit = process.env.BUILD_COMMIT || 'unknown';
  gauge('wxa_build_info').set({ version, commit, node: process.versions.node }, 1);
}
