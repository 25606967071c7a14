export * from './selects.js';
