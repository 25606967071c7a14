import { collectDefaultMetrics } from '@prometheus-io/client';
import { VERSION } from '../process.js';
import { gauge } from './metrics.js';

/** Starts the default metrics and exports the build; once per process. */
export function startMetrics(): void {
  collectDefaultMetrics();
  const commit = process.env.BUILD_COMMIT || 'unknown';
  gauge('wxa_build_info').set({ version: VERSION, commit, node: process.versions.node }, 1);
}
