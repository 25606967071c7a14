// Imported first by every program, because an older Node would fail later and less clearly.
const OLDEST = 24;
const EX_CONFIG = 78;

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: version ${OLDEST} or newer is required. ` +
      'npm scripts use the one that `npm ci` installs; where it installs none, install Node yourself.\n',
  );
  process.exit(EX_CONFIG);
}

export {};
