// Checks what the product depends on: the lock file, the licences of what is in the production image, packages that
// must not be in it, and known vulnerabilities. Prints all errors; exits with 1 if there is one. `--lock`, `--sbom`,
// `--audit` and `--exceptions` are other files than those of the repository; an SBOM is that of `deploy/sbom`.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { forbiddenErrors, licenceErrors } from './components.js';
import { lockErrors } from './lock-file.js';
import { vulnerabilityErrors } from './vulnerabilities.js';

const { values: files } = parseArgs({
  options: {
    lock: { type: 'string', default: 'package-lock.json' },
    sbom: { type: 'string' },
    audit: { type: 'string' },
    exceptions: { type: 'string', default: 'deploy/audit-exceptions.json' },
  },
});
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

const { packages } = read(files.lock);
const { components } = files.sbom === undefined ? JSON.parse(execFileSync('deploy/sbom')) : read(files.sbom);
const audit = files.audit === undefined ? askForAudit() : read(files.audit);
if (audit.vulnerabilities === undefined)
  console.warn(`vulnerabilities were not checked: the registry serves no advisories (${audit.message})`);

const errors = [
  ...lockErrors(packages, read('package.json').allowScripts),
  ...licenceErrors(components),
  ...forbiddenErrors(components),
  ...vulnerabilityErrors(audit.vulnerabilities ?? {}, read(files.exceptions), new Date()),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
console.log(`${Object.keys(packages).length} packages, ${components.length} of them in production, no error`);

/** The answer of `npm audit`, which exits with 1 if it found something. */
function askForAudit() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  return JSON.parse(stdout);
}
