import type { PublishedOutcome } from '@wxa/operations/history';
import type { KafkaMessage } from 'kafkajs';

/** `<operation>.completed` or `<operation>.in-doubt.<claim>`. */
const EVENT_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:completed|in-doubt\.(\d{1,9}))$/;

/** The outcome that a message publishes; undefined if it is none of this service. */
export function publishedOutcome({ key, value, headers }: KafkaMessage): PublishedOutcome | undefined {
  const header = (name: string) => String(headers?.[name] ?? '');
  const eventId = header('ce_id');
  const kind = header('ce_kind');
  const [, operationId, claim] = EVENT_ID.exec(eventId) ?? [];
  const at = new Date(endTimeOf(value) ?? header('ce_time'));
  if (operationId === undefined || kind === '' || Number.isNaN(at.getTime())) return undefined;
  const appid = key?.toString() ?? '';
  return {
    ...{ eventId, operationId, appid, at },
    isChange: kind === 'change',
    claim: claim === undefined ? null : Number(claim),
  };
}

/** The time that Postgres has too: `ce_time` may be of another clock. Undefined for an operation in doubt. */
function endTimeOf(value: KafkaMessage['value']): string | undefined {
  try {
    const { operation } = JSON.parse(value?.toString() ?? '') as { operation?: { endTime?: string } };
    return operation?.endTime;
  } catch {
    return undefined;
  }
}
