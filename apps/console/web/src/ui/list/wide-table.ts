export * from '../table.js';
