import type { TopicName } from '@wxa/contracts';
import { connectKafka, type FollowedMessage, TailFollower } from '@wxa/kafka';
import { untilOutcomesAreRead } from '../until-outcomes-are-read.js';
import type { Backends, RunningGateway } from './running-gateway.js';

const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** Collects the messages of a topic from now on, until it is stopped. */
export async function follow(
  { brokers, topicPrefix }: Backends,
  { http }: RunningGateway,
  topic: TopicName,
): Promise<{ messages: FollowedMessage[]; stop(): Promise<void> }> {
  await untilOutcomesAreRead(http);
  const connection = connectKafka({ brokers: [brokers], clientId: 'follow', topicPrefix, logger: QUIET });
  const messages: FollowedMessage[] = [];
  const onMessage = (message: FollowedMessage) => void messages.push(message);
  const follower = new TailFollower(connection, topic, { logger: QUIET, onMessage });
  await follower.ready;
  return { messages, stop: () => follower.stop() };
}
