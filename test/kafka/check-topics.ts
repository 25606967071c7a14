import { type KafkaConnection, TopicCheck } from '@wxa/kafka';
import { eventually } from '../eventually.js';

/** The warnings of one comparison of the topics, sorted, and whether anything was found. */
export async function checkTopics(
  connection: KafkaConnection,
  onWarning: () => void = () => undefined,
): Promise<{ warnings: string[]; isAnyFound: boolean | undefined }> {
  const warnings: string[] = [];
  let isAnyFound: boolean | undefined;
  const ignore = () => undefined;
  const warn = (_fields: object, message: string) => {
    warnings.push(message);
    onWarning();
  };
  const onChecked = (found: boolean) => {
    isAnyFound = found;
  };
  const options = { logger: { error: ignore, info: ignore, warn }, onChecked };
  const check = new TopicCheck(connection, options, { everyMs: 3_600_000, retryMs: 100 });
  check.start();
  await eventually(() => isAnyFound !== undefined);
  check.stop();
  return { warnings: warnings.sort(), isAnyFound };
}
