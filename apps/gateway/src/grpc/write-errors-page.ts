import { writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.js';

/** Behind `npm run errors:page`. */
writeFileSync(new URL('../../../../docs/errors.md', import.meta.url), errorsPage());
