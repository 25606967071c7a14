export * from './title.js';
