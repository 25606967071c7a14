import { AuditsPage } from './audits.js';
import { DoubtsPage } from './doubts.js';
import { LanesPage } from './lanes.js';
import { OperationPage } from './operation.js';
import { OperationsPage } from './operations.js';
import { ResolvePage } from './resolve.js';

export const OPERATION_PAGES = [
  OperationsPage,
  OperationPage,
  DoubtsPage,
  ResolvePage,
  LanesPage,
  AuditsPage,
];
