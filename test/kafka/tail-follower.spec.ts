import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { TailFollower } from '@wxa/kafka';
import { eventually } from '../eventually.js';
import { TestTopic } from './test-topic.js';

const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined };

let topic: TestTopic;
beforeEach(async () => {
  topic = await TestTopic.create(4);
});
afterEach(() => topic.close());

/** Writes a message to every partition as soon as a follower is ready, and returns the messages that it missed. */
async function missed(): Promise<string[]> {
  const seen: string[] = [];
  const follower = new TailFollower(topic.connection, TOPICS.commands, {
    logger: SILENT,
    onMessage: ({ value }) => void seen.push(value.toString()),
  });
  await follower.ready;
  await Promise.all([0, 1, 2, 3].map((partition) => topic.write(partition, [`first of ${partition}`])));
  await Promise.all([0, 1, 2, 3].map((partition) => topic.write(partition, [`last of ${partition}`])));
  const read = (which: string) => [0, 1, 2, 3].map((partition) => `${which} of ${partition}`);
  await eventually(() => read('last').every((value) => seen.includes(value)));
  await follower.stop();
  return read('first').filter((value) => !seen.includes(value));
}

it('A TailFollower reads every message that is written once it is ready.', async () => {
  for (let round = 0; round < 3; round += 1) expect(await missed()).toEqual([]);
}, 60_000);
