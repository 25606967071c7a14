import { LanesPage } from './lanes.js';

export const OPERATION_PAGES = [LanesPage];
