import type { ComponentChildren } from 'preact';
import type { Visit } from '../visit/visit.js';

/** Rows of a list's page. */
export const PAGE_SIZE = 50;

/** What a list without rows says: what to do next. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A page of a list: its rows, or what it says without any, and the links to the other pages. */
export function List(props: {
  visit: Visit;
  columns: Columns;
  /** What to do next. */
  empty: string;
  /** The token of the next page. */
  next: string;
  children: readonly ComponentChildren[];
}) {
  return (
    <>
      {props.children.length === 0 ? (
        <Empty>{props.empty}</Empty>
      ) : (
        <Table columns={props.columns}>{props.children}</Table>
      )}
      <Pager visit={props.visit} next={props.next} />
    </>
  );
}

/** The headings; those of numbers are at the right. */
type Columns = readonly (string | { number: string })[];

/** A table with a heading per column; on narrow screens it scrolls by itself. */
export function Table(props: { columns: Columns; children: ComponentChildren }) {
  return (
    <div class="scroll" tabindex={0}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => {
              const [text, kind] = typeof column === 'string' ? [column] : [column.number, 'number'];
              return (
                <th scope="col" class={kind}>
                  {text}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
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
