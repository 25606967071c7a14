import { once } from 'node:events';
import type { JsonObject } from '@bufbuild/protobuf';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { EXIT } from '../exit-codes.js';

/**
 * Prints a stream until it ends, and reads no further than the output is taken. Resolves with the exit code, which is 130 if it is
 * interrupted.
 */
export async function printStream<Message>(
  stream: ClientReadableStream<JsonObject>,
  textOf: (message: Message) => string,
  exitCodeOf: (last: Message | undefined) => number = () => EXIT.ok,
): Promise<number> {
  let isInterrupted = false;
  const onSignal = () => {
    isInterrupted = true;
    stream.cancel();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    let last: Message | undefined;
    for await (const message of stream as AsyncIterable<Message>) {
      last = message;
      if (!process.stdout.write(textOf(message))) await once(process.stdout, 'drain');
    }
    return exitCodeOf(last);
  } catch (error) {
    if (isInterrupted) return EXIT.interrupted;
    throw error;
  }
}
