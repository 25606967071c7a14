// The program behind `npm run migrate`: brings the schema of DATABASE_URL up to date.
import { createDataSource } from './data-source.js';
import { migrate } from './schema.js';

const url = process.env.DATABASE_URL;
if (url === undefined || url === '') {
  console.error('DATABASE_URL: required: the PostgreSQL to migrate');
  process.exit(78);
}
const dataSource = createDataSource({ url, applicationName: 'wxa-code migrate', timeLimits: false });
await dataSource.initialize();
const done = await migrate(dataSource);
await dataSource.destroy();
console.log(done.length === 0 ? 'schema is up to date' : `schema brought up to date: ${done.join(', ')}`);
