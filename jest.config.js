/** Specs beside the code do no I/O; `test/` runs against real PostgreSQL, Kafka and HTTP. */
export default {
  // Most of them mostly wait.
  maxWorkers: 3,
  runner: '<rootDir>/test/runner/runner.js',
  reporters: ['<rootDir>/test/runner/reporter.js'],
  // Longer than several `eventually`, so that a test fails by its own deadline and says what it waited for.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/setup/slowest-first.js',
  globalSetup: '<rootDir>/test/setup/global-setup.js',
  globalTeardown: '<rootDir>/test/setup/global-teardown.js',
  testMatch: [
    '<rootDir>/{libs,apps,stack,bench,chaos}/**/src/**/*.spec.{ts,tsx}',
    '<rootDir>/test/**/*.spec.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.stack/'],
};
