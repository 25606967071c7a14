// Checks what the product depends on: the lock file, the licences of what is in the production image, packages that
// must not be in it, and known vulnerabilities. Prints all errors; exits with 1 if there is one. `--lock`, `--sbom`,
// `--audit` and `--exceptions` are other files than those of the repository; an SBOM is that of `deploy/sbom`, an audit the output of
// `npm audit --json`, from where the registry has advisories. With `--release` it is an error if there is no audit.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { forbiddenErrors, licenceErrors } from './components.js';
import { lockErrors } from './lock-file.js';
import { sbom } from './sbom.js';
import { vulnerabilityErrors } from './vulnerabilities.js';

const { values: files } = parseArgs({
  options: {
    lock: { type: 'string', default: 'package-lock.json' },
    sbom: { type: 'string' },
    release: { type: 'boolean', default: false },
    audit: { type: 'string' },
    exceptions: { type: 'string', default: 'deploy/audit-exceptions.json' },
  },
});
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

const { packages } = read(files.lock);
const { components } = files.sbom === undefined ? sbom() : read(files.sbom);
const audit = files.audit === undefined ? askForAudit() : read(files.audit);
const unchecked = `vulnerabilities were not checked: the registry serves no advisories (${audit.message})`;
const isUnchecked = audit.vulnerabilities === undefined;
if (isUnchecked && !files.release) console.warn(unchecked);

const errors = [
  ...(isUnchecked && files.release
    ? [`${unchecked}; give a release the answer of another one with --audit`]
    : []),
  ...lockErrors(packages, read('package.json').allowScripts),
  ...licenceErrors(components),
  ...forbiddenErrors(components),
  ...vulnerabilityErrors(ofImage(audit.vulnerabilities ?? {}), read(files.exceptions), new Date()),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
console.log(`${Object.keys(packages).length} packages, ${components.length} of them in production, no error`);

/** The application of the console is made of development dependencies, so that the audit has to have all. */
function ofImage(vulnerabilities) {
  const names = new Set(components.map(({ name }) => name));
  return Object.fromEntries(Object.entries(vulnerabilities).filter(([name]) => names.has(name)));
}

/** The answer of `npm audit`, which exits with 1 if it found something. */
function askForAudit() {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
  return JSON.parse(stdout);
}
