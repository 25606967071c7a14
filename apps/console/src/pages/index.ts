import { DRAFT_PAGES } from './drafts/index.js';
import { LoginPage } from './login.js';
import { MINI_PROGRAM_PAGES } from './mini-programs/index.js';
import { OPERATION_PAGES } from './operations/index.js';
import { PLATFORM_PAGES } from './platform/index.js';
import { ROLLOUT_PAGES } from './rollouts/index.js';
import { SingleSignOnPage } from './single-sign-on.js';
import { TARGET_PAGES } from './targets/index.js';

/** The controllers of all pages; a path without parameters comes before one with. */
export const PAGES = [
  LoginPage,
  SingleSignOnPage,
  ...DRAFT_PAGES,
  ...TARGET_PAGES,
  ...ROLLOUT_PAGES,
  ...OPERATION_PAGES,
  ...PLATFORM_PAGES,
  ...MINI_PROGRAM_PAGES,
];
