/** The series of a scrape with their values, by name and labels as they are written. */
export async function scrape(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The series whose names begin with `prefix` and whose values differ, with the difference. */
export function moved(
  before: Map<string, number>,
  after: Map<string, number>,
  prefix: string,
): Record<string, number> {
  const changes = [...after]
    .filter(([series]) => series.startsWith(prefix))
    .map(([series, value]): [string, number] => [series, value - (before.get(series) ?? 0)])
    .filter(([, change]) => change !== 0);
  return Object.fromEntries(changes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The value of a series; undefined if there is none. */
export async function readMetric(url: string, series: string): Promise<number | undefined> {
  return (await scrape(url)).get(series);
}
