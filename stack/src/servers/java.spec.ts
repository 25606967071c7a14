import { expect, it } from '@jest/globals';
import { javaVersion } from './java.js';

it.each([
  ['openjdk version "17.0.21" 2026-10-20\nOpenJDK Runtime Environment', 17],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['openjdk version "21-ea" 2023-09-19', 21],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2"', 11],
  ['something else', 0],
])('javaVersion reads %j as %i', (text, version) => {
  expect(javaVersion(text)).toBe(version);
});
