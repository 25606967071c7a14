import { AddTablesAndColumns1797400000000 } from './0.3.0/1797400000000-add-tables-and-columns.js';
import { AddIndexes1797403600000 } from './0.3.0/1797403600000-add-indexes.js';
import { AddSetup1797407200000 } from './0.3.0/1797407200000-add-setup.js';
import { AddContinuousRollouts1797410800000 } from './0.3.0/1797410800000-add-continuous-rollouts.js';
import { AddCallbacks1797411000000 } from './0.3.0/1797411000000-add-callbacks.js';
import { InitialSchema1765324800000 } from './1765324800000-initial-schema.js';
import { AddTrailAndCallerUsage1795651200000 } from './1795651200000-add-trail-and-caller-usage.js';

/** All migrations of this version. The name of a class is that of its migration in the table `migrations`. */
export const MIGRATIONS = [
  InitialSchema1765324800000,
  AddTrailAndCallerUsage1795651200000,
  AddTablesAndColumns1797400000000,
  AddIndexes1797403600000,
  AddSetup1797407200000,
  AddContinuousRollouts1797410800000,
  AddCallbacks1797411000000,
];
