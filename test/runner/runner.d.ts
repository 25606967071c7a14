interface SpecFile {
  path: string;
  name: string;
  context: { config: { testTimeout: number; slowTestThreshold: number } };
}

export default class Runner {
  constructor(config: { maxWorkers: number });
  runTests(
    tests: SpecFile[],
    watcher: { isInterrupted(): boolean },
    onStart: (test: SpecFile) => Promise<void>,
    onResult: (test: SpecFile, result: { numPassingTests: number }) => Promise<void>,
  ): Promise<void>;
}
