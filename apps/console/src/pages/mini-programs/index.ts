import { ActionPage } from './action-page.js';
import { LabelsPage } from './labels.js';
import { MiniProgramsPage } from './list.js';
import { MiniProgramPage } from './mini-program.js';

/** The page of any action comes last. */
export const MINI_PROGRAM_PAGES = [MiniProgramsPage, MiniProgramPage, LabelsPage, ActionPage];
