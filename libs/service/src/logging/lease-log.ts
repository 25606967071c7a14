import type { Logger } from './messages.js';

/** Logs that this process took or lost a lease. The result is called with the outcome of each request for the lease. */
export function leaseLog(logger: Pick<Logger, 'info'>, lease: string): (isHeld: boolean) => void {
  let wasHeld = false;
  return (isHeld) => {
    if (isHeld === wasHeld) return;
    wasHeld = isHeld;
    if (isHeld) logger.info({ lease }, 'lease taken');
    else logger.info({ lease }, 'lease lost');
  };
}
