export {
  ALL_OUTBOXES,
  type AppName,
  type Author,
  allOwn,
  bytesToSend,
  commandsOf,
  EVENT,
  MAX_SEND_BYTES,
  OUTBOXES,
  type Outbox,
  type OutboxPage,
  type OutboxRow,
  outboxOn,
  type Publisher,
  type SentEvent,
  type StatusQuery,
  type WriterName,
  writeOutbox,
} from './outbox.js';
export { OutboxFloor } from './outbox-floor.js';
export { quarantinedEvents, releaseQuarantined } from './quarantined-events.js';
