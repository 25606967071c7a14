export { acceptHistory, finishRestore } from './finish/finish-restore.js';
export { applyPublishedAudits } from './merge/audits.js';
export { type DeletedUntil, readDeletedUntil } from './merge/deleted-until.js';
export { doubtLost, firstUnfinished, putInDoubt } from './merge/doubts.js';
export { finishLost } from './merge/finish-lost.js';
export { insertLost } from './merge/insert-lost.js';
export { NotPublishedError, type Republication, republish } from './republish.js';
export { restore } from './restore.js';
export {
  type ChangedRollout,
  COUNTS,
  type Left,
  type Report,
  restoreTools,
  type Stopped,
  type StrayOperation,
} from './session/report.js';
export { RestoreRefusedError, RestoreSession } from './session/restore-session.js';
export { RetentionTooShortError } from './stage/kafka-window.js';
export type { LostOperation, PublishedDoubt } from './stage/published.js';
export { KafkaError } from './stage/stage-topics.js';
