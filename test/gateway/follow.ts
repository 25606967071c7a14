import { afterAll, beforeAll } from '@jest/globals';
import type { TopicName } from '@wxa/contracts';
import { connectKafka, type FollowedMessage, TailFollower } from '@wxa/kafka';
import { untilOutcomesAreRead } from '../until-outcomes-are-read.js';
import type { Backends, RunningGateway } from './running-gateway.js';

const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** Collects the messages of a topic during the tests of a spec file. */
export function useFollowed(backends: Backends, gateway: RunningGateway, topic: TopicName) {
  const messages: FollowedMessage[] = [];
  let follower: TailFollower | undefined;
  beforeAll(async () => {
    const { brokers, topicPrefix } = backends;
    await untilOutcomesAreRead(gateway.http);
    const connection = connectKafka({ brokers: [brokers], clientId: 'follow', topicPrefix, logger: QUIET });
    const onMessage = (message: FollowedMessage) => void messages.push(message);
    follower = new TailFollower(connection, topic, { logger: QUIET, onMessage });
    await follower.ready;
  });
  afterAll(() => follower?.stop());
  return messages;
}
