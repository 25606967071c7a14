import { texts } from './texts.js';

/** The four steps of a new rollout. */
export const drafts = texts({});
