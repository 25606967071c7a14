import { texts } from './texts.js';

/** Rollouts: list, progress, targets. */
export const rollouts = texts({});
