import { operationColumns, type StoredOperation } from '@wxa/operations';
import { eachPage, NIL_UUID, pages } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { BATCH } from '../stage/staged-events.js';
import { finishLost } from './finish-lost.js';
import { errorText, publishOutcomes } from './outcomes.js';

/** These have content that is not on Kafka: a file, a refresh token. */
const WITH_CONTENT = ['UploadAuditMedia', 'ImportAuthorizer'];

const WITHOUT_CONTENT = `
select ${operationColumns('o')} from operations o
where o.ended_at is null and o.method = any($1) and o.id > $2
  and exists (select from restore_events c where c.operation_id = o.id and c.type = 'wxa.code.v1.CodeCommand')
  and not exists (select from operation_attachments m where m.operation_id = o.id)
order by o.id limit ${BATCH} for update`;

const withoutContent = pages<StoredOperation>(WITHOUT_CONTENT, (last) => [
  WITH_CONTENT,
  last?.id ?? NIL_UUID,
]);

/** Fails unfinished uploads and imports whose content was lost. */
export function failWithoutContent(tools: RestoreTools): Promise<void> {
  return eachPage(tools, 'content', withoutContent, async (client, operations) => {
    const error = errorText('contentLost', 'the content was lost when Postgres was restored');
    const endedAt = new Date();
    const ends = operations.map((one) => ({ ...one, state: 'FAILED' as const, endedAt, result: null }));
    await finishLost(
      client,
      ends.map((end) => ({ ...end, error })),
    );
    const published = { error: JSON.parse(error) as unknown, nextAttemptAt: null, blockedBy: null };
    await publishOutcomes(
      client,
      ends.map((end) => ({ ...end, ...published })),
      endedAt,
    );
    tools.report.counts.contentLost += ends.length;
  });
}
