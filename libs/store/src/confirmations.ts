/** Number of negative reads, at intervals, that confirm that a change was not executed. */
export const CONFIRMATIONS = 3;
