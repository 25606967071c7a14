import { adoption } from './adoption.js';
import { apis } from './apis.js';
import { audits } from './audits.js';
import { common } from './common.js';
import { doubts } from './doubts.js';
import { drafts } from './drafts.js';
import { miniPrograms } from './mini-programs.js';
import { names } from './names.js';
import { operations } from './operations.js';
import { overview } from './overview.js';
import { platform } from './platform.js';
import { rollouts } from './rollouts.js';
import { sentences } from './sentences.js';
import { settings } from './settings.js';
import { templates } from './templates.js';
import { trail } from './trail.js';
import { users } from './users.js';
import { versions } from './versions.js';

export const zhTables = [
  adoption,
  apis,
  templates,
  trail,
  users,
  audits,
  common,
  doubts,
  drafts,
  miniPrograms,
  names,
  operations,
  overview,
  platform,
  rollouts,
  sentences,
  settings,
  versions,
];

/** Every text in Chinese; English must have the same keys. */
export const zh = {
  ...adoption,
  ...apis,
  ...templates,
  ...trail,
  ...users,
  ...audits,
  ...common,
  ...doubts,
  ...drafts,
  ...miniPrograms,
  ...names,
  ...operations,
  ...overview,
  ...platform,
  ...rollouts,
  ...sentences,
  ...settings,
  ...versions,
};
