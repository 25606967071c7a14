import { LanesPage } from './lanes.js';
import { OperationPage } from './operation.js';
import { OperationsPage } from './operations.js';

export const OPERATION_PAGES = [OperationsPage, OperationPage, LanesPage];
