import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * kafkajs 2.2.4 checks for pending requests every millisecond on each connection, even if there are none
 * (tulios/kafkajs#1704), and sets a timer with a negative time, about which Node 24 warns. It also checks when a request ends,
 * so the timer is needed only while requests are pending.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhilePending() {
  if (this.pending.length > 0) schedule.call(this);
};
