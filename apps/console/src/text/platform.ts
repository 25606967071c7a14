import { texts } from './texts.js';

/** Overview, mini-programs, templates, quota and rates. */
export const platform = texts({});
