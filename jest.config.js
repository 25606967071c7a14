/** Specs beside the code do no I/O; `test/` runs against real PostgreSQL, Kafka and HTTP. */
export default {
  testEnvironment: 'node',
  // Longer than several `eventually`, so that a test fails by its own deadline and says what it waited for. Tests that take
  // some seconds take five times as long on a machine with other load.
  testTimeout: 60_000,
  // Modules of a file that has run are never given back (--experimental-vm-modules).
  workerIdleMemoryLimit: '700MB',
  testSequencer: '<rootDir>/test/setup/slowest-first.js',
  globalSetup: '<rootDir>/test/setup/global-setup.js',
  globalTeardown: '<rootDir>/test/setup/global-teardown.js',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  testMatch: [
    '<rootDir>/{libs,apps,stack,bench,chaos}/**/src/**/*.spec.{ts,tsx}',
    '<rootDir>/test/**/*.spec.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.stack/'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@wxa/(wxa-client|contracts|methods|rollouts|policy|service|store|kafka)$':
      '<rootDir>/libs/$1/src/index.ts',
    '^@wxa/service/(batcher|outage-log)$': '<rootDir>/libs/service/src/$1.ts',
    '^@wxa/service/settings$': '<rootDir>/libs/service/src/settings/index.ts',
    '^@wxa/wechat-sim/server$': '<rootDir>/apps/wechat-sim/src/server.ts',
    '^@wxa/kafka/kafkajs-patches$': '<rootDir>/libs/kafka/src/kafkajs-patches.ts',
    '^@wxa/(console|gateway|release-worker|wechat-sim)$': '<rootDir>/apps/$1/src/index.ts',
    '^@wxa/(stack|bench)$': '<rootDir>/$1/src/index.ts',
  },
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true, decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
            react: { runtime: 'automatic', importSource: 'preact' },
          },
        },
        module: { type: 'es6' },
      },
    ],
  },
};
