export * from '../filters.js';
