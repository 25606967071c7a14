import { type ClientReadableStream, status as Code, type ServiceError } from '@grpc/grpc-js';

const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 10_000;
/** What is watched does not exist, or not any more. */
const FINAL: readonly Code[] = [Code.NOT_FOUND, Code.INVALID_ARGUMENT];

/** What a stream of the gateway reports. */
export interface StreamEvents<Message> {
  /** The gateway answers, for the first time or again: what follows does not continue what came before. */
  opened(): void;
  message(message: Message): void;
  /** The gateway does not answer since then. */
  stale(since: Date): void;
  /** The gateway ended the stream: nothing more will change. */
  ended(): void;
}

/** Keeps one stream of the gateway open, and reconnects with back-off. @returns ends it. */
export function keepStream<Message>(
  open: () => ClientReadableStream<Message>,
  on: StreamEvents<Message>,
): () => void {
  let stream: ClientReadableStream<Message> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let isStopped = false;
  const connect = () => {
    const opened = open();
    stream = opened;
    // Comes also if there is nothing to send.
    opened.on('metadata', () => {
      failures = 0;
      on.opened();
    });
    opened.on('data', (message: Message) => on.message(message));
    opened.on('end', () => isStopped || failures > 0 || on.ended());
    opened.on('error', ({ code }: ServiceError) => {
      if (isStopped) return;
      if (FINAL.includes(code)) {
        isStopped = true;
        return on.ended();
      }
      if (failures === 0) on.stale(new Date());
      timer = setTimeout(connect, backOff(failures));
      failures += 1;
    });
  };
  connect();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    stream?.cancel();
  };
}

/** Doubles from half a second to 10 s; random, so that consoles do not return together. */
function backOff(failures: number): number {
  const ms = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** failures);
  return ms / 2 + Math.random() * (ms / 2);
}
