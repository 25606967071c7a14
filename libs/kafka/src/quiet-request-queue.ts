import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * kafkajs 2.2.4 checks for pending requests every millisecond for ever, for each connection, also when there
 * are none (tulios/kafkajs#1704), and asks Node for a negative time, of which Node 24 warns. It also checks whenever a request ends, so the timer is needed only while
 * some are pending.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhilePending() {
  if (this.pending.length > 0) schedule.call(this);
};
