import { useEffect, useEffectEvent, useState } from 'react';
import type { Request, Response, StreamName } from './types.js';

/** After an answer that is an error, after which browsers do not connect again. */
const RETRY_MS = 5_000;

/** Whether messages arrive; `stale`: the gateway has not answered since then. */
export interface Connection {
  state: 'connecting' | 'live' | 'stale' | 'ended';
  since?: string | undefined;
}

/**
 * Watches a stream of the gateway while the tab is visible. All browsers that watch the same share one stream; of each object only the latest
 * message arrives, at most once a second. @param request undefined: not watched. @param onOpen before the first message, also after an
 * interruption: what ended in between is not sent.
 */
export function useStream<M extends StreamName>(
  method: M,
  request: Request<M> | undefined,
  onMessage: (message: Response<M>) => void,
  onOpen?: () => void,
): Connection {
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' });
  const take = useEffectEvent((data: string) => onMessage(JSON.parse(data)));
  const begin = useEffectEvent(() => {
    setConnection({ state: 'live' });
    onOpen?.();
  });
  const query = request === undefined ? undefined : JSON.stringify(request);
  useEffect(() => {
    if (query === undefined) return;
    let source: EventSource | undefined;
    let hasEnded = false;
    let timer: number | undefined;
    // Attempts that fail do not change since when.
    const lose = (since: string) =>
      setConnection((before) => (before.state === 'stale' ? before : { state: 'stale', since }));
    const open = () => {
      const opened = new EventSource(`/api/${method}?request=${encodeURIComponent(query)}`);
      opened.onerror = () => {
        lose(new Date().toISOString());
        if (opened.readyState !== EventSource.CLOSED) return;
        source = undefined;
        timer = window.setTimeout(update, RETRY_MS);
      };
      opened.onmessage = ({ data }) => take(data);
      opened.addEventListener('stale', ({ data }) => {
        const { since } = JSON.parse(data) as { since: string };
        lose(since);
      });
      opened.addEventListener('live', () => begin());
      opened.addEventListener('end', () => {
        hasEnded = true;
        opened.close();
        setConnection({ state: 'ended' });
      });
      return opened;
    };
    const update = () => {
      window.clearTimeout(timer);
      if (!document.hidden && !hasEnded) source ??= open();
      else {
        source?.close();
        source = undefined;
      }
    };
    update();
    document.addEventListener('visibilitychange', update);
    return () => {
      document.removeEventListener('visibilitychange', update);
      window.clearTimeout(timer);
      source?.close();
    };
  }, [method, query]);
  return connection;
}
