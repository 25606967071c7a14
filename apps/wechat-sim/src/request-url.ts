/** Path and raw query of a request target; a `?` inside the query belongs to the query. */
export function splitUrl(url = ''): { path: string; rawQuery: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, rawQuery: '' } : { path: url.slice(0, mark), rawQuery: url.slice(mark + 1) };
}
