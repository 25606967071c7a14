import './resolve.js';
import { pathToFileURL } from 'node:url';
import { createEmptyTestResult } from '@jest/test-result';
import { getState, resetState, run } from 'jest-circus';
import { stopShared } from './shared.js';

const strays = [];
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => strays.push(error));

process.on('message', (message) => {
  const answer = message === 'end' ? end() : runFile(message);
  void answer.then((result) => process.send(result));
});
// Jest was ended.
process.on('disconnect', () => process.exit());

async function end() {
  return { error: (await stopShared()).join('\n') };
}

async function runFile({ path, unneeded, testNamePattern, testTimeout, slowTestThreshold }) {
  await stopShared(unneeded);
  resetState();
  const state = getState();
  state.testTimeout = testTimeout;
  state.testNamePattern = testNamePattern ? new RegExp(testNamePattern, 'i') : undefined;
  const start = Date.now();
  const { testResults, unhandledErrors } = await import(moduleOf(path)).then(run, (error) => {
    strays.push(error);
    return { testResults: [], unhandledErrors: [] };
  });
  const end = Date.now();
  const runtime = end - start;
  // Jest counts those of hooks after all tests to no test.
  const errors = [...strays.splice(0), ...unhandledErrors];
  const perfStats = {
    ...createEmptyTestResult().perfStats,
    start,
    end,
    runtime,
    slow: runtime > slowTestThreshold * 1000,
  };
  return { ...resultOf(path, testResults, errors), perfStats };
}

/** A spec beside its source runs as it was compiled. */
function moduleOf(path) {
  const compiled = path.replace(/\/src\/(.*)\.tsx?$/, '/dist/$1.js');
  return pathToFileURL(compiled).href;
}

function resultOf(path, circusResults, errors) {
  const testResults = circusResults.map(assertionResult);
  const count = (status) => testResults.filter((result) => result.status === status).length;
  const failures = testResults.flatMap(({ fullName, failureMessages }) =>
    failureMessages.map((text) => `  ● ${fullName}\n\n${indent(text)}`),
  );
  const strayTexts = errors.map((error) => `  ● outside a test\n\n${indent(error?.stack ?? String(error))}`);
  return {
    ...createEmptyTestResult(),
    testFilePath: path,
    testResults,
    numFailingTests: count('failed'),
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    failureMessage: [...failures, ...strayTexts].join('\n\n') || null,
    testExecError: errors.length > 0 ? { message: '', stack: strayTexts.join('\n') } : undefined,
  };
}

function assertionResult({ testPath, status, errors, duration }) {
  const [, ...titles] = testPath;
  const title = titles.at(-1);
  return {
    title,
    fullName: titles.join(' '),
    ancestorTitles: titles.slice(0, -1),
    status:
      status === 'done' ? (errors.length > 0 ? 'failed' : 'passed') : status === 'skip' ? 'pending' : status,
    duration,
    failureMessages: errors,
    failureDetails: [],
    numPassingAsserts: 0,
    invocations: 1,
  };
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}
