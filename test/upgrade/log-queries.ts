import type { DataSource } from 'typeorm';

/** The statements that a data source runs from now on. Call it before the data source is initialized. */
export function logQueries(source: DataSource): string[] {
  const statements: string[] = [];
  const ignore = () => undefined;
  source.setOptions({
    logging: ['query'],
    logger: {
      logQuery: (query) => statements.push(query),
      logQueryError: ignore,
      logQuerySlow: ignore,
      logSchemaBuild: ignore,
      logMigration: ignore,
      log: ignore,
    },
  });
  return statements;
}
