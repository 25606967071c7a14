import type { ComponentChildren } from 'preact';
import type { Visit } from '../visit/visit.js';

/** Rows of a list's page. */
export const PAGE_SIZE = 50;

/** What a list without rows says: what to do next. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A column: its heading, and what it shows of a row. */
export interface Column<Row> {
  title: string;
  /** The class of its cells; numbers are at the right. */
  kind?: 'number' | 'wrap' | 'wide' | 'id';
  cell(row: Row): ComponentChildren;
}

interface TableProps<Row> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** What it says without rows. */
  empty?: string;
}

/** A page of a list, and the links to the other pages. @param props.next the token of the next page. */
export function List<Row>(props: TableProps<Row> & { visit: Visit; next: string }) {
  return (
    <>
      <Table {...props} />
      <Pager visit={props.visit} next={props.next} />
    </>
  );
}

/** A table; on narrow screens it scrolls by itself. */
export function Table<Row>({ columns, rows, empty }: TableProps<Row>) {
  if (rows.length === 0 && empty !== undefined) return <Empty>{empty}</Empty>;
  return (
    <div class="scroll" tabindex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ title, kind }) => (
              <th scope="col" class={kind === 'number' ? kind : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map(({ kind, cell }) => (
                <td class={kind}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How many pages back the links lead; their tokens are in the URL. */
const MAX_BACK = 10;

/**
 * Links between the pages of a list. The token of the page is the parameter `page`, those of the pages before it are the
 * parameters `before`, so a page's URL can be shared and leads back as well.
 */
export function Pager({ visit, next }: { visit: Visit; next: string }) {
  const { t, url } = visit;
  const page = url.searchParams.get('page') ?? '';
  const before = url.searchParams.getAll('before');
  if (page === '' && next === '') return null;
  return (
    <nav aria-label={t('pages')} class="pager">
      {page !== '' && <a href={withPage(url, '', [])}>{t('firstPage')}</a>}
      {before.length > 0 && (
        <a href={withPage(url, before.at(-1) ?? '', before.slice(0, -1))} rel="prev">
          {t('previousPage')}
        </a>
      )}
      {next !== '' && (
        <a href={withPage(url, next, [...before, page].slice(-MAX_BACK))} rel="next">
          {t('nextPage')}
        </a>
      )}
    </nav>
  );
}

function withPage(url: URL, page: string, before: readonly string[]): string {
  const parameters = new URLSearchParams(url.search);
  parameters.delete('page');
  parameters.delete('before');
  if (page !== '') parameters.set('page', page);
  for (const token of before) parameters.append('before', token);
  const query = `${parameters}`;
  return query === '' ? url.pathname : `${url.pathname}?${query}`;
}
