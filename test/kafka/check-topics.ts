import { type KafkaConnection, TopicCheck } from '@wxa/kafka';
import { eventually } from '../eventually.js';

/** What a line about topics may have. */
interface Fields {
  topic?: string;
  findings?: string[];
  resource?: string;
  component?: string;
}

/** The warnings of one comparison of the topics, as `message; topic or other subject; findings`, sorted, and whether anything was found. */
export async function checkTopics(
  connection: KafkaConnection,
  onWarning: () => void = () => undefined,
): Promise<{ warnings: string[]; isAnyFound: boolean | undefined }> {
  const warnings: string[] = [];
  let isAnyFound: boolean | undefined;
  const ignore = () => undefined;
  const warn = ({ topic, findings = [], resource, component }: Fields, message: string) => {
    warnings.push([message, topic ?? resource ?? component, ...findings].join('; '));
    onWarning();
  };
  const onChecked = (found: boolean) => {
    isAnyFound = found;
  };
  const options = { logger: { error: warn, info: ignore, warn }, onChecked };
  const check = new TopicCheck(connection, options, { everyMs: 3_600_000, retryMs: 100 });
  check.start();
  await eventually(() => isAnyFound !== undefined);
  check.stop();
  return { warnings: warnings.sort(), isAnyFound };
}
