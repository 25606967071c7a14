import type { ServerResponse } from 'node:http';

const ANSWERS = {
  success: 200,
  /** The same for every rejection, so that the sender learns nothing. */
  refused: 403,
  'try again': 503,
};

/** Answers a callback. Set `close` if the body may be unread: its bytes would be taken for the next request. */
export function answer(response: ServerResponse, text: keyof typeof ANSWERS, close = false): void {
  if (close) response.setHeader('connection', 'close');
  response
    .writeHead(ANSWERS[text], { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
    .end(text);
}
