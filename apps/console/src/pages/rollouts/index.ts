import { RolloutActionPage } from './action-page.js';
import { RolloutsPage } from './list-page.js';
import { RolloutPage } from './rollout-page.js';

export const ROLLOUT_PAGES = [RolloutsPage, RolloutPage, RolloutActionPage];
