import { reviewRollouts } from './finish/review-rollouts.js';
import { restoreAudits } from './merge/audits.js';
import { doubtFirstUnfinished, restoreDoubts } from './merge/doubts.js';
import { failWithoutContent } from './merge/fail-without-content.js';
import { finishOperations, reportTwoEnds } from './merge/finish-lost.js';
import { insertOperations } from './merge/insert-lost.js';
import { requeueOthers } from './merge/requeue.js';
import { resolveConflicts } from './merge/resolve-conflicts.js';
import type { RestoreTools } from './session/report.js';
import { type RestoreKafka, stageTopics } from './stage/stage-topics.js';

/** Brings Postgres up to date from Kafka, but does not end the restore. Each step can be repeated: after a crash all run again. */
export async function restore(kafka: RestoreKafka, tools: RestoreTools): Promise<void> {
  await stageTopics(kafka, tools);
  await insertOperations(tools);
  await finishOperations(tools);
  await reportTwoEnds(tools);
  await restoreDoubts(tools);
  await failWithoutContent(tools);
  await resolveConflicts(tools);
  await doubtFirstUnfinished(tools);
  await requeueOthers(tools);
  await restoreAudits(tools);
  await reviewRollouts(tools);
}
