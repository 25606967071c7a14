import type { ServerResponse } from 'node:http';

const ANSWERS = {
  success: 200,
  /** One and the same for all that is refused: whoever sent it learns nothing. */
  refused: 403,
  'try again': 503,
};

/** Answers a push. `close`: unread bytes of its body would be taken for the next request. */
export function answer(response: ServerResponse, text: keyof typeof ANSWERS, close = false): void {
  if (close) response.setHeader('connection', 'close');
  response
    .writeHead(ANSWERS[text], { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
    .end(text);
}
