import { once } from 'node:events';
import type { JsonObject } from '@bufbuild/protobuf';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { CommonValues } from '../calls/call.js';
import { EXIT } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { json } from '../output/printable.js';
import { isSuccess, lineOf, progressOf, type RolloutJson } from './rollout-progress.js';

/** `wxa rollouts watch`: shows the progress of a rollout until it has ended. */
export async function watchRollout(id: string, values: CommonValues): Promise<number> {
  return withGateway(values, async (gateway) => {
    const stream = gateway.stream('Rollouts/WatchRollout', { id });
    let isInterrupted = false;
    const onSignal = () => {
      isInterrupted = true;
      stream.cancel();
    };
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const last = await printAll(stream, printerOf(values.json === true));
      return last !== undefined && isSuccess(last) ? EXIT.ok : EXIT.notFound;
    } catch (error) {
      if (isInterrupted) return EXIT.interrupted;
      throw error;
    }
  });
}

/** Reads no further than the output is taken. Resolves to the last version. */
async function printAll(
  stream: ClientReadableStream<JsonObject>,
  textOf: (message: JsonObject & { rollout: RolloutJson }) => string,
): Promise<RolloutJson | undefined> {
  let last: RolloutJson | undefined;
  for await (const message of stream as unknown as AsyncIterable<JsonObject & { rollout: RolloutJson }>) {
    last = message.rollout;
    if (!process.stdout.write(textOf(message))) await once(process.stdout, 'drain');
  }
  return last;
}

function printerOf(asJson: boolean): (message: JsonObject & { rollout: RolloutJson }) => string {
  if (asJson) return (message) => `${json(message)}\n`;
  if (!process.stdout.isTTY) {
    let before = '';
    return ({ rollout }) => {
      const line = `${lineOf(rollout)}\n`;
      if (line === before) return '';
      before = line;
      return line;
    };
  }
  let height = 0;
  return ({ rollout }) => {
    const lines = progressOf(rollout, process.stdout.columns);
    // Up to the first line of the earlier drawing, and clear from there.
    const start = height === 0 ? '' : `\u001b[${height}A\u001b[0J`;
    height = lines.length;
    return `${start}${lines.join('\n')}\n`;
  };
}
