import { type List, lastEntryOf, pageToken } from './page-token.js';

const DEFAULT_PAGE = 50;
/** Clients accept 4 MiB by default. */
const MAX_PAGE_BYTES = 3 * 1024 * 1024;

/** One page of a list, as a request asks for it. */
export class ListPage {
  readonly #size: number;
  readonly #last: string | undefined;

  constructor(
    request: { pageSize: number; pageToken: string },
    private readonly list: List,
  ) {
    this.#size = request.pageSize || DEFAULT_PAGE;
    this.#last = lastEntryOf(request.pageToken, list);
  }

  /** The rows to read: one more than the page has shows whether there is a next page. */
  get limit(): number {
    return this.#size + 1;
  }

  /** The position after which to read, under that name; nothing for the first page. */
  after<Name extends string>(name: Name): { [N in Name]?: string } {
    return (this.#last === undefined ? {} : { [name]: this.#last }) as { [N in Name]?: string };
  }

  /**
   * The messages of the rows that were read, and the token of the next page.
   * @param bytesOf if given, the page ends before it has more than 3 MiB. @param examinedTo how far the store has looked.
   */
  of<Row, Message>(
    rows: readonly Row[],
    positionOf: (row: Row) => string,
    toMessage: (row: Row) => Message,
    {
      bytesOf = () => 0,
      examinedTo,
    }: { bytesOf?(message: Message): number; examinedTo?: string | undefined } = {},
  ): { messages: Message[]; nextPageToken: string } {
    const messages: Message[] = [];
    let bytes = 0;
    for (const row of rows.slice(0, this.#size)) {
      const message = toMessage(row);
      bytes += bytesOf(message);
      if (bytes > MAX_PAGE_BYTES && messages.length > 0) break;
      messages.push(message);
    }
    const next = rows.length > messages.length ? rows[messages.length - 1] : undefined;
    const last = next === undefined ? examinedTo : positionOf(next);
    return { messages, nextPageToken: last === undefined ? '' : pageToken(last, this.list) };
  }
}
