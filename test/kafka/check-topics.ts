import { type KafkaConnection, TopicCheck } from '@wxa/kafka';
import { eventually } from '../eventually.js';

/** The warnings of one comparison of the topics, sorted, and whether anything was found. */
export async function checkTopics(
  connection: KafkaConnection,
): Promise<{ warnings: string[]; isAnyFound: boolean | undefined }> {
  const warnings: string[] = [];
  let isAnyFound: boolean | undefined;
  const ignore = () => undefined;
  const check = new TopicCheck(connection, {
    logger: { error: ignore, info: ignore, warn: (_fields, message) => warnings.push(message) },
    onChecked: (found) => {
      isAnyFound = found;
    },
  });
  check.start();
  await eventually(() => isAnyFound !== undefined);
  check.stop();
  return { warnings: warnings.sort(), isAnyFound };
}
