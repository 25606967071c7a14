import { writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.js';

/** Entry point of `npm run errors:page`. */
writeFileSync(new URL('../../../../docs/errors.md', import.meta.url), errorsPage());
