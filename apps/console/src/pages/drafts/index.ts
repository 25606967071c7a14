import { ContentPage } from './content.js';
import { NewRolloutPage } from './new.js';
import { PreviewPage } from './preview.js';
import { DraftTargetsPage } from './targets.js';
import { WavesPage } from './waves.js';

export const DRAFT_PAGES = [NewRolloutPage, DraftTargetsPage, ContentPage, WavesPage, PreviewPage];
