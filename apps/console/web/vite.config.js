import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** Writes the folders of the packages that are in the bundle, for deploy/sbom: the image has no node_modules of them. */
const packages = {
  name: 'packages',
  generateBundle(_, bundle) {
    const ids = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
    const folders = ids.flatMap((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []);
    const source = JSON.stringify([...new Set(folders)].map((folder) => relative(REPOSITORY, folder)).sort());
    this.emitFile({ type: 'asset', fileName: 'packages.json', source });
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  plugins: [packages],
  // The server puts a new nonce there for each page, for the style elements that Ant Design adds.
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsDir: 'static',
    // No inline content: the content security policy would refuse it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The first load has Ant Design's frame and forms; test/browser/check-speed.ts limits it, compressed.
    chunkSizeWarningLimit: 1_500,
    reportCompressedSize: false,
    rolldownOptions: {
      // Ant Design's modules have it for frameworks that render on the server.
      onLog: (level, log, report) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && report(level, log),
    },
  },
});
