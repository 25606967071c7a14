import { TargetCommandsPage } from './commands.js';
import { TargetPage } from './target.js';
import { TargetsPage } from './targets.js';

/** `retry` and `skip` come before the page of one mini-program. */
export const TARGET_PAGES = [TargetsPage, TargetCommandsPage, TargetPage];
