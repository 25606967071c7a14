import { writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.js';
import { EXIT } from './exit-codes.js';

/** `wxa errors-page`: writes docs/errors.md of this repository from the tables of the code. */
export async function run(): Promise<number> {
  writeFileSync(new URL('../../../docs/errors.md', import.meta.url), errorsPage());
  return EXIT.ok;
}
