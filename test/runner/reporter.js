import { relative } from 'node:path';

const SLOWEST = 10;

/** Prints one line per file with how far the run is and its failures, and at the end of several the slowest and all failures again. */
export default class Reporter {
  #done = 0;
  #times = [];

  onTestResult(_test, result, { numTotalTestSuites: all }) {
    const { testFilePath, failureMessage, perfStats } = result;
    const failed = failureMessage !== null && failureMessage !== '';
    const file = relative(process.cwd(), testFilePath);
    const seconds = perfStats.runtime / 1000;
    this.#done += 1;
    this.#times.push({ file, seconds });
    const width = String(all).length;
    const place = `${String(this.#done).padStart(width)}/${all}`;
    process.stderr.write(
      `${place} ${failed ? 'FAIL' : 'ok  '} ${seconds.toFixed(1).padStart(5)} s  ${file}\n`,
    );
    if (failed) process.stderr.write(`\n${failureMessage}\n\n`);
  }

  onRunComplete(_contexts, { testResults, numPassedTests, numFailedTests, numPendingTests, startTime }) {
    const failed = testResults.filter(({ failureMessage }) => failureMessage);
    const slowest = this.#times.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
    const lines = [
      '',
      ...(slowest.length > 1
        ? [
            'Slowest files:',
            ...slowest.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`),
          ]
        : []),
      ...(failed.length > 0 && this.#done > 1
        ? [
            'Failed files:',
            ...failed.map(
              ({ testFilePath, failureMessage }) =>
                `  ${relative(process.cwd(), testFilePath)}\n\n${failureMessage}\n`,
            ),
          ]
        : []),
      `${numPassedTests} tests passed, ${numFailedTests} failed, ${numPendingTests} skipped, in ${this.#done} files and ${((Date.now() - startTime) / 1000).toFixed(0)} s.`,
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
}
